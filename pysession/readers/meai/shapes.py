"""The shapes of the objects in a history: what can be said of a message without looking at its strings.

An object's shape is its place, its kind, its member names in order, and the types of their values. A long history has
a dozen of them, so what depends on shapes is found out once for each, and for every version anew without another walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DISCRIMINATOR = "$type"
_NESTED = {
    "message": {"contents": "content"},
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
    """One shape and all objects that have it. ``holder``: the member that they are the value, or an item, of."""

    __slots__ = ("_answers", "holder", "kind", "names", "nested", "objects", "place", "types")

    def __init__(self, place: str, holder: str, value: dict[str, Any]) -> None:
        self.place = place
        self.holder = holder
        self.kind: str | None = value.get(DISCRIMINATOR)
        self.names = tuple(value)
        self.types = tuple(map(type, value.values()))
        nested = _NESTED.get(place, {})
        self.nested = tuple((name, nested[name]) for name in value if name in nested)
        self.objects: list[dict[str, Any]] = []
        self._answers: dict[tuple[str, str], bool] = {}

    def all(self, member: str, name: str, check: Callable[[Any], bool]) -> bool:
        """Whether ``check``, known as ``name``, holds for the values of ``member`` in all objects."""
        answer = self._answers.get((member, name))
        if answer is None:
            answer = self._answers[member, name] = all(check(one[member]) for one in self.objects)
        return answer


class Outline:
    """The messages of a history by their shapes.

    ``of[i]`` is the index in ``distinct`` of the set of shapes that message ``i`` is made of; None for something that
    is no object, or holds one where an object is expected. ``kinds`` are the values of ``$type``.
    """

    def __init__(self, messages: list[Any]) -> None:
        self._shapes: dict[Any, Shape] = {}
        indices: dict[frozenset[Shape] | None, int] = {}
        self.of: list[int] = []
        for message in messages:
            shapes: set[Shape] | None = set()
            if not self._add("message", "", message, shapes):
                shapes = None
            key = None if shapes is None else frozenset(shapes)
            self.of.append(indices.setdefault(key, len(indices)))
        self.distinct = tuple(indices)
        self.kinds = frozenset(shape.kind for shape in self._shapes.values() if shape.kind is not None)

    def _add(self, place: str, holder: str, value: Any, shapes: set[Shape] | None) -> bool:
        if type(value) is not dict:
            return False
        kind = value.get(DISCRIMINATOR)
        if kind is not None and type(kind) is not str:
            return False
        key = (place, holder, kind, *value, *map(type, value.values()))
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = Shape(place, holder, value)
        shape.objects.append(value)
        shapes.add(shape)  # type: ignore[union-attr]
        for name, inner in shape.nested:
            member = value[name]
            if type(member) is list:
                for item in member:
                    if item is not None and not self._add(inner, name, item, shapes):
                        return False
            elif type(member) is dict and not self._add(inner, name, member, shapes):
                return False
        return True
