"""Telling quickly that messages would be saved exactly as they are, so that they need not be decoded.

Go writes most of what it reads back as it was, and a long history is a long list of such messages. Most of what decides
it is the same for all objects of one *shape*: place, kind, member names in order, and types of their values. So one walk
finds the shapes of a history, once for all releases, and each release judges each shape once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pysession.readers.go.decoding import DISCRIMINATOR
from pysession.readers.go.table import Field, Record, records

_Check = Callable[[Any], bool]

_MESSAGE = "message"
_CAPACITY = 4096
"""Shapes of one place that are remembered in a process."""

_TIME = re.compile(
    r"(?!0001-01-01)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?:\.\d{0,8}[1-9])?(?:Z|[+-](?:0[1-9]|1\d|2[0-3]):[0-5]\d)\Z",
    re.ASCII,
)
_INT64 = range(-(2**63), 2**63)
_EXACT = range(-(2**53), 2**53 + 1)
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "bool": (bool,),
    "int64": (int,),
    "any": (str, bool, int, list, dict),
    "any-map": (dict,),
    "int-map": (dict, type(None)),
    "struct": (dict,),
    "union": (list,),
    "time": (str,),
}
"""The JSON types that stay as they are; other types of members are always decoded."""


class Shape:
    """All objects at ``place``, of ``kind`` where ``Type`` tells kinds apart, with these members in this order.

    ``changed``: no release writes such objects as they are; else ``checks`` are what must be true of the values of
    members too, and ``inner`` the places of what is below them.
    """

    __slots__ = ("_kept", "_kind", "_place", "_types", "changed", "checks", "inner")

    def __init__(self, place: str, kind: str | None, one: dict[str, Any]) -> None:
        self._place = place
        self._kind = kind
        self._types = {name: type(value) for name, value in one.items()}
        self._kept: dict[int, bool] = {}
        self.changed = not any(self.stays(known) for known in records())
        fields = {field for known in records() for field in _fields(known, place, kind) or () if field.name in one}
        self.checks = tuple(check for field in fields for check in _checks(field))
        self.inner = tuple({(field.name, inner) for field in fields if (inner := _inner(field)) is not None})

    def stays(self, known: Record) -> bool:
        """Whether releases of one record write such objects as they are, checks and inner objects apart."""
        if id(known) not in self._kept:
            self._kept[id(known)] = self._judged(_fields(known, self._place, self._kind))
        return self._kept[id(known)]

    def _judged(self, fields: tuple[Field, ...] | None) -> bool:
        if fields is None:
            return False
        written = [field.name for field in fields if field.name in self._types or field.omit == "never"]
        if [*self._types] != [*written, *(() if self._kind is None else (DISCRIMINATOR,))]:
            return False
        sorts = {field.name: field.type.partition(":")[0] for field in fields}
        return all(self._types[name] in _TYPES.get(sorts[name], ()) for name in written)


def shapes(messages: list[Any]) -> frozenset[Shape] | None:
    """The shapes of ``messages`` and of all in them, None when a value decides that they do not stay as they are."""
    found: set[Shape] = set()
    return frozenset(found) if _collect(_MESSAGE, messages, found) else None


_known: dict[str, dict[tuple[Any, ...], Shape]] = {}


def _collect(place: str, objects: list[Any] | tuple[Any, ...], found: set[Shape]) -> bool:
    """Add the shapes of ``objects``. Written for speed: it goes over everything that a session holds."""
    known = _known.setdefault(place, {})
    tagged = place in _UNIONS
    kind: Any = None
    for one in objects:
        if type(one) is not dict:
            return False
        if tagged:
            kind = one.get(DISCRIMINATOR)
            if type(kind) is not str:
                return False
        key = (kind, *one, *map(type, one.values()))
        shape = known.get(key)
        if shape is None:
            shape = Shape(place, kind, one)
            if len(known) < _CAPACITY:
                known[key] = shape
        if shape.changed:
            return False
        found.add(shape)
        for name, check in shape.checks:
            if not check(one[name]):
                return False
        for name, inner in shape.inner:
            value = one[name]
            if value and not _collect(inner, value if type(value) is list else (value,), found):
                return False
    return True


_UNIONS = frozenset(union for known in records() for union in known.unions)


def _fields(known: Record, place: str, kind: str | None) -> tuple[Field, ...] | None:
    """The members of an object, None where the release has no such kind."""
    if kind is None:
        return known.structs.get(place)
    union = known.unions[place]
    return (*union.header, *union.kinds[kind]) if kind in union.kinds else None


def _inner(field: Field) -> str | None:
    sort, _, name = field.type.partition(":")
    return name if sort in ("struct", "union") else None


def _checks(field: Field) -> Iterator[tuple[str, _Check]]:
    check = _CHECKS.get(field.type)
    if check is not None:
        yield field.name, check
    if field.omit == "empty":
        yield field.name, bool


def _is_plain(value: Any) -> bool:
    """Whether Go's ``any`` would give it back: no float, no integer that has no float64, names in order."""
    pending = [value]
    while pending:
        one = pending.pop()
        kind = type(one)
        if kind is dict:
            if [*one] != sorted(one):
                return False
            pending.extend(one.values())
        elif kind is list:
            pending.extend(one)
        elif kind is float or (kind is int and one not in _EXACT):
            return False
    return True


def _is_counts(value: Any) -> bool:
    return value is None or (
        [*value] == sorted(value) and all(type(one) is int and one in _INT64 for one in value.values())
    )


_CHECKS: dict[str, _Check] = {
    "int64": lambda value: value in _INT64,
    "any": lambda value: type(value) is str or _is_plain(value),
    "any-map": _is_plain,
    "int-map": _is_counts,
    "time": lambda value: _TIME.match(value) is not None,
}
