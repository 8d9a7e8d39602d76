"""Long histories, where objects of one shape come again and again, and what would make them take too long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import from_proto, to_proto
from pysession.v1.session_pb2 import Session
from tests.documents import values

USUAL = {"role": "user", "contents": [{"type": "text", "text": "hi", "additional_properties": {}}], "type": "message"}


def carried(document: Any) -> bool:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    blob = to_proto(data)
    return from_proto(blob) == data and Session.FromString(blob).SerializeToString(deterministic=True) == blob


@pytest.mark.parametrize(
    "odd",
    [
        {**USUAL, "role": None},
        {**USUAL, "role": {"type": "role", "value": "user"}},
        {**USUAL, "type": []},
        {**USUAL, "role": 5},
        {**USUAL, "role": "\U0001f600" * 5000},
        {**USUAL, "contents": "hi"},
        {**USUAL, "contents": []},
        {**USUAL, "contents": [{"type": "text", "text": "hi", "additional_properties": {}}] * 2},
        {**USUAL, "contents": [{"text": "hi"}]},
        {**USUAL, "contents": [["text"]]},
        {**USUAL, "contents": [None]},
        {**USUAL, "contents": [{"type": "text", "text": 5, "additional_properties": {}}]},
        {**USUAL, "contents": [{"type": "text", "text": "hi", "additional_properties": None}]},
        {**USUAL, "contents": [{"type": "text", "text": "hi", "additional_properties": []}]},
        {**USUAL, "contents": [{"type": "text", "text": "hi", "additional_properties": {"a": 1}}]},
        {**USUAL, "contents": [{"type": "other", "text": "hi", "additional_properties": {}}]},
        {**USUAL, "contents": [{"type": ["text"], "text": "hi", "additional_properties": {}}]},
        {"type": "message", "contents": [], "role": "user"},
        {"role": "user", "contents": [{"text": "hi", "type": "text", "additional_properties": {}}], "type": "message"},
    ],
)
def test_one_odd_object_among_many_usual_ones_is_kept(odd: dict[str, Any]) -> None:
    messages = [USUAL] * 20 + [odd] + [USUAL] * 2 + [odd] * 12
    document = {"type": "session", "session_id": "s", "service_session_id": None, "state": {"in_memory": {}}}
    document["state"]["in_memory"]["messages"] = messages  # type: ignore[index]
    assert carried(document)


def test_what_is_long_takes_lengths_of_three_bytes_and_more() -> None:
    texts = ["x" * size for size in (0, 1, 127, 128, 129, 16_383, 16_384, 16_385, 2_097_152)]
    for text in texts:
        content = {"type": "text", "text": text, "additional_properties": {text: text, "n": {"t": text}}}
        assert carried([{"role": "user", "contents": [content] * 9, "type": "message", "author_name": text}])


def test_a_content_by_itself_is_written_as_among_others_whatever_its_length() -> None:
    """Around the lengths at which one of those that stand before it takes a byte more."""
    for size in (*range(110, 132), *range(16_366, 16_388)):
        content = {"type": "text", "text": "x" * size, "additional_properties": {}}
        assert carried([{**USUAL, "contents": [content]}, {**USUAL, "contents": [content, content]}] * 9)


def test_a_text_that_is_no_unicode_is_kept_where_the_same_few_texts_stand_else() -> None:
    data = json.dumps([USUAL] * 12 + [{**USUAL, "role": "\ud800", "type": "\udfff"}], separators=(",", ":"))
    assert json.loads(from_proto(to_proto(data.encode()))) == json.loads(data)


@pytest.mark.parametrize("dialect", ["dotnet", "go", "python", "python-thread", "dotnet-thread"])
def test_the_messages_of_every_golden_come_back_from_a_history_of_all_of_them(dialect: str) -> None:
    """One after the other, so that functions made for the messages of one release meet those of all others."""
    histories = {
        "dotnet": lambda value: value["stateBag"]["InMemoryChatHistoryProvider"]["messages"],
        "go": lambda value: value["State"]["in-memory"]["messages"],
        "python": lambda value: value["state"]["in_memory"]["messages"],
        "python-thread": lambda value: value["chat_message_store_state"]["messages"],
        "dotnet-thread": lambda value: value["storeState"]["messages"],
    }
    messages: list[Any] = []
    for _, value in values(dialect):
        try:
            messages += histories[dialect](value)
        except (KeyError, TypeError):
            continue
    # A number beyond a double is an infinity by now, which JSON has not.
    messages = [message for message in messages if isinstance(message, dict) and "Infinity" not in json.dumps(message)]
    assert len(messages) > 50
    first = next(value for _, value in values(dialect) if _has(histories[dialect], value))
    document = json.loads(json.dumps(first))
    histories[dialect](document)[:] = messages
    assert carried(document)


def _has(history: Any, value: Any) -> bool:
    try:
        return bool(history(value))
    except (KeyError, TypeError):
        return False


@pytest.mark.parametrize(
    "beside",
    [
        {"status": None},
        {"unheard_of": 1},
        {"additional_properties": []},
        {"annotations": [None]},
        {"id": 5, "exception": {}, "unheard_of": [[]]},
    ],
)
def test_contents_in_contents_with_something_odd_at_every_level_are_carried_in_their_time(
    beside: dict[str, Any],
) -> None:
    """What is tried twice at every level would take millions of times as long at the twenty-fifth."""
    content: dict[str, Any] = {"type": "function_result", "call_id": "c", "result": "r", **beside}
    for _ in range(40):
        content = {"type": "function_result", "call_id": "c", "items": [content, {}], **beside}
    assert carried([{"role": "user", "contents": [content], "type": "message"}] * 12)


def test_lists_with_something_odd_behind_what_is_deep_are_carried_in_their_time() -> None:
    content: dict[str, Any] = {"type": "function_result", "call_id": "c"}
    for level in range(40):
        content = {"type": "function_result", "call_id": "c", "items": [content, None] if level % 2 else [content]}
    assert carried([{"role": "user", "contents": [content], "type": "message"}] * 12)


def test_an_object_may_have_one_member_of_another_type_and_one_with_surrogates_beside_what_nests() -> None:
    document = b'{"type":"session","session_id":5,"state":{},"durable_session_id":"\\ud800","version":"\\udfff"}'
    assert from_proto(to_proto(document)) == document
    message = b'{"role":5,"contents":[{"type":"text","text":"\\ud800","merge_mode":null}],"author_name":"\\ud800"}'
    assert from_proto(to_proto(b"[" + message + b"]")) == b"[" + message + b"]"


def test_texts_with_surrogates_in_each_of_many_levels_are_carried_in_their_time() -> None:
    content = '{"type":"function_result","call_id":"c"}'
    for _ in range(40):
        content = f'{{"type":"function_result","call_id":"c","items":[{content}],"id":"\\udc00"}}'
    document = f'[{{"role":"user","contents":[{content}],"author_name":"\\ud800"}}]'.encode()
    assert from_proto(to_proto(document)) == document


def test_a_member_that_stands_twice_in_two_spellings_may_fit_in_neither() -> None:
    message = {"Role": None, "ID": "", "role": [{"Text": "One.", "Type": "text"}], "ROLE": "user"}
    history = {"in-memory": {"messages": [{"Role": "user", "Contents": [{"Type": "text", "Text": "first"}]}, message]}}
    assert carried({"ServiceID": "resp_1", "State": history})


def _spellings(name: str, number: int) -> list[str]:
    return ["".join(c.upper() if bits >> at & 1 else c for at, c in enumerate(name)) for bits in range(number)]


@pytest.mark.parametrize("fits", [False, True])
def test_a_member_that_stands_in_thousands_of_spellings_is_carried_in_its_time(fits: bool) -> None:
    """Each that does not fit would be tried with all others again: four thousand took minutes."""
    spelled = dict.fromkeys(_spellings("conversationid", 4000), 5)
    assert carried({"stateBag": {}, **spelled, **({"CONVERSATIONID": "a"} if fits else {})})


def test_many_spellings_behind_many_members_without_a_field_are_carried_in_their_time() -> None:
    unheard_of = {f"k{number}": 1 for number in range(200_000)}
    assert carried({"stateBag": {}, **unheard_of, **dict.fromkeys(_spellings("conversationid", 8000), "a")})


def test_the_first_spelling_that_fits_has_the_field() -> None:
    document = b'{"stateBag":{},"conversationId":5,"ConversationId":[],"conversationID":"a","CONVERSATIONID":"b"}'
    session = Session.FromString(to_proto(document))
    assert session.service_session_id.text == "a"
    assert [other.name for other in session.other_members] == ["conversationId", "ConversationId", "CONVERSATIONID"]
    assert from_proto(to_proto(document)) == document
