"""Files of FileHistoryProvider, held against what was measured on the real releases."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from pysession import predict
from pysession.findings import Reading
from pysession.wire import Encoding
from tests.readers.python.building import HOSTED, TEXT, told

MESSAGE = {"type": "message", "role": "user", "contents": [TEXT], "additional_properties": {}}
LINE = json.dumps(MESSAGE, separators=(",", ":")).encode()


def read(data: bytes, reader: str, encoding: Encoding = Encoding.JSON_LINES) -> Reading:
    return predict(data, f"python@{reader}", encoding=encoding)


def test_each_line_is_a_message() -> None:
    reading = read(LINE + b"\n" + LINE + b"\n", "1.13.0")
    assert (told(reading), reading.messages_restored, reading.same_bytes) == (("identical",), 2, True)


def test_a_release_without_the_provider_reads_the_file_as_a_session() -> None:
    assert told(read(LINE + b"\n" + LINE + b"\n", "1.0.1")) == ("rejected", "parse", "JSONDecodeError")
    assert told(read(LINE + b"\n", "1.0.1")) == ("rejected", "load", "KeyError")


def test_releases_before_1_13_0_put_spaces_into_their_lines() -> None:
    spaced = json.dumps(MESSAGE).encode() + b"\n"
    assert [read(spaced, reader).same_bytes for reader in ("1.1.0", "1.12.1", "1.13.0")] == [True, True, False]


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        (b"[]", ("rejected", "load", "ValueError"), ("rejected", "load", "ValueError")),
        (b'{"role":', *[("rejected", "parse", "ValueError", "JSONDecodeError")] * 2),
        (
            b'\xef\xbb\xbf{"role":"u"}',
            ("rejected", "parse", "ValueError", "JSONDecodeError"),
            ("rejected", "parse", "ValueError", "DecodeError"),
        ),
        (b'{"role":"\xff"}', *[("rejected", "parse", "UnicodeDecodeError")] * 2),
        (b'{"role":"u","foo":1}', ("rejected", "load", "TypeError"), ("rejected", "load", "TypeError")),
        (b'{"role":"u","contents":[{}]}', *[("rejected", "load", "ValueError", "ValueError")] * 2),
        (
            b'{"type":"chat_message","role":"u","contents":[],"additional_properties":{}}',
            ("lossy",),
            ("rejected", "load", "ValueError", "ValueError"),
        ),
        (b'{"type":"message","role":"u","contents":[],"additional_properties":{"n":NaN}}', *[("identical",)] * 2),
    ],
)
def test_what_becomes_of_a_line(line: bytes, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    assert told(read(line + b"\n", "1.12.1")) == old
    assert told(read(line + b"\n", "1.23.0")) == new


def test_a_lone_carriage_return_ends_a_line_too() -> None:
    broken = LINE.replace(b'"role"', b'\r"role"')
    assert told(read(broken + b"\n", "1.12.1")) == ("rejected", "parse", "ValueError", "JSONDecodeError")


def test_text_with_an_unpaired_surrogate_is_read_and_cannot_be_written() -> None:
    line = LINE.replace(b'"hi"', b'"\\ud83d"')
    assert told(read(line + b"\n", "1.12.1")) == ("rejected", "save", "UnicodeEncodeError")


def records(*messages: Any) -> bytes:
    encoded = [msgspec.msgpack.encode(one) for one in messages]
    return b"".join(len(one).to_bytes(4, "big") + one for one in encoded)


def test_messagepack_records_have_their_length_before_them() -> None:
    reading = read(records(MESSAGE, MESSAGE), "1.23.0", Encoding.MESSAGEPACK_RECORDS)
    assert (told(reading), reading.messages_restored, reading.same_bytes) == (("identical",), 2, True)
    cut = records(MESSAGE)[:-1]
    assert told(read(cut, "1.23.0", Encoding.MESSAGEPACK_RECORDS)) == ("rejected", "load", "ValueError")
    hosted = records({**MESSAGE, "contents": [HOSTED]})
    assert told(read(hosted, "1.21.0", Encoding.MESSAGEPACK_RECORDS)) == ("rejected", "load", "TypeError")


def test_messagepack_text_that_is_not_utf8_is_an_error_of_its_own() -> None:
    broken = records(MESSAGE).replace(b"hi", b"\xff\xfe")
    reading = read(broken, "1.23.0", Encoding.MESSAGEPACK_RECORDS)
    assert told(reading) == ("rejected", "parse", "UnicodeDecodeError")
