"""The first bytes of a MessagePack value, which tell its family, its size and where its content begins.

The table is the one of the MessagePack specification (section "Formats").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pysession.wire.fault import UnreadableError
from pysession.wire.text import BadBytes, decode


class Family(Enum):
    """What a value is; only the first seven have a JSON counterpart."""

    NIL = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    FLOAT = auto()
    STRING = auto()
    ARRAY = auto()
    MAP = auto()
    BINARY = auto()
    EXTENSION = auto()


@dataclass(frozen=True, slots=True)
class _Format:
    """``fixed``: the value, length or number of items that the first byte itself holds.

    ``number``: how to unpack what follows the first byte, else None.
    """

    family: Family
    fixed: int = 0
    number: struct.Struct | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A value's family, its bytes after the head, and its items.

    ``body`` is where the content begins and ``end`` where it ends; a container's content is its ``items`` values
    (twice as many for a map), so that ``end`` is ``body`` there. ``number`` is the value of a scalar.
    """

    family: Family
    body: int
    end: int
    items: int = 0
    number: Any = None


def _formats() -> dict[int, _Format]:
    table = {first: _Format(Family.INTEGER, first) for first in range(0x80)}
    table |= {0x80 + count: _Format(Family.MAP, count) for count in range(16)}
    table |= {0x90 + count: _Format(Family.ARRAY, count) for count in range(16)}
    table |= {0xA0 + length: _Format(Family.STRING, length) for length in range(32)}
    table |= {0xE0 + low: _Format(Family.INTEGER, low - 32) for low in range(32)}
    table |= {0xC0: _Format(Family.NIL), 0xC2: _Format(Family.BOOLEAN, 0), 0xC3: _Format(Family.BOOLEAN, 1)}
    table |= {0xD4 + power: _Format(Family.EXTENSION, 1 << power) for power in range(5)}
    sized = (
        (0xC4, Family.BINARY, ("B", "H", "I")),
        (0xC7, Family.EXTENSION, ("B", "H", "I")),
        (0xCA, Family.FLOAT, ("f", "d")),
        (0xCC, Family.INTEGER, ("B", "H", "I", "Q", "b", "h", "i", "q")),
        (0xD9, Family.STRING, ("B", "H", "I")),
        (0xDC, Family.ARRAY, ("H", "I")),
        (0xDE, Family.MAP, ("H", "I")),
    )
    for first, family, codes in sized:
        for step, code in enumerate(codes):
            table[first + step] = _Format(family, number=struct.Struct(">" + code))
    return table


_FORMATS = _formats()
_CONTAINERS = (Family.ARRAY, Family.MAP)
_WITH_BYTES = (Family.STRING, Family.BINARY, Family.EXTENSION)


def read_head(data: bytes, at: int) -> Head:
    """The head of the value at ``at``.

    Raises:
        UnreadableError: the value is cut off, or its first byte begins nothing.
    """
    if at >= len(data):
        raise _cut_off(at)
    form = _FORMATS.get(data[at])
    if form is None:
        raise UnreadableError("json-invalid", "the byte 0xC1 begins no MessagePack value; the file is damaged", at)
    body, number = at + 1, form.fixed
    if form.number is not None:
        end = body + form.number.size
        if end > len(data):
            raise _cut_off(len(data))
        (number,), body = form.number.unpack_from(data, body), end
    family = form.family
    if family in _CONTAINERS:
        return Head(family, body, body, items=number)
    if family not in _WITH_BYTES:
        return Head(family, body, body, number=number)
    end = body + number + (family is Family.EXTENSION)  # an extension's type is one byte before its content
    if end > len(data):
        raise _cut_off(len(data))
    return Head(family, body, end)


def scalar(data: bytes, head: Head) -> tuple[Any, BadBytes | None]:
    """The value of a head that is no container; None for what JSON cannot hold."""
    if head.family is Family.STRING:
        return decode(data[head.body : head.end], head.body)
    if head.family is Family.BOOLEAN:
        return bool(head.number), None
    if head.family in (Family.INTEGER, Family.FLOAT):
        return head.number, None
    return None, None


_NAMES = {Family.NIL: "null", Family.BINARY: "binary data", Family.EXTENSION: "an extension"}


def member_name(data: bytes, head: Head, at: int) -> tuple[str, BadBytes | None]:
    """The text of a map's key at ``at``; a scalar that is no string is written as JSON would write it.

    Raises:
        UnreadableError: the key is a container.
    """
    if head.family in _CONTAINERS:
        raise UnreadableError(
            "json-invalid", "a MessagePack map has a container as key, which has no JSON counterpart", at
        )
    if head.family in _NAMES:
        return _NAMES[head.family], None
    value, bad = scalar(data, head)
    if head.family is Family.BOOLEAN:
        return ("true" if value else "false"), None
    return str(value), bad


def _cut_off(at: int) -> UnreadableError:
    return UnreadableError("json-invalid", "the MessagePack data ends within a value; it was cut off", at)
