"""From offsets to lines and columns."""

from __future__ import annotations

import pytest

from pysession.wire.encoding import Encoding
from pysession.wire.position import Position, positions


@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        (b"", 0, 1, 1),
        (b"ab", 2, 1, 3),
        (b"a\nb", 2, 2, 1),
        (b"a\r\nb", 3, 2, 1),
        (b"a\rb", 2, 2, 1),
        (b"a\r\n", 2, 1, 2),
        (b"\n\n\n", 3, 4, 1),
        ("é😀x".encode(), 6, 1, 3),
        (b"\xef\xbb\xbfab", 4, 1, 2),
        (b"\xef\xbb\xbfab", 0, 1, 1),
        (b"\xff\xfex", 2, 1, 3),
    ],
)
def test_an_offset_has_a_line_and_a_column(data: bytes, offset: int, line: int, column: int) -> None:
    assert positions(data, Encoding.JSON, [offset]) == {offset: Position(line, column, offset)}


def test_many_offsets_have_the_positions_that_each_has_alone() -> None:
    data = "é\r\nab\rc\n\nd😀e".encode() * 3
    boundaries = [at for at in range(len(data) + 1) if at == len(data) or data[at] & 0xC0 != 0x80]
    together = positions(data, Encoding.JSON, boundaries)
    assert together == {at: positions(data, Encoding.JSON, [at])[at] for at in boundaries}


def test_a_column_far_along_a_line_is_counted_across_pieces() -> None:
    data = "é".encode() * 1_500_000
    assert positions(data, Encoding.JSON, [len(data)])[len(data)].column == 1_500_001
