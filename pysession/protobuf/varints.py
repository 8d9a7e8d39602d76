"""The few bytes that protobuf puts around everything: tags, lengths, numbers."""

from __future__ import annotations

from functools import cache

from pysession.protobuf.failures import Malformed

VARINT, FIXED64, LENGTH = 0, 1, 2
"""Wire types."""

_BIT63, _BIT64 = 1 << 63, 1 << 64
_LAST_SHIFT = 63
"""Where the tenth byte of a number goes. There is no eleventh: a number of megabytes would be read for hours."""

_NO_NUMBER = "a number is not written as protobuf writes it"

_KEPT = 1 << 14
"""Lengths below are made once: they take one byte or two."""

_FRAMED = 1 << 11
"""Lengths before which what stands is kept: there are a hundred kinds of frames, and their senders choose the lengths."""

_WORD, _WORDS = 64, 4096
"""The longest text that is kept as a word, and how many are."""


def varint(number: int) -> bytes:
    """``number``, from 0 on, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class _Lengths(dict[int, bytes]):
    def __missing__(self, number: int) -> bytes:
        made = varint(number)
        if number < _KEPT:
            self[number] = made
        return made


LENGTHS = _Lengths()
"""The varint of every length. Looking one up costs a tenth of making it."""


class _Words(dict[str, bytes]):
    def __missing__(self, text: str) -> bytes:
        made = sized(str.encode(text))
        if len(made) < _WORD:
            if len(self) >= _WORDS:
                self.clear()
            self[text] = made
        return made


WORDS = _Words()
"""Strings behind their lengths, as far as they are such as come again and again."""


class Frames(dict[int, bytes]):
    """What stands before a body of a given length that lies in messages which hold nothing else: tag and length of each
    of them, from the outermost of ``tags`` on, and its own. One look-up instead of one for every length."""

    def __init__(self, *tags: bytes) -> None:
        self._tags = tags

    def __missing__(self, length: int) -> bytes:
        made = b""
        for tag in reversed(self._tags):
            made = tag + LENGTHS[length + len(made)] + made
        if length < _FRAMED:
            self[length] = made
        return made


@cache
def frames(*tags: bytes) -> Frames:
    """What stands before bodies in messages with these tags, the same one for everybody."""
    return Frames(*tags)


def tag(number: int, wire_type: int = LENGTH) -> bytes:
    """What stands before the field ``number``."""
    return varint(number << 3 | wire_type)


def sized(body: bytes) -> bytes:
    """``body`` behind its length."""
    return LENGTHS[len(body)] + body


def sized_all(pieces: list[bytes]) -> bytes:
    """The pieces one after the other behind their common length: of what is large, the only copy."""
    return b"".join((LENGTHS[sum(map(len, pieces))], *pieces))


def signed(number: int) -> bytes:
    """``number``, from -2^63 to 2^63 - 1, as int64."""
    return varint(number if number >= 0 else number + _BIT64)


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
    # A longer form of the same number is not what anybody writes.
    if number >= _BIT64 or (byte == 0 and shift):
        raise Malformed(_NO_NUMBER)
    return number, at


def read_signed(data: bytes, at: int) -> tuple[int, int]:
    """The int64 at ``at``, and the place behind it."""
    number, at = read_varint(data, at)
    return (number if number < _BIT63 else number - _BIT64), at


def read_span(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the bytes begin and end whose length stands at ``at``."""
    length = data[at]
    at += 1
    if length > 0x7F:
        length += (data[at] << 7) - 0x80
        at += 1
        if length > 0x3FFF:
            length, at = read_varint(data, at - 2)
    stop = at + length
    if stop > end:
        raise Malformed("a length leads beyond the end")
    return at, stop
