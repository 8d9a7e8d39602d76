"""The typed view as people use it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import pysession.model
from pysession.model import (
    DataContent,
    FunctionCallContent,
    History,
    Message,
    ModelError,
    Session,
    TextContent,
    UnknownAnnotation,
    UnknownContent,
    UsageContent,
    dump,
    dump_bytes,
    load,
)

TEAL = (
    b'{"type":"session","session_id":"3b7a2468-86d7-47d9-9843-0ed91b97eb65","service_session_id":null,"state":{'
    b'"in_memory":{"messages":[{"type":"message","role":"user","contents":[{"type":"text",'
    b'"text":"Remember: my favorite color is teal.","additional_properties":{}}],"additional_properties":{}},'
    b'{"type":"message","role":"assistant","contents":[{"type":"text","text":"Got it! Your favorite color is teal.",'
    b'"additional_properties":{}}],"author_name":"stateful-agent","additional_properties":{}}]}}}'
)


def content(value: dict[str, Any]) -> Any:
    """``value`` as it is read inside a session."""
    document = {"session_id": "s", "state": {"in_memory": {"messages": [{"role": "tool", "contents": [value]}]}}}
    contents = load(document).histories["in_memory"].messages[0].contents
    assert contents is not None
    return contents[0]


def test_the_messages_of_a_session_are_at_hand_with_their_text() -> None:
    session = load(TEAL)
    (history,) = session.histories.values()
    assert [(message.role, message.text) for message in history.messages] == [
        ("user", "Remember: my favorite color is teal."),
        ("assistant", "Got it! Your favorite color is teal."),
    ]


def test_a_compact_document_is_dumped_to_the_same_bytes() -> None:
    assert dump_bytes(load(TEAL)) == TEAL


def test_text_is_written_as_it_is_and_not_as_escapes() -> None:
    assert dump_bytes(Session(session_id="é☃")).startswith('{"type":"session","session_id":"é☃"'.encode())


def test_a_member_set_later_comes_after_those_that_were_read() -> None:
    session = load({"state": {}, "session_id": "s", "vendor": 1})
    session.service_session_id = "service"
    session.vendor = 2  # type: ignore[attr-defined]
    assert list(dump(session).items()) == [
        ("state", {}),
        ("session_id", "s"),
        ("vendor", 2),
        ("service_session_id", "service"),
    ]


def test_a_deleted_member_is_absent() -> None:
    session = load({"session_id": "s", "service_session_id": None, "vendor": 1})
    del session.service_session_id
    del session.vendor  # type: ignore[attr-defined]
    assert dump(session) == {"session_id": "s"}
    assert session.service_session_id is None


def test_state_put_into_a_session_without_state_is_dumped() -> None:
    session = load({"session_id": "s"})
    assert dump(session) == {"session_id": "s"}
    session.state["app"] = 1
    assert dump(session) == {"session_id": "s", "state": {"app": 1}}


def test_null_differs_from_absent_and_one_from_one_point_zero() -> None:
    least = {"session_id": "s"}
    assert load(least | {"service_session_id": None}) != load(least)
    assert load(least | {"state": {"n": 1}}) != load(least | {"state": {"n": 1.0}})
    assert load(least | {"state": {"n": 1}}) != load(least | {"state": {"n": True}})


def test_a_session_that_a_program_makes_has_the_members_that_the_framework_writes() -> None:
    message = Message(role="user", contents=[TextContent(text="hi")])
    session = Session(session_id="s", state={"in_memory": History(messages=[message])})
    assert dump_bytes(session) == (
        b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":['
        b'{"role":"user","contents":[{"type":"text","text":"hi","additional_properties":{}}],'
        b'"additional_properties":{},"type":"message"}]}}}'
    )


def test_neither_load_nor_dump_shares_values_with_the_session() -> None:
    document = {"session_id": "s", "state": {"app": {"list": [1]}}}
    session = load(document)
    dump(session)["state"]["app"]["list"].append(2)
    document["state"]["app"]["list"].append(3)  # type: ignore[index]
    assert session.state["app"] == {"list": [1]}


def test_a_copy_keeps_the_order_of_members() -> None:
    session = load({"state": {}, "session_id": "s"})
    assert list(dump(copy.deepcopy(session))) == ["state", "session_id"]
    assert list(session.model_dump()) == ["state", "session_id"]


def test_a_content_of_an_unknown_kind_or_of_none_is_kept() -> None:
    hologram = content({"type": "hologram", "annotations": 3})
    assert isinstance(hologram, UnknownContent)
    assert (hologram.kind, hologram.to_plain()) == ("hologram", {"type": "hologram", "annotations": 3})
    assert content({"text": "no kind"}).kind is None


def test_an_unknown_annotation_is_kept_where_it_is() -> None:
    (annotation,) = content({"type": "text", "text": "", "annotations": [{"type": "footnote", "n": 1}]}).annotations
    assert isinstance(annotation, UnknownAnnotation)
    assert annotation.to_plain() == {"type": "footnote", "n": 1}


def test_counts_of_a_provider_are_kept_beside_the_known_ones() -> None:
    usage = content({"type": "usage", "usage_details": {"input_token_count": 3.0, "openai.cached": 1}})
    assert isinstance(usage, UsageContent)
    assert usage.usage_details.input_token_count == 3
    assert usage.usage_details.model_extra == {"openai.cached": 1}


def test_contents_inside_contents_are_typed() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "n"}
    request = content({"type": "function_approval_request", "id": "c", "function_call": call})
    assert isinstance(request.function_call, FunctionCallContent)
    image = {"type": "data", "uri": "data:,"}
    assert isinstance(content({"type": "image_generation_tool_result", "outputs": image}).outputs, DataContent)
    assert isinstance(
        content({"type": "mcp_server_tool_result", "call_id": "c", "output": [image]}).output[0], DataContent
    )
    assert isinstance(content({"type": "function_result", "call_id": "c", "items": [image]}).items[0], DataContent)


@pytest.mark.parametrize("output", ["text", 3, None, {"type": "text"}, [{"type": "text"}, 1], [{"rows": []}], [[]]])
def test_tool_output_that_is_not_all_contents_stays_plain(output: Any) -> None:
    read = content({"type": "mcp_server_tool_result", "call_id": "c", "output": output}).output
    assert (type(read), read) == (type(output), output)


@pytest.mark.parametrize(
    "entry",
    [
        {"messages": [{"role": "user", "contents": []}]},
        {"messages": [{"role": "user"}, {"role": "user", "contents": []}], "cursor": 1},
    ],
)
def test_state_under_any_key_is_a_history_when_a_message_tells_so(entry: dict[str, Any]) -> None:
    session = load({"session_id": "s", "state": {"custom": entry, "in_memory": {"messages": []}}})
    assert set(session.histories) == {"custom", "in_memory"}


@pytest.mark.parametrize(
    "entry", [{}, {"messages": []}, {"messages": "3 new"}, {"messages": [{"body": "hi"}]}, [], None]
)
def test_other_state_stays_plain(entry: Any) -> None:
    session = load({"session_id": "s", "state": {"mail": entry}})
    assert session.histories == {}
    assert session.state["mail"] == entry


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, ("", "lacks the member 'session_id'")),
        ([], ("", "must be an object")),
        ({"session_id": 1}, ("/session_id", "must be a string")),
        ({"session_id": "s", "state": None}, ("/state", "must not be null")),
        ({"session_id": "s", "service_session_id": 1}, ("/service_session_id", "must be a string or an object")),
        (
            {"session_id": "s", "state": {"in_memory": {"messages": {}}}},
            ("/state/in_memory/messages", "must be an array"),
        ),
        ({"session_id": "\ud800"}, ("/session_id", "a string holds a lone surrogate, which UTF-8 cannot carry")),
        ({"session_id": "s", "state": {"n": float("nan")}}, ("/state/n", "a number is not finite")),
        ({"session_id": "s", "state": {3: 1}}, ("/state", "a member name is not Unicode text")),
        ({"session_id": "s", "state": {"a/b": {1}}}, ("/state/a~1b", "a Python set is no JSON value")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_no_session_is_refused_with_its_place(document: Any, problem: tuple[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        load(document)
    assert caught.value.problems == (problem,)


def test_all_problems_are_told_with_pointers_into_the_document_alone() -> None:
    contents = [
        {"type": "text"},
        {"type": "text", "text": 1},
        {"type": 3},
        4,
        {"type": "shell_tool_call", "timeout_ms": 1.5},
    ]
    state = {"kind=text": {"messages": [{"role": "user", "contents": contents}]}}
    with pytest.raises(ModelError) as caught:
        load({"session_id": "s", "state": state})
    at = "/state/kind=text/messages/0/contents"
    assert caught.value.problems == (
        (f"{at}/0", "lacks the member 'text'"),
        (f"{at}/1/text", "must be a string"),
        (f"{at}/2/type", "must be a string"),
        (f"{at}/3", "must be an object"),
        (f"{at}/4/timeout_ms", "must be an integer"),
    )


def test_a_document_that_names_a_member_twice_is_refused() -> None:
    with pytest.raises(ModelError):
        load(b'{"session_id":"s","state":{"a":1,"a":2}}')


def test_an_integer_with_more_digits_than_python_writes_gives_a_model_error() -> None:
    with pytest.raises(ModelError):
        dump_bytes(Session(session_id="s", state={"n": 10**5000}))


def test_the_facade_lists_its_names_in_order() -> None:
    assert pysession.model.__all__ == sorted(pysession.model.__all__)
    assert all(hasattr(pysession.model, name) for name in pysession.model.__all__)
