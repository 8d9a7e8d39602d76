"""The matrix: what each release makes of what each release wrote, from the recordings that the package ships.

A recording (``fixtures/recorded/<family>.json``) knows fixtures and readers; the manifest knows which releases wrote
each fixture. Put together: writer × reader → the verdicts on the documents that this writer wrote.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import groupby
from pathlib import Path

import msgspec

from pysession.findings import NextTurn, Reading, Verdict
from pysession.findings.failures import UsageError
from pysession.readers.recorded import NOTHING, Column, Recorded, Recording
from pysession.readers.releases import LATEST, families, latest, table
from pysession.schema.shipped import shipped
from pysession.verbs.fixtures import MANIFEST, Entry, Manifest

FOLDER = "recorded"

Group = tuple[str, ...]
"""Releases that are shown as one, oldest first."""


class NothingMatchesError(UsageError):
    """No ``what`` (writer, reader, scenario) of the matrix matches ``pattern``; ``nearest`` are names that there are."""

    def __init__(self, what: str, pattern: str, nearest: tuple[str, ...], hint: str = "") -> None:
        near = f"; near it: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"no {what} matches {pattern!r}{near}{hint}")
        self.what = what
        self.pattern = pattern
        self.nearest = nearest


class Selection(msgspec.Struct, frozen=True):
    """What of a recording is wanted; empty means all.

    ``writers`` and ``readers`` are patterns of release names (``python@1.1*``, ``1.1*``, ``python@latest``),
    ``scenarios`` patterns of scenarios. With ``next_turn`` a reading counts with what the next run would do, as in a
    gate; ``verdicts`` are held against what counts.
    """

    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    next_turn: bool = False


class Document(msgspec.Struct, frozen=True):
    """One fixture. ``writers`` are the selected releases that wrote it, or its kind where none did (``constructed``).

    ``readings`` has for each reader of the matrix the index of a reading, ``NOTHING`` where none was recorded or
    selected.
    """

    path: str
    scenario: str
    dialect: str
    produced: str
    writers: tuple[str, ...]
    readings: tuple[int, ...]


class Cell(msgspec.Struct, frozen=True):
    """What readers make of the documents of writers: how many have which verdict, worst first.

    ``outcome`` is the worst of them with the next run counted in; it is None where nothing is recorded.
    """

    verdicts: dict[Verdict, int]
    outcome: Verdict | None

    @property
    def worst(self) -> Verdict | None:
        """The worst verdict; None where nothing is recorded."""
        return next(iter(self.verdicts), None)

    @property
    def documents(self) -> int:
        """How many documents have a verdict."""
        return sum(self.verdicts.values())

    @property
    def next_turn_is_worse(self) -> bool:
        """Whether the next run loses what loading and saving kept."""
        return self.worst is not None and self.outcome is not None and self.outcome.worse_than(self.worst)


# No __dict__ in a msgspec struct otherwise, and groupings are worth computing once.
class Matrix(msgspec.Struct, frozen=True, dict=True):
    """Writers × readers × scenarios of one family, oldest release first.

    ``counts_next_turn``: verdicts are with the next run counted in.
    """

    family: str
    about: str
    writers: tuple[str, ...]
    readers: tuple[Column, ...]
    documents: tuple[Document, ...]
    readings: tuple[Recorded, ...]
    counts_next_turn: bool = False

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios, sorted."""
        return tuple(sorted({document.scenario for document in self.documents}))

    @cached_property
    def verdicts(self) -> tuple[Verdict | None, ...]:
        """For each reading the verdict that counts."""
        return tuple(counted(reading, self.counts_next_turn) for reading in self.readings)

    @cached_property
    def outcomes(self) -> tuple[Verdict | None, ...]:
        """For each reading the verdict with the next run counted in."""
        return tuple(counted(reading, True) for reading in self.readings)

    def documents_of(self, writers: Iterable[str]) -> tuple[Document, ...]:
        """What any of ``writers`` wrote."""
        wanted = set(writers)
        return tuple(document for document in self.documents if not wanted.isdisjoint(document.writers))

    def position(self, reader: str) -> int:
        """Which of the readings of a document is that of ``reader``."""
        return self._positions[reader]

    def cell(self, writers: Iterable[str], reader: str) -> Cell:
        """What ``reader`` makes of everything that any of ``writers`` wrote."""
        position = self.position(reader)
        found = (document.readings[position] for document in self.documents_of(writers))
        return self._tallied(reading for reading in found if reading != NOTHING)

    def whole(self) -> Cell:
        """All readings, as one cell."""
        return self._tallied(
            reading for document in self.documents for reading in document.readings if reading != NOTHING
        )

    @cached_property
    def reader_classes(self) -> tuple[Group, ...]:
        """Neighbouring readers that do the same with every document: verdict, error, changed places, next run."""
        kinds = tuple(map(_kind, self.readings))
        nothing = ("nothing",)

        def column(reader: str) -> object:
            position = self.position(reader)
            found = (document.readings[position] for document in self.documents)
            return tuple(nothing if reading == NOTHING else kinds[reading] for reading in found)

        return _neighbours([reader.reader for reader in self.readers], column)

    @cached_property
    def writer_classes(self) -> tuple[Group, ...]:
        """Neighbouring writers whose documents fare alike: the same worst verdict and outcome with every reader."""

        def row(writer: str) -> object:
            # A release and a kind of fixture, such as "constructed", are never shown as one.
            cells = (self.cell((writer,), group[0]) for group in self.reader_classes)
            return writer.partition("@")[0], tuple((cell.worst, cell.outcome) for cell in cells)

        return _neighbours(self.writers, row)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {column.reader: index for index, column in enumerate(self.readers)}

    def _tallied(self, readings: Iterable[int]) -> Cell:
        counts: dict[Verdict, int] = {}
        outcome: Verdict | None = None
        for reading in readings:
            verdict, ending = self.verdicts[reading], self.outcomes[reading]
            if verdict is None or ending is None:
                continue
            counts[verdict] = counts.get(verdict, 0) + 1
            if outcome is None or ending.worse_than(outcome):
                outcome = ending
        return Cell({verdict: counts[verdict] for verdict in reversed(Verdict) if verdict in counts}, outcome)


