"""Judging an object by its shape: its place, kind, member names in order, and their JSON types.

Whatever can be said of an object without looking into its strings is the same for all objects of one shape, so it is
found out once: by the real JSON Schema validator on a *skeleton* of the object (the same members with empty values), and
by the shape rules. A law in the tests holds the memory against the validator on whole objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pysession.dialects import Kind, Member, Vocabulary, vocabulary
from pysession.survey.checks import Checks, ValueCheck
from pysession.survey.fault import Fault
from pysession.survey.timeline import Act

ACTS: dict[str, Act] = {
    "function_call": Act.CALL,
    "mcp_server_tool_call": Act.CALL,
    "code_interpreter_tool_call": Act.CALL,
    "image_generation_tool_call": Act.CALL,
    "search_tool_call": Act.CALL,
    "shell_tool_call": Act.CALL,
    "computer_tool_call": Act.CALL,
    "tool_call": Act.CALL,
    "function_result": Act.RESULT,
    "mcp_server_tool_result": Act.RESULT,
    "code_interpreter_tool_result": Act.RESULT,
    "image_generation_tool_result": Act.RESULT,
    "search_tool_result": Act.RESULT,
    "shell_tool_result": Act.RESULT,
    "computer_tool_result": Act.RESULT,
    "tool_result": Act.RESULT,
    "function_approval_request": Act.REQUEST,
    "function_approval_response": Act.RESPONSE,
    "text_reasoning": Act.REASONING,
}
"""What the kinds (canonical names) do in a conversation."""

ID_MEMBERS: dict[Act, tuple[str, ...]] = {
    Act.CALL: ("call_id", "image_id"),
    Act.RESULT: ("call_id", "image_id"),
    Act.REQUEST: ("id",),
    Act.RESPONSE: ("id",),
    Act.REASONING: ("id",),
}

_PRIMARY = ("text", "call_id", "uri", "id", "file_id", "message")
"""Canonical members of which the first present stands for a content when messages are compared."""

_CAPACITY = 4096
"""Shapes remembered for one dialect; a hostile document with more is judged without memory, not with more of it."""

_JSON_TYPES: dict[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
    type(None): "null",
}
# A float is given as one that an integer may be: whether a count is whole is number-not-portable's business.
_BY_TYPE: dict[str, Any] = {"string": "", "integer": 0, "number": 1.0, "boolean": False, "array": []}
_EMPTY: dict[type, Any] = {str: "", int: 0, float: 1.0, bool: False, dict: {}, list: [], type(None): None}


class ObjectShape:
    """What a rule sees of an object: everything but its values.

    A place such as ``content.functionCall`` holds contents of that one kind, whatever they say (``assumed``).
    """

    def __init__(self, words: Vocabulary, place: str, value: dict[str, Any]) -> None:
        self.words = words
        self.definition = place
        self.place, _, assumed = place.partition(".")
        self.keys: tuple[str, ...] = tuple(value)
        self.types: dict[str, type] = {key: type(child) for key, child in value.items()}
        self.discriminator = words.discriminator if self.place in _DISCRIMINATED else None
        found = assumed or (value.get(self.discriminator) if self.discriminator is not None else "")
        self.assumed = bool(assumed)
        self.kind_name: str | None = found if isinstance(found, str) else None
        kinds = words.places.get(self.place, {})
        self.kind: Kind | None = kinds.get(self.kind_name) if self.kind_name is not None else None

    @property
    def dialect(self) -> str:
        return self.words.dialect

    @cached_property
    def members(self) -> dict[str, Member]:
        """The members of the object that its kind knows, by the key they stand under."""
        if self.kind is None:
            return {}
        known = self.kind.members
        if not self.words.case_sensitive:
            folded = {name.lower(): member for name, member in known.items()}
            return {key: folded[key.lower()] for key in self.keys if key.lower() in folded}
        return {key: known[key] for key in self.keys if key in known}

    @cached_property
    def names(self) -> dict[str, str]:
        """Canonical member name → the key it stands under."""
        return {member.canonical: key for key, member in self.members.items()}

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The keys that the object's kind does not have."""
        known = self.members
        return tuple(key for key in self.keys if key not in known and key != self.discriminator)

    def json_type(self, key: str) -> str:
        """``string``, ``integer``, ``number``, ``boolean``, ``object``, ``array`` or ``null``."""
        return _JSON_TYPES[self.types[key]]


@dataclass(frozen=True, slots=True)
class Nested:
    """A member that holds objects of another place: one, or a list of them.

    Where other JSON is as good (``loose``), only what says its kind is taken for such an object.
    """

    key: str
    place: str
    many: bool
    loose: bool


@dataclass(frozen=True, slots=True)
class Shape:
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
    plain: bool
    """Nothing to do but look whether the free-form members are empty."""


_DISCRIMINATED = frozenset({"content", "annotation", "region", "entry"})
"""The places whose objects say with a discriminator what they are."""

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
        self.discriminator = self.words.discriminator if place.partition(".")[0] in _DISCRIMINATED else None
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


def _stand_in(words: Vocabulary, member: Member) -> dict[str, Any]:
    """An object that satisfies the schema where ``member`` holds one of a kind that it need not name."""
    for declared in member.types:
        place, _, kind = declared.partition(".")
        if kind:
            members = words.places[place][kind].members
            return {name: _BY_TYPE.get(one.types[0], {}) for name, one in members.items() if one.required}
    return {}


def skeleton(view: ObjectShape) -> dict[str, Any]:
    """An object of the same shape whose values are empty, for the schema validator."""
    empty = {key: _EMPTY[kind] for key, kind in view.types.items()}
    for key, member in view.members.items():
        if view.types[key] is dict:
            empty[key] = _stand_in(view.words, member)
    if view.discriminator in empty and view.kind_name is not None and not view.assumed:
        empty[view.discriminator] = view.kind_name.encode("utf-8", "replace").decode()
    return empty
