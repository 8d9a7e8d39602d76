"""The matrix: what each release makes of what each release wrote, from the recordings that the package ships.

A recording (``fixtures/recorded/<family>.json``) knows fixtures and readers; the manifest knows which releases wrote
each fixture. Put together: writer × reader → the verdicts on the documents that this writer wrote.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path

import msgspec

from pysession.findings import NextTurn, Reading, Verdict
from pysession.findings.failures import UsageError
from pysession.readers.recorded import FORMAT, NOTHING, VERSION, Column, Recorded, Recording, load
from pysession.readers.releases import LATEST, families, latest, table
from pysession.schema.shipped import shipped
from pysession.verbs.fixtures import MANIFEST, Entry, Manifest

FOLDER = "recorded"
_RELEASES = ("*@*",)

Group = tuple[str, ...]
"""Releases that are shown as one, oldest first."""


class NothingMatchesError(UsageError):
    """No ``what`` (writer, reader, scenario) matches ``pattern``; ``nearest`` are names that there are."""

    def __init__(self, what: str, pattern: str, nearest: tuple[str, ...]) -> None:
        near = f"; near it: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"no {what} of what was recorded matches {pattern!r}{near}")
        self.what = what
        self.pattern = pattern
        self.nearest = nearest


class Selection(msgspec.Struct, frozen=True):
    """What of the recordings is wanted; empty means all.

    ``writers`` and ``readers`` are patterns of release names (``python@1.1*``, ``1.1*``, ``python@latest``),
    ``scenarios`` patterns of scenarios. Documents that no release wrote are wanted only where a pattern matches their
    kind (``hostile``, ``*``). With ``next_turn`` a reading counts with what the next run would do, as in a
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
    def reader_names(self) -> tuple[str, ...]:
        """The readers without how they were recorded."""
        return tuple(column.reader for column in self.readers)

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
        places = {place for writer in writers for place in self._written.get(writer, ())}
        return tuple(self.documents[place] for place in sorted(places))

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

        def column(reader: str) -> object:
            position = self.position(reader)
            found = (document.readings[position] for document in self.documents)
            return tuple(NOTHING if reading == NOTHING else self.kinds[reading] for reading in found)

        return _neighbours(self.reader_names, column)

    @cached_property
    def writer_classes(self) -> tuple[Group, ...]:
        """Neighbouring writers whose documents fare alike: the same worst verdict and outcome with every reader."""

        def row(writer: str) -> object:
            # A release and a kind of fixture, such as "constructed", are never shown as one.
            cells = (self.cell((writer,), group[0]) for group in self.reader_classes)
            return writer.partition("@")[0], tuple((cell.worst, cell.outcome) for cell in cells)

        return _neighbours(self.writers, row)

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """For each reading a number that it shares with those that say the same."""
        numbers: dict[object, int] = {}
        return tuple(numbers.setdefault(_said(reading), len(numbers)) for reading in self.readings)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {column.reader: index for index, column in enumerate(self.readers)}

    @cached_property
    def _written(self) -> dict[str, list[int]]:
        """For each writer the places of its documents."""
        places: dict[str, list[int]] = {}
        for place, document in enumerate(self.documents):
            for writer in document.writers:
                places.setdefault(writer, []).append(place)
        return places

    def _tallied(self, readings: Iterable[int]) -> Cell:
        counts: dict[Verdict, int] = {}
        outcome: Verdict | None = None
        for reading in readings:
            verdict, ending = self.verdicts[reading], self.outcomes[reading]
            if verdict is None or ending is None:
                continue
            counts[verdict] = counts.get(verdict, 0) + 1
            if outcome is None or (ending is not outcome and ending.worse_than(outcome)):
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


def matrices(
    families: Iterable[str] = (), selection: Selection | None = None, root: Path | None = None
) -> tuple[Matrix, ...]:
    """What was recorded of the readers of ``families`` (default: all that are recorded), as far as ``selection`` wants
    it; a family of which it wants nothing is left out.

    ``root`` is the folder of fixtures (default: as shipped).

    Raises:
        UsageError: there is no such recording, or it is damaged.
        NothingMatchesError: a pattern matches nothing in any of the families.
    """
    root = root or shipped("fixtures")
    selection = selection or Selection()
    if not selection.writers:
        selection = msgspec.structs.replace(selection, writers=_RELEASES)
    entries = _entries(root)
    wholes = [_whole(_load(family, root, entries), entries) for family in tuple(families) or _all_recorded(root)]
    for what, patterns, names in (
        ("writer", selection.writers, [whole.writers for whole in wholes]),
        ("reader", selection.readers, [whole.reader_names for whole in wholes]),
        ("scenario", selection.scenarios, [whole.scenarios for whole in wholes]),
    ):
        for pattern in patterns:
            if not any(_matched(theirs, pattern, whole.family) for whole, theirs in zip(wholes, names, strict=True)):
                raise NothingMatchesError(what, pattern, _nearest(pattern, tuple(dict.fromkeys(chain(*names)))))
    selected = (_selected(whole, selection) for whole in wholes)
    return tuple(each for each in selected if each.documents)


