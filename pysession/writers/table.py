"""What is known of the writers of a family, as data (``tables/``)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from pysession.schema import read_table

_FAMILIES = ("python", "dotnet", "go")


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"with_": "with"}):
    """Something to be seen in a document, and the releases that remain when it is seen.

    It is looked for in documents of ``dialects``, written in one of ``encodings`` and matching ``text`` (of the bytes) where
    these are given. ``place`` is ``""`` for the session itself, a pointer to another object of it (``/stateBag``), or a
    place of the vocabulary, with a kind or without (``content.functionCall``, ``message``): the fact is seen when one
    such object ``has`` and ``lacks`` these members. What it has must be ``equal_to`` a value, ``other_than`` one, begin
    with ``begins``, or be an object in which the members ``with_`` lead to something; ``history`` must be the key of a history.

    The releases that remain are those from ``since`` to ``until``, or ``nobody``. ``certain``: a release outside them would not leave
    it so when it saves the document again. Else it only would not write it so itself.
    """

    dialects: tuple[str, ...]
    says: str
    place: str | None = None
    family: str | None = None
    encodings: tuple[str, ...] = ()
    text: str | None = None
    has: str | None = None
    lacks: str | None = None
    equal_to: str | msgspec.UnsetType | None = msgspec.UNSET
    other_than: str | None = None
    begins: str | None = None
    with_: tuple[str, ...] = ()
    history: str | None = None
    since: str | None = None
    until: str | None = None
    nobody: bool = False
    certain: bool = True


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How releases order the members of the objects at some places; ``at`` is the member whose place is peculiar."""

    dialects: tuple[str, ...]
    says: str
    at: str
    members: dict[str, tuple[str, ...]]
    since: str | None = None
    until: str | None = None


class Dialect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a dialect is written.

    Its writers are the releases that write one of the dialects ``releases``; it must be in the words of ``languages``.
    ``history_keys`` hold what the library itself saves each time. Messages say what they are in their member
    ``message_kind``, and those of other kinds than ``message_kinds`` are saved as they were found. ``appended``: each message is written once, and
    only the last one by the last writer.
    """

    releases: tuple[str, ...]
    languages: tuple[str, ...]
    history_keys: tuple[str, ...] = ()
    message_kind: str | None = None
    message_kinds: tuple[str, ...] = ()
    appended: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of one family's writers, beside what the vocabularies of its dialects say.

    ``unknown_members`` says what a release does with a member that it does not know (``refuse`` or ``drop``): either
    way it does not write one. With ``keeps_unknown_kinds`` it does keep objects of a kind that it does not know.
    ``member_order`` is the order of members that all releases have in common, by place.
    """

    families: tuple[str, ...]
    unknown_members: str
    dialects: dict[str, Dialect]
    facts: tuple[Fact, ...]
    member_order: dict[str, tuple[str, ...]]
    orders: tuple[Order, ...]
    keeps_unknown_kinds: bool = False


@cache
def table_of(dialect: str) -> Table | None:
    """The table that knows the writers of ``dialect``, if one does."""
    return next((table for name in _FAMILIES if dialect in (table := _load(name)).dialects), None)


@cache
def _load(family: str) -> Table:
    return read_table(Path(__file__).with_name("tables") / f"{family}.json", Table)
