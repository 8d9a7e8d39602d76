"""The bytes of objects of known kinds → JSON objects, with every member under its name and where it stood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pysession.protobuf.compiling import compiled_reader
from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import LAYOUT, OTHER_MEMBERS, number_of
from pysession.protobuf.reading_values import read_bool, read_member, read_object
from pysession.protobuf.remembering import keep, table
from pysession.protobuf.varints import LENGTH, VARINT, read_span, read_varint
from pysession.protobuf.words import Kind

Body = Callable[[bytes, int, int], Any]
"""Reads the message whose bytes begin and end there."""

Read = Callable[[bytes, int, int], tuple[Any, int]]
"""Reads what stands behind a field's tag: the bytes, where it begins, where the message ends; the value and its end."""

_OTHERS, _LAYOUT = OTHER_MEMBERS << 3 | LENGTH, LAYOUT << 3 | LENGTH

_ARRANGED_BYTES = 1000
"""What an order of members takes, roughly, beside the layout that says it."""


class Reading(msgspec.Struct, frozen=True):
    """What reads a field: ``body`` if it is a message, ``scalar`` if it is a number or a bool, neither for a string."""

    number: int
    body: Body | None = None
    scalar: Read | None = None


class Layout(msgspec.Struct, frozen=True):
    """Where the members of an object stood and how they were spelled, where that is not the rule."""

    order: bytes = b""
    spellings: tuple[tuple[int, str], ...] = ()
    kind: str | None = None
    untagged: bool = False


class _Arrangement(msgspec.Struct, frozen=True):
    """The members of an object in their order: each name, and the usual one. ``tag`` is the kind under another name."""

    members: tuple[tuple[str, str], ...]
    tag: dict[str, str | None] | None


