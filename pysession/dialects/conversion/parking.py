"""The reserved member ``pysession``: what one side has no slot for, kept where its reader keeps what it does not know.

``{"v": 1, "parked": {…}, "own": {…}, "absent": {…}, "contents": {…}}``

- ``parked``: members of the canonical dialect by name, as they were. In a document of another dialect those that it has
  no slot for; in a canonical document those that others know and Python does not (``created_at``).
- ``own``: by dialect, members of that dialect in its own words, where the canonical value alone would not give them
  back exactly.
- ``absent``: by dialect, members that converting back would write although the original does not have them.
- ``contents``: by index, the same of a message's contents, where contents cannot carry it themselves.

Only ``parked`` is always there.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard

import msgspec

RESERVED = "pysession"
VERSION = 1
_EXACT = 2**53
SELF = "$self"
"""Among a dialect's own members: the whole object, which has no kind that the canonical dialect could say."""
_SECTIONS = frozenset({"v", "parked", "own", "absent", "contents"})
_TEXT = "$json"
"""The one member of an object that stands for a parked value: its JSON text, where the value itself cannot be carried."""

PARKED_TEXT = b'"$json"'
"""In the bytes of every document that has such a value."""


class Parcel(msgspec.Struct):
    """The payload of one object, while it is packed or unpacked."""

    parked: dict[str, Any] = msgspec.field(default_factory=dict)
    own: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    absent: dict[str, list[str]] = msgspec.field(default_factory=dict)
    contents: dict[str, Any] = msgspec.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.parked or self.own or self.absent or self.contents)

    def packed(self) -> dict[str, Any]:
        """The value of the reserved member."""
        payload: dict[str, Any] = {"v": VERSION, "parked": self.parked}
        if self.own:
            payload["own"] = self.own
        if self.absent:
            payload["absent"] = self.absent
        if self.contents:
            payload["contents"] = self.contents
        return payload


def is_payload(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether ``value`` is what this module packs; an application may have a member of that name too."""
    return (
        type(value) is dict
        and value.get("v") == VERSION
        and value.keys() <= _SECTIONS
        and all(type(part) is dict for name, part in value.items() if name != "v")
        and "parked" in value
        and all(type(members) is dict for members in value.get("own", {}).values())
        and all(type(names) is list for names in value.get("absent", {}).values())
    )


def unpacked(payload: dict[str, Any]) -> Parcel:
    """The parts of a payload, which may be changed without changing the document."""
    return Parcel(
        dict(payload["parked"]),
        {dialect: dict(members) for dialect, members in payload.get("own", {}).items()},
        {dialect: list(names) for dialect, names in payload.get("absent", {}).items()},
        dict(payload.get("contents", {})),
    )


def as_text(value: Any) -> dict[str, str]:
    """``value`` as its JSON text in ASCII, which every reader carries, whatever the value is."""
    return {_TEXT: json.dumps(value, separators=(",", ":"))}


def from_text(value: Any) -> Any:
    """The value that was parked as ``value``."""
    if type(value) is dict and len(value) == 1 and type(text := value.get(_TEXT)) is str:
        try:
            return json.loads(text)
        except ValueError:
            return value
    return value


def looks_like_text(value: Any) -> bool:
    """Whether ``value`` would be taken for the text of another."""
    return type(value) is dict and len(value) == 1 and _TEXT in value


def is_plain(value: Any, depth: int) -> bool:
    """Whether ``value`` can be carried by every reader as it is: no deeper than ``depth`` containers, Unicode, finite."""
    kind = type(value)
    if kind is str:
        return value.isascii() or _is_unicode(value)
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        if depth <= 0 or looks_like_text(value):
            return False
        return all(is_plain(name, depth) and is_plain(item, depth - 1) for name, item in value.items())
    if kind is list:
        return depth > 0 and all(is_plain(item, depth - 1) for item in value)
    return True


def survives_doubles(value: Any) -> bool:
    """Whether every number in ``value`` is the same after a reader made a double of it and wrote that: 1.0 is then 1."""
    kind = type(value)
    if kind is int:
        return -_EXACT <= int(value) <= _EXACT
    if kind is float:
        return not float(value).is_integer()
    children = value.values() if kind is dict else value if kind is list else ()
    return all(map(survives_doubles, children))


def says_the_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, or texts of the same JSON: Go sorts the members of what it keeps."""
    if same(one, other):
        return True
    if type(one) is not str or type(other) is not str or one[:1] not in "{[" or other[:1] not in "{[":
        return False
    try:
        return same(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):
        return False


def in_order(value: Any) -> Any:
    """``value`` with the members of every object in the order of their UTF-8 bytes, as Go writes maps.

    Parked values keep theirs, which texts that are made of them go by.
    """
    if type(value) is dict:
        names = sorted(value, key=lambda name: name.encode("utf-8", "surrogatepass"))
        return {name: _filed(value[name]) if name == RESERVED else in_order(value[name]) for name in names}
    return [in_order(item) for item in value] if type(value) is list else value


def _filed(payload: Any) -> Any:
    """A payload with its sections and what is in them in order, the values as they are."""
    if not is_payload(payload):
        return payload
    said: dict[str, Any] = {}
    for name in sorted(payload):
        section = payload[name]
        if type(section) is dict:
            section = {key: _filed(section[key]) for key in sorted(section)}
        said[name] = section
    return said


def _is_unicode(text: str) -> bool:
    """Whether ``text`` holds no unpaired surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON value; 1 and 1.0 are not."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is dict:
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if kind is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def clean(value: Any) -> Any:
    """``value`` with U+FFFD for each unpaired surrogate, and its name for each number that JSON does not have."""
    kind = type(value)
    if kind is str:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if kind is float and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if kind is dict:
        return {clean(name): clean(item) for name, item in value.items()}
    return [clean(item) for item in value] if kind is list else value
