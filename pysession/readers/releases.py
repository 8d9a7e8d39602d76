"""The releases that are known, in the order in which they appeared (``releases.json``)."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from pathlib import Path

import msgspec

from pysession.findings.failures import UsageError
from pysession.schema import read_table

LATEST = "latest"
NUMBERED = re.compile(r"\d+\.")
NUMBERS = re.compile(r"\d+")


class UnknownReleaseError(UsageError):
    """``name`` is not a release in the tables; ``nearest`` are some that are."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(f"there is no release {name!r} in the tables; near it: {', '.join(nearest)}")
        self.name = name
        self.nearest = nearest


class NotRecordedError(UnknownReleaseError):
    """``name`` is a release of which only the vocabulary is known; what it does with a document nobody has seen."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(name, nearest)
        self.args = (f"{name} was never run, so what it does is not known; those near it are: {', '.join(nearest)}",)


class Entry(msgspec.Struct, frozen=True, rename={"as_": "as"}):
    """A release as the table has it.

    ``reads``: the generation of envelope, a key of its family's ``dialects``. ``final``: not a preview. ``recorded``:
    it was run, and its documents and verdicts are known; else only its names are. ``meai``: the serializer it was
    built with. ``history``: the member of a .NET thread that holds the history. ``as_``: the .NET release that has the
    same content classes (None: older than all).
    """

    release: str
    reads: str
    final: bool = False
    recorded: bool = True
    meai: str | None = None
    history: str | None = None
    as_: str | None = None


class ReadOnly(msgspec.Struct, frozen=True):
    """A member that a reader accepts up to ``until`` though no writer writes it."""

    name: str
    until: str | None = None


class Family(msgspec.Struct, frozen=True):
    """One library.

    ``flat``: places where a reader takes any member of any kind, because one class stands for all kinds.
    ``releases_of``: the family whose releases the vocabulary of its dialect names.
    """

    dialects: dict[str, tuple[str, ...]]
    flat: tuple[str, ...]
    read_only_members: dict[str, tuple[ReadOnly, ...]]
    releases: tuple[Entry, ...]
    releases_of: str | None = None


class Release(msgspec.Struct, frozen=True):
    """One release: ``python@1.21.0`` is version ``1.21.0`` of family ``python``.

    ``dialects`` are those it reads and writes, the session or thread itself first. ``position`` is its place in the
    order of the releases that the vocabulary of its dialects names (-1: before all of them).
    """

    family: str
    version: str
    dialects: tuple[str, ...]
    position: int
    final: bool
    recorded: bool
    meai: str | None
    history: str | None

    def __str__(self) -> str:
        return f"{self.family}@{self.version}"

    def knows(self, since: str | None, until: str | None) -> bool:
        """Whether something that lived from ``since`` to ``until`` (None: always) is known to this release."""
        order = positions(self.family)
        return (since is None or order[since] <= self.position) and (until is None or self.position <= order[until])


@cache
def table() -> dict[str, Family]:
    """The whole table, by family."""
    return read_table(Path(__file__).with_name("releases.json"), dict[str, Family])


def families() -> tuple[str, ...]:
    """The libraries that have releases in the tables."""
    return tuple(table())


def releases(family: str) -> tuple[str, ...]:
    """The recorded releases of ``family``, oldest first, written ``python@1.21.0``.

    Raises:
        UnknownReleaseError: no such family.
    """
    return tuple(f"{family}@{entry.release}" for entry in _family(family, family).releases if entry.recorded)


@cache
def latest(family: str) -> str:
    """The newest final release of ``family``.

    Raises:
        UnknownReleaseError: no such family.
    """
    return next(f"{family}@{entry.release}" for entry in reversed(_family(family, family).releases) if entry.final)


def resolve(name: str) -> str:
    """The release that ``name`` means: itself, or for ``python@latest`` the newest final one.

    Raises:
        UnknownReleaseError: it is not in the tables; the error names the nearest that are.
    """
    return str(release(name))


def reader(name: str) -> str:
    """The release that ``name`` means, as :func:`resolve`, if it was recorded what it does with documents.

    Raises:
        NotRecordedError: it was not; the error names the nearest that were.
        UnknownReleaseError: it is not in the tables.
    """
    found = release(name)
    if not found.recorded:
        order = [f"{found.family}@{entry.release}" for entry in table()[found.family].releases]
        known = sorted(releases(found.family), key=lambda one: abs(order.index(one) - order.index(str(found))))
        raise NotRecordedError(str(found), tuple(known[:2]))
    return str(found)


@cache
def release(name: str) -> Release:
    """What the tables say of the release that ``name`` means.

    Raises:
        UnknownReleaseError: it is not in the tables; the error names the nearest that are.
    """
    family_name, _, version = name.partition("@")
    family = _family(family_name, name)
    if version == LATEST:
        return release(latest(family_name))
    entry = next((entry for entry in family.releases if entry.release == version), None)
    if entry is None:
        raise UnknownReleaseError(name, _nearest(family_name, version))
    lived = version if family.releases_of is None else entry.as_
    return Release(
        family=family_name,
        version=version,
        dialects=family.dialects[entry.reads],
        position=-1 if lived is None else positions(family_name)[lived],
        final=entry.final,
        recorded=entry.recorded,
        meai=version if family.releases_of else entry.meai,
        history=entry.history,
    )


@cache
def positions(family: str) -> dict[str, int]:
    """The place of each release in the order that the vocabulary of this family's dialects uses."""
    named = table()[family].releases_of or family
    return {entry.release: index for index, entry in enumerate(table()[named].releases)}


def _family(family: str, name: str) -> Family:
    found = table().get(family)
    if found is None:
        raise UnknownReleaseError(name, tuple(latest(known) for known in table()))
    return found


def _nearest(family: str, version: str) -> tuple[str, ...]:
    """Releases that ``version`` abbreviates, newest first, else those between whose numbers its own would stand."""
    known = [entry.release for entry in reversed(table()[family].releases)]
    longer = [one for one in known if version and one.startswith(version)]
    numbered = sorted(filter(NUMBERED.match, known), key=_numbers)
    if not longer and (not NUMBERED.match(version) or not numbered):
        return (latest(family),)
    place = bisect_left(numbered, _numbers(version), key=_numbers)
    near = longer or sorted(numbered, key=lambda one: abs(numbered.index(one) + 0.5 - place))
    return tuple(f"{family}@{one}" for one in near[:2])


def _numbers(version: str) -> list[int]:
    """Four numbers: of ``1.0.0-preview.260212.1`` those before the last."""
    return [*map(int, NUMBERS.findall(version)), 0, 0, 0, 0][:4]