class ObjectReader:
    """Reads the objects of one kind.

    ``fields`` are those of its message, by their keys (number and wire type). ``aliases`` are the same kind under its
    other names. ``missing`` is said of a field for which the dialect has no member.
    """

    def __init__(self, kind: Kind, fields: dict[int, Reading], aliases: Mapping[str, Kind], missing: str) -> None:
        self._kind = kind
        self._fields = fields
        self._aliases = aliases
        self._missing = missing
        self._arrangements: dict[tuple[bytes, tuple[str, ...]], _Arrangement] = table()
        self._orders: dict[tuple[bytes, tuple[int, ...]], tuple[tuple[str, int], ...]] = table()

        self.read = self._compiled()

    def _compiled(self) -> Body:
        """The object whose bytes are from one place to another."""
        kind = self._kind
        start = {} if kind.discriminator is None else {kind.discriminator: kind.name}
        listed = [
            (key, name, *_form(field))
            for key, field in sorted(self._fields.items())
            if key < _OTHERS and (name := kind.spelled(field.number)) is not None
        ]
        return compiled_reader(start, listed, _LAYOUT, self._arranged, self._rest)

    def _arranged(self, found: dict[str, Any], layout: bytes) -> dict[str, Any]:
        """``found`` with its members where, and named as, the layout has them."""
        key = layout, tuple(found)
        arrangement = self._arrangements.get(key)
        if arrangement is None:
            arrangement = keep(self._arrangements, key, self._arrangement(*key), _ARRANGED_BYTES + len(layout))
        members = {name: found[usual] for name, usual in arrangement.members}
        if arrangement.tag is not None:
            members |= arrangement.tag
        return members

    def _arrangement(self, layout: bytes, usual: tuple[str, ...]) -> _Arrangement:
        numbers = {self._kind.slots[name].field.number: name for name in usual if name in self._kind.slots}
        names = {0: self._kind.discriminator or "", **numbers}
        kind = self._kind_of(_read_layout(layout))
        order = self._order(layout, tuple(numbers))
        tagged = any(number == 0 for _, number in order)
        aliased = kind is not self._kind and kind.discriminator is not None and tagged
        return _Arrangement(
            tuple((name, names[number]) for name, number in order),
            {kind.discriminator or "": kind.name} if aliased else None,
        )

    def _rest(self, data: bytes, at: int, end: int, found: dict[str, Any]) -> dict[str, Any]:
        """The object of which ``found`` was read up to ``at``: with other members, or with fields of two-byte tags.

        What was read is not read again: contents lie inside each other, and reading each twice would take twice as long
        at every level.
        """
        slots = self._kind.slots
        values = {slots[name].field.number: value for name, value in found.items() if name in slots}
        others: list[tuple[str, Any]] = []
        layout, last = b"", max(values, default=0) << 3 | 7
        while at < end:
            key, at = read_varint(data, at)
            if key <= last and key != _OTHERS:
                raise Malformed(f"{self._kind.message} has a field {key >> 3} of another type than this version knows")
            last = key
            field = self._fields.get(key)
            if field is not None and field.scalar is not None:
                values[field.number], at = field.scalar(data, at, end)
                continue
            at, stop = read_span(data, at, end)
            if field is not None:
                body = field.body
                values[field.number] = data[at:stop].decode() if body is None else body(data, at, stop)
            elif key == _OTHERS:
                others.append(read_member(data, at, stop))
            elif key == _LAYOUT:
                layout = data[at:stop]
            else:
                raise Malformed(f"{self._kind.message} has a field {key >> 3} that this version does not know")
            at = stop
        if at != end:
            raise Malformed("a length leads beyond the end")
        if others:
            return self._with_others(values, others, _read_layout(layout))
        order = self._orders.get((layout, tuple(values)))
        if order is None:
            order = self._order(layout, tuple(values))
        values[0] = self._kind_of(_read_layout(layout)).name
        return {name: values[number] for name, number in order}

    def _order(self, layout: bytes, numbers: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
        """The members of an object with these fields, in their order: each name and the number of its field, which is 0
        for what names the kind."""
        said = _read_layout(layout)
        kind = self._kind_of(said)
        names = self._named(kind, numbers, said)
        sequence = _sequence(said.order, numbers, 0, tagged=0 in names)
        found = tuple((names[number], number) for number in sequence)
        _check_names(kind, [name for name, _ in found])
        return keep(self._orders, (layout, numbers), found, _ARRANGED_BYTES + len(layout))

    def _with_others(self, values: dict[int, Any], others: list[tuple[str, Any]], said: Layout) -> dict[str, Any]:
        kind = self._kind_of(said)
        names = self._named(kind, tuple(values), said)
        # Who sets a field need not look for the null that says there was none.
        own = set(names.values())
        others = [(name, value) for name, value in others if value is not None or name not in own]
        waiting = iter(others)
        values[0] = kind.name
        found = [
            next(waiting) if number == OTHER_MEMBERS else (names[number], values[number])
            for number in _sequence(said.order, tuple(values)[:-1], len(others), tagged=0 in names)
        ]
        _check_names(kind, [name for name, _ in found])
        return dict(found)

    def _kind_of(self, said: Layout) -> Kind:
        if said.kind is None:
            return self._kind
        kind = self._aliases.get(said.kind)
        if kind is None or kind.message != self._kind.message:
            raise Malformed(f"a {self._kind.message} says that it is of another kind")
        return kind

    def _named(self, kind: Kind, numbers: tuple[int, ...], said: Layout) -> dict[int, str]:
        """The names of members by their fields; 0 is what names the kind, where something does."""
        names = {} if kind.discriminator is None or said.untagged else {0: kind.discriminator}
        spelled = dict(said.spellings)
        for number in numbers:
            name = spelled.get(number) or kind.spelled(number)
            if name is None:
                raise Malformed(self._missing.format(kind.message, number))
            names[number] = name
        return names


def _form(field: Reading) -> tuple[str, Callable[..., Any] | None]:
    if field.scalar is not None:
        return "scalar", field.scalar
    if field.body is None:
        return "string", None
    return ("Object" if field.body is read_object else "message"), field.body


def _sequence(order: bytes, numbers: tuple[int, ...], others: int, *, tagged: bool) -> list[int]:
    """Fields in the order of their members: what the layout names first, the rest by the rule."""
    left = {0, *numbers} if tagged else set(numbers)
    found = [0] if tagged and 0 not in order else []
    left -= set(found)
    for number in order:
        if number == OTHER_MEMBERS and others:
            others -= 1
            found.append(number)
        elif number in left:
            left.remove(number)
            found.append(number)
    return found + sorted(left) + [OTHER_MEMBERS] * others


def _check_names(kind: Kind, names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise Malformed(f"a {kind.message} has two members of one name, which pysession refuses in JSON too")


def _read_layout(data: bytes) -> Layout:
    layout = _layouts.get(data)
    return layout or keep(_layouts, data, _parsed_layout(data), _ARRANGED_BYTES + len(data))


_layouts: dict[bytes, Layout] = table()


def _parsed_layout(data: bytes) -> Layout:
    order = bytearray()
    spellings: list[tuple[int, str]] = []
    kind: str | None = None
    untagged = False
    at, end = 0, len(data)
    while at < end:
        key, at = read_varint(data, at)
        if key == _UNTAGGED:
            untagged, at = read_bool(data, at, end)
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
        if number <= _ONE_BYTE:
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


_ONE_BYTE = 0x7F
_ORDER = number_of("Layout", "order") << 3 | LENGTH
_SPELLINGS = number_of("Layout", "spellings") << 3 | LENGTH
_KIND = number_of("Layout", "kind") << 3 | LENGTH
_UNTAGGED = number_of("Layout", "untagged") << 3 | VARINT
_SPELLED_FIELD = number_of("Spelling", "field") << 3 | VARINT
_SPELLED_NAME = number_of("Spelling", "name") << 3 | LENGTH
