"""Objects of known kinds → the bytes of ``session.proto``.

Which fields an object is written as depends, but for the values, on the names of its members alone. So that is worked out
once for every sequence of names (a :class:`_Shape`) and remembered; a long history has a dozen of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from pysession.protobuf.failures import Unfit
from pysession.protobuf.fields import LAYOUT, OTHER_MEMBERS, number_of
from pysession.protobuf.remembering import keep, table
from pysession.protobuf.varints import VARINT, Tag, sized, tag, tagged, varint
from pysession.protobuf.words import Kind, Slot
from pysession.protobuf.writing_values import write_member


class Lists:
    """The lists of a document that are histories: by the identity of the list, the dialect whose words its messages are in.

    ``surrogates``: a text of the document could not be encoded, and others may be like it.
    """

    def __init__(self, languages: dict[int, str]) -> None:
        self.languages = languages
        self.surrogates = False


_MEMBER_BYTES: Final = 500
"""What a shape takes for each member, roughly, beside its name."""


class Form(ABC):
    """How the values of a field are written.

    ``room`` is how many messages may lie inside each other below; ``nests`` is true where objects lie in the values that
    have members of their own again.
    """

    def __init__(self, *, nests: bool = False) -> None:
        self.nests = nests

    @abstractmethod
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        """Whether the field can hold ``value``; told without writing anything. Whether a text can be encoded is looked at
        when it was found that texts of the document cannot."""

    @abstractmethod
    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        """Append the field, and tell how many bytes that is; ``Unfit`` where nothing nests and the value does not fit."""


class ObjectWriter:
    """Writes the objects of one kind.

    ``form_of`` gives the form of a member that has a slot. ``alias`` is the kind's name where that is not what is written
    without being told.
    """

    def __init__(self, kind: Kind, form_of: Callable[[Slot], Form], alias: str | None = None) -> None:
        self._kind = kind
        self._form_of = form_of
        self._alias = alias
        self._shapes: dict[tuple[str, ...], _Shape] = table()
        self._unfit: dict[tuple[tuple[str, ...], frozenset[str]], _Shape] = table()

    def write(self, out: list[bytes], value: dict[str, Any], room: int, lists: Lists) -> int:
        """Append the message for ``value`` without its length, and tell that."""
        names = tuple(value)
        found = self._shapes.get(names)
        shape: _Shape = self._kept(names) if found is None else found
        values = list(value.values())
        if shape.nests:
            # Asked before anything is written: who writes an object that nests in vain does so at every level.
            shape = self._fitting(shape, names, values, room, lists)
        at = len(out)
        try:
            return shape.write(out, values, room, lists)
        except (Unfit, UnicodeEncodeError):
            del out[at:]
            lists.surrogates = True
            return self._fitting(shape, names, values, room, lists).write(out, values, room, lists)

    def _fitting(self, shape: _Shape, names: tuple[str, ...], values: list[Any], room: int, lists: Lists) -> _Shape:
        """``shape``, or that in which every member which does not fit its field is among the others."""
        if shape.fits(values, room, lists):
            return shape
        return self._with_unfit(names, shape.kept | shape.unfit(values, room, lists))

    def _kept(self, names: tuple[str, ...]) -> _Shape:
        shape = self._shape(names, frozenset())
        keep(self._shapes, names, shape, _size(names))
        return shape

    def _with_unfit(self, names: tuple[str, ...], unfit: frozenset[str]) -> _Shape:
        found = self._unfit.get((names, unfit))
        if found is not None:
            return found
        shape = self._shape(names, unfit)
        keep(self._unfit, (names, unfit), shape, _size(names))
        return shape

    def _shape(self, names: tuple[str, ...], unfit: frozenset[str]) -> _Shape:
        """How an object is written whose members have these names in this order; ``unfit`` are kept among the others."""
        kind = self._kind
        steps: list[_Step] = []
        claims: list[_Step] = []
        taken: set[int] = set()
        order: list[int] = []
        spellings: list[bytes] = []
        for position, name in enumerate(names):
            if name == kind.discriminator:
                order.append(0)
                continue
            own = None if name in unfit else kind.member(name)
            slot = None if own is None else kind.slots[own]
            number = OTHER_MEMBERS
            if slot is not None:
                claims.append(_Step(slot.field.number, name, position, self._form_of(slot)))
                if slot.field.number not in taken:
                    number = slot.field.number
            if number == OTHER_MEMBERS:
                steps.append(_Step(number, name, position, _Other(name)))
            else:
                taken.add(number)
                steps.append(claims[-1])
                if name != kind.spelled(number):
                    spellings.append(_spelling(number, name))
            order.append(number)
        untagged = kind.discriminator is not None and kind.discriminator not in names
        layout = _layout(order, spellings, self._alias, untagged)
        return _Shape(steps, claims, layout, unfit)


class _Step:
    """The field for a member: its number, where its value stands among the members', and how that is written."""

    def __init__(self, number: int, name: str, position: int, form: Form) -> None:
        self.number = number
        self.name = name
        self.position = position
        self.field: Tag = tagged(number)
        self.form = form


