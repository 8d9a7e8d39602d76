"""The outline of a message: all that decides what any release makes of it.

A release reads and writes a message by its member names and their types, and by a few words in it; never by its texts. So
messages of one outline fare alike, and are judged once. What an outline cannot tell has none, and is judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pysession.readers.python.nesting import SHALLOW, is_shallow
from pysession.readers.python.table import records

ODD = -1
"""The outline of what has none."""

_CAPACITY = 8192
"""Outlines remembered in a process; in a document with more, each further message is judged by itself."""

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
    """What is known of objects of one kind with the same member names of the same types.

    ``looks`` are members whose value decides something too, ``free`` those that hold any JSON; ``odd`` when such
    objects have no outline. ``inner`` are the outlines by what was looked into: for a message the outlines of its
    contents.
    """

    __slots__ = ("free", "id", "inner", "looks", "odd", "types")

    def __init__(self, types: list[type], number: int, looks: tuple[str, ...], free: tuple[str, ...]) -> None:
        self.types = types
        self.id = number
        self.odd = number == ODD
        self.looks = looks
        self.free = free
        self.inner: dict[tuple[Any, ...], int] = {}


_Latest = dict[Any, dict[tuple[str, ...], _Shape]]
_Judged = tuple[bool, tuple[str, ...], tuple[str, ...]]
_Judge = Callable[[dict[str, type]], _Judged]
"""From the types of an object's members: whether it is odd, which to look into, and which are free."""


class Outlines:
    """The outlines seen so far in this process, as small numbers."""

    def __init__(self) -> None:
        self._contents: _Latest = {}
        self._messages: _Latest = {}
        self._shapes: dict[tuple[Any, ...], _Shape] = {}
        self._count = 0

    def messages(self, messages: list[Any]) -> list[int]:
        """The outline of each of ``messages``, which are objects.

        The one loop in this room that is written for speed: it goes over everything that a session holds.
        """
        known_messages, known_contents = self._messages, self._contents
        found: list[int] = []
        add = found.append
        for message in messages:
            said = message.get(_DISCRIMINATOR)
            of_type = known_messages.get(said) if said is None or type(said) is str else None
            shape = of_type.get(tuple(message)) if of_type is not None else None
            if shape is None or shape.types != [*map(type, message.values())]:
                shape = self._message_shape(message)
            if shape.odd:
                add(ODD)
                continue
            outline = shape.id
            for name in shape.free:
                if message[name] and not is_shallow(message[name]):
                    outline = ODD
            ids: list[int] = []
            for content in message["contents"]:
                if type(content) is not dict:
                    outline = ODD
                    break
                kind = content.get(_DISCRIMINATOR)
                of_kind = known_contents.get(kind) if type(kind) is str else None
                inner = of_kind.get(tuple(content)) if of_kind is not None else None
                if inner is None or inner.types != [*map(type, content.values())]:
                    inner = self._content_shape(content)
                number = inner.id
                for name in inner.free:
                    if content[name] and not _is_plain(name, content[name]):
                        number = ODD
                if inner.looks and number >= 0:
                    number = self._looked_into(inner, content)
                if number < 0:
                    outline = ODD
                    break
                ids.append(number)
            if outline >= 0:
                key = tuple(ids)
                outline = shape.inner.get(key, ODD)
                if outline < 0:
                    outline = self._numbered(shape, key)
            add(outline)
        return found

    def _next(self) -> int:
        """A number that no outline has yet, while there are any."""
        if self._count >= _CAPACITY:
            return ODD
        self._count += 1
        return self._count

    def _numbered(self, shape: _Shape, key: tuple[Any, ...]) -> int:
        """The number of a new outline, remembered."""
        number = self._next()
        if number >= 0:
            shape.inner[key] = number
        return number

    def _message_shape(self, message: dict[str, Any]) -> _Shape:
        return self._shape(self._messages, "message", message, _judged_message)

    def _content(self, content: dict[str, Any], depth: int) -> int:
        kind = content.get(_DISCRIMINATOR)
        of_kind = self._contents.get(kind) if type(kind) is str else None
        shape = of_kind.get(tuple(content)) if of_kind is not None else None
        if shape is None or shape.types != [*map(type, content.values())]:
            shape = self._content_shape(content)
        if shape.odd:
            return ODD
        for name in shape.free:
            if content[name] and not _is_plain(name, content[name]):
                return ODD
        return self._looked_into(shape, content, depth) if shape.looks else shape.id

    def _content_shape(self, content: dict[str, Any]) -> _Shape:
        return self._shape(self._contents, "content", content, _judged_content)

    def _shape(self, latest: _Latest, place: str, value: dict[str, Any], judged: _Judge) -> _Shape:
        """The shape of ``value``, from memory or found out now; ``latest`` has the one that was asked for last."""
        said = value.get(_DISCRIMINATOR)
        types = [*map(type, value.values())]
        if type(said) not in _OPTIONAL_TEXT:
            return _Shape(types, ODD, (), ())
        key = (place, said, *value, *types)
        shape = self._shapes.get(key)
        if shape is None:
            odd, looks, free = judged(dict(zip(value, types, strict=True)))
            shape = _Shape(types, ODD if odd else self._next(), looks, free)
            if shape.odd:
                return shape
            self._shapes[key] = shape
        latest.setdefault(said, {})[tuple(value)] = shape
        return shape

    def _looked_into(self, shape: _Shape, content: dict[str, Any], depth: int = 0) -> int:
        seen: list[Any] = []
        for name in shape.looks:
            value = content[name]
            if name in _NESTED:
                inner = self._nested(value, depth + 1)
                if inner is None:
                    return ODD
                seen.append(inner)
            else:
                seen.append(value == _CONSTANTS[name] if name in _CONSTANTS else value)
        key = tuple(seen)
        number = shape.inner.get(key, ODD)
        return self._numbered(shape, key) if number < 0 else number

    def _nested(self, value: Any, depth: int) -> Any:
        """The outlines of contents inside a member; None when one has none."""
        if depth > SHALLOW:
            return None
        if type(value) is dict:
            number = self._content(value, depth) if value else ODD
            return number if number >= 0 else None
        inner: list[Any] = []
        for item in value:
            if type(item) is not dict:
                if type(item) is list and not is_shallow(item):
                    return None
                inner.append(type(item))
                continue
            number = self._content(item, depth)
            if number < 0:
                return None
            inner.append(number)
        return tuple(inner)


