"""The matrix for a terminal: a letter for each writer and reader, in ASCII, so that any terminal can show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pysession.findings import Verdict
from pysession.readers.recorded import NOTHING, Recorded
from pysession.report.characters import printable
from pysession.report.matrix_legend import CHANGES, LETTERS, MEANINGS, NEXT_RUN_WORSE, NEXT_TURNS, NOTHING_RECORDED
from pysession.report.wording import counted
from pysession.verbs.matrix import Cell, Document, Group, Matrix

_WIDTH = 120
"""Columns where nobody says how many there are."""

_MOST_STEPS = 24
"""So many columns have their names on steps above them; more would be a page of steps, and are written downwards."""

_ORDER = tuple(Verdict)

_ANSI = {
    Verdict.IDENTICAL: "\x1b[32m",
    Verdict.EQUIVALENT: "\x1b[36m",
    Verdict.NORMALISED: "\x1b[34m",
    Verdict.LOSSY: "\x1b[33m",
    Verdict.SILENT_LOSS: "\x1b[1;35m",
    Verdict.REJECTED: "\x1b[1;31m",
    Verdict.CRASHED: "\x1b[1;31m",
    Verdict.TIMEOUT: "\x1b[1;31m",
}
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_RESET = "\x1b[0m"


class _Drawn(msgspec.Struct, frozen=True):
    """The text of a cell, and the colour it has on a terminal that shows colours."""

    text: str
    style: str

    def padded(self, width: int, color: bool) -> str:
        text = f"{self.style}{self.text}{_RESET}" if color else self.text
        return text + " " * (width - len(self.text))


def render(
    matrices: Sequence[Matrix],
    *,
    merged: bool = True,
    color: bool = False,
    width: int | None = None,
    others: Sequence[str] = (),
) -> str:
    """``matrices`` as lines of at most ``width`` columns, where names allow that; it ends in a newline.

    ``merged``: releases that fare alike are one row or column, and a cell says how many documents are that bad.
    ``others`` are families of which more could be shown.
    """
    if not matrices:
        return "Nothing of what was recorded is selected.\n"
    parts = ["\n".join(_Text(matrix, merged, color, width or _WIDTH).lines()) for matrix in matrices]
    if others:
        parts.append(f"Also recorded: {', '.join(others)}; --family {others[0]} shows it.")
    return "\n\n".join(parts) + "\n"


class _Text:
    """The drawing of one matrix; a generator of lines for each part of it."""

    __slots__ = ("_cells", "_color", "_columns", "_matrix", "_merged", "_rows", "_width")

    def __init__(self, matrix: Matrix, merged: bool, color: bool, width: int) -> None:
        self._matrix = matrix
        self._merged = merged
        self._color = color
        self._width = width
        self._rows = matrix.writer_classes if merged else tuple((writer,) for writer in matrix.writers)
        self._columns = matrix.reader_classes if merged else tuple((reader.reader,) for reader in matrix.readers)
        self._cells = [[matrix.cell(row, column[0]) for column in self._columns] for row in self._rows]

    def lines(self) -> Iterator[str]:
        yield self._styled(
            f"{self._matrix.family}: what each release (column) makes of what each release wrote (row)", _BOLD
        )
        yield ""
        yield from self._map()
        yield from self._legend()
        if len(self._rows) == len(self._columns) == 1:
            yield from self._documents(self._rows[0], self._columns[0])

    def _map(self) -> Iterator[str]:
        labels = [label(row, self._matrix) for row in self._rows]
        sizes = [f"{len(self._matrix.documents_of(row)):,}" for row in self._rows]
        names = [label(column, self._matrix) for column in self._columns]
        label_width = max(map(len, (*labels, "written by")))
        size_width = max(map(len, (*sizes, "documents")))
        head = f"{'written by':<{label_width}}  {'documents':>{size_width}}  "
        drawn = [[self._drawn(cell) for cell in row] for row in self._cells]
        widths = [1 + max(len(row[index].text) for row in drawn) for index in range(len(names))]
        for part in _parts(widths, self._width - len(head)):
            yield from _header(names[part], widths[part], head, steps=len(names) <= _MOST_STEPS)
            for name, size, row in zip(labels, sizes, drawn, strict=True):
                fitted = zip(row[part], widths[part], strict=True)
                cells = "".join(cell.padded(width, self._color) for cell, width in fitted)
                yield f"{name:<{label_width}}  {size:>{size_width}}  {cells}".rstrip()
            yield ""

    def _drawn(self, cell: Cell) -> _Drawn:
        if cell.worst is None:
            return _Drawn(NOTHING_RECORDED, _DIM)
        text = LETTERS[cell.worst]
        if self._merged and cell.verdicts[cell.worst] < cell.documents:
            text += f"{cell.verdicts[cell.worst]}"
        return _Drawn(text + (NEXT_RUN_WORSE if cell.next_turn_is_worse else ""), _ANSI[cell.worst])

    def _legend(self) -> Iterator[str]:
        whole = self._matrix.whole()
        for verdict, letter in LETTERS.items():
            # No release can crash here; only programs that run do.
            if verdict in whole.verdicts or not verdict.worse_than(Verdict.REJECTED):
                known = self._styled(letter, _ANSI[verdict])
                yield f"  {known}  {verdict.value:<12} {whole.verdicts.get(verdict, 0):>7,}  {MEANINGS[verdict]}"
        if any(cell.next_turn_is_worse for row in self._cells for cell in row):
            yield f"  {NEXT_RUN_WORSE}  the next run is worse than that: it fails, or history or an approval is not seen"
        if any(cell.worst is None for row in self._cells for cell in row):
            yield f"  {NOTHING_RECORDED}  nothing is recorded, or selected"
        yield ""
        yield "A cell is the worst verdict on any document of the row" + (
            "; R3: three of them are rejected, the others fare better; R alone: all are." if self._merged else "."
        )
        if self._matrix.counts_next_turn:
            yield "What the next run would do is counted in."
        merged = len(self._rows) < len(self._matrix.writers) or len(self._columns) < len(self._matrix.readers)
        if merged:
            yield "Neighbouring releases that fare alike are one row or column; --all shows each."
        yield ", ".join(
            (
                counted(len(self._matrix.writers), "writer"),
                counted(len(self._matrix.readers), "reader"),
                counted(len(self._matrix.scenarios), "scenario"),
                counted(len(self._matrix.documents), "document"),
                f"{counted(whole.documents, 'reading')}.",
            )
        )

    def _documents(self, row: Group, column: Group) -> Iterator[str]:
        """What a click on the only cell would show: its documents, worst first."""
        position = self._matrix.position(column[0])
        found = []
        for document in self._matrix.documents_of(row):
            reading = document.readings[position]
            if reading == NOTHING:
                continue
            verdict, outcome = self._matrix.verdicts[reading], self._matrix.outcomes[reading]
            if verdict is not None and outcome is not None:
                found.append((_ORDER.index(verdict), _ORDER.index(outcome), document, self._matrix.readings[reading]))
        yield ""
        for rank, next_rank, document, recorded in sorted(found, key=lambda each: each[:2], reverse=True):
            yield from self._document(_ORDER[rank], next_rank > rank, document, recorded)

    def _document(self, verdict: Verdict, worse: bool, document: Document, reading: Recorded) -> Iterator[str]:
        mark = NEXT_RUN_WORSE if worse else " "
        letter = self._styled(LETTERS[verdict], _ANSI[verdict])
        yield f"{letter}{mark} {document.scenario}  {printable(document.path)}"
        for line in details(reading):
            yield f"     {line}"

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._color else text


def details(reading: Recorded) -> Iterator[str]:
    """What is to be said of one reading besides its verdict, a line each."""
    if reading.error is not None:
        cause = f", caused by {reading.error.cause}" if reading.error.cause else ""
        stage = f" at {reading.stage}" if reading.stage else ""
        # Some libraries break their messages into lines.
        message = " ".join(reading.error.message.split())
        yield printable(f"{reading.error.type}{stage}{cause}: {message}").removesuffix(": ")
    if reading.changes:
        pointer, kind = reading.changes[0]
        more = f", and {counted(len(reading.changes) - 1, 'more place')}" if len(reading.changes) > 1 else ""
        yield f"{printable(pointer)} {CHANGES[kind]}{more}"
    if reading.next_turn is not None:
        yield f"next run: {NEXT_TURNS[reading.next_turn]}"


def label(group: Group, matrix: Matrix) -> str:
    """``1.1.0..1.10.0``: the first and the last of a group, without the family that the readers have; ``dotnet@*`` for
    all writers of another family."""
    family, at, _ = group[0].partition("@")
    if at and family != matrix.family and len(group) > 1:
        theirs = [writer for writer in matrix.writers if writer.startswith(f"{family}@")]
        if len(theirs) == len(group):
            return f"{family}@*"
    names = [printable(name.removeprefix(f"{matrix.family}@")) for name in group]
    return names[0] if len(names) == 1 else f"{names[0]}..{names[-1].rpartition('@')[2]}"


def _parts(widths: Sequence[int], room: int) -> Iterator[slice]:
    """``widths`` cut into runs that have ``room``, at least one of them in each."""
    start, taken = 0, 0
    for index, width in enumerate(widths):
        if index > start and taken + width > room:
            yield slice(start, index)
            start, taken = index, 0
        taken += width
    yield slice(start, len(widths))


def _header(names: Sequence[str], widths: Sequence[int], head: str, steps: bool) -> Iterator[str]:
    """The names of the columns: on steps, or written downwards; ``head`` stands beside their last line."""
    if steps:
        before = " " * len(head)
        for name, width in zip(names, widths, strict=True):
            yield before + name
            before += f"{'|':<{width}}"
        yield (head + before[len(head) :]).rstrip()
        return
    height = max(map(len, names))
    for line in range(height):
        before = head if line == height - 1 else " " * len(head)
        letters = (f"{name.rjust(height)[line]:<{width}}" for name, width in zip(names, widths, strict=True))
        yield (before + "".join(letters)).rstrip()
