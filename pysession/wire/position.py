"""From byte offsets to lines and columns, for the few offsets that are reported."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

import msgspec

from pysession.wire.encoding import MARK, Encoding

_CHUNK = 1 << 20


class Position(msgspec.Struct, frozen=True):
    """A place in the bytes: 1-based ``line`` and ``column``, 0-based byte ``offset``.

    Lines end with LF, CR LF or CR. Columns count code points (one for each replacement character that a decoder would
    put for bytes that are not UTF-8); a byte order mark is not counted. In MessagePack ``line`` is 1 and ``column`` is
    the offset + 1.
    """

    line: int
    column: int
    offset: int


def positions(data: bytes, encoding: Encoding, offsets: Iterable[int]) -> dict[int, Position]:
    """The positions of ``offsets`` in ``data``, in one pass and without a copy of the data."""
    if encoding.is_messagepack:
        return {offset: Position(1, offset + 1, offset) for offset in offsets}
    found: dict[int, Position] = {}
    line, column, seen = 1, 1, len(MARK) if data.startswith(MARK) else 0
    for offset in sorted(set(offsets)):
        # LF of CR LF belongs to the line that it ends.
        end = offset - 1 if offset and data[offset - 1 : offset + 1] == b"\r\n" else offset
        if end > seen:
            breaks = _line_breaks(data, seen, end)
            if breaks:
                line += breaks
                column = 1
                seen = 1 + max(data.rfind(b"\n", seen, end), data.rfind(b"\r", seen, end))
            column += _code_points(data, seen, end)
            seen = end
        found[offset] = Position(line, column, offset)
    return found


def _line_breaks(data: bytes, start: int, end: int) -> int:
    return data.count(b"\n", start, end) + data.count(b"\r", start, end) - data.count(b"\r\n", start, end)


def _code_points(data: bytes, start: int, end: int) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    count = 0
    for at in range(start, end, _CHUNK):
        stop = min(at + _CHUNK, end)
        count += len(decoder.decode(data[at:stop], stop == end))
    return count
