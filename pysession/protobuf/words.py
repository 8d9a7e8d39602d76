"""Which member of which dialect is which field: the vocabularies on one side, the messages of ``proto/`` on the other.

A member goes to the field that has its canonical name. What has no canonical name, envelopes and what lies between them
and the messages, is listed in ``members.json``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from pysession.dialects import Vocabulary, vocabulary
from pysession.protobuf.fields import Field, fields
from pysession.schema import read_table

CHOICES = {
    "content": ("Content", "Content"),
    "annotation": ("Annotation", "Annotation"),
    "region": ("Region", "Region"),
    "entry": ("DurableEntry", "Entry"),
}
"""Places whose objects name their kind: the message with a field for each kind, and how the kinds' own messages end."""

PLAIN = {"message": "Message", "usage": "UsageDetails"}
"""Places whose objects are all of one kind, with its message."""

BETWEEN = {"history": "History", "group": "MessageGroup", "data": "DurableData"}
"""Objects between envelope and messages, which have the same members in every dialect."""

UNKNOWN_KIND = "OtherKind"


class _Members(msgspec.Struct, frozen=True):
    envelope: dict[str, dict[str, str]]
    history: dict[str, str]
    group: dict[str, str]
    data: dict[str, str]
    words: dict[str, str]
    """Dialects whose messages are in the words of another one."""
    renamed: dict[str, dict[str, str]]
    """By dialect, members of messages whose field is not the one of their canonical name."""


class Slot(msgspec.Struct, frozen=True):
    """Where a member goes. ``standing`` is the kind of content that stands there without saying so."""

    field: Field
    standing: str | None = None


class Kind(msgspec.Struct, frozen=True):
    """Objects of one kind in the words of one dialect.

    ``slots`` are by the dialect's names, the name that is written where nothing else is said first; ``folded`` are names
    by their lower case, where the dialect's readers ignore case. ``discriminator`` is the member that names the kind
    and ``name`` what it says, both None where kinds are not named.
    """

    message: str
    slots: dict[str, Slot]
    folded: dict[str, str]
    discriminator: str | None = None
    name: str | None = None

    def member(self, name: str) -> str | None:
        """The dialect's own spelling of the member that is spelled ``name``, or None where it has no such member."""
        return name if name in self.slots else self.folded.get(name.lower())

    def spelled(self, field: int) -> str | None:
        """The name of the member that is in the field with that number, as the dialect spells it."""
        return next((name for name, slot in self.slots.items() if slot.field.number == field), None)


@cache
def members() -> _Members:
    """The table of what the vocabularies do not tell."""
    return read_table(Path(__file__).with_name("members.json"), _Members)


def words_of(dialect: str) -> str:
    """The dialect in whose words the messages of ``dialect`` are, where nothing else is said."""
    return members().words.get(dialect, dialect)


def envelope(dialect: str) -> Kind:
    """The envelope of ``dialect``; no members where its documents have none."""
    return _between("Session", members().envelope.get(dialect, {}), dialect)


def between(place: str, dialect: str) -> Kind:
    """The object at a place of ``BETWEEN``."""
    return _between(BETWEEN[place], getattr(members(), place), dialect)


def _between(message: str, names: dict[str, str], dialect: str) -> Kind:
    known = fields(message)
    slots = {name: Slot(known[field]) for name, field in names.items()}
    return Kind(message, slots, _folded(slots, vocabulary(dialect)))


@cache
def kinds(dialect: str, place: str) -> dict[str, Kind]:
    """The kinds at ``place`` by the names that ``dialect`` has for them; a place of ``PLAIN`` has the one kind ``""``.

    Of several names for one kind the one in use comes first.
    """
    words = vocabulary(dialect)
    found = words.places.get(place, {})
    listed = sorted(found.items(), key=lambda item: item[1].renamed is not None or item[1].until is not None)
    return {name: _kind(words, place, name) for name, _ in listed}


def other_kind(dialect: str, place: str) -> Kind:
    """What takes the objects of ``place`` whose kind has no message, or that name none."""
    named = next((kind.discriminator for kind in kinds(dialect, place).values() if kind.discriminator), None)
    return Kind(UNKNOWN_KIND, {} if named is None else {named: Slot(fields(UNKNOWN_KIND)["kind"])}, {})


def _kind(words: Vocabulary, place: str, name: str) -> Kind:
    described = words.places[place][name]
    if place in PLAIN:
        message, says = PLAIN[place], None
    else:
        message, says = kind_message(place, described.canonical), name
    known = fields(message)
    own = members().renamed.get(words.dialect, {}) if place == "message" else {}
    listed = sorted(described.members.items(), key=lambda item: item[1].until is not None)
    slots = {
        spelled: Slot(known[own.get(spelled, member.canonical)], _standing(member.types))
        for spelled, member in listed
        if own.get(spelled, member.canonical) in known
    }
    discriminator = words.discriminator if says is not None else None
    return Kind(message, slots, _folded(slots, words), discriminator, says)


def kind_message(place: str, canonical: str) -> str:
    """The message of the kind with that canonical name."""
    return "".join(word.capitalize() for word in canonical.split("_")) + CHOICES[place][1]


@cache
def choices(place: str) -> dict[str, Field]:
    """The fields of the message of ``place``, one for each kind, by the names of the kinds' messages."""
    return {field.form: field for field in fields(CHOICES[place][0]).values()}


def _standing(types: tuple[str, ...]) -> str | None:
    return next((of.partition(".")[2] for of in types if of.startswith("content.")), None)


def _folded(slots: dict[str, Slot], words: Vocabulary) -> dict[str, str]:
    return {} if words.case_sensitive else {name.lower(): name for name in reversed(slots)}
