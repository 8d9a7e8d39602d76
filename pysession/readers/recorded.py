"""Readings that were recorded from the real libraries: which release did what with which fixture.

One file a family, ``fixtures/recorded/<family>.json``. Every release is a column, every fixture a row; a cell is the
index of one of the distinct ``readings``, -1 where nothing was recorded. Pointers have ``*`` for an index of an array.
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
    """One release: when and how it was recorded, and with which versions of what it depends on."""

    reader: str
    recorded: str
    how: str
    environment: dict[str, str] = msgspec.field(default_factory=dict)


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
    """The recording in the file at ``path``."""
    return msgspec.json.decode(path.read_bytes(), type=Recording)


def tabulate(
    family: str, about: str, readers: Sequence[Column], cells: Mapping[str, Sequence[Recorded | None]]
) -> Recording:
    """The recording of ``cells``: for each fixture what each of ``readers`` did with it, None where nobody asked."""
    indices: dict[Recorded, int] = {}
    rows = {
        fixture: tuple(NOTHING if one is None else indices.setdefault(one, len(indices)) for one in row)
        for fixture, row in sorted(cells.items())
    }
    return Recording(FORMAT, VERSION, family, about, tuple(readers), tuple(indices), rows)


def render(recording: Recording) -> bytes:
    """The file of a recording: one reader, one reading, one fixture a line, so that a change shows as what it is about."""
    members = msgspec.to_builtins(recording)
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
