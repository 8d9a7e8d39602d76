"""``find_seam``: where more elements go into stored bytes, so that they can be put there later without parsing again.

A seam is found once; what is then joined to it takes time in proportion to what is added. The bytes that were there keep
their form, and what is added is taken as it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pysession.wire.encoding import Encoding
from pysession.wire.locating import offsets
from pysession.wire.messagepack_head import Family, read_head
from pysession.wire.path import Path
from pysession.wire.walking import walk_of

_LENGTH_BYTES = 4


class Seam(msgspec.Struct, frozen=True, array_like=True):
    """Where elements go into some bytes, and what stands around them.

    The added elements follow ``end``, the first after ``first`` and each other after ``between``. In MessagePack the head
    of the array, from ``head`` to ``inside``, counts its elements: there are ``count``.
    """

    encoding: Encoding
    end: int
    first: bytes = b""
    between: bytes = b""
    head: int = 0
    inside: int = 0
    count: int = 0

    def join(self, data: bytes, elements: Sequence[bytes]) -> bytes:
        """``data`` with ``elements`` added; ``data`` are the bytes in which the seam was found."""
        if not elements:
            return data
        rest = data[self.end :]
        match self.encoding:
            case Encoding.JSON_LINES:
                return b"".join((data, self.first, *(part for one in elements for part in (one, b"\n"))))
            case Encoding.MESSAGEPACK_RECORDS:
                sized = (part for one in elements for part in (len(one).to_bytes(_LENGTH_BYTES, "big"), one))
                return b"".join((data, *sized))
            case Encoding.MESSAGEPACK:
                head = _array_head(self.count + len(elements))
                return b"".join((data[: self.head], head, data[self.inside : self.end], *elements, rest))
            case Encoding.JSON:
                return b"".join((data[: self.end], self.first, self.between.join(elements), rest))

    def growth(self, before: int, size: int) -> int:
        """By how many bytes one element of ``size`` bytes makes the document longer that has ``before`` added ones."""
        match self.encoding:
            case Encoding.JSON_LINES:
                return size + 1 + (0 if before else len(self.first))
            case Encoding.MESSAGEPACK_RECORDS:
                return size + _LENGTH_BYTES
            case Encoding.MESSAGEPACK:
                old = len(_array_head(self.count + before)) if before else self.inside - self.head
                return size + len(_array_head(self.count + before + 1)) - old
            case Encoding.JSON:
                return size + len(self.between if before else self.first)


def find_seam(data: bytes, encoding: Encoding, path: Path = ()) -> Seam:
    """Where elements are added to the array at ``path``, or records to a file of several; ``path`` is () there.

    Raises:
        KeyError: there is no array at ``path``.
    """
    if encoding is Encoding.JSON_LINES:
        return Seam(encoding, len(data), b"" if data[-1:] in (b"", b"\n") else b"\n")
    if encoding is Encoding.MESSAGEPACK_RECORDS:
        return Seam(encoding, len(data))
    depth, at = offsets(data, encoding, (path,))[path]
    walk = walk_of(data, encoding)
    visit = walk.visit(at)
    if depth < len(path) or visit is None or not _is_array(data, encoding, at):
        raise KeyError(path)
    count, start, end, between = 0, visit.inside, visit.inside, b","
    while (step := visit.step(end)) is not None:
        start = step[1]
        between, end, count = data[end:start] if count else between, walk.skip(start), count + 1
    if encoding is Encoding.MESSAGEPACK:
        return Seam(encoding, end, head=at, inside=visit.inside, count=count)
    if count == 1:
        # A lone element shows how elements are set apart by what stands before it.
        between = b"," + data[visit.inside : start]
    elif not count:
        between = b", " if b'": ' in data else b","
    return Seam(encoding, end, between if count else b"", between)


def _is_array(data: bytes, encoding: Encoding, at: int) -> bool:
    return read_head(data, at).family is Family.ARRAY if encoding.is_messagepack else data[at : at + 1] == b"["


def _array_head(count: int) -> bytes:
    """The first bytes of a MessagePack array (specification, "Array format family")."""
    if count < 1 << 4:
        return bytes((0x90 | count,))
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