def _judged_message(of: dict[str, type]) -> _Judged:
    odd = (
        of.get("role") is not str
        or of.get("contents") is not list
        or of.get(_PROPERTIES, dict) not in (dict, type(None))
    )
    return odd, (), tuple(name for name, type_ in of.items() if name != "contents" and type_ in _CONTAINERS)


def _judged_content(of: dict[str, type]) -> _Judged:
    odd = (
        of.get(_DISCRIMINATOR) is not str
        or of.get("text", str) not in _OPTIONAL_TEXT
        or of.get(_PROPERTIES, dict) not in (dict, type(None))
        or of.get("annotations", list) not in (list, type(None))
        or any(of[name] is not bool for name in _FLAGS & of.keys())
        or any(of[name] is not str for name in _WORDS.keys() & of.keys())
    )
    looks = tuple(name for name, type_ in of.items() if _is_looked_into(name, type_))
    return odd, looks, tuple(name for name, type_ in of.items() if type_ in _CONTAINERS and name not in looks)


def _is_looked_into(name: str, type_: type) -> bool:
    if name in _NESTED:
        return type_ in _CONTAINERS
    return name in _FLAGS or name in _WORDS or (name in _CONSTANTS and type_ is str)


def _is_plain(name: str, value: Any) -> bool:
    """Whether what a member of a content holds decides nothing: labels and annotations may."""
    if name == _PROPERTIES and any(label in value for label in _LABELS):
        return False
    if name == "annotations" and not all(type(one) is dict for one in value):
        return False
    return is_shallow(value)
