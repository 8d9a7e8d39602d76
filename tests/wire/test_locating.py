"""``locate`` and ``lexeme``."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.wire import Encoding, Path, Position, lexeme, locate, read
from tests.wire.documents import damaged, places, texts, values

JSON = Encoding.JSON


@given(texts())
def test_the_lexeme_of_every_place_parses_to_the_value_there(data: bytes) -> None:
    for path, value in places(json.loads(data)):
        assert repr(json.loads(lexeme(data, JSON, path))) == repr(value)


@given(texts())
def test_a_located_value_begins_where_the_text_of_its_lexeme_is(data: bytes) -> None:
    paths = [path for path, _ in places(json.loads(data))]
    for path, position in locate(data, JSON, paths).items():
        assert data[position.offset :].startswith(lexeme(data, JSON, path).encode())


@given(texts())
def test_lines_and_columns_are_those_of_the_decoded_text(data: bytes) -> None:
    lines = [line.encode() for line in re.split("\r\n|\n|\r", data.decode())]
    ends = list(re.finditer(rb"\r\n|\n|\r", data))
    starts = [0, *(end.end() for end in ends)]
    for position in locate(data, JSON, [path for path, _ in places(json.loads(data))]).values():
        assert starts[position.line - 1] <= position.offset
        in_line = data[starts[position.line - 1] : position.offset]
        assert position.column == len(in_line.decode()) + 1
        assert lines[position.line - 1].startswith(in_line)


@given(damaged(texts()))
def test_whatever_could_be_read_can_be_located(data: bytes) -> None:
    reading = read(data)
    if reading.readable:
        paths = [path for path, _ in places(reading.value)]
        found = locate(data, JSON, paths)
        for path, value in places(reading.value):
            again = read(data[found[path].offset :][: len(lexeme(data, JSON, path).encode())])
            assert isinstance(value, str | float) or not again.readable or repr(again.value) == repr(value)


@given(st.binary(max_size=50) | damaged(texts()), st.sampled_from(Encoding))
def test_no_bytes_make_locating_fail(data: bytes, encoding: Encoding) -> None:
    paths: list[Path] = [(), (0,), ("a",), (0, "a"), (1, 0), ("", "type")]
    found = locate(data, encoding, paths)
    assert all(0 <= found[path].offset <= len(data) for path in paths)


@pytest.mark.parametrize(
    ("path", "column"),
    [((), 2), (("a",), 8), (("a", 1), 12), (("a", 1, "b"), 18), (("a", 2), 8), (("a", 1, "b", "c"), 18), (("z", 0), 2)],
)
def test_a_path_that_does_not_exist_maps_to_its_deepest_ancestor(path: Path, column: int) -> None:
    assert locate(b' {"a": [1, {"b": null}]}', JSON, [path]) == {path: Position(1, column, column - 1)}


def test_the_last_of_repeated_members_is_located() -> None:
    data = b'{"a": {"b": 1, "c": 2}, "a": {"b": 3, "b": 4}}'
    found = locate(data, JSON, [("a",), ("a", "b"), ("a", "c")])
    assert [found[path].offset for path in found] == [29, 43, 29]


def test_a_last_repetition_that_is_no_object_hides_what_the_first_held() -> None:
    data = b'{"a": {"b": 1}, "a": 7}'
    assert locate(data, JSON, [("a", "b")])["a", "b"].offset == 21


@pytest.mark.parametrize(
    "name",
    ['"k\\u0065y"', '"key"'],
)
def test_a_member_name_is_found_however_it_is_escaped(name: str) -> None:
    assert lexeme(f'{{"x": "]}}", {name}: 7}}'.encode(), JSON, ("key",)) == "7"


def test_numbers_keep_the_form_in_which_they_were_written() -> None:
    data = b'{"a": [1.00, -0, 1E+2, 100000000000000000000000, NaN]}'
    assert [lexeme(data, JSON, ("a", index)) for index in range(5)] == ["1.00", "-0", "1E+2", "1" + "0" * 23, "NaN"]


@pytest.mark.parametrize("string", ['"\\\\"', '"\\""', '"a\\\\\\"]"', '"[{"', '"\\ud800"'])
def test_a_string_ends_at_its_own_quotation_mark(string: str) -> None:
    data = f'[{{"a": {string}}}, {string}, 5]'.encode()
    assert [lexeme(data, JSON, (index,)) for index in (1, 2)] == [string, "5"]


def test_bytes_that_are_not_utf8_do_not_hide_what_follows() -> None:
    data = b'\xef\xbb\xbf{"\xff": "\xed\xa0\x80", "b": 1}'
    found = locate(data, JSON, [("b",), ("\ufffd",)])
    assert [data[found[path].offset : found[path].offset + 1] for path in found] == [b"1", b'"']


def test_places_as_deep_as_the_reader_goes_are_found() -> None:
    depth = 1000
    data = b'{"a":[' * (depth // 2) + b"7" + b"]}" * (depth // 2)
    path: Path = ("a", 0) * (depth // 2)
    assert lexeme(data, JSON, path) == "7"


def test_a_long_string_without_end_is_passed_over_once() -> None:
    data = b'{"a": ["' + b"x" * 5_000_000
    began = time.perf_counter()
    assert locate(data, JSON, [("b",)])["b",].offset == 0
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("path", [("b",), (0,), ("a", 0)])
def test_there_is_no_lexeme_where_there_is_no_value(path: Path) -> None:
    with pytest.raises(KeyError):
        lexeme(b'{"a": 1}', JSON, path)


@given(values)
def test_places_in_messagepack_are_those_of_the_values(value: Any) -> None:
    value = json.loads(json.dumps(value, default=str), parse_int=lambda digits: int(digits) % 2**63)
    data = msgspec.msgpack.encode(value)
    found = locate(data, Encoding.MESSAGEPACK, [path for path, _ in places(value)])
    for path, inner in places(value):
        position = found[path]
        assert data[position.offset :].startswith(msgspec.msgpack.encode(inner))
        assert (position.line, position.column) == (1, position.offset + 1)
        assert json.loads(lexeme(data, Encoding.MESSAGEPACK, path)) == inner
