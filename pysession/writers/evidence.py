"""From what was seen to the releases that remain, and the least of it that tells so."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from pysession.wire import Path


class Sighting(msgspec.Struct, frozen=True):
    """Something seen in a document: only ``remaining`` could have written that. ``certain`` as in a fact."""

    remaining: frozenset[str]
    says: str
    certain: bool
    place: Callable[[], Path]
    """Where it was seen; asked only of what is told."""


def narrowed(names: frozenset[str], sightings: Iterable[Sighting]) -> tuple[frozenset[str], tuple[Sighting, ...]]:
    """Those of ``names`` that every sighting leaves, and the sightings needed for that, the most telling first."""
    told: list[Sighting] = []
    left = names
    for sighting in sorted(sightings, key=lambda one: len(one.remaining & names)):
        if not left <= sighting.remaining:
            left &= sighting.remaining
            told.append(sighting)
    return left, tuple(told)