def _all_recorded(root: Path) -> tuple[str, ...]:
    found = recorded_families(root)
    if not found:
        raise UsageError(f"nothing is recorded: there is no file in {root / FOLDER}")
    return found


def _load(family: str, root: Path, entries: Mapping[str, Entry]) -> Recording:
    try:
        recording = load(root / FOLDER / f"{family}.json")
    except FileNotFoundError:
        known = ", ".join(recorded_families(root)) or "none"
        raise UsageError(f"nothing is recorded of the family {family!r}; recorded families: {known}") from None
    except (OSError, msgspec.DecodeError) as failure:
        raise UsageError(f"the recording of {family} cannot be read: {failure}") from failure
    if (recording.format, recording.version) != (FORMAT, VERSION):
        raise UsageError(f"the recording of {family} is not {FORMAT} {VERSION}, which is all that can be read here")
    for fixture, cells in recording.cells.items():
        if len(cells) != len(recording.readers):
            why = f"{len(cells)} cells for {len(recording.readers)} readers"
        elif not all(NOTHING <= cell < len(recording.readings) for cell in cells):
            why = "a reading that is not there"
        elif fixture not in entries:
            why = "no line in the manifest of the fixtures"
        else:
            continue
        raise UsageError(f"the recording of {family} is damaged: {fixture} has {why}")
    return recording


def _entries(root: Path) -> dict[str, Entry]:
    """The fixtures by their paths."""
    try:
        manifest = msgspec.json.decode((root / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as failure:
        raise UsageError(f"the manifest of the fixtures cannot be read: {failure}") from failure
    return {entry.path: entry for entry in manifest.fixtures}


def _whole(recording: Recording, entries: Mapping[str, Entry]) -> Matrix:
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
    writers = _matching(whole.writers, selection.writers, whole.family)
    readers = _matching(whole.reader_names, selection.readers, whole.family)
    scenarios = _matching(whole.scenarios, selection.scenarios, whole.family)
    positions = [index for index, name in enumerate(whole.reader_names) if name in readers]
    wanted = tuple(
        not selection.verdicts or counted(reading, selection.next_turn) in selection.verdicts
        for reading in whole.readings
    )
    documents = []
    left: set[str] = set()
    for document in whole.documents:
        theirs = tuple(writer for writer in document.writers if writer in writers)
        if not theirs or document.scenario not in scenarios:
            continue
        left.update(theirs)
        found = (document.readings[index] for index in positions)
        readings = tuple(reading if reading != NOTHING and wanted[reading] else NOTHING for reading in found)
        if any(reading != NOTHING for reading in readings):
            documents.append(msgspec.structs.replace(document, writers=theirs, readings=readings))
    used = sorted({reading for document in documents for reading in document.readings} - {NOTHING})
    renumbered = {NOTHING: NOTHING} | {reading: place for place, reading in enumerate(used)}
    return msgspec.structs.replace(
        whole,
        # A row stays where no reading has the verdict that is looked for: that is an answer, too.
        writers=tuple(writer for writer in whole.writers if writer in left),
        readers=tuple(whole.readers[index] for index in positions),
        documents=tuple(
            msgspec.structs.replace(document, readings=tuple(renumbered[reading] for reading in document.readings))
            for document in documents
        ),
        readings=tuple(whole.readings[reading] for reading in used),
        counts_next_turn=selection.next_turn,
    )


def _matching(names: Sequence[str], patterns: Sequence[str], family: str) -> frozenset[str]:
    """Those of ``names`` that a pattern matches; all when there is no pattern."""
    if not patterns:
        return frozenset(names)
    return frozenset(name for pattern in patterns for name in _matched(names, pattern, family))


def _matched(names: Sequence[str], pattern: str, family: str) -> list[str]:
    """Those of ``names`` that ``pattern`` matches: a whole name, or without ``@`` the version alone."""
    of, at, version = pattern.rpartition("@")
    if version == LATEST and (of or family) in families():
        version = latest(of or family).rpartition("@")[2]
    return [
        name
        for name in names
        if fnmatchcase(name, f"{of}{at}{version}") or (not at and fnmatchcase(name.rpartition("@")[2], version))
    ]


def _nearest(pattern: str, names: Sequence[str]) -> tuple[str, ...]:
    """The two of ``names`` that look most like ``pattern``; like their version where it gives only that."""
    bare = pattern.strip("*")

    def likeness(name: str) -> float:
        return difflib.SequenceMatcher(None, name if "@" in bare else name.rpartition("@")[2], bare).ratio()

    return tuple(sorted(names, key=likeness, reverse=True)[:2])


def _neighbours(names: Sequence[str], look: Callable[[str], object]) -> tuple[Group, ...]:
    """``names`` in groups of neighbours that look the same."""
    return tuple(tuple(group) for _, group in groupby(names, look))


def _said(reading: Recorded) -> tuple[object, ...]:
    """What two readings must share to say the same; messages name places and versions of dependencies."""
    error = reading.error
    failure = None if error is None else (error.type, error.cause)
    return reading.verdict, reading.stage, failure, reading.changes, reading.next_turn