def counted(reading: Recorded, next_turn: bool) -> Verdict | None:
    """The verdict of ``reading``, with ``next_turn`` as a gate counts it; None where none was recorded."""
    if reading.verdict is None or not next_turn:
        return reading.verdict
    return Reading("", reading.verdict, next_turn=reading.next_turn or NextTurn.UNKNOWN).outcome


def recorded_families(root: Path | None = None) -> tuple[str, ...]:
    """The families with a recording in the folder of fixtures ``root`` (default: as shipped), in their usual order."""
    folder = (root or shipped("fixtures")) / FOLDER
    return tuple(family for family in families() if (folder / f"{family}.json").is_file())


def matrix(family: str, selection: Selection | None = None, root: Path | None = None) -> Matrix:
    """What was recorded of the readers of ``family``, as far as ``selection`` wants it.

    ``root`` is the folder of fixtures (default: as shipped).

    Raises:
        UsageError: there is no such recording, or it is damaged.
        NothingMatchesError: a pattern matches nothing.
    """
    root = root or shipped("fixtures")
    selection = selection or Selection()
    recording, entries = _load(family, root)
    whole = _whole(recording, entries)
    return _selected(whole, selection) if selection != Selection() else whole


def _load(family: str, root: Path) -> tuple[Recording, dict[str, Entry]]:
    path = root / FOLDER / f"{family}.json"
    try:
        recording = msgspec.json.decode(path.read_bytes(), type=Recording)
        manifest = msgspec.json.decode((root / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        known = ", ".join(recorded_families(root)) or "none"
        raise UsageError(f"nothing is recorded of the family {family!r}; recorded families: {known}") from None
    except (OSError, msgspec.DecodeError) as failure:
        raise UsageError(f"the recording of {family} cannot be read: {failure}") from failure
    entries = {entry.path: entry for entry in manifest.fixtures}
    for fixture, cells in recording.cells.items():
        if len(cells) != len(recording.readers):
            why = f"{len(cells)} cells for {len(recording.readers)} readers"
        elif not all(NOTHING <= cell < len(recording.readings) for cell in cells):
            why = "a reading that is not there"
        elif fixture not in entries:
            why = "a fixture that the manifest does not list"
        else:
            continue
        raise UsageError(f"the recording of {family} is damaged: {fixture} has {why}")
    return recording, entries


def _whole(recording: Recording, entries: dict[str, Entry]) -> Matrix:
    """Everything that was recorded, releases in the order of the tables."""
    rank = _ranks(recording)
    order = sorted(range(len(recording.readers)), key=lambda index: rank(recording.readers[index].reader))
    documents = [
        Document(
            path,
            entries[path].scenario,
            entries[path].dialect,
            entries[path].produced,
            tuple(sorted(entries[path].writers, key=rank)) or (entries[path].kind.value,),
            tuple(cells[index] for index in order),
        )
        for path, cells in recording.cells.items()
    ]
    return Matrix(
        family=recording.family,
        about=recording.about,
        writers=tuple(sorted({writer for document in documents for writer in document.writers}, key=rank)),
        readers=tuple(recording.readers[index] for index in order),
        documents=tuple(sorted(documents, key=lambda document: (document.scenario, rank(document.writers[0])))),
        readings=recording.readings,
    )


def _ranks(recording: Recording) -> Callable[[str], tuple[int, int, str]]:
    """The place of a name: the family's own releases first, in the order of the tables, then other families', last what
    no release wrote. A release that the tables do not know comes after those of its family."""
    order = (recording.family, *(family for family in families() if family != recording.family))
    known = {
        f"{family}@{entry.release}": (order.index(family), index)
        for family in families()
        for index, entry in enumerate(table()[family].releases)
    }
    beyond = len(known)

    def rank(name: str) -> tuple[int, int, str]:
        family, at, _ = name.partition("@")
        unknown = order.index(family) if at and family in order else len(order)
        place, index = known.get(name, (unknown, beyond))
        return place, index, name

    return rank


def _selected(whole: Matrix, selection: Selection) -> Matrix:
    writers = _matching("writer", whole.writers, selection.writers, whole.family)
    names = [column.reader for column in whole.readers]
    readers = _matching("reader", names, selection.readers, whole.family)
    scenarios = _matching("scenario", whole.scenarios, selection.scenarios, whole.family)
    positions = [index for index, name in enumerate(names) if name in readers]
    wanted = tuple(
        not selection.verdicts or counted(reading, selection.next_turn) in selection.verdicts
        for reading in whole.readings
    )
    documents = []
    for document in whole.documents:
        theirs = tuple(writer for writer in document.writers if writer in writers)
        if not theirs or document.scenario not in scenarios:
            continue
        found = (document.readings[index] for index in positions)
        readings = tuple(reading if reading != NOTHING and wanted[reading] else NOTHING for reading in found)
        if any(reading != NOTHING for reading in readings):
            documents.append(msgspec.structs.replace(document, writers=theirs, readings=readings))
    return msgspec.structs.replace(
        whole,
        writers=tuple(writer for writer in whole.writers if writer in writers),
        readers=tuple(whole.readers[index] for index in positions),
        documents=tuple(documents),
        counts_next_turn=selection.next_turn,
    )


def _matching(what: str, names: Sequence[str], patterns: Sequence[str], family: str) -> frozenset[str]:
    """Those of ``names`` that a pattern matches; all when there is none."""
    return frozenset(name for pattern in patterns for name in _matched(what, names, pattern, family)) or frozenset(
        names
    )


def _matched(what: str, names: Sequence[str], pattern: str, family: str) -> Iterator[str]:
    of, at, version = pattern.rpartition("@")
    meant = latest(of or family).rpartition("@")[2] if version == LATEST and (of or family) in families() else version
    found = [
        name
        for name in names
        if fnmatchcase(name, f"{of}{at}{meant}") or (not at and fnmatchcase(name.rpartition("@")[2], meant))
    ]
    if not found:
        bare = pattern.strip("*") if at or what == "scenario" else f"{family}@{pattern.strip('*')}"
        nearest = tuple(difflib.get_close_matches(bare, names, n=2, cutoff=0.0))
        other = of if at and of != family and of in families() else None
        raise NothingMatchesError(what, pattern, nearest, f"; or did you mean --family {other}?" if other else "")
    yield from found


def _neighbours(names: Sequence[str], look: Callable[[str], object]) -> tuple[Group, ...]:
    """``names`` in groups of neighbours that look the same."""
    return tuple(tuple(group) for _, group in groupby(names, look))


def _kind(reading: Recorded) -> tuple[object, ...]:
    """What two readings must share to be the same; messages name places and versions of dependencies."""
    error = reading.error
    failure = None if error is None else (error.type, error.cause)
    return reading.verdict, reading.stage, failure, reading.changes, reading.next_turn
