"""The releases among which the writer of a document is looked for."""

from __future__ import annotations

from functools import cache

import msgspec

from pysession.readers import Release, known_kinds, known_members, release
from pysession.readers.releases import table as release_table

SERIALISER = "meai"
"""The family of .NET's serialiser, which wrote what is messages only: no agent is in sight there."""


class Pool(msgspec.Struct, frozen=True):
    """Releases, oldest first, of one family."""

    releases: tuple[Release, ...]
    names: frozenset[str]

    @property
    def family(self) -> str:
        return self.releases[0].family

    def lived(self, since: str | None, until: str | None) -> frozenset[str]:
        """The releases from ``since`` to ``until``."""
        return frozenset(str(one) for one in self.releases if one.knows(since, until))

    def knowing_kind(self, place: str, kind: str) -> frozenset[str]:
        """The releases that know a kind."""
        return frozenset(name for name in self.names if kind in known_kinds(name, place))

    def knowing_member(self, place: str, kind: str, member: str) -> frozenset[str]:
        """The releases that know a member in objects of a kind; in Python, in objects of any kind."""
        return frozenset(name for name in self.names if member in known_members(name, place, kind))

    def ordered(self, names: frozenset[str]) -> tuple[str, ...]:
        """``names``, oldest first."""
        return tuple(str(one) for one in self.releases if str(one) in names)


@cache
def pool_of(family: str, dialects: tuple[str, ...]) -> Pool:
    """The releases of ``family`` that write one of ``dialects``."""
    known = (release(f"{family}@{entry.release}") for entry in release_table()[family].releases)
    chosen = tuple(one for one in known if set(dialects) & set(one.dialects))
    return Pool(chosen, frozenset(map(str, chosen)))
