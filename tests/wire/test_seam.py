"""Elements are added to stored bytes, and nothing else of them changes."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.testing import json_values
from pysession.wire import Encoding
from pysession.wire.seam import find_seam


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"m":[]}', b'{"m":[{},{"n":1}]}'),
        (b'{"m": []}', b'{"m": [{}, {"n":1}]}'),
        (b'{"m":[ ]}', b'{"m":[{},{"n":1} ]}'),
        (b'{"m":[1]}', b'{"m":[1,{},{"n":1}]}'),
        (b'{"m":[1, 2]}', b'{"m":[1, 2, {}, {"n":1}]}'),
        (b'{"m":[\n  1,\n  2\n]}', b'{"m":[\n  1,\n  2,\n  {},\n  {"n":1}\n]}'),
        (b'{"m":[\n  1\n],"x":1.0}', b'{"m":[\n  1,\n  {},\n  {"n":1}\n],"x":1.0}'),
        (b'\xef\xbb\xbf{"m":[1]}', b'\xef\xbb\xbf{"m":[1,{},{"n":1}]}'),
        (b'{"m":[9],"m":[]}', b'{"m":[9],"m":[{},{"n":1}]}'),
    ],
)
def test_elements_follow_the_style_of_those_before(before: bytes, after: bytes) -> None:
    seam = find_seam(before, Encoding.JSON, ("m",))
    assert seam.join(before, [b"{}", b'{"n":1}']) == after
    assert seam.join(before, []) == before


@pytest.mark.parametrize("data", [b"{}", b'{"m":1}', b'{"m":{}}', b'{"m":{"a":[]}}', b'{"m":null}', b"[]"])
def test_a_place_that_is_no_array_is_refused(data: bytes) -> None:
    with pytest.raises(KeyError):
        find_seam(data, Encoding.JSON, ("m",))


def test_lines_end_where_they_did_not() -> None:
    seam = find_seam(b'{"a":1}', Encoding.JSON_LINES)
    assert seam.join(b'{"a":1}', [b"{}", b"[]"]) == b'{"a":1}\n{}\n[]\n'
    seam = find_seam(b'{"a":1}\r\n', Encoding.JSON_LINES)
    assert seam.join(b'{"a":1}\r\n', [b"{}"]) == b'{"a":1}\r\n{}\n'


@pytest.mark.parametrize("count", [0, 1, 14, 15, 16, 300, 65_534, 65_535, 65_536])
def test_a_messagepack_array_counts_its_elements(count: int) -> None:
    data = msgspec.msgpack.encode({"a": 1, "m": [7] * count, "z": "end"})
    seam = find_seam(data, Encoding.MESSAGEPACK, ("m",))
    joined = seam.join(data, [msgspec.msgpack.encode(8)] * 2)
    assert msgspec.msgpack.decode(joined) == {"a": 1, "m": [7] * count + [8] * 2, "z": "end"}
    assert len(joined) == len(data) + seam.growth(0, 1) + seam.growth(1, 1)


def test_messagepack_records_carry_their_length() -> None:
    assert find_seam(b"", Encoding.MESSAGEPACK_RECORDS).join(b"", [b"\x80"]) == b"\x00\x00\x00\x01\x80"


@given(
    before=st.lists(json_values(), max_size=4),
    added=st.lists(json_values(), max_size=4),
    around=st.dictionaries(st.text(max_size=3).filter(lambda name: name != "m"), json_values(), max_size=2),
    indent=st.sampled_from([None, 2]),
)
def test_what_was_there_and_what_is_added_are_both_there(
    before: list[object], added: list[object], around: dict[str, object], indent: int | None
) -> None:
    data = json.dumps({**around, "m": before}, indent=indent).encode()
    seam = find_seam(data, Encoding.JSON, ("m",))
    elements = [json.dumps(one).encode() for one in added]
    joined = seam.join(data, elements)
    assert json.loads(joined) == {**around, "m": before + added}
    assert len(joined) == len(data) + sum(seam.growth(number, len(one)) for number, one in enumerate(elements))
