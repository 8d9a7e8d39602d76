"""The outline of a message: all that decides what any release makes of it.

A release reads and writes a message by its member names and their types, and by a few words in it; never by its texts. So
messages of one outline fare alike, and are judged once. What an outline cannot tell has none, and is judged by itself.
"""

from __future__ import annotations

from typing import Any

from pysession.readers.python.table import records

ODD = -1
"""The outline of what has none."""

_CAPACITY = 8192
"""Outlines remembered in a process; in a document with more, each further message is judged by itself."""

_DEPTH = 24
"""Levels below a member of a content; what is deeper may meet a limit of recursion."""

_DISCRIMINATOR = "type"
_PROPERTIES = "additional_properties"
_NESTED = frozenset(nested.member for known in records() for nested in known.contents.nested)
_FLAGS = frozenset(name for known in records() for name in known.contents.flags)
_CONSTANTS = {name: text for known in records() for name, text in known.contents.constants.items()}
_WORDS = {
    known.contents.merging.member: known.contents.merging.modes
    for known in records()
    if known.contents.merging is not None
}
_LABELS = tuple({known.contents.hosting.label for known in records() if known.contents.hosting is not None})
_CONTAINERS = (dict, list)
_OPTIONAL_TEXT = (str, type(None))


class _Shape:
    """What is known of contents of one kind with the same member names of the same types.

    ``looks`` are members whose value decides something too, ``free`` those that hold any JSON; ``odd`` when such
    contents have no outline.
    """

    __slots__ = ("free", "id", "looks", "odd", "types")

    def __init__(self, types: list[type], *, odd: bool, looks: tuple[str, ...], free: tuple[str, ...]) -> None:
        self.types = types
        self.odd = odd
        self.looks = looks
        self.free = free
        self.id = ODD


class Outlines:
    """The outlines seen so far in this process, as small numbers."""

    def __init__(self) -> None:
        self._contents: dict[Any, dict[tuple[str, ...], _Shape]] = {}
        self._messages: dict[tuple[str, ...], _Shape] = {}
        self._numbers: dict[Any, int] = {}

    def messages(self, messages: list[Any]) -> list[int]:
        """The outline of each of ``messages``, which are objects."""
        content_of, shapes, numbers = self._content, self._messages, self._numbers
        found: list[int] = []
        for message in messages:
            shape = shapes.get(tuple(message))
            if shape is None or shape.types != [*map(type, message.values())]:
                shape = self._message_shape(message)
            if shape.odd:
                found.append(ODD)
                continue
            ids: list[int] = []
            for content in message["contents"]:
                number = content_of(content) if type(content) is dict else ODD
                if number < 0:
                    break
                ids.append(number)
            else:
                key = (shape.id, message.get(_DISCRIMINATOR), *ids)
                number = numbers.get(key, ODD)
                if number < 0:
                    number = self._number(key)
                if shape.free and not all(_is_free(message[name]) for name in shape.free):
                    number = ODD
                found.append(number)
                continue
            found.append(ODD)
        return found

    def _number(self, key: Any) -> int:
        if len(self._numbers) >= _CAPACITY:
            return ODD
        return self._numbers.setdefault(key, len(self._numbers))

    def _message_shape(self, message: dict[str, Any]) -> _Shape:
        types = [*map(type, message.values())]
        of = dict(zip(message, types, strict=True))
        odd = (
            of.get("role") is not str
            or of.get("contents") is not list
            or of.get(_DISCRIMINATOR, str) is not str
            or of.get(_PROPERTIES, dict) not in (dict, type(None))
        )
        free = tuple(name for name, type_ in of.items() if name != "contents" and type_ in _CONTAINERS)
        shape = _Shape(types, odd=odd, looks=(), free=free)
        shape.id = self._number(("message", *message, *types))
        shape.odd = odd or shape.id == ODD
        if shape.id != ODD:
            self._messages[tuple(message)] = shape
        return shape

    def _content(self, content: dict[str, Any]) -> int:
        kind = content.get(_DISCRIMINATOR)
        of_kind = self._contents.get(kind) if type(kind) is str else None
        shape = of_kind.get(tuple(content)) if of_kind is not None else None
        if shape is None or shape.types != [*map(type, content.values())]:
            shape = self._content_shape(content)
        if shape.odd:
            return ODD
        for name in shape.free:
            if content[name] and not _is_free(content[name]):
                return ODD
        if not shape.looks:
            return shape.id
        return self._looked_into(shape, content)

    def _content_shape(self, content: dict[str, Any]) -> _Shape:
        types = [*map(type, content.values())]
        of = dict(zip(content, types, strict=True))
        kind = content.get(_DISCRIMINATOR)
        odd = (
            type(kind) is not str
            or of.get("text", str) not in _OPTIONAL_TEXT
            or of.get(_PROPERTIES, dict) not in (dict, type(None))
            or of.get("annotations", list) not in (list, type(None))
            or any(of[name] is not bool for name in _FLAGS & of.keys())
            or any(of[name] is not str for name in _WORDS.keys() & of.keys())
        )
        looks = tuple(name for name, type_ in of.items() if _is_looked_into(name, type_))
        free = tuple(name for name, type_ in of.items() if type_ in _CONTAINERS and name not in looks)
        shape = _Shape(types, odd=odd, looks=looks, free=free)
        shape.id = self._number(("content", kind, *content, *types)) if not odd else ODD
        shape.odd = shape.id == ODD
        if not shape.odd:
            self._contents.setdefault(kind, {})[tuple(content)] = shape
        return shape

    def _looked_into(self, shape: _Shape, content: dict[str, Any]) -> int:
        key: list[Any] = [shape.id]
        for name in shape.looks:
            value = content[name]
            if name == _PROPERTIES:
                if value and (any(label in value for label in _LABELS) or not _is_free(value)):
                    return ODD
            elif name == "annotations":
                if not all(type(one) is dict for one in value) or not _is_free(value):
                    return ODD
            elif name in _NESTED:
                inner = self._nested(value)
                if inner is None:
                    return ODD
                key.append(inner)
            elif name in _CONSTANTS:
                key.append(value == _CONSTANTS[name])
            else:
                key.append(value)
        number = self._numbers.get(tuple(key), ODD)
        return self._number(tuple(key)) if number < 0 else number

    def _nested(self, value: Any) -> Any:
        """The outlines of contents inside a member; None when one has none."""
        if type(value) is dict:
            number = self._content(value) if value else ODD
            return number if number >= 0 else None
        inner: list[Any] = []
        for item in value:
            if type(item) is not dict:
                if type(item) is list and not _is_free(item):
                    return None
                inner.append(type(item))
                continue
            number = self._content(item)
            if number < 0:
                return None
            inner.append(number)
        return tuple(inner)


def _is_looked_into(name: str, type_: type) -> bool:
    if name in _NESTED:
        return type_ in _CONTAINERS
    if name in (_PROPERTIES, "annotations"):
        return type_ is not type(None)
    return name in _FLAGS or name in _WORDS or (name in _CONSTANTS and type_ is str)


def _is_free(value: Any) -> bool:
    """Whether ``value`` is no deeper than any release can bear."""
    level: list[Any] = [value]
    for _ in range(_DEPTH):
        level = [
            child
            for holder in level
            for child in (holder.values() if type(holder) is dict else holder)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return True
    return False
