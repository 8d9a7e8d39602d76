"""Which kinds and members a release knows, from the vocabulary of its dialect."""

from __future__ import annotations

from functools import cache

from pysession.dialects import vocabulary
from pysession.dialects.vocabulary import Kind
from pysession.readers.releases import Release, positions, release, table


@cache
def known_kinds(name: str, place: str = "content") -> frozenset[str]:
    """The kinds at ``place`` that the release ``name`` knows, as its dialect spells them.

    A Python release reads contents of kinds it does not know too, a .NET release refuses them.

    Raises:
        UnknownReleaseError: no such release.
    """
    reader = release(name)
    return frozenset(kind for kind, words in _kinds(reader, place).items() if reader.knows(words.since, words.until))


@cache
def known_members(name: str, place: str, kind: str = "") -> frozenset[str]:
    """The members, the discriminator among them, that the release ``name`` knows in objects of ``kind`` at ``place``.

    Python has one class for all contents, so any member of any kind is known in each of them. For a kind that the
    release does not know the answer is empty, in Python what all kinds have.

    Raises:
        UnknownReleaseError: no such release.
    """
    reader = release(name)
    family = table()[reader.family]
    kinds = _kinds(reader, place)
    flat = place in family.flat
    chosen = kinds.values() if flat else [kinds[kind]] if kind in known_kinds(name, place) else []
    names = {
        member
        for words in chosen
        if reader.knows(words.since, words.until)
        for member, facts in words.members.items()
        if reader.knows(facts.since, facts.until)
    }
    if not names:
        return frozenset()
    accepted = {extra.name for extra in family.read_only_members.get(place, ()) if reader.knows(None, extra.until)}
    discriminator = vocabulary(reader.dialects[0]).discriminator
    tagged = {discriminator} if discriminator is not None and "" not in kinds else set()
    return frozenset(names | accepted | tagged)


@cache
def first_release_with(reader: str, name: str) -> str | None:
    """The first release that writes the content kind or member ``name``, if that is newer than ``reader``.

    Raises:
        UnknownReleaseError: ``reader`` is no release.
    """
    older = release(reader)
    order = positions(older.family)
    since = {
        facts.since
        for kind, words in _kinds(older, "content").items()
        for facts in ((words,) if kind == name else (words.members[name],) if name in words.members else ())
    }
    first = min((one for one in since if one is not None), key=order.__getitem__, default=None)
    if None in since or first is None or order[first] <= older.position:
        return None
    return f"{older.family}@{first}"


def _kinds(reader: Release, place: str) -> dict[str, Kind]:
    return vocabulary(reader.dialects[0]).places.get(place, {})
