"""What to do with objects of one shape, worked out once and remembered."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects.conversion.mapping import Row
from pysession.dialects.vocabulary import Kind

COPY, WRITE, EXTENSION, MEMBER, UNLESS = range(5)
"""What an operation does: copy a member, write a value, translate what applications add, ask the member's rule, copy a
member unless it has the value at the end."""

WRITTEN_EMPTY = ("message", "content")
"""Where Python writes the member for what applications add also when there is nothing in it."""

_KEPT = 8192
"""Plans remembered for a direction: a hostile store may show a new shape in every object."""

_JSON_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


class Plan(msgspec.Struct, eq=False):
    """``ops`` are (what, source name or value, target name, row or value) in the target's order.

    ``unsaid``: members without a slot. ``missing``: members that going back would write. ``whole``: the object cannot be
    said in this kind at all. ``plain``: every member is one that the source's dialect has, and of its type.
    ``sure``: no reader refuses it for a value. ``foreign``: Python has no such kind. ``notable``: there is more to it than the ops. ``needs``: members that the target cannot do without. ``recased``: members in another case than their writer's. ``extension``:
    the source's member for what applications add, ``target``: the target's. ``lives``: first and last release of the names used.
    """

    ops: list[tuple[int, Any, str, Any]]
    unsaid: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    whole: bool = False
    plain: bool = True
    sure: bool = False
    foreign: bool = False
    extension: str | None = None
    target: str | None = None
    rows: tuple[Row, ...] = ()
    order: tuple[str, ...] = ()
    notable: bool = False
    needs: tuple[str, ...] = ()
    recased: tuple[str, ...] = ()
    lives: tuple[tuple[str | None, str | None], ...] = ()


class Plans:
    """The plans of one direction, shared by all documents."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], Plan] = {}

    def keep(self, key: tuple[Any, ...], plan: Plan) -> None:
        if len(self.known) >= _KEPT:
            self.known.clear()
        self.known[key] = plan


def is_plain_object(source: dict[str, Any], kind: Kind | None, discriminator: str | None) -> bool:
    """Whether every member of ``source`` is one that its dialect has in such an object, of a type that it may have."""
    if kind is None:
        return False
    required = {name for name, member in kind.members.items() if member.required}
    return required <= source.keys() and all(
        name == discriminator or (name in kind.members and fits(value, kind.members[name].types))
        for name, value in source.items()
    )


def fits(value: Any, types: tuple[str, ...]) -> bool:
    """Whether the JSON type of ``value`` is one of ``types`` of a vocabulary."""
    found = _JSON_TYPES.get(type(value))
    for wanted in types:
        if wanted == "any" or wanted == found or (wanted == "number" and found == "integer"):
            return True
        if found == "array" and wanted.endswith("[]"):
            return True
        if found == "object" and not wanted.endswith("[]") and wanted.partition(".")[0] in ("content", "usage"):
            return True
    return False
