"""Judging an object by its shape: its place, kind, member names in order, and their JSON types.

Whatever can be said of an object without looking into its strings is the same for all objects of one shape, so it is
found out once: by the real JSON Schema validator on a *skeleton* of the object (the same members with empty values), and
by the shape rules. A law in the tests holds the memory against the validator on whole objects.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects import Member, vocabulary
from pysession.survey.acts import ACTS, ID_MEMBERS, Act
from pysession.survey.checks import Checks, ValueCheck
from pysession.survey.fault import Fault
from pysession.survey.object_shape import DISCRIMINATED, ObjectShape

_PRIMARY = ("text", "call_id", "uri", "id", "file_id", "message")
"""Canonical members of which the first present stands for a content when messages are compared."""

_CAPACITY = 4096
"""Shapes remembered for one dialect; a hostile document with more is judged without memory, not with more of it."""


class Nested(msgspec.Struct, frozen=True):
    """A member that holds objects of another place: one, or a list of them.

    Where other JSON is as good (``loose``), only what says its kind is taken for such an object.
    """

    key: str
    place: str
    many: bool
    loose: bool


class Shape(msgspec.Struct, frozen=True):
    """Everything remembered of a shape."""

    view: ObjectShape
    types: list[type]
    kind: str
    faults: tuple[Fault, ...]
    nested: tuple[Nested, ...]
    free: tuple[str, ...]
    lists: tuple[tuple[str, str, frozenset[type]], ...]
    checks: tuple[tuple[str, ValueCheck], ...]
    act: Act
    id_key: str | None
    primary: str | None
    contents_key: str | None
    role_key: str | None
    message_id_key: str | None
    branching: bool
    """There are faults to tell of every such object, or members to follow; else at most checks of single values."""
    plain: bool
    """Nothing to do but look whether the free-form members are empty."""


_PLACES = frozenset({"content", "annotation", "region", "usage", "message", "entry"})
_PRIMITIVES: dict[str, frozenset[type]] = {
    "string[]": frozenset({str}),
    "integer[]": frozenset({int}),
    "number[]": frozenset({int, float}),
    "boolean[]": frozenset({bool}),
    "object[]": frozenset({dict}),
}


class Shapes:
    """The shapes seen of one place in one dialect.

    ``latest`` is what the walk looks into first: by kind, then by member names, the shape that was asked for last; it
    holds if the ``types`` are the same.
    """

    def __init__(self, dialect: str, place: str, checks: Checks) -> None:
        self.words = vocabulary(dialect)
        self.place = place
        self.discriminator = self.words.discriminator if place.partition(".")[0] in DISCRIMINATED else None
        self.latest: dict[str | None, dict[tuple[str, ...], Shape]] = {}
        self._seen: dict[tuple[Any, ...], Shape] = {}
        self._checks = checks

    def of(self, value: dict[str, Any]) -> Shape:
        """The shape of ``value``, from memory or found out now."""
        found = value.get(self.discriminator) if self.discriminator is not None else None
        kind = found if isinstance(found, str) else None
        keys, types = tuple(value), [*map(type, value.values())]
        latest = self.latest.get(kind)
        shape = latest.get(keys) if latest is not None else None
        if shape is not None and shape.types == types:
            return shape
        signature = (kind, keys, *types)
        shape = self._seen.get(signature)
        if shape is None:
            shape = self._judge(value)
            if len(self._seen) >= _CAPACITY:
                return shape
            self._seen[signature] = shape
        self.latest.setdefault(kind, {})[keys] = shape
        return shape

    def _judge(self, value: dict[str, Any]) -> Shape:
        view = ObjectShape(self.words, self.place, value)
        nested: list[Nested] = []
        free: list[str] = []
        lists: list[tuple[str, str, frozenset[type]]] = []
        for key in view.keys:
            if view.types[key] not in (dict, list):
                continue
            member = view.members.get(key)
            self._sort_member(view, key, member, nested, lists, free)
        act = (
            ACTS.get(view.kind.canonical, Act.NOTHING)
            if view.kind is not None and view.place == "content"
            else Act.NOTHING
        )
        id_key = next((view.names[name] for name in ID_MEMBERS.get(act, ()) if name in view.names), None)
        kind = view.kind.canonical if view.kind is not None else ""
        checks = tuple(
            (key, check)
            for key, member in view.members.items()
            for check in self._checks.value.get((view.dialect, view.place, kind, member.canonical), ())
        )
        faults = tuple(fault for check in self._checks.shape for fault in check(view))
        return Shape(
            view=view,
            types=[*map(type, value.values())],
            kind=kind,
            faults=faults,
            nested=tuple(one for one in nested if self._descends(one)),
            free=tuple(free),
            lists=tuple(lists),
            checks=checks,
            act=act,
            id_key=id_key,
            primary=next((view.names[name] for name in _PRIMARY if name in view.names), None),
            contents_key=view.names.get("contents"),
            role_key=view.names.get("role"),
            message_id_key=view.names.get("message_id"),
            branching=bool(faults or lists or any(map(self._descends, nested))),
            plain=not (faults or lists or checks or act or any(map(self._descends, nested))),
        )

    def _descends(self, nested: Nested) -> bool:
        """Whether ``_visit`` has to follow a member; the contents of a message are followed by the walk itself."""
        return not (self.place == "message" and nested.place == "content")

    @staticmethod
    def _sort_member(
        view: ObjectShape,
        key: str,
        member: Member | None,
        nested: list[Nested],
        lists: list[tuple[str, str, frozenset[type]]],
        free: list[str],
    ) -> None:
        """A member that is an object or a list: typed objects, a list of plain values, or free-form."""
        many = view.types[key] is list
        if member is None:
            free.append(key)
            return
        for declared in member.types:
            place = declared.removesuffix("[]")
            if place.partition(".")[0] in _PLACES and many == declared.endswith("[]"):
                nested.append(Nested(key, place, many, "any" in member.types))
                return
            if many and declared in _PRIMITIVES:
                lists.append((key, place, _PRIMITIVES[declared]))
                return
        free.append(key)
