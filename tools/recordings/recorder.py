"""One release asked about every fixture, and its column put among those that are already recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from pysession.conform import Oracle, value
from pysession.dialects import UNKNOWN
from pysession.inputs import Record, Source, discover, records
from pysession.readers.recorded import NOTHING, Column, Recorded, Recording, tabulate
from pysession.verbs.fixtures import MANIFEST, Entry, Manifest
from pysession.wire import DEFAULT_LIMITS

Stored = tuple[Entry, Record]
Observations = dict[str, Recorded | None]

_PASSING = (
    (re.compile(r"'[^']*[/\\][^'/\\]*\.(?:json|jsonl|msgpack)(?:\.[0-9a-f]{32}\.corrupt)?'"), "the file"),
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x…"),
    (re.compile(r"\n?\s*For further information visit \S+"), ""),
)
"""What differs between two runs of the same release in a message that is for people: paths, addresses."""


def stored(root: Path) -> Iterator[Stored]:
    """The fixtures that a library can be given as they are: not those that are records with a session inside, be it as
    an object or as text."""
    manifest = msgspec.json.decode((root / MANIFEST).read_bytes(), type=Manifest)
    for entry in manifest.fixtures:
        if entry.at is None:
            (source,) = discover([str(root / entry.path)])
            if isinstance(source, Source):
                (record,) = records(source, DEFAULT_LIMITS)
                if isinstance(record, Record) and not _as_text(entry, record):
                    yield entry, record


def _as_text(entry: Entry, record: Record) -> bool:
    return entry.dialect != UNKNOWN and isinstance(value(record.data, record.encoding), str)


def observations(asked: Oracle, fixtures: Iterable[Stored]) -> Observations:
    """What a release does with each of ``fixtures``, by path."""
    found: Observations = {}
    for entry, record in fixtures:
        seen = asked.observe(record.data, record.encoding, next_turn=True)
        found[entry.path] = None if seen is None else steady(seen)
    return found


def steady(recorded: Recorded) -> Recorded:
    """The same without what passes, so that recording twice gives the same file."""
    if recorded.error is None:
        return recorded
    message = recorded.error.message
    for pattern, instead in _PASSING:
        message = pattern.sub(instead, message)
    return msgspec.structs.replace(recorded, error=msgspec.structs.replace(recorded.error, message=message[:200]))


def merged(
    before: Recording | None,
    family: str,
    about: str,
    columns: Mapping[str, tuple[Column, Observations]],
    order: list[str],
) -> Recording:
    """``before`` with ``columns`` put in or in place of those it has, readers in ``order``. Fixtures that are gone go."""
    known: dict[str, tuple[Column, Observations]] = {}
    if before is not None:
        for index, column in enumerate(before.readers):
            cells = {
                path: None if row[index] == NOTHING else before.readings[row[index]]
                for path, row in before.cells.items()
            }
            known[column.reader] = (column, cells)
    known.update(columns)
    readers = sorted(known, key=order.index)
    paths = {path for name in columns for path in columns[name][1]}
    rows = {path: [known[name][1].get(path) for name in readers] for path in paths}
    return tabulate(family, about, [known[name][0] for name in readers], rows)
