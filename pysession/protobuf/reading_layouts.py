"""The bytes of ``Layout``: where the members of an object stood and how they were spelled, where that is not the rule."""

from __future__ import annotations

import msgspec

from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import OTHER_MEMBERS, number_of
from pysession.protobuf.reading_values import ONE_BYTE, Bool
from pysession.protobuf.remembering import keep, table
from pysession.protobuf.varints import LENGTH, VARINT, read_span, read_varint

ARRANGED_BYTES = 1000
"""What an order of members takes, roughly, beside the layout that says it."""


class Layout(msgspec.Struct, frozen=True):
    """``order`` are numbers of fields; ``spellings`` their names; ``kind`` is what names the kind, if not as usual."""

    order: bytes = b""
    spellings: tuple[tuple[int, str], ...] = ()
    kind: str | None = None
    untagged: bool = False

    def sequence(self, numbers: tuple[int, ...], others: int, *, tagged: bool) -> list[int]:
        """The fields of an object in the order of its members: what ``order`` names first, the rest by the rule.

        ``numbers`` are those of the fields that are set; 0 is what names the kind, where something does.
        """
        left = {0, *numbers} if tagged else set(numbers)
        found = [0] if tagged and 0 not in self.order else []
        left -= set(found)
        for number in self.order:
            if number == OTHER_MEMBERS and others:
                others -= 1
                found.append(number)
            elif number in left:
                left.remove(number)
                found.append(number)
        return found + sorted(left) + [OTHER_MEMBERS] * others


def read_layout(data: bytes) -> Layout:
    """The layout with these bytes, remembered."""
    layout = _layouts.get(data)
    return layout or keep(_layouts, data, _parsed(data), ARRANGED_BYTES + len(data))


_layouts: dict[bytes, Layout] = table()


def _parsed(data: bytes) -> Layout:
    order = bytearray()
    spellings: list[tuple[int, str]] = []
    kind: str | None = None
    untagged = False
    at, end = 0, len(data)
    while at < end:
        key, at = read_varint(data, at)
        if key == _UNTAGGED:
            untagged, at = _BOOL.read(data, at)
            continue
        if key not in (_ORDER, _SPELLINGS, _KIND):
            raise Malformed("a Layout has a field that this version does not know")
        at, stop = read_span(data, at, end)
        if key == _ORDER:
            order += _numbers(data[at:stop])
        elif key == _SPELLINGS:
            spellings.append(_read_spelling(data[at:stop]))
        else:
            kind = data[at:stop].decode()
        at = stop
    return Layout(bytes(order), tuple(spellings), kind, untagged)


def _numbers(data: bytes) -> bytes:
    """The numbers of fields, one a byte. No field of an object has one that takes more; such a number names nothing."""
    if data.isascii():
        return data
    found = bytearray()
    at, end = 0, len(data)
    while at < end:
        number, at = read_varint(data, at)
        if number <= ONE_BYTE:
            found.append(number)
    return bytes(found)


def _read_spelling(data: bytes) -> tuple[int, str]:
    number, name = 0, ""
    at, end = 0, len(data)
    while at < end:
        key, at = read_varint(data, at)
        if key == _SPELLED_FIELD:
            number, at = read_varint(data, at)
        elif key == _SPELLED_NAME:
            at, stop = read_span(data, at, end)
            name = data[at:stop].decode()
            at = stop
        else:
            raise Malformed("a Spelling has a field that this version does not know")
    return number, name


_BOOL = Bool()
_ORDER = number_of("Layout", "order") << 3 | LENGTH
_SPELLINGS = number_of("Layout", "spellings") << 3 | LENGTH
_KIND = number_of("Layout", "kind") << 3 | LENGTH
_UNTAGGED = number_of("Layout", "untagged") << 3 | VARINT
_SPELLED_FIELD = number_of("Spelling", "field") << 3 | VARINT
_SPELLED_NAME = number_of("Spelling", "name") << 3 | LENGTH
