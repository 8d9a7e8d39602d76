"""``read`` on JSON: what is a fault, where it is, and what value remains."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import jiter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.wire import DEFAULT_LIMITS, Encoding, Fault, Limits, Position, read
from pysession.wire.fault import FaultLog
from pysession.wire.scanner import Scanner
from tests.wire.documents import damaged, texts


def only(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Fault:
    (fault,) = read(data, limits=limits).faults
    return fault


def same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


@given(texts())
def test_a_sound_text_has_the_value_that_the_standard_library_gives_it(data: bytes) -> None:
    reading = read(data)
    assert same(reading.value, json.loads(data))
    assert reading.readable
    assert reading.faults == ()


@given(texts())
def test_our_scanner_gives_the_value_that_the_standard_library_gives(data: bytes) -> None:
    assert same(Scanner(data, DEFAULT_LIMITS, FaultLog()).document(), json.loads(data))


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_number_is_exact_if_an_integer_and_the_nearest_double_if_not(text: str) -> None:
    data = text.encode()
    assert same(read(data).value, json.loads(text))
    assert same(Scanner(data, DEFAULT_LIMITS, FaultLog()).document(), json.loads(text))


@given(st.binary(max_size=60) | damaged(texts()), st.sampled_from(Encoding))
def test_no_bytes_raise_and_what_is_not_readable_has_an_error(data: bytes, encoding: Encoding) -> None:
    reading = read(data, encoding)
    assert reading.readable or any(not fault.warning for fault in reading.faults)
    assert all(0 <= fault.position.offset <= len(data) for fault in reading.faults)


@given(damaged(texts()))
def test_a_damaged_text_is_read_as_the_standard_library_reads_it_or_has_an_error(data: bytes) -> None:
    reading = read(data)
    if not [fault for fault in reading.faults if not fault.warning]:
        assert same(reading.value, json.loads(data))


@given(damaged(texts()))
def test_native_code_accepts_only_what_our_scanner_finds_no_fault_in(data: bytes) -> None:
    try:
        value = jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError:
        return
    log = FaultLog()
    assert same(Scanner(data, DEFAULT_LIMITS, log).document(), value)
    assert log.faults(data, Encoding.JSON) == ()


@given(damaged(texts()))
def test_what_the_standard_library_refuses_has_an_error(data: bytes) -> None:
    try:
        json.loads(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except ValueError:
        assert [fault for fault in read(data).faults if not fault.warning]


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"", 1, 1, "empty"),
        (b" \r\n\t", 2, 2, "white space"),
        (b'{"a": [1, 2', 1, 12, "cut off"),
        (b'{"a": "b', 1, 9, "cut off"),
        (b'["\\u12', 1, 7, "cut off"),
        (b"[tru", 1, 5, "cut off"),
        (b"[1.", 1, 4, "cut off"),
        (b"{} x", 1, 4, "end was expected"),
        (b'{}\n{"a":1}', 2, 1, "second value"),
        (b"[1]]", 1, 4, "too many"),
        (b"[1, // one\n2]", 1, 5, "comment"),
        (b"{'a': 1}", 1, 2, "single quotation"),
        (b"{\"a\": 'b'}", 1, 7, "single quotation"),
        (b'{"a": 1,}', 1, 9, "remove the comma"),
        (b"[1,\n]", 2, 1, "remove the comma"),
        (b"[1,,2]", 1, 4, "missing"),
        (b"{a: 1}", 1, 2, "not in quotation marks"),
        (b'{"a" 1}', 1, 6, "colon"),
        (b"[1 2]", 1, 4, "comma or ]"),
        (b'{"a": 1]', 1, 8, "comma or }"),
        (b'["a\tb"]', 1, 4, "U+0009"),
        (b'"a\nb"', 1, 3, "U+000A"),
        (b'["\\x41"]', 1, 3, "backslash"),
        (b'["\\u12g4"]', 1, 3, "hexadecimal"),
        (b"[+1]", 1, 2, "plus"),
        (b"[.5]", 1, 2, "before its point"),
        (b"[1.]", 1, 2, "after its point"),
        (b"[1e]", 1, 2, "exponent"),
        (b"[01]", 1, 2, "zero"),
        (b"[0x1]", 1, 2, "decimal"),
        (b"[-]", 1, 2, "minus"),
        (b"[True]", 1, 2, "Python"),
        (b"[undefined]", 1, 2, "word"),
        ("[\u00a01]".encode(), 1, 2, "U+00A0"),
        ("[\u201ca\u201d]".encode(), 1, 2, "typographic"),
        (b"{}\x00", 1, 3, "NUL"),
        ('{"ä😀": "é" x}'.encode(), 1, 12, "comma or }"),
        (b"[1,\r\n2,\r3,\n x]", 4, 2, "word"),
    ],
)
def test_a_syntax_fault_says_what_is_wrong_and_where(data: bytes, line: int, column: int, words: str) -> None:
    fault = only(data)
    assert fault.rule == "json-invalid"
    assert (fault.position.line, fault.position.column) == (line, column)
    assert words in fault.detail
    assert not read(data).readable


def test_a_repeated_member_name_is_placed_where_it_stands_first_and_related_to_the_repetition() -> None:
    data = b'{"a": 1,\n "b": {"x": 1, "\\u0078": 2}}'
    fault = only(data)
    assert fault.rule == "json-duplicate-key"
    assert fault.path == ("b", "x")
    assert fault.position == Position(2, 13, 21)
    assert fault.related == ((("b", "x"), Position(2, 26, data.index(b"2}"))),)


def test_the_last_of_repeated_members_gives_the_value() -> None:
    assert read(b'{"a": 1, "b": 2, "a": 3}').value == {"a": 3, "b": 2}


@pytest.mark.parametrize("token", [b"NaN", b"nan", b"-NaN", b"Infinity", b"-Infinity", b"inf", b"-INF"])
def test_not_a_number_tokens_are_reported_and_kept(token: bytes) -> None:
    data = b'{"a": [0, ' + token + b"]}"
    fault = only(data)
    assert (fault.rule, fault.path, fault.position.offset) == ("number-not-json", ("a", 1), 10)
    value = read(data).value["a"][1]
    assert math.isnan(value) if token[-1:].lower() == b"n" else math.isinf(value)


def test_an_unpaired_surrogate_in_a_value_is_reported_and_kept() -> None:
    reading = read(b'["a", "x\\ud83d\\n", "\\ud83d\\ude00"]')
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position) == ("string-not-portable", (1,), Position(1, 7, 6))
    assert reading.value == ["a", "x\ud83d\n", "😀"]


def test_an_unpaired_surrogate_in_a_member_name_is_placed_at_the_value() -> None:
    reading = read(b'{"\\ude00": 1}')
    (fault,) = reading.faults
    assert (fault.rule, fault.path, fault.position.column) == ("string-not-portable", ("\ude00",), 12)
    assert reading.value == {"\ude00": 1}


def test_a_byte_order_mark_is_a_warning_and_no_column() -> None:
    reading = read(b'\xef\xbb\xbf{"a": nan}')
    mark, number = reading.faults
    assert (mark.rule, mark.warning, mark.position) == ("json-not-utf8", True, Position(1, 1, 0))
    assert number.position == Position(1, 7, 9)
    assert reading.readable


def test_a_byte_order_mark_alone_leaves_a_sound_document() -> None:
    assert read(b"\xef\xbb\xbf[1]").value == [1]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff", "0xFF"),
        (b"\xed\xa0\x80", "surrogate"),
        (b"\xc0\xaf", "overlong"),
        (b"\xe2\x82", "not complete"),
        (b"\x80", "continues nothing"),
    ],
)
def test_bytes_in_a_string_that_are_not_utf8_are_reported_and_reading_goes_on(raw: bytes, words: str) -> None:
    reading = read(b'{"a": "\xc3\xa9' + raw + b'", "b": NaN}')
    bad, number = reading.faults
    assert (bad.rule, bad.path, bad.position, bad.warning) == ("json-not-utf8", ("a",), Position(1, 9, 9), False)
    assert words in bad.detail
    assert number.rule == "number-not-json"
    assert reading.value["a"].startswith("é\ufffd")


def test_bytes_outside_a_string_that_are_not_utf8_end_the_reading() -> None:
    fault = only(b"[1, \xff]")
    assert (fault.rule, fault.position.column, fault.path) == ("json-not-utf8", 5, None)


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("encoding", [Encoding.JSON, Encoding.JSON_LINES])
def test_another_unicode_encoding_is_named(name: str, encoding: Encoding) -> None:
    reading = read('{"a": 1}'.encode(name), encoding)
    (fault,) = reading.faults
    assert fault.rule == "json-not-utf8"
    assert name[:6].upper() in fault.detail
    assert not reading.readable


def test_the_sign_of_zero_is_kept_for_floats_only() -> None:
    assert repr(read(b"[-0, -0.0]").value) == "[0, -0.0]"


def test_a_float_that_overflows_is_no_fault_of_the_bytes() -> None:
    reading = read(b"[1e400]")
    assert (reading.value, reading.faults) == ([math.inf], ())


def test_too_many_bytes_are_refused_unread() -> None:
    fault = only(b"[1]", Limits(bytes=2))
    assert fault.rule == "limit-exceeded"
    assert "--max-bytes" in fault.detail


@pytest.mark.parametrize("depth", [2, 199, 200, 201, 1000])
def test_nesting_is_read_up_to_its_limit_and_no_further(depth: int) -> None:
    limits = Limits(depth=depth)
    assert read(b"[" * depth + b"]" * depth, limits=limits).readable
    fault = only(b'{"":' * depth + b"[", limits)
    assert (fault.rule, fault.position.offset) == ("limit-exceeded", 4 * depth)
    assert "--max-depth" in fault.detail


@pytest.mark.parametrize("data", [b"[" * 200_000_000, b'{"a":' * 40_000_000], ids=["arrays", "objects"])
def test_endless_nesting_is_answered_at_once(data: bytes) -> None:
    began = time.perf_counter()
    assert only(data).rule == "limit-exceeded"
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("digits", [10, 4300])
def test_a_number_with_too_many_digits_becomes_null_and_reading_goes_on(digits: int) -> None:
    limits = Limits(digits=digits)
    fits, over = b"-" + b"7" * digits, b"7" * (digits + 1)
    reading = read(b"[" + fits + b"," + over + b"," + over + b".5,0." + over + b"]", limits=limits)
    assert [fault.path for fault in reading.faults] == [(1,), (2,)]
    assert {fault.rule for fault in reading.faults} == {"limit-exceeded"}
    assert reading.value[:3] == [int(fits), None, None]
    assert reading.readable


def test_a_raised_limit_on_digits_gives_exact_integers() -> None:
    value = read(b"-" + b"9" * 10_000, limits=Limits(digits=10_000)).value
    assert value == 1 - 10**10_000


def test_an_object_with_too_many_members_is_refused() -> None:
    limits = Limits(members=2)
    assert read(b'[{"a":1,"b":2},{"c":3,"d":{}}]', limits=limits).readable
    fault = only(b'[{"a":1,"b":2,"c":3}]', limits)
    assert (fault.rule, fault.position.offset) == ("limit-exceeded", 18)


def test_the_list_of_faults_is_bounded_and_says_what_it_leaves_out() -> None:
    reading = read(b"[" + b"NaN," * 5000 + b"1]")
    assert len(reading.faults) == 1001
    assert reading.faults[-1].warning
    assert "4000 more" in reading.faults[-1].detail
    assert len(reading.value) == 5001
