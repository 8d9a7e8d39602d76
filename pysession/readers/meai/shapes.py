"""The shapes of the objects in a history: what can be said of a message without looking at its strings.

An object's shape is its place, its kind and its member names in order. A long history has a dozen of them, so what
depends on shapes is found out once for each, and for every version anew without another walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from pysession.readers.meai.text import deeper

DISCRIMINATOR = "$type"
_FEW = 8
"""Levels of nesting that leave room for as many levels of messages and contents above them."""

_CONTENTS = "contents"
_CONTAINERS = frozenset({dict, list})
_NESTED = {
    "message": {_CONTENTS: "content"},
    "content": {
        "annotations": "annotation",
        "toolCall": "content",
        "functionCall": "content",
        "inputs": "content",
        "outputs": "content",
        "output": "content",
        "results": "content",
        "details": "usage-details",
    },
    "annotation": {"annotatedRegions": "region"},
}
"""Members that hold objects which some version reads by its table, with the place of those."""


class Shape:
    """One shape, and all objects that have it with the indices of the messages that they stand in.

    ``holder``: the member that they are the value, or an item, of.
    """

    __slots__ = ("_answers", "_types", "holder", "kind", "names", "nested", "objects", "owners")

    def __init__(self, place: str, holder: str, kind: str | None, value: dict[str, Any]) -> None:
        self.holder = holder
        self.kind = kind
        self.names = tuple(value)
        nested = _NESTED.get(place, {})
        self.nested = tuple((name, nested[name]) for name in value if name in nested)
        self.objects: list[dict[str, Any]] = []
        self.owners: list[int] = []
        self._types: dict[str, frozenset[type]] = {}
        self._answers: dict[tuple[str, str], bool] = {}

    def types(self, member: str) -> frozenset[type]:
        """The types of the values of ``member``."""
        if member not in self._types:
            self._types[member] = frozenset(map(type, map(itemgetter(member), self.objects)))
        return self._types[member]

    def all(self, member: str, name: str, check: Callable[[Iterable[Any]], bool]) -> bool:
        """Whether ``check``, known as ``name``, holds for the values of ``member`` in all objects."""
        answer = self._answers.get((member, name))
        if answer is None:
            answer = self._answers[member, name] = check(map(itemgetter(member), self.objects))
        return answer


class Outline:
    """The messages of a history by their shapes.

    ``broken`` are the indices of those that are no objects, or hold something else where an object is expected.
    """

    def __init__(self, messages: list[Any]) -> None:
        self._by_key: dict[Any, Shape] = {}
        self._levels = 1
        self.broken: set[int] = set()
        self._walk(messages)
        self.shapes = tuple(self._by_key.values())

    def has_any(self, kinds: frozenset[str]) -> bool:
        """Whether an object may have one of ``kinds`` as its ``$type``."""
        return bool(self.broken) or any(shape.kind in kinds for shape in self.shapes)

    @cached_property
    def is_shallow(self) -> bool:
        """Whether nothing in the messages is nested nearly as deep as is allowed."""
        if self.broken or self._levels > _FEW:
            return False
        free = (
            map(itemgetter(name), shape.objects)
            for shape in self.shapes
            for name in shape.names
            if name not in dict(shape.nested) and not shape.types(name).isdisjoint((dict, list))
        )
        return not deeper([*chain.from_iterable(free)], _FEW)

    def _walk(self, messages: list[Any]) -> None:
        """Add every message and all that is in it, as far as it is objects."""
        # The two levels that every message has are walked in one loop: most objects of a history are on them.
        known = self._by_key
        for index, message in enumerate(messages):
            if type(message) is not dict:
                self.broken.add(index)
                continue
            key: tuple[Any, ...] = (0, *message)
            shape = known.get(key) or self._new(key, "message", "", None, message)
            shape.objects.append(message)
            shape.owners.append(index)
            contents: Any = message.get(_CONTENTS)
            for content in contents if type(contents) in _CONTAINERS else ():
                if type(content) is dict:
                    kind = content.get(DISCRIMINATOR)
                    if type(kind) is str or kind is None:
                        key = (kind, *content)
                        shape = known.get(key) or self._new(key, "content", _CONTENTS, kind, content)
                        shape.objects.append(content)
                        shape.owners.append(index)
                        if not shape.nested or self._below(index, shape, content, 1):
                            continue
                elif content is None:
                    continue
                self.broken.add(index)
                break

    def _below(self, index: int, shape: Shape, value: dict[str, Any], level: int) -> bool:
        """Add what stands in the members of ``value`` that hold objects; whether all of it are objects."""
        for name, place in shape.nested:
            member = value[name]
            items = member if type(member) is list else [member] if type(member) is dict else ()
            for item in items:
                if item is not None and not self._add(index, place, name, item, level + 1):
                    return False
        return True

    def _add(self, index: int, place: str, holder: str, value: Any, level: int) -> bool:
        if type(value) is not dict:
            return False
        kind = value.get(DISCRIMINATOR)
        if type(kind) is not str and kind is not None:
            return False
        key = (place, holder, kind, (*value,))
        shape = self._by_key.get(key) or self._new(key, place, holder, kind, value)
        shape.objects.append(value)
        shape.owners.append(index)
        self._levels = max(self._levels, level)
        return self._below(index, shape, value, level)

    def _new(self, key: Any, place: str, holder: str, kind: str | None, value: dict[str, Any]) -> Shape:
        shape = self._by_key[key] = Shape(place, holder, kind, value)
        return shape
