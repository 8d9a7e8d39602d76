"""Profiles: what a backend or a model's API does to a document, as data (``profiles.json``)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from pysession.findings.failures import UsageError
from pysession.schema import read_table


class Profile(msgspec.Struct, frozen=True):
    """``bytes`` a document may have; ``perturbations`` done to the value before the rules run again; ``errors``, what
    turns from a warning into an error."""

    summary: str
    bytes: int | None = None
    perturbations: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@cache
def profiles() -> dict[str, Profile]:
    """Every profile by name."""
    return read_table(Path(__file__).with_name("profiles.json"), dict[str, Profile])


def profile(name: str) -> Profile:
    """The profile with this name.

    Raises:
        UsageError: there is none; the error names those that look like it.
    """
    known = profiles()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise UsageError(f"there is no profile {name!r}; {hint}")
    return known[name]
