"""``read`` on MessagePack."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given

from pysession.wire import DEFAULT_LIMITS, Encoding, Fault, Limits, Position, lexeme, locate, read
from pysession.wire.fault import FaultLog
from pysession.wire.messagepack import _Scanner
from tests.wire.documents import damaged, values

ONE = Encoding.MESSAGEPACK
RECORDS = Encoding.MESSAGEPACK_RECORDS

bounded = values.map(lambda value: json.loads(json.dumps(value), parse_int=lambda digits: int(digits) % 2**63))


def only(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Fault:
    (fault,) = read(data, ONE, limits).faults
    return fault


def record(value: Any) -> bytes:
    data = msgspec.msgpack.encode(value)
    return len(data).to_bytes(4, "big") + data


@given(bounded)
def test_what_msgspec_wrote_is_read(value: Any) -> None:
    reading = read(msgspec.msgpack.encode(value), ONE)
    assert repr(reading.value) == repr(value)
    assert reading.faults == ()


@given(bounded)
def test_our_scanner_reads_what_msgspec_wrote(value: Any) -> None:
    data = msgspec.msgpack.encode(value)
    assert repr(_Scanner(data, DEFAULT_LIMITS, FaultLog(), 0, ()).document()) == repr(value)


@given(damaged(bounded.map(msgspec.msgpack.encode)))
def test_what_is_read_is_json_or_has_an_error(data: bytes) -> None:
    reading = read(data, ONE)
    if not reading.faults:
        assert json.loads(json.dumps(reading.value, allow_nan=False)) == reading.value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xca\x3f\x80\x00\x00", 1.0),
        (b"\xd9\x01a", "a"),
        (b"\xda\x00\x01a", "a"),
        (b"\xdb\x00\x00\x00\x01a", "a"),
        (b"\xdc\x00\x01\xc0", [None]),
        (b"\xdd\x00\x00\x00\x01\xc2", [False]),
        (b"\xde\x00\x01\xa1a\xc3", {"a": True}),
        (b"\xdf\x00\x00\x00\x01\xa1a\x80", {"a": {}}),
        (b"\xcc\x05", 5),
        (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe", -2),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 2**64 - 1),
        (b"\xe0", -32),
        (b"\x90", []),
    ],
)
def test_every_format_with_a_json_counterpart_is_read(data: bytes, value: Any) -> None:
    reading = read(data, ONE)
    assert repr(reading.value) == repr(value)
    assert reading.faults == ()


@pytest.mark.parametrize(
    "data", [b"\x81\xa1a", b"\x92\x01", b"\xa5abc", b"\xcd\x01", b"\xdd\xff\xff\xff\xff\x01", b"\xc7\x05", b""]
)
def test_cut_off_data_is_invalid_behind_its_last_byte(data: bytes) -> None:
    fault = only(data)
    assert (fault.rule, fault.position) == ("json-invalid", Position(1, len(data) + 1, len(data)))
    assert "MessagePack" in fault.detail
    assert not read(data, ONE).readable


@pytest.mark.parametrize(("data", "offset"), [(b"\x80\x01", 1), (b"\x91\xc1", 1)])
def test_trailing_bytes_and_the_unused_byte_are_invalid(data: bytes, offset: int) -> None:
    fault = only(data)
    assert (fault.rule, fault.position.offset) == ("json-invalid", offset)


@pytest.mark.parametrize(
    "value", [b"bytes", datetime(2025, 1, 2, tzinfo=UTC), msgspec.msgpack.Ext(5, b"x"), msgspec.msgpack.Ext(1, b"xyz")]
)
def test_what_json_does_not_have_is_invalid_at_its_place_and_reads_as_null(value: Any) -> None:
    data = msgspec.msgpack.encode({"a": [1, value], "b": 2})
    reading = read(data, ONE)
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position.offset) == ("json-invalid", ("a", 1), 5)
    assert "no JSON counterpart" in fault.detail
    assert reading.value == {"a": [1, None], "b": 2}


@pytest.mark.parametrize(("key", "name"), [(7, "7"), (None, "null"), (True, "true"), (1.5, "1.5")])
def test_a_key_that_is_no_string_is_invalid_at_its_member(key: Any, name: str) -> None:
    fault = only(msgspec.msgpack.encode({"a": {key: "x"}}))
    assert (fault.rule, fault.path) == ("json-invalid", ("a", name))


def test_a_container_as_key_ends_the_reading() -> None:
    assert not read(b"\x81\x91\x01\x02", ONE).readable


def test_a_repeated_key_is_placed_at_the_first_and_related_to_the_second() -> None:
    reading = read(b"\x82\xa1a\x01\xa1a\x02", ONE)
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position.offset) == ("json-duplicate-key", ("a",), 3)
    assert fault.related == ((("a",), Position(1, 7, 6)),)
    assert reading.value == {"a": 2}


def test_a_string_that_is_not_utf8_is_reported_and_reading_goes_on() -> None:
    reading = read(b"\x92\xa2a\xff\x01", ONE)
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position.offset) == ("json-not-utf8", (0,), 3)
    assert reading.value == ["a\ufffd", 1]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_floats_that_are_no_numbers_are_reported(number: float) -> None:
    fault = only(msgspec.msgpack.encode([number]))
    assert (fault.rule, fault.path, fault.position.offset) == ("number-not-json", (0,), 1)


@pytest.mark.parametrize("depth", [3, 200, 1000])
def test_nesting_is_read_up_to_its_limit_and_no_further(depth: int) -> None:
    limits = Limits(depth=depth)
    assert read(b"\x91" * depth + b"\x01", ONE, limits).readable
    assert only(b"\x91" * (depth + 1) + b"\x01", limits).rule == "limit-exceeded"


@pytest.mark.parametrize("limits", [Limits(bytes=2), Limits(members=1)])
def test_bytes_and_members_are_limited(limits: Limits) -> None:
    assert only(b"\x82\xa1a\x01\xa1b\x02", limits).rule == "limit-exceeded"


def test_records_are_read_one_by_one_and_a_broken_one_does_not_hide_the_others() -> None:
    data = record({"a": 1}) + b"\x00\x00\x00\x01\xc1" + record({"a": math.nan})
    reading = read(data, RECORDS)
    assert reading.value[:2] == [{"a": 1}, None]
    assert reading.unreadable_records == {1}
    broken, number = reading.faults
    assert (broken.path, broken.position) == ((1,), Position(1, 13, 12))
    assert (number.rule, number.path, number.position.offset) == ("number-not-json", (2, "a"), 20)


@pytest.mark.parametrize(
    ("tail", "offset"),
    [(b"\x00\x00", 10), (b"\x00\x00\x00\x09ab", 14), (b"\x00\x00\x00\x00", 8), (b"\x04\x00\x00\x01" + b"x" * 9, 8)],
    ids=["length cut off", "value cut off", "no bytes", "more than 64 MiB"],
)
def test_a_record_length_that_cannot_be_followed_ends_the_file(tail: bytes, offset: int) -> None:
    reading = read(record({"a": 1}) + tail, RECORDS)
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position.offset) == ("json-invalid", (1,), offset)
    assert (reading.value, reading.unreadable_records) == ([{"a": 1}, None], frozenset({1}))


def test_a_file_without_records_is_readable() -> None:
    assert read(b"", RECORDS).value == []


def test_places_in_records_are_found() -> None:
    data = record({"a": 1}) + record({"b": [1.5, "x"]})
    assert locate(data, RECORDS, [(1, "b", 1), (1, "z"), (5,)]) == {
        (1, "b", 1): Position(1, 26, 25),
        (1, "z"): Position(1, 13, 12),
        (5,): Position(1, 5, 4),
    }
    assert lexeme(data, RECORDS, (1, "b")) == '[1.5,"x"]'
