"""JSON text as Go reads it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.readers.every_member import Members, NotJsonError, members
from pysession.readers.go.text import decoded, go_float, parse, plain

DEPTH = 10_000

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def standard(text: str) -> tuple[bool, Any]:
    """Whether the standard library takes it for JSON, and the value; its extensions apart."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        return True, json.loads(text, parse_constant=refuse)
    except ValueError:
        return False, None


@given(values, st.booleans())
def test_what_was_written_has_the_value_that_was_written(value: Any, ascii_only: bool) -> None:
    assert plain(parse(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"), DEPTH)) == value


@given(st.text('[]{}",:01.eE-+nulltrfas\\ \n', max_size=12) | st.text())
def test_the_standard_library_and_go_agree_on_what_is_json(text: str) -> None:
    is_json, value = standard(text)
    try:
        found = plain(parse(text.encode("utf-8", "surrogatepass"), DEPTH))
    except NotJsonError:
        assert not is_json
    else:
        assert is_json
        assert found == value


def test_every_occurrence_of_a_name_is_there_in_order() -> None:
    value = parse(b'{"a":1,"b":2,"a":3}', DEPTH)
    assert isinstance(value, Members)
    assert [*members(value)] == [("a", 1), ("b", 2), ("a", 3)]
    assert plain(value) == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'"\\ud83c\\udf89"', "\N{PARTY POPPER}"),
        (b'"\\ud800"', "\ufffd"),
        (b'"\\udc00\\ud800"', "\ufffd\ufffd"),
        (b'"a\xffb"', "a\ufffdb"),
        (b'"\xe2\x82"', "\ufffd\ufffd"),
        (b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
        (b'"\xf0\x9f\x8e"', "\ufffd\ufffd\ufffd"),
        (b'"\\u0061"', "a"),
    ],
)
def test_each_byte_that_is_not_utf_8_and_each_lone_surrogate_is_one_replacement(text: bytes, expected: str) -> None:
    assert decoded(parse(text, DEPTH)) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b'{"a":1,}',
        b"{a:1}",
        b'"\t"',
        b'"\\x"',
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"nul",
        b"NaN",
        b"1 2",
    ],
)
def test_what_is_no_json_is_a_syntax_error(text: bytes) -> None:
    with pytest.raises(NotJsonError):
        parse(text, DEPTH)


def test_depth_counts_containers() -> None:
    assert parse(b"[[[]]]", 3) == [[[]]]
    with pytest.raises(NotJsonError, match="nested more than 2 deep"):
        parse(b"[[[]]]", 2)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1.0, "1"),
        (-1.0, "-1"),
        (1e20, "100000000000000000000"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (2.0**64, "18446744073709552000"),
    ],
)
def test_a_whole_float64_below_1e21_is_written_as_an_integer(number: float, written: str) -> None:
    saved = go_float(number)
    assert saved == json.loads(written)
    assert type(saved) is type(json.loads(written))


def test_infinity_has_no_text() -> None:
    assert go_float(math.inf) is None
