"""Files of FileSessionStore, held against what was measured on the real releases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pysession import predict
from pysession.wire import Encoding
from tests.readers.python.building import HOSTED, TEXT, changed, message, told, with_messages

FILE = {"type": "session", "session_id": "s", "service_session_id": None, "state": {}, "version": "1.0"}


def file(**members: Any) -> bytes:
    return msgspec.json.encode({**FILE, **members})


def test_a_file_is_read_by_the_store_where_there_is_one() -> None:
    assert told(predict(file(), "python@1.13.0")) == ("identical",)
    reading = predict(file(), "python@1.12.1")
    assert (reading.verdict, changed(reading)) == ("lossy", {"/version": "vanished"})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (file(version="2.0"), ("rejected", "load", "ValueError")),
        (file(version=1), ("rejected", "load", "ValueError", "ValidationError")),
        (file(type="other"), ("rejected", "load", "ValueError", "ValidationError")),
        (file(session_id=7), ("rejected", "load", "ValueError", "ValidationError")),
        (file(service_session_id=[1]), ("rejected", "load", "ValueError", "ValidationError")),
        (file(state=None), ("rejected", "load", "ValueError")),
        (b'{"type": "session", "session_id": "s", "state": {}, "version": "1.0"}', None),
        (file(state={"n": "N"}).replace(b'"N"', b"NaN"), ("rejected", "parse", "ValueError", "DecodeError")),
        (file(state={"n": "N"}).replace(b'"N"', b"1e400"), ("rejected", "load", "ValueError", "ValidationError")),
        (file(session_id=""), ("lossy",)),
        (file(extra=1), ("lossy",)),
        (file(service_session_id={"a": 1}), ("identical",)),
    ],
)
def test_the_envelope_of_a_file_is_strict(data: bytes, expected: tuple[str, ...] | None) -> None:
    missing = ("rejected", "load", "ValueError", "ValidationError")
    assert told(predict(data, "python@1.23.0")) == (expected or missing)


def test_an_error_in_the_state_of_a_file_is_wrapped_to_its_root() -> None:
    state = {"in_memory": {"messages": [message(HOSTED)]}}
    assert told(predict(file(state=state), "python@1.21.0")) == ("rejected", "load", "ValueError", "TypeError")


def test_the_bytes_of_a_file_are_those_of_msgspec() -> None:
    state = {"in_memory": {"messages": [message(TEXT)]}}
    assert predict(file(state=state), "python@1.13.0").same_bytes is True
    spaced = msgspec.json.format(file(state=state))
    assert (predict(spaced, "python@1.13.0").verdict, predict(spaced, "python@1.13.0").same_bytes) == (
        "identical",
        False,
    )
    assert predict(with_messages(message(TEXT)), "python@1.13.0").same_bytes is None


def test_messagepack_is_a_file_of_the_store() -> None:
    data = msgspec.msgpack.encode(FILE)
    reading = predict(data, "python@1.13.0", encoding=Encoding.MESSAGEPACK)
    assert (told(reading), reading.same_bytes) == (("identical",), True)
    refused = predict(data, "python@1.12.1", encoding=Encoding.MESSAGEPACK)
    assert told(refused) == ("rejected", "parse", "UnicodeDecodeError")


@pytest.mark.parametrize(("value", "error"), [(b"\xff", "TypeError"), (float("nan"), "ValueError")])
def test_what_json_does_not_have_is_read_and_cannot_be_saved(value: Any, error: str) -> None:
    data = msgspec.msgpack.encode({**FILE, "state": {"app": {"value": value}}})
    reading = predict(data, "python@1.23.0", encoding=Encoding.MESSAGEPACK)
    assert told(reading) == ("rejected", "save", error)
    assert reading.error is not None
    assert reading.error.pointer == "/state/app/value"


@pytest.mark.parametrize(
    ("reader", "kept"),
    [("1.19.0", set()), ("1.20.0", {"additional_properties"}), ("1.22.0", {"additional_properties", "name"})],
)
def test_data_that_are_bytes_become_a_uri(reader: str, kept: set[str]) -> None:
    content = {
        "type": "data",
        "data": b"hi",
        "media_type": "text/plain",
        "name": "n",
        "additional_properties": {"a": 1},
    }
    state = {"in_memory": {"messages": [message(content)]}}
    data = msgspec.msgpack.encode({**FILE, "state": state})
    changes = changed(predict(data, f"python@{reader}", encoding=Encoding.MESSAGEPACK))
    place = "/state/in_memory/messages/0/contents/0"
    gone = {"additional_properties/a": "additional_properties", "name": "name"}
    vanished = {f"{place}/{step}": "vanished" for step, member in gone.items() if member not in kept}
    assert changes == {f"{place}/data": "vanished", f"{place}/uri": "appeared"} | vanished


def test_names_that_are_no_text_become_text() -> None:
    data = msgspec.msgpack.encode({**FILE, "state": {"a": {1: 2}}})
    reading = predict(data, "python@1.23.0", encoding=Encoding.MESSAGEPACK)
    assert reading.verdict == "lossy"
