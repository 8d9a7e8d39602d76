"""Objects of known kinds → the bytes of ``session.proto``.

What is written for an object depends, but for the values, on the names of its members alone. So that is worked out once
for every sequence of names (a :class:`_Shape`) and remembered; a long history has a dozen of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from pysession.protobuf.compiling import compiled_writer
from pysession.protobuf.failures import Unfit
from pysession.protobuf.fields import LAYOUT, OTHER_MEMBERS, number_of
from pysession.protobuf.remembering import keep, table
from pysession.protobuf.varints import LENGTH, VARINT, sized, tag, varint
from pysession.protobuf.words import Kind, Slot
from pysession.protobuf.writing_values import member_body

Lists = dict[int, str]
"""The lists of a document that are histories: by the identity of the list, the dialect whose words its messages are in."""

Write = Callable[[Any, int, Lists], bytes]
"""Writes the value of a member as what stands behind its field's tag, or raises ``Unfit``: the value, how many messages
may lie inside each other below, the lists of the document."""


class Writer(msgspec.Struct, frozen=True):
    """What writes a member. ``fits`` is there where writing goes on into objects that have members again: whether
    ``write`` would raise, told without writing anything."""

    write: Write
    fits: Callable[[Any, int, Lists], bool] | None = None


UNFIT = (Unfit, TypeError, UnicodeEncodeError)
"""Ways in which a value tells that its field cannot hold it; ``str.encode`` tells so of what is no string."""

_MEMBER_BYTES = 500
"""What a shape takes for each member, roughly, beside its name."""

_OFTEN = 8
"""Objects of one shape after which compiling a function for it pays."""

_COMPILED = 2
"""Members for which a function is compiled at least."""

_MOST_COMPILED = 256
"""Functions for one kind. Compiling takes as long as writing a hundred objects; who sends ever new shapes gets no more."""


class ObjectWriter:
    """Writes the objects of one kind.

    ``write_of`` gives what writes a member that has a slot. ``alias`` is the kind's name where that is not what is
    written without being told.

    ``compiled`` are functions for what was met often, by the names of its members: who has many objects to write may look
    there first. Such a function raises one of ``UNFIT`` where a value does not fit its field.
    """

    def __init__(self, kind: Kind, write_of: Callable[[Slot], Writer], alias: str | None = None) -> None:
        self._kind = kind
        self._write_of = write_of
        self._alias = alias
        self._shapes: dict[tuple[str, ...], _Shape] = table()
        self._unfit: dict[tuple[tuple[str, ...], frozenset[str]], _Shape] = table()
        self.compiled: dict[tuple[str, ...], Write] = {}

    def __call__(self, value: dict[str, Any], room: int, lists: Lists) -> bytes:
        names = tuple(value)
        write = self.compiled.get(names) or self._shape(names).write
        try:
            return write(value, room, lists)
        except UNFIT:
            shape = self._shape(names)
            return self._with_unfit(names, shape.unfit(value, room, lists)).write(value, room, lists)

    def _shape(self, names: tuple[str, ...]) -> _Shape:
        shape = self._shapes.get(names)
        if shape is None:
            shape = _Shape(self._kind, names, frozenset(), self._write_of, self._alias)
            keep(self._shapes, names, shape, _size(names))
        shape.met += 1
        if shape.met == _OFTEN and len(self.compiled) < _MOST_COMPILED:
            self.compiled[names] = shape.compiled()
        return shape

    def _with_unfit(self, names: tuple[str, ...], unfit: frozenset[str]) -> _Shape:
        found = self._unfit.get((names, unfit))
        if found is None:
            found = _Shape(self._kind, names, unfit, self._write_of, self._alias)
            keep(self._unfit, (names, unfit), found, _size(names))
        return found


class _Step(msgspec.Struct, frozen=True):
    """The field for a member: its number, its tag, the form of what it holds, and what writes that."""

    number: int
    name: str
    tag: bytes
    form: str
    write: Write
    fits: Callable[[Any, int, Lists], bool] | None = None

    def holds(self, value: Any, room: int, lists: Lists) -> bool:
        """Whether the field can hold ``value``."""
        if self.fits is not None:
            return self.fits(value, room, lists)
        try:
            self.write(value, room, lists)
        except UNFIT:
            return False
        return True


class _Shape:
    """How an object is written whose members have these names in this order; ``unfit`` are kept among the others."""

    def __init__(
        self,
        kind: Kind,
        names: tuple[str, ...],
        unfit: frozenset[str],
        write_of: Callable[[Slot], Writer],
        alias: str | None,
    ) -> None:
        self.met = 0
        steps: list[_Step] = []
        order: list[int] = []
        spellings: list[bytes] = []
        for name in names:
            if name == kind.discriminator:
                order.append(0)
                continue
            own = None if name in unfit else kind.member(name)
            number = OTHER_MEMBERS if own is None else kind.slots[own].field.number
            if own is None or number in order:
                number = OTHER_MEMBERS
                steps.append(_Step(number, name, _OTHERS, "", partial(_other, name)))
            else:
                slot = kind.slots[own]
                form = "word" if slot.field.name in _WORDS and slot.field.form == "string" else slot.field.form
                key = tag(number, _WIRE_TYPES.get(form, LENGTH))
                writer = write_of(slot)
                steps.append(_Step(number, name, key, form, writer.write, writer.fits))
                if name != kind.spelled(number):
                    spellings.append(_spelling(number, name))
            order.append(number)
        untagged = kind.discriminator is not None and kind.discriminator not in names
        self._layout = _layout(order, spellings, alias, untagged)
        steps.sort(key=attrgetter("number"))
        self._steps = steps
        self._behind = sum(step.number > LAYOUT for step in steps)
        # What goes on into other objects is written when everything is known to fit: who writes it in vain does so at every
        # level, and they lie inside each other.
        self._checked = [step for step in steps if step.fits is not None]
        self._written = sorted(range(len(steps)), key=lambda index: steps[index].fits is not None)

    def write(self, value: dict[str, Any], room: int, lists: Lists) -> bytes:
        if len(self._checked) > 1 and not all(step.holds(value[step.name], room, lists) for step in self._checked):
            raise Unfit
        bodies = [b""] * len(self._steps)
        for index in self._written:
            step = self._steps[index]
            bodies[index] = step.write(value[step.name], room, lists)
        out = [piece for step, body in zip(self._steps, bodies, strict=True) for piece in (step.tag, body)]
        out.insert(len(out) - 2 * self._behind, self._layout)
        return b"".join(out)

    def compiled(self) -> Write:
        """The same, faster, for what is met often."""
        if len(self._steps) < _COMPILED or self._behind:
            return self.write
        fields = [(step.tag, step.form, step.write, step.fits) for step in self._steps]
        return compiled_writer([step.name for step in self._steps], fields, self._layout, Unfit)

    def unfit(self, value: dict[str, Any], room: int, lists: Lists) -> frozenset[str]:
        """The members whose fields cannot hold their values."""
        steps = (step for step in self._steps if step.number != OTHER_MEMBERS)
        return frozenset(step.name for step in steps if not step.holds(value[step.name], room, lists))


def _size(names: tuple[str, ...]) -> int:
    return _MEMBER_BYTES * len(names) + sum(map(len, names))


def _other(name: str, value: Any, room: int, lists: Lists) -> bytes:
    return sized(member_body(name, value, room - 2))


def _layout(order: list[int], spellings: list[bytes], alias: str | None, untagged: bool) -> bytes:
    """The Layout of an object, or nothing where all is as the rule has it."""
    others = order.count(OTHER_MEMBERS)
    rule = [*sorted(number for number in order if number != OTHER_MEMBERS), *[OTHER_MEMBERS] * others]
    body = b"".join(
        (
            b"" if order == rule else _ORDER + sized(b"".join(map(varint, order))),
            *(_SPELLINGS + sized(spelling) for spelling in spellings),
            b"" if alias is None else _KIND + sized(alias.encode()),
            _UNTAGGED + b"\1" if untagged else b"",
        )
    )
    return _LAYOUT + sized(body) if body else b""


def _spelling(number: int, name: str) -> bytes:
    return _SPELLED_FIELD + varint(number) + _SPELLED_NAME + sized(name.encode())


_WORDS = frozenset({"role", "type", "author_name", "name"})
"""Fields whose strings are few."""

_WIRE_TYPES = {"bool": VARINT, "int64": VARINT, "double": 1}
_OTHERS, _LAYOUT = tag(OTHER_MEMBERS), tag(LAYOUT)
_ORDER = tag(number_of("Layout", "order"))
_SPELLINGS = tag(number_of("Layout", "spellings"))
_KIND = tag(number_of("Layout", "kind"))
_UNTAGGED = tag(number_of("Layout", "untagged"), VARINT)
_SPELLED_FIELD = tag(number_of("Spelling", "field"), VARINT)
_SPELLED_NAME = tag(number_of("Spelling", "name"))
