"""Telling by its shapes that a message is saved exactly as it is, or with members in another order only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from pysession.readers.meai import dates, media
from pysession.readers.meai.shapes import DISCRIMINATOR, Outline, Shape
from pysession.readers.meai.table import Member, Record, Type, fold
from pysession.readers.meai.uris import is_uri

_INT32, _INT64 = range(-(2**31), 2**31), range(-(2**63), 2**63)


class Fate(Enum):
    """What becomes of an object: nothing, another order of members, or what decoding it must show."""

    KEPT = "kept"
    REORDERED = "reordered"
    OPEN = "open"


class Settled:
    """The fates of a history's messages in one version: ``open`` are the indices of those that must be decoded;
    ``reordered`` when some of the others are written with members in another order."""

    def __init__(self, record: Record, outline: Outline) -> None:
        self._record = record
        self._held_as = _held_as(record)
        fates = [(shape, self._judged(shape)) for shape in outline.shapes]
        self.open = outline.broken.union(*(shape.owners for shape, fate in fates if fate is Fate.OPEN))
        self.reordered = any(fate is Fate.REORDERED for _, fate in fates)

    def _judged(self, shape: Shape) -> Fate:
        type_, first = self._type(shape)
        if type_ is None:
            return Fate.OPEN
        names = shape.names[first:]
        known = {member.name: member for member in type_.members}
        if any(_is_written_if_absent(member) and member.name not in names for member in type_.members):
            return Fate.OPEN
        for name in names:
            member = known.get(name)
            if member is None or not shape.types(name) <= _TYPES[member.type.partition(":")[0]]:
                return Fate.OPEN
            check = _check(member)
            if check is not None and not shape.all(name, *check):
                return Fate.OPEN
        written = tuple(name for name in known if name in names)
        return Fate.KEPT if names == written else Fate.REORDERED

    def _type(self, shape: Shape) -> tuple[Type | None, int]:
        """The type that an object of this shape is read as, and how many members come before those of the type."""
        kind, _, inner = self._held_as.get(shape.holder, ("object", "", "message"))
        if kind == "object":
            return (None if DISCRIMINATOR in shape.names else self._record.types[inner]), 0
        union = self._record.unions[inner]
        if shape.kind is None:
            return (None if any(name.startswith("$") for name in shape.names) else self._record.types[union.untyped]), 0
        known = union.kinds.get(shape.kind)
        if known is None or not known.constructor or shape.names[0] != DISCRIMINATOR:
            return None, 1
        return self._record.types[shape.kind], 1


def _held_as(record: Record) -> dict[str, tuple[str, str, str]]:
    """What stands in members that hold objects: ``union`` or ``object``, and its name."""
    kinds = {"list": "union", "union": "union", "object": "object"}
    parts = ((member.name, *member.type.partition(":")) for one in record.types.values() for member in one.members)
    return {
        name: (kinds[kind], colon, inner)
        for name, kind, colon, inner in parts
        if kind in kinds and (inner in record.unions or inner in record.types) and inner != "text"
    }


def _is_written_if_absent(member: Member) -> bool:
    """Whether the member is in what is saved, or the object is refused, also when it is not in the document."""
    return member.default is not None or member.refuses is not None


_ANY = frozenset({str, bool, int, float, list, dict})
_TYPES: dict[str, frozenset[type]] = {
    "text": frozenset({str}),
    "media-type": frozenset({str}),
    "data-uri": frozenset({str}),
    "bool": frozenset({bool}),
    "int32": frozenset({int}),
    "int64": frozenset({int}),
    "date": frozenset({str}),
    "uri": frozenset({str}),
    "role": frozenset({str}),
    "any": _ANY,
    "map": frozenset({dict}),
    "properties": frozenset({dict}),
    "counts": frozenset({dict}),
    "list": frozenset({list}),
    "object": frozenset({dict}),
    "union": frozenset({dict}),
}


_Check = Callable[[Iterable[Any]], bool]


def _check(member: Member) -> tuple[str, _Check] | None:
    """What must hold for the member's values beside their types, with a name for it."""
    kind = member.type if member.type == "list:text" else member.type.partition(":")[0]
    if kind == "text" and (member.refuses == "blank" or member.blank):
        kind = "role"
    check = _CHECKS.get(kind)
    return None if check is None else (kind, check)


def _each(check: Callable[[Any], bool]) -> _Check:
    return lambda values: all(map(check, values))


def _each_text(check: Callable[[str], bool]) -> _Check:
    # Of roles, names and media types there are few.
    return lambda values: all(map(check, set(values)))


def _is_kept_data(value: str) -> bool:
    """Whether a data URI is surely kept: one in base64 that says its media type."""
    try:
        return media.data_uri(value, None) == value
    except ValueError:
        return False


def _distinct(value: dict[str, Any]) -> bool:
    return len(value) < 2 or len({fold(name) for name in value}) == len(value)


def _are_counts(value: dict[str, Any]) -> bool:
    return _distinct(value) and all(type(one) is int and one in _INT64 for one in value.values())


def _are_texts(value: list[Any]) -> bool:
    return all(one is None or type(one) is str for one in value)


_CHECKS: dict[str, _Check] = {
    "role": _each_text(lambda value: not media.is_blank(value)),
    "media-type": _each_text(media.is_media_type),
    "data-uri": _each(_is_kept_data),
    "date": dates.are_canonical,
    "uri": _each_text(is_uri),
    "int32": _each(_INT32.__contains__),
    "int64": _each(_INT64.__contains__),
    "properties": _each(_distinct),
    "counts": _each(_are_counts),
    "list:text": _each(_are_texts),
}
