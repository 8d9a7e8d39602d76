"""What can be seen of an object without looking into its strings."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pysession.dialects import Kind, Member, Vocabulary

DISCRIMINATED = frozenset({"content", "annotation", "region", "entry"})
"""The places whose objects say with a discriminator what they are."""

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
        self.discriminator = words.discriminator if self.place in DISCRIMINATED else None
        said = value.get(self.discriminator) if self.discriminator is not None else ""
        self.said = said if isinstance(said, str) else None
        found = assumed or said
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


def _stand_in(words: Vocabulary, member: Member) -> dict[str, Any]:
    """An object that satisfies the schema where ``member`` holds one of a kind that it need not name."""
    for declared in member.types:
        place, _, kind = declared.partition(".")
        if kind:
            members = words.places[place][kind].members
            return {name: _BY_TYPE.get(one.types[0], {}) for name, one in members.items() if one.required}
    return {}


def _encodable(text: str) -> str:
    """``text`` as the validator can take it: it refuses lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def skeleton(view: ObjectShape) -> dict[str, Any]:
    """An object of the same shape whose values are empty, for the schema validator."""
    empty = {_encodable(key): _EMPTY[kind] for key, kind in view.types.items()}
    for key, member in view.members.items():
        if view.types[key] is dict:
            empty[key] = _stand_in(view.words, member)
    if view.discriminator in empty and view.said is not None:
        empty[view.discriminator] = _encodable(view.said)
    return empty
