"""What releases make of sessions, held against what was measured on the real releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import predict
from pysession.findings import Reading


def session(*contents: dict[str, Any], state: dict[str, Any] | None = None, **message: Any) -> bytes:
    """A session with one message of these contents."""
    stored = {"role": "user", "contents": list(contents), "additional_properties": {}, "type": "message", **message}
    whole = {"in_memory": {"messages": [stored]}} if state is None else state
    return json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": whole}).encode()


def told(reading: Reading) -> tuple[str, ...]:
    """Verdict and, when refused, stage, error and cause."""
    if reading.error is None:
        return (reading.verdict.value,)
    cause = (reading.error.cause,) if reading.error.cause else ()
    return (reading.verdict.value, str(reading.stage), reading.error.type, *cause)


CALL = {
    "type": "function_call",
    "call_id": "c",
    "name": "n",
    "arguments": "{}",
    "hosted": False,
    "additional_properties": {},
}
TEXT = {"type": "text", "text": "hi", "additional_properties": {}}


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("1.23.0", ("identical",)),
        ("1.22.0", ("identical",)),
        ("1.21.0", ("rejected", "load", "ValueError", "TypeError")),
        ("1.13.0", ("rejected", "load", "ValueError", "TypeError")),
        ("1.12.1", ("rejected", "load", "TypeError")),
        ("1.0.0b260212", ("rejected", "load", "TypeError")),
    ],
)
def test_hosted_is_refused_before_the_release_that_writes_it(reader: str, expected: tuple[str, ...]) -> None:
    reading = predict(session(CALL), f"python@{reader}")
    assert told(reading) == expected
    if reading.error is not None:
        assert (reading.error.pointer, reading.error.subject) == ("/state/in_memory/messages/0/contents/0", "hosted")


def test_messages_say_their_type_last_since_1_13_0() -> None:
    assert told(predict(session(TEXT), "python@1.13.0")) == ("identical",)
    assert told(predict(session(TEXT), "python@1.12.1")) == ("equivalent",)


def test_the_text_of_an_exception_is_replaced_since_1_19_0() -> None:
    failed = {"type": "function_result", "call_id": "c", "exception": "boom", "result": "", "additional_properties": {}}
    assert told(predict(session(failed), "python@1.18.0")) == ("identical",)
    reading = predict(session(failed), "python@1.19.0")
    assert reading.verdict == "lossy"
    assert [change.pointer for change in reading.changes] == ["/state/in_memory/messages/0/contents/0/exception"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"type": "session", "state": {}}, ("rejected", "load", "KeyError")),
        ({"session_id": "s", "state": None}, ("rejected", "load", "AttributeError")),
        ({"session_id": "s", "state": []}, ("rejected", "load", "AttributeError")),
        ([], ("rejected", "load", "TypeError")),
        ({"session_id": "s"}, ("normalised",)),
        ({"session_id": None, "state": {}}, ("lossy",)),
        ({"type": "other", "session_id": "s", "state": {}}, ("lossy",)),
        ({"type": "session", "session_id": "s", "service_session_id": [1], "state": {}}, ("identical",)),
    ],
)
def test_envelope_is_read_by_three_members(document: Any, expected: tuple[str, ...]) -> None:
    for reader in ("python@1.0.0b260212", "python@1.12.1", "python@1.23.0"):
        assert told(predict(json.dumps(document).encode(), reader)) == expected


def test_whatever_says_it_is_a_message_is_read_as_one() -> None:
    document = session(state={"app": {"list": [{"deep": {"type": "message", "body": 1}}]}})
    reading = predict(document, "python@1.12.1")
    assert told(reading) == ("rejected", "load", "TypeError")
    assert reading.error is not None
    assert reading.error.pointer == "/state/app/list/0/deep"


@pytest.mark.parametrize("reader", ["1.21.0", "1.22.0"])
def test_contents_that_are_a_text_were_one_content_a_character(reader: str) -> None:
    reading = predict(session(contents="hello"), f"python@{reader}")
    assert reading.verdict == "lossy"
    assert [change.pointer for change in reading.changes] == ["/state/in_memory/messages/0/contents"]


def test_server_label_makes_a_call_hosted_since_1_22_0() -> None:
    labelled = {name: value for name, value in CALL.items() if name != "hosted"}
    labelled["additional_properties"] = {"server_label": "files"}
    reading = predict(session(labelled), "python@1.22.0")
    assert sorted(change.pointer.rpartition("/")[2] for change in reading.changes) == ["hosted", "server_name"]
    labelled["additional_properties"] = {"server_label": 1}
    assert told(predict(session(labelled), "python@1.22.0")) == ("rejected", "load", "ValueError", "ValueError")
    assert told(predict(session(labelled), "python@1.21.0")) == ("identical",)


def test_messages_of_another_type_are_left_as_objects_that_no_run_sees() -> None:
    reading = predict(session(TEXT, type="chat_message"), "python@1.23.0")
    assert (reading.verdict, reading.messages_restored) == ("silent-loss", 0)
