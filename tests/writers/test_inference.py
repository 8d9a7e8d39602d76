"""Who wrote a document: laws over everything that real releases wrote, and the facts one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession import writers_of
from pysession.findings import Writer
from pysession.inputs import Record
from pysession.readers.releases import table
from pysession.verbs.fixtures import Entry
from pysession.wire import Encoding, read
from tests.documents import stored, values
from tests.mutating import mutations
from tests.writers.reordering import by_name, jsonb, reordered, shuffled, written

MOST_CANDIDATES = {"python": 14.1, "python-history": 24.8, "python-thread": 1.3, "dotnet": 15.0, "dotnet-thread": 7.0}
MOST_LIKELY = {"python": 11.0, "python-history": 7.6, "python-thread": 1.3, "dotnet": 14.5, "dotnet-thread": 6.7}
"""Recorded releases named for a golden on average: what the facts allowed when they were written down, so that no fact
gets lost."""


def goldens() -> tuple[tuple[Entry, Record], ...]:
    return stored("golden")


def likely(writer: Writer) -> tuple[str, ...]:
    return writer.candidates if writer.likely is None else writer.likely.candidates


def python(*contents: dict[str, Any], role: str = "assistant", **state: Any) -> dict[str, Any]:
    """A session of one message in the order of python@1.13.0 and newer."""
    message = {"role": role, "contents": [*contents], "additional_properties": {}, "type": "message"}
    history = {"in_memory": {"messages": [message]}}
    return {"type": "session", "session_id": "s", "service_session_id": None, "state": history | state}


def content(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members, "additional_properties": {}}


def call(**members: Any) -> dict[str, Any]:
    return content("function_call", call_id="c", name="f", arguments="{}", **members)


def dotnet(*contents: dict[str, Any], **bag: Any) -> dict[str, Any]:
    messages = [{"role": "user", "contents": [{"$type": "text", "text": "hi"}]}]
    messages.append({"role": "assistant", "contents": [*contents]})
    return {"stateBag": {"InMemoryChatHistoryProvider": {"messages": messages}} | bag}


def judged(value: Any) -> Writer:
    return writers_of(written(value))


def versions(writer: Writer) -> tuple[str, str]:
    """The oldest and the newest candidate."""
    return writer.candidates[0].partition("@")[2], writer.candidates[-1].partition("@")[2]


# ------------------------------------------------------------------------------------------------ laws


@pytest.mark.parametrize("dialect", MOST_CANDIDATES)
def test_the_real_writers_of_every_golden_are_among_its_candidates(dialect: str) -> None:
    found = [
        (entry, writers_of(record.data, encoding=record.encoding))
        for entry, record in goldens()
        if entry.dialect == dialect
    ]
    assert found
    for entry, writer in found:
        assert set(entry.writers) <= set(writer.candidates), entry.path
        assert set(entry.writers) <= set(likely(writer)), entry.path
    recorded = {name for entry, _ in goldens() for name in entry.writers}
    assert sum(len(recorded & {*writer.candidates}) for _, writer in found) / len(found) <= MOST_CANDIDATES[dialect]
    assert sum(len(recorded & {*likely(writer)}) for _, writer in found) / len(found) <= MOST_LIKELY[dialect]


@pytest.mark.parametrize("order", [jsonb, by_name, *map(shuffled, range(8)), lambda names: names[::-1]])
def test_a_store_that_orders_members_anew_excludes_no_real_writer(order: Callable[[list[str]], list[str]]) -> None:
    for entry, record in goldens():
        if record.encoding is Encoding.JSON:
            writer = judged(reordered(read(record.data, Encoding.JSON).value, order))
            assert set(entry.writers) <= set(writer.candidates), entry.path


def test_a_single_message_that_a_store_orders_anew_excludes_no_real_writer() -> None:
    """One message has few objects, so that an order is a writer's by chance most easily."""
    for entry, record in goldens():
        if record.encoding is not Encoding.JSON or not entry.dialect.startswith("dotnet"):
            continue
        value = read(record.data, Encoding.JSON).value
        for message in value if isinstance(value, list) else ():
            for order in (jsonb, by_name):
                writer = judged([reordered(message, order)])
                assert set(entry.writers) <= set(writer.candidates), entry.path


