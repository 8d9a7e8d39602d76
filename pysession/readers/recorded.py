"""Readings that were recorded from the real libraries: which release did what with which fixture.

One file a family, ``fixtures/recorded/<family>.json``. Every release is a column, every fixture a row; a cell is the
index of one of the distinct ``readings``, -1 where nothing was recorded. Pointers have ``*`` for an index of an array.

In the file a release that did with every fixture what one before it did names that one (``same_as``) and has no cells of
its own: most releases are like their neighbour. :func:`load` gives every release its cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from pysession.findings import ChangeKind, NextTurn, Stage, Verdict

FORMAT = "pysession-recorded"
VERSION = 1
NOTHING = -1


class RecordedFailure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Short class names of what was raised and of its root cause; ``message`` as raised, for people."""

    type: str
    cause: str | None = None
    message: str = ""


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was observed. A member that is None was not observed; ``changes`` pairs pointer and kind, sorted."""

    verdict: Verdict | None = None
    stage: Stage | None = None
    error: RecordedFailure | None = None
    messages_restored: int | None = None
    next_turn: NextTurn | None = None
    same_bytes: bool | None = None
    changes: tuple[tuple[str, ChangeKind], ...] | None = None


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One release: when and how it was recorded, and with which versions of what it depends on.

    ``same_as``: the first release that did the same with every fixture, None for that one itself.
    """

    reader: str
    recorded: str
    how: str
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    same_as: str | None = None


class Recording(msgspec.Struct, frozen=True):
    """All that was recorded of one family; ``cells`` maps the path of a fixture to one index a reader."""

    format: str
    version: int
    family: str
    about: str
    readers: tuple[Column, ...]
    readings: tuple[Recorded, ...]
    cells: dict[str, tuple[int, ...]]

    def of(self, fixture: str, reader: str) -> Recorded | None:
        """What ``reader`` did with ``fixture``; None where that was not recorded."""
        position = next(index for index, column in enumerate(self.readers) if column.reader == reader)
        cell = self.cells[fixture][position]
        return None if cell == NOTHING else self.readings[cell]


def load(path: Path) -> Recording:
    """The recording in the file at ``path``, with a cell for every reader in every row.

    Raises:
        OSError: the file cannot be read.
        msgspec.DecodeError: it is damaged.
    """
    recording = msgspec.json.decode(path.read_bytes(), type=Recording)
    own = {name: index for index, name in enumerate(_with_cells(recording.readers))}
    try:
        positions = [own[column.same_as or column.reader] for column in recording.readers]
    except KeyError as missing:
        raise msgspec.ValidationError(f"a reader is the same as {missing}, which has no cells") from None
    if len(own) == len(positions):
        return recording
    rows = {}
    for fixture, row in recording.cells.items():
        if len(row) != len(own):
            raise msgspec.ValidationError(f"{fixture} has {len(row)} cells for {len(own)} readers")
        rows[fixture] = tuple(row[position] for position in positions)
    return msgspec.structs.replace(recording, cells=rows)


def _with_cells(readers: Sequence[Column]) -> list[str]:
    return [column.reader for column in readers if column.same_as is None]


def tabulate(
    family: str, about: str, readers: Sequence[Column], cells: Mapping[str, Sequence[Recorded | None]]
) -> Recording:
    """The recording of ``cells``: for each fixture what each of ``readers`` did with it, None where nobody asked."""
    indices: dict[Recorded, int] = {}
    rows = {
        fixture: tuple(NOTHING if one is None else indices.setdefault(one, len(indices)) for one in row)
        for fixture, row in sorted(cells.items())
    }
    first: dict[tuple[int, ...], str] = {}
    columns = []
    for index, column in enumerate(readers):
        same = first.setdefault(tuple(row[index] for row in rows.values()), column.reader)
        columns.append(msgspec.structs.replace(column, same_as=None if same == column.reader else same))
    return Recording(FORMAT, VERSION, family, about, tuple(columns), tuple(indices), rows)


def render(recording: Recording) -> bytes:
    """The file of a recording: one reader, one reading, one fixture a line, so that a change shows as what it is about."""
    own = [index for index, column in enumerate(recording.readers) if column.same_as is None]
    rows = {fixture: tuple(row[index] for index in own) for fixture, row in recording.cells.items()}
    members = msgspec.to_builtins(msgspec.structs.replace(recording, cells=rows))
    blocks = [f"{_text(name)}: {_block(value)}" for name, value in members.items()]
    return ("{\n" + ",\n".join(f" {block}" for block in blocks) + "\n}\n").encode()


def _block(value: object) -> str:
    if isinstance(value, dict):
        lines = [f"  {_text(name)}: {_text(one)}" for name, one in value.items()]
        return "{\n" + ",\n".join(lines) + "\n }"
    if isinstance(value, list | tuple):
        return "[\n" + ",\n".join(f"  {_text(one)}" for one in value) + "\n ]"
    return _text(value)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
