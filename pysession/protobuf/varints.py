"""The few bytes that protobuf puts around everything: tags, lengths, numbers."""

from __future__ import annotations

from functools import cache
from typing import Final

from pysession.protobuf.failures import Malformed

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
"""Wire types."""

_BIT64: Final = 1 << 64
_LAST_SHIFT: Final = 63
"""Where the tenth byte of a number goes. There is no eleventh: a number of megabytes would be read for hours."""

_SIGN: Final = 63
"""The bit of an int64 that is its sign.

Large numbers are shifted, never compared: compiled code ends the process when a comparison of such numbers fails, as it does
where the stack of the caller is exhausted.
"""

_LONGEST: Final = 61
"""Bits of a length, at most, that is compared with others."""

_KEY_BITS: Final = 32

BEYOND: Final = "a length leads beyond the end"
_NO_NUMBER: Final = "a number is not written as protobuf writes it"


def varint(number: int) -> bytes:
    """``number``, from 0 on, seven bits a byte."""
    out = bytearray()
    rest = number >> 7
    while rest != 0:
        out.append(number & 0x7F | 0x80)
        number = rest
        rest >>= 7
    out.append(number)
    return bytes(out)


_KEPT: Final = 1 << 14
"""Lengths below are made once: they take one byte or two."""

_SHORT: Final = 1 << 7
"""Lengths of one byte: most are."""

_LENGTHS: Final[list[bytes]] = [varint(number) for number in range(_KEPT)]


def length(number: int) -> bytes:
    """The varint of a length. Looking one up costs a tenth of making it."""
    return _LENGTHS[number] if number < _KEPT else varint(number)


def tag(number: int, wire_type: int = LENGTH) -> bytes:
    """What stands before the field ``number``."""
    return varint(number << 3 | wire_type)


class Tag:
    """What stands before a field: its key, and where it has a length, that too in one piece.

    ``varint`` and ``fixed64`` are the keys of the same field where it is a number.
    """

    def __init__(self, number: int) -> None:
        self.varint = tag(number, VARINT)
        self.fixed64 = tag(number, FIXED64)
        self._key = tag(number)
        self._short = [self._key + varint(size) for size in range(_SHORT)]

    def head(self, size: int) -> bytes:
        """What stands before ``size`` bytes."""
        return self._short[size] if size < _SHORT else self._key + length(size)

    def write(self, out: list[bytes], body: bytes) -> int:
        """Append the field that holds ``body``. This, and what is like it, tells how many bytes were appended."""
        head = self.head(len(body))
        out.append(head)
        out.append(body)
        return len(head) + len(body)

    def close(self, out: list[bytes], at: int, size: int) -> int:
        """Put what stands before a message of ``size`` bytes where room was left for it: at ``at`` in ``out``."""
        head = self.head(size)
        out[at] = head
        return len(head) + size


@cache
def tagged(number: int) -> Tag:
    """The tag of the field ``number``, the same one for everybody."""
    return Tag(number)


def sized(body: bytes) -> bytes:
    """``body`` behind its length."""
    return length(len(body)) + body


def is_int64(number: int) -> bool:
    """Whether ``number`` is from -2^63 to 2^63 - 1."""
    high = number >> _SIGN
    return high == 0 or high == -1


def is_uint64(number: int) -> bool:
    """Whether ``number`` is from 0 to 2^64 - 1."""
    return number >> _SIGN + 1 == 0


def signed(number: int) -> bytes:
    """``number``, from -2^63 to 2^63 - 1, as int64."""
    return varint(number if number >> _SIGN == 0 else number + _BIT64)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at ``at``, and the place behind it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > _LAST_SHIFT:
            raise Malformed(_NO_NUMBER)
    # A longer form of the same number is not what anybody writes; the tenth byte has one bit.
    if (byte == 0 and shift) or (byte > 1 and shift == _LAST_SHIFT):
        raise Malformed(_NO_NUMBER)
    return number, at


def read_key(data: bytes, at: int) -> tuple[int, int]:
    """The key of a field at ``at``, and the place behind it."""
    key, at = read_varint(data, at)
    if key >> _KEY_BITS != 0:
        raise Malformed(_NO_NUMBER)
    return key, at


def read_signed(data: bytes, at: int) -> tuple[int, int]:
    """The int64 at ``at``, and the place behind it."""
    number, at = read_varint(data, at)
    return (number if number >> _SIGN == 0 else number - _BIT64), at


def read_span(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the bytes begin and end whose length stands at ``at``."""
    length = data[at]
    at += 1
    if length > 0x7F:
        length += (data[at] << 7) - 0x80
        at += 1
        if length > 0x3FFF:
            length, at = read_varint(data, at - 2)
            if length >> _LONGEST != 0:
                raise Malformed(BEYOND)
    stop = at + length
    if stop > end:
        raise Malformed(BEYOND)
    return at, stop