class _Shape:
    """The steps by which an object is written, and its Layout. Members that are ``kept`` are so because they do not fit.

    ``claims`` are how members would be written that have a field, also those whose field another spelling has taken: that
    may not fit, and the next be the first that does.
    """

    def __init__(self, steps: list[_Step], claims: list[_Step], layout: bytes, kept: frozenset[str]) -> None:
        self.kept = kept
        self._claims = claims
        self._steps = sorted(steps, key=attrgetter("number"))
        self._layout = layout
        self._before = [step for step in self._steps if step.number < LAYOUT]
        self._behind = [step for step in self._steps if step.number > LAYOUT]
        self.nests = any(step.form.nests for step in steps)

    def write(self, out: list[bytes], values: list[Any], room: int, lists: Lists) -> int:
        size = 0
        for step in self._before:
            size += step.form.write(out, step.field, values[step.position], room, lists)
        if self._layout:
            out.append(self._layout)
            size += len(self._layout)
        for step in self._behind:
            size += step.form.write(out, step.field, values[step.position], room, lists)
        return size

    def fits(self, values: list[Any], room: int, lists: Lists) -> bool:
        """Whether every member's field can hold its value."""
        for step in self._steps:  # noqa: SIM110 (a loop is compiled, a generator is not)
            if not step.form.fits(values[step.position], room, lists):
                return False
        return True

    def unfit(self, values: list[Any], room: int, lists: Lists) -> frozenset[str]:
        """The members whose fields cannot hold their values."""
        return frozenset([step.name for step in self._claims if not step.form.fits(values[step.position], room, lists)])


class _Other(Form):
    """A member without a field."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return True

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, write_member(out, self._name, value, room - 2))


def _size(names: tuple[str, ...]) -> int:
    return _MEMBER_BYTES * len(names) + sum(map(len, names))


def _layout(order: list[int], spellings: list[bytes], alias: str | None, untagged: bool) -> bytes:
    """The Layout of an object, or nothing where all is as the rule has it."""
    others = order.count(OTHER_MEMBERS)
    rule = [*sorted(number for number in order if number != OTHER_MEMBERS), *[OTHER_MEMBERS] * others]
    pieces = [] if order == rule else [_ORDER, sized(b"".join(map(varint, order)))]
    for spelling in spellings:
        pieces += _SPELLINGS, sized(spelling)
    if alias is not None:
        pieces += _KIND, sized(alias.encode())
    if untagged:
        pieces += _UNTAGGED, b"\1"
    return _LAYOUT + sized(b"".join(pieces)) if pieces else b""


def _spelling(number: int, name: str) -> bytes:
    return _SPELLED_FIELD + varint(number) + _SPELLED_NAME + sized(name.encode())


_LAYOUT: Final = tag(LAYOUT)
_ORDER: Final = tag(number_of("Layout", "order"))
_SPELLINGS: Final = tag(number_of("Layout", "spellings"))
_KIND: Final = tag(number_of("Layout", "kind"))
_UNTAGGED: Final = tag(number_of("Layout", "untagged"), VARINT)
_SPELLED_FIELD: Final = tag(number_of("Spelling", "field"), VARINT)
_SPELLED_NAME: Final = tag(number_of("Spelling", "name"))
