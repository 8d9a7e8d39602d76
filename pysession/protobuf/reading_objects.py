"""The bytes of objects of known kinds → JSON objects, with every member under its name and where it stood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import LAYOUT, OTHER_MEMBERS
from pysession.protobuf.reading_layouts import ARRANGED_BYTES, Layout, read_layout
from pysession.protobuf.reading_values import (
    DEEPEST,
    ONE_BYTE,
    Field,
    MessageReader,
    read_member,
    too_deep,
)
from pysession.protobuf.remembering import keep, table
from pysession.protobuf.varints import BEYOND, LENGTH, read_key, read_span
from pysession.protobuf.words import Kind

_OTHERS: Final[int] = OTHER_MEMBERS << 3 | LENGTH
_LAYOUT: Final[int] = LAYOUT << 3 | LENGTH

_OTHER: Final = ""
"""Under which the arrangement of an object has each of its other members. No member of a kind is named so."""


class _Member:
    """A field as a member: ``usual`` is the name that it has where nothing else is said, or its number where it has none."""

    def __init__(self, field: Field, number: int, usual: str) -> None:
        self.message = field.message
        self.scalar = field.scalar
        self.number = number
        self.usual = usual


class _Arrangement:
    """The members of an object in their order: their ``names``, and the ``usual`` ones. ``tag`` is what the member
    ``discriminator`` says, if it is not what it usually says."""

    def __init__(self, names: list[str], usual: list[str], discriminator: str, tag: str | None) -> None:
        self.names = names
        self.usual = usual
        self.discriminator = discriminator
        self.tag = tag

    def only_orders(self) -> bool:
        """Whether the members are under their usual names, and no others among them."""
        return self.tag is None and self.names == self.usual and _OTHER not in self.usual


class ObjectReader(MessageReader):
    """Reads the objects of one kind.

    ``fields`` are those of its message, by their keys (number and wire type). ``aliases`` are the same kind under its
    other names. ``missing`` is said of a field for which the dialect has no member.
    """

    def __init__(self, kind: Kind, fields: dict[int, Field], aliases: Mapping[str, Kind], missing: str) -> None:
        self._kind = kind
        self._aliases = aliases
        self._missing = missing
        self._start: dict[str, Any] = {} if kind.discriminator is None else {kind.discriminator: kind.name}
        self._members: list[_Member | None] = [None] * (max((ONE_BYTE, *fields)) + 1)
        self._nameless: dict[int, _Member] = {}
        for key, field in fields.items():
            name = kind.spelled(key >> 3)
            if name is None:
                self._nameless[key] = _Member(field, key >> 3, str(key >> 3))
            else:
                self._members[key] = _Member(field, key >> 3, name)
        self._arrangements: dict[tuple[bytes, tuple[str, ...], int], _Arrangement] = table()
        self._places: dict[bytes, dict[str, None]] = table()
        """What layouts that only order do, as a rule: the members, which need but be put in."""

    def read(self, data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
        if depth > DEEPEST:
            raise too_deep()
        found = self._start.copy()
        last = 0
        layout = b""
        others: list[tuple[str, Any]] | None = None
        members = self._members
        while at < end:
            key = data[at]
            at += 1
            if key > ONE_BYTE:
                key, at = read_key(data, at - 1)
                member = members[key] if key < len(members) else None
            else:
                member = members[key]
            if key <= last:
                raise Malformed(f"{self._kind.message} has a field {key >> 3} of another type than this version knows")
            last = key
            if member is None and key in self._nameless:
                member = self._nameless[key]
                others = others or []
            if member is not None and member.scalar is not None:
                found[member.usual], at = member.scalar.read(data, at)
                continue
            # read_span in place, for what takes one byte.
            length = data[at]
            if length > ONE_BYTE:
                at, stop = read_span(data, at, end)
            else:
                at += 1
                stop = at + length
                if stop > end:
                    raise Malformed(BEYOND)
            if member is not None:
                if member.message is None:
                    found[member.usual] = data[at:stop].decode()
                else:
                    found[member.usual] = member.message.read(data, at, stop, depth + 1)
            elif key == _LAYOUT:
                layout = data[at:stop]
            elif key == _OTHERS:
                # There may be several.
                last = key - 1
                others = others or []
                others.append(read_member(data, at, stop, depth + 1))
            else:
                raise Malformed(f"{self._kind.message} has a field {key >> 3} that this version does not know")
            at = stop
        if at != end:
            raise Malformed(BEYOND)
        if others is not None:
            return self._rearranged(found, layout, others)
        if layout:
            places = self._places.get(layout)
            if places is not None and len(places) == len(found):
                placed: dict[str, Any] = places.copy()
                placed.update(found)
                if len(placed) == len(found):
                    return placed
            return self._rearranged(found, layout, [])
        return found

    def _rearranged(self, found: dict[str, Any], layout: bytes, others: list[tuple[str, Any]]) -> dict[str, Any]:
        """``found`` and the other members where, and named as, the layout has them."""
        key = layout, tuple(found), len(others)
        arrangement = self._arrangements.get(key)
        if arrangement is None:
            arrangement = self._arrangement(found, read_layout(layout), len(others))
            size = ARRANGED_BYTES + len(layout) + len(others)
            keep(self._arrangements, key, arrangement, size)
            if arrangement.only_orders():
                keep(self._places, layout, dict.fromkeys(arrangement.names), size)
        if others:
            # Who sets a field need not look for the null that says there was none.
            own = {name for name, usual in zip(arrangement.names, arrangement.usual, strict=True) if usual != _OTHER}
            left = [(name, value) for name, value in others if value is not None or name not in own]
            if len(left) < len(others):
                return self._rearranged(found, layout, left)
        members: dict[str, Any] = {}
        waiting = 0
        for index, name in enumerate(arrangement.names):
            usual = arrangement.usual[index]
            if usual == _OTHER:
                other, value = others[waiting]
                members[other] = value
                waiting += 1
            else:
                members[name] = found[usual]
        if len(members) < len(arrangement.names):
            raise Malformed(f"a {self._kind.message} has two members of one name, which pysession refuses in JSON too")
        if arrangement.tag is not None:
            members[arrangement.discriminator] = arrangement.tag
        return members

    def _arrangement(self, found: dict[str, Any], said: Layout, others: int) -> _Arrangement:
        kind = self._kind_of(said)
        spelled = dict(said.spellings)
        tagged = kind.discriminator is not None and not said.untagged
        discriminator = kind.discriminator or ""
        names = {0: discriminator, OTHER_MEMBERS: _OTHER}
        usual = names.copy()
        numbers: list[int] = []
        for member in [*self._members, *self._nameless.values()]:
            if member is not None and member.usual in found:
                name = spelled.get(member.number) or kind.spelled(member.number)
                if name is None:
                    raise Malformed(self._missing.format(kind.message, member.number))
                names[member.number] = name
                usual[member.number] = member.usual
                numbers.append(member.number)
        sequence = said.sequence(tuple(numbers), others, tagged=tagged)
        return _Arrangement(
            [names[number] for number in sequence],
            [usual[number] for number in sequence],
            discriminator,
            kind.name if tagged and kind is not self._kind else None,
        )

    def _kind_of(self, said: Layout) -> Kind:
        if said.kind is None:
            return self._kind
        kind = self._aliases.get(said.kind)
        if kind is None or kind.message != self._kind.message:
            raise Malformed(f"a {self._kind.message} says that it is of another kind")
        return kind
