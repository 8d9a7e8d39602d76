"""What releases make of sessions, held against what was measured on the real releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import predict
from pysession.readers import Settings
from tests.readers.python.building import CALL, HOSTED, TEXT, changed, message, session, told, with_messages

FIRST_CONTENT = "/state/in_memory/messages/0/contents/0"


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
    reading = predict(with_messages(message(HOSTED)), f"python@{reader}")
    assert told(reading) == expected
    if reading.error is not None:
        assert (reading.error.pointer, reading.error.subject) == (FIRST_CONTENT, "hosted")


def test_hosted_appears_on_every_call_since_1_22_0() -> None:
    document = with_messages(message(CALL, TEXT, {**CALL, "call_id": "d"}))
    assert told(predict(document, "python@1.21.0")) == ("identical",)
    reading = predict(document, "python@1.22.0")
    assert reading.verdict == "normalised"
    assert changed(reading) == {f"{FIRST_CONTENT[:-1]}{place}/hosted": "appeared" for place in (0, 2)}


def test_messages_say_their_type_last_since_1_13_0() -> None:
    document = with_messages(message(TEXT))
    assert told(predict(document, "python@1.13.0")) == ("identical",)
    assert told(predict(document, "python@1.12.1")) == ("equivalent",)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"type": "session", "state": {}}, ("rejected", "load", "KeyError")),
        ({"session_id": "s", "state": None}, ("rejected", "load", "AttributeError")),
        ({"session_id": "s", "state": []}, ("rejected", "load", "AttributeError")),
        ([], ("rejected", "load", "TypeError")),
        ("text", ("rejected", "load", "TypeError")),
        ({"session_id": "s"}, ("normalised",)),
        ({"session_id": None, "state": {}}, ("lossy",)),
        ({"type": "other", "session_id": "s", "state": {}}, ("lossy",)),
        ({"type": "session", "session_id": "s", "service_session_id": [1], "state": {}}, ("identical",)),
        ({"type": "session", "session_id": 7, "service_session_id": None, "state": {}}, ("identical",)),
    ],
)
def test_envelope_is_read_by_three_members(document: Any, expected: tuple[str, ...]) -> None:
    for reader in ("python@1.0.0b260212", "python@1.12.1", "python@1.23.0"):
        assert told(predict(json.dumps(document).encode(), reader)) == expected


def test_a_thread_is_refused_by_every_release_with_sessions() -> None:
    document = b'{"type":"agent_thread_state","service_thread_id":null,"chat_message_store_state":null}'
    for reader in ("python@1.0.0b260212", "python@1.23.0"):
        assert told(predict(document, reader)) == ("rejected", "load", "KeyError")


def test_whatever_says_it_is_a_message_is_read_as_one() -> None:
    reading = predict(session({"app": {"list": [{"deep": {"type": "message", "body": 1}}]}}), "python@1.12.1")
    assert told(reading) == ("rejected", "load", "TypeError")
    assert reading.error is not None
    assert reading.error.pointer == "/state/app/list/0/deep"
    kept = session({"app": {"type": "message_list", "body": 1}})
    assert told(predict(kept, "python@1.12.1")) == ("identical",)


def test_the_first_of_several_refused_messages_is_named() -> None:
    document = with_messages(message(TEXT), message(HOSTED), message({"text": "no type"}))
    reading = predict(document, "python@1.21.0")
    assert reading.error is not None
    assert reading.error.pointer == "/state/in_memory/messages/1/contents/0"


def test_loading_everything_comes_before_saving_anything() -> None:
    unsaved = message({**TEXT, "annotations": ["abc"]})
    assert told(predict(with_messages(unsaved), "python@1.12.1")) == ("rejected", "save", "ValueError")
    assert told(predict(with_messages(unsaved, message(HOSTED)), "python@1.12.1")) == ("rejected", "load", "TypeError")


def test_an_object_of_a_registered_type_is_the_applications_own() -> None:
    document = session({"app": {"type": "order", "inner": {"type": "message", "body": 1}}})
    settings = Settings(registered_types=frozenset({"order"}))
    assert told(predict(document, "python@1.23.0")) == ("rejected", "load", "ValueError", "TypeError")
    assert told(predict(document, "python@1.12.1", settings=settings)) == ("identical",)
    assert told(predict(document, "python@1.13.0", settings=settings)) == ("equivalent",)


def test_messages_of_another_type_are_left_as_objects_that_no_run_can_use() -> None:
    reading = predict(with_messages(message(TEXT, type="chat_message")), "python@1.23.0")
    assert (reading.verdict, reading.messages_restored, reading.next_turn) == ("silent-loss", 0, "fails")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("rejected", "parse", "JSONDecodeError")),
        (b'{"session_id": "s"', ("rejected", "parse", "JSONDecodeError")),
        (b'{"session_id": "\xff"}', ("rejected", "parse", "UnicodeDecodeError")),
        (b'{"session_id": ' + b"9" * 4301 + b"}", ("rejected", "parse", "ValueError")),
        (b"\xef\xbb\xbf" + session({}), ("identical",)),
        (session({}).decode().encode("utf-16"), ("identical",)),
        (session({"n": float("nan")}), ("identical",)),
        (b'{"session_id": "a", "session_id": "b", "state": {}}', ("normalised",)),
    ],
)
def test_bytes_are_read_as_the_standard_library_reads_them(data: bytes, expected: tuple[str, ...]) -> None:
    assert told(predict(data, "python@1.12.1")) == expected


def test_an_id_inside_a_record_is_read_where_it_stands() -> None:
    record = b'{"id": 1, "body": ' + with_messages(message(HOSTED)) + b"}"
    reading = predict(record, "python@1.21.0", at="/body")
    assert reading.error is not None
    assert reading.error.pointer == f"/body{FIRST_CONTENT}"


def test_a_session_as_text_in_a_string_is_only_a_text() -> None:
    document = json.dumps(with_messages(message(TEXT)).decode()).encode()
    assert told(predict(document, "python@1.23.0")) == ("rejected", "load", "TypeError")
    wrapped = b'{"body": ' + document + b"}"
    assert told(predict(wrapped, "python@1.23.0", at="/body")) == ("identical",)