@pytest.mark.parametrize("layout", [{"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])
def test_another_layout_of_the_same_text_excludes_no_real_writer(layout: dict[str, Any]) -> None:
    for entry, record in goldens():
        if record.encoding is Encoding.JSON:
            text = json.dumps(read(record.data, Encoding.JSON).value, **layout)
            writer = writers_of(text.encode("utf-8", "surrogatepass"))
            assert set(entry.writers) <= set(writer.candidates) or "\\ud8" in ascii(text), entry.path


def test_every_piece_of_evidence_is_in_the_document_and_leaves_out_a_release() -> None:
    for entry, record in goldens():
        writer = writers_of(record.data, encoding=record.encoding)
        value = read(record.data, record.encoding).value
        for one in (*writer.evidence, *(writer.likely.evidence if writer.likely else ())):
            assert _exists(value, one.pointer), (entry.path, one)
        assert bool(writer.likely) == (set(likely(writer)) < set(writer.candidates)), entry.path


def _exists(value: Any, pointer: str) -> bool:
    for step in (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return True


@given(mutations(st.sampled_from([value for _, value in values()])))
def test_a_broken_document_is_judged_without_an_error(value: Any) -> None:
    writer = judged(value)
    assert bool(writer.remark) == (not writer.candidates)
    known = {f"{family}@{entry.release}" for family, one in table().items() for entry in one.releases}
    assert set(likely(writer)) <= set(writer.candidates) <= known


@given(st.binary(max_size=40))
def test_bytes_that_are_no_session_have_no_candidates_and_say_why(data: bytes) -> None:
    writer = writers_of(data)
    assert bool(writer.remark) == (not writer.candidates)


# ------------------------------------------------------------------------------------------------ python


def test_a_tool_call_with_hosted_was_not_written_before_1_22() -> None:
    for entry, record in goldens():
        if '"hosted"' in record.data.decode("latin-1") and entry.dialect == "python":
            writer = writers_of(record.data, encoding=record.encoding)
            assert writer.candidates == ("python@1.22.0", "python@1.23.0"), entry.path


def test_a_tool_call_without_hosted_was_saved_by_no_release_from_1_22_on() -> None:
    writer = judged(python(call()))
    assert versions(writer) == ("1.13.0", "1.21.0")
    assert "/state/in_memory/messages/0/contents/0" in {one.pointer for one in writer.evidence}


def test_a_call_inside_an_approval_counts_as_much() -> None:
    assert versions(judged(python(content("function_approval_request", function_call=call(), id="r"))))[1] == "1.21.0"


def test_the_exception_text_is_older_than_1_19_and_its_constant_may_have_been_kept() -> None:
    def result(exception: str) -> dict[str, Any]:
        return python(content("function_result", call_id="c", result="", exception=exception, items=[]), role="tool")

    assert versions(judged(result("boom")))[1] == "1.18.0"
    kept = judged(result("FunctionInvocationError"))
    assert versions(kept) == ("1.0.0rc5", "1.23.0")
    assert likely(kept)[0] == "python@1.19.0"


def test_a_result_without_items_may_have_been_saved_again_by_a_newer_release() -> None:
    writer = judged(python(content("function_result", call_id="c", result="x"), role="tool"))
    assert versions(writer) == ("1.13.0", "1.23.0")
    assert writer.likely is not None
    assert writer.likely.candidates == ()


def test_a_result_with_items_was_not_saved_before_rc5() -> None:
    session = python(content("function_result", call_id="c", result="x", items=[]), role="tool")
    shuffled_session = reordered(session, jsonb)
    assert versions(judged(shuffled_session)) == ("1.0.0rc5", "1.23.0")


def test_a_kind_that_an_older_release_would_keep_makes_newer_ones_only_likely() -> None:
    writer = judged(reordered(python(content("search_tool_call", call_id="c", tool_name="t")), jsonb))
    assert writer.candidates[0] == "python@1.0.0b260212"
    assert likely(writer)[0] == "python@1.1.0"


def test_the_version_of_a_store_file_is_dropped_by_older_releases() -> None:
    assert versions(judged(python() | {"version": "1.0"}))[0] == "1.13.0"


@pytest.mark.parametrize(
    ("names", "first", "last"),
    [
        (("type", "role", "contents", "additional_properties"), "1.0.0b260212", "1.12.1"),
        (("role", "contents", "additional_properties", "type"), "1.13.0", "1.23.0"),
        (("role", "type", "contents", "additional_properties"), "1.0.0b260212", "1.23.0"),
        (("additional_properties", "contents", "role", "type"), "1.0.0b260212", "1.23.0"),
    ],
)
def test_the_place_of_type_in_a_message_counts_only_in_an_order_that_a_release_writes(
    names: tuple[str, ...], first: str, last: str
) -> None:
    session = python(content("text", text="hi"))
    messages = session["state"]["in_memory"]["messages"]
    messages[0] = {name: messages[0][name] for name in names}
    assert versions(judged(session)) == (first, last)


def test_two_orders_in_one_document_are_no_evidence() -> None:
    session = python(content("text", text="hi"))
    messages = session["state"]["in_memory"]["messages"]
    messages.append({"type": "message", **messages[0]})
    assert versions(judged(session)) == ("1.0.0b260212", "1.23.0")


def test_what_contradicts_itself_has_no_candidates() -> None:
    writer = judged(python(call(), call(hosted=False)))
    assert writer.candidates == ()
    assert {one.pointer.rpartition("/")[2] for one in writer.evidence} == {"0", "hosted"}
    assert writer.remark is not None
    assert "edited, or put together" in writer.remark


def test_messages_that_every_release_leaves_as_they_are_say_nothing() -> None:
    session = python(call())
    session["state"]["in_memory"]["messages"][0]["type"] = "chat_message"
    assert versions(judged(session))[1] == "1.23.0"


@pytest.mark.parametrize("kind", [5, True, ["text"], {"type": "text"}, None])
def test_a_content_whose_kind_is_no_text_is_passed_over(kind: Any) -> None:
    session = python(call(), {"type": kind, "text": "x", "additional_properties": {}})
    assert versions(judged(session))[1] == "1.21.0"


def test_plain_json_in_the_output_of_a_tool_is_no_content() -> None:
    plain = {"text": "x", "hosted": 1}
    result = content(
        "mcp_server_tool_result", call_id="c", output=[plain, content("function_call", call_id="d", name="f")]
    )
    writer = judged(python(result))
    assert versions(writer)[1] == "1.23.0"
    assert writer.likely is not None
    assert [one.pointer for one in writer.likely.evidence] == ["/state/in_memory/messages/0/contents/0/output/1"]


def test_a_copy_that_the_application_keeps_under_its_own_key_says_nothing_of_the_last_writer() -> None:
    session = python(call(hosted=False))
    session["state"]["archive"] = {"messages": [{**session["state"]["in_memory"]["messages"][0], "contents": [call()]}]}
    assert judged(session).candidates == ("python@1.22.0", "python@1.23.0")


def test_only_the_last_line_of_a_history_file_is_by_its_last_writer() -> None:
    def line(*contents: dict[str, Any]) -> dict[str, Any]:
        return {"type": "message", "role": "assistant", "contents": [*contents], "additional_properties": {}}

    first, last = line(call(hosted=False)), line(call())
    lines = b"\n".join(json.dumps(one, separators=(",", ":")).encode() for one in (first, last))
    writer = writers_of(lines, encoding=Encoding.JSON_LINES)
    assert versions(writer) == ("1.0.0b260212", "1.21.0")
    assert [one.pointer for one in writer.evidence] == ["/1/contents/0"]
    assert likely(writer) == ()


def test_contents_in_a_member_that_may_hold_anything_may_be_as_they_were_found() -> None:
    """Run: 1.0.0b260116 saves what 1.0.0b260210 wrote in ``outputs`` as it was, and all around it in its own words."""
    output = content("text", text="x")
    image = {"type": "image_generation_tool_result", "outputs": [output]}
    message = {"type": "chat_message", "role": {"type": "role", "value": "tool"}, "contents": [image]}
    message |= {"author_name": None, "message_id": None, "additional_properties": {}}
    thread = {"type": "agent_thread_state", "chat_message_store_state": {"messages": [message]}}
    writer = judged(thread)
    assert versions(writer) == ("1.0.0b251016", "1.0.0b260116")
    assert likely(writer) == ()


# ------------------------------------------------------------------------------------------------ dotnet


def test_a_call_without_informational_only_is_older_than_preview_260212() -> None:
    old = {"$type": "functionCall", "callId": "c", "name": "f", "arguments": {}}
    assert judged(
        {"chatHistoryProviderState": {"messages": [{"role": "assistant", "contents": [old]}]}}
    ).candidates == (
        "dotnet@1.0.0-preview.260127.1",
        "dotnet@1.0.0-preview.260128.1",
        "dotnet@1.0.0-preview.260205.1",
        "dotnet@1.0.0-preview.260209.1",
    )


def test_the_place_of_the_call_id_tells_rc4_from_rc5() -> None:
    before = {"$type": "functionCall", "callId": "c", "name": "f", "arguments": {}, "informationalOnly": True}
    after = {"$type": "functionCall", "name": "f", "arguments": {}, "informationalOnly": True, "callId": "c"}
    answer = {"$type": "text", "text": "hi", "annotations": [], "additionalProperties": {}}
    assert versions(judged(dotnet(before, answer))) == ("1.0.0-rc1", "1.0.0-rc4")
    assert versions(judged(dotnet(after, answer)))[0] == "1.0.0-rc5"


def test_the_order_of_a_few_members_may_be_chance_and_makes_its_writers_only_likely() -> None:
    result = {"$type": "functionResult", "result": 1, "callId": "c"}
    writer = judged([{"role": "tool", "contents": [result]}])
    assert writer.candidates[0] == "meai@9.5.0"
    assert likely(writer)[0] == "meai@10.5.0"


@pytest.mark.parametrize("order", [jsonb, by_name])
def test_the_place_of_the_call_id_does_not_count_after_a_store_ordered_members(
    order: Callable[[list[str]], list[str]],
) -> None:
    result = {"$type": "functionResult", "callId": "c", "result": 1}
    message = {"role": "tool", "contents": [result], "messageId": "m"}
    writer = judged([reordered(message, order)])
    assert {"meai@9.10.2", "meai@10.11.0"} <= set(writer.candidates)


def test_a_name_in_another_case_is_not_taken_for_a_missing_one() -> None:
    shouted = {"$type": "functionCall", "Name": "f", "InformationalOnly": True, "CallId": "c"}
    assert versions(judged(dotnet(shouted)))[1].startswith("HEAD")


@pytest.mark.parametrize(
    ("member", "first", "last"),
    [("results", "1.0.0-rc5", "1.4.0"), ("outputs", "1.5.0", "HEAD-5eb3eb745+meai-10.11.0")],
)
def test_the_results_of_a_web_search_changed_their_name_in_1_5(member: str, first: str, last: str) -> None:
    assert versions(judged(dotnet({"$type": "webSearchToolResult", member: [], "callId": "c"}))) == (first, last)


def test_an_approval_request_tells_by_requires_confirmation_which_serialiser_wrote_it() -> None:
    request = {"$type": "toolApprovalRequest", "toolCall": {"$type": "toolCall", "callId": "c"}, "requestId": "r"}
    assert "HEAD-5eb3eb745+meai-10.11.0" not in versions(judged(dotnet(request)))
    assert versions(judged(dotnet(request | {"requiresConfirmation": True}))) == ("HEAD-5eb3eb745+meai-10.11.0",) * 2


def test_a_key_of_the_bag_that_an_older_release_would_keep_makes_newer_ones_only_likely() -> None:
    writer = judged(dotnet(_pendingApprovalRequests=[]))
    assert versions(writer)[0] == "1.0.0-rc1"
    assert likely(writer)[0] == "dotnet@1.14.0"


def test_a_bag_in_another_case_is_not_taken_for_a_missing_one() -> None:
    assert versions(judged({"StateBag": {}}))[1].startswith("HEAD")


def test_a_session_without_a_bag_is_a_preview_s() -> None:
    assert versions(judged({"contextId": "c", "taskId": "t"}))[1] == "1.0.0-preview.260212.1"


def test_messages_alone_are_the_serialiser_s() -> None:
    writer = judged([{"role": "user", "contents": [{"$type": "text", "text": "hi"}]}])
    assert {name.partition("@")[0] for name in writer.candidates} == {"meai"}


# ------------------------------------------------------------------------------------------------ no candidates


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"anything": 1}, "its dialect is not known"),
        ([], "its dialect is not known"),
        (
            {"schemaVersion": "1.1.0", "data": {"conversationHistory": []}},
            "no release is known that writes the durable",
        ),
        ({"session_id": "s", "messages": [], "message_count": 0}, "no release is known that writes the agnt5 dialect"),
    ],
)
def test_what_no_known_release_writes_has_no_candidates_and_says_why(value: Any, why: str) -> None:
    writer = judged(value)
    assert writer.candidates == ()
    assert (writer.remark or "").startswith(why)


def test_messages_in_the_words_of_another_language_have_no_candidates() -> None:
    session = python()
    session["state"]["in_memory"]["messages"] = [{"role": "user", "contents": [{"$type": "text", "text": "hi"}]}]
    writer = judged(session)
    assert (writer.candidates, writer.remark) == ((), "it is mixed: its messages are in the words of dotnet")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (python(content("text", text="hi"), {"$type": "text", "text": "ho"}), "/state/in_memory/messages/0/contents/1"),
        (dotnet(content("text", text="ho")), "/stateBag/InMemoryChatHistoryProvider/messages/1/contents/0/type"),
    ],
)
def test_a_single_content_in_the_words_of_another_language_leaves_no_candidate(value: Any, place: str) -> None:
    writer = judged(value)
    assert (writer.candidates, [one.pointer for one in writer.evidence]) == ((), [place])
