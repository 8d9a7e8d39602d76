"""The names of one dialect: its discriminator, its kinds, its members, and what each means in the canonical words.

A vocabulary is data, written by ``tools/build_schemas.py`` from ``schema/source/<dialect>.toml``, from which the JSON
Schemas of that dialect come too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from pysession.schema import read_table


class Member(msgspec.Struct, frozen=True):
    """A member of an object.

    ``types`` are JSON types (``string`` ``integer`` ``number`` ``boolean`` ``object`` ``array`` ``null`` ``any``) and
    places (``content`` ``content[]`` ``annotation[]`` ``region[]`` ``message[]`` ``entry[]`` ``usage``), lists of one
    JSON type (``string[]`` ``object[]``), and contents that are statically typed and so written without discriminator
    (``content.functionCall``). With ``any`` beside a place, other JSON is as good. ``canonical`` is the name in the
    canonical (python) dialect; members of a kind with the same canonical name replaced each other, and one of them is
    enough where they are required. ``required``: a reader cannot do without. ``always``: every writer writes it.
    ``since``/``until``: first and last release that writes it (None: all).
    """

    types: tuple[str, ...]
    canonical: str
    required: bool = False
    always: bool = False
    since: str | None = None
    until: str | None = None


class Kind(msgspec.Struct, frozen=True):
    """A kind of object at a place: an object with a discriminator, or the one kind of a place that has none.

    ``canonical`` is its name in the canonical dialect, or its own name where that has none. ``renamed`` is the name
    that replaced it, when it is an old one. ``open_members`` is true where writers put members of their own.
    """

    canonical: str
    members: dict[str, Member]
    renamed: str | None = None
    since: str | None = None
    until: str | None = None
    open_members: bool = False


class Vocabulary(msgspec.Struct, frozen=True):
    """Everything that has a name in one dialect.

    ``places`` maps a place (``message``, ``content``, ``annotation``, ``region``, ``usage``, in durable ``entry``) to
    its kinds by discriminator value; a place without discriminator has the single kind ``""``. The place ``envelope``
    has the top-level shapes by their names, which no document says.
    """

    dialect: str
    version: str
    discriminator: str | None
    case_sensitive: bool
    places: dict[str, dict[str, Kind]]


@cache
def vocabulary(dialect: str) -> Vocabulary:
    """The vocabulary of ``dialect`` as shipped."""
    return read_table(Path(__file__).with_name("vocabularies") / f"{dialect}.json", Vocabulary)
