"""What one release makes of all documents of a run, counted."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from pysession.findings.reading import NextTurn, Reading, Stage, Verdict


class Reason(msgspec.Struct, frozen=True):
    """Why documents are refused: the step, the exception and its root cause, and the member or kind it is about."""

    stage: Stage | None
    error: str
    cause: str | None = None
    subject: str | None = None


class ReaderSummary(msgspec.Struct):
    """Counts of documents, by verdict, by what the next run would do, and of those refused by reason.

    ``next_turns`` counts documents that are loaded; what was not recorded is not in it. ``foreign`` counts the documents
    of other libraries by dialect; they are in ``verdicts``, and neither in ``next_turns`` nor in ``reasons``, which would
    only say the same of each. ``unaccepted`` counts the documents for which a conversion to this release was tried,
    because it does too much to them, and ``mended_by_conversion`` those that it mends.
    """

    reader: str
    documents: int = 0
    verdicts: dict[Verdict, int] = msgspec.field(default_factory=dict)
    foreign: dict[str, int] = msgspec.field(default_factory=dict)
    next_turns: dict[NextTurn, int] = msgspec.field(default_factory=dict)
    reasons: dict[Reason, int] = msgspec.field(default_factory=dict)
    unaccepted: int = 0
    mended_by_conversion: int = 0

    def add(self, reading: Reading, dialect: str) -> None:
        """Count one document, which is in ``dialect``."""
        self.documents += 1
        _count(self.verdicts, reading.verdict)
        self.unaccepted += reading.mended_by_conversion is not None
        self.mended_by_conversion += reading.mended_by_conversion is True
        if reading.foreign:
            _count(self.foreign, dialect)
            return
        if reading.verdict is not Verdict.REJECTED and reading.next_turn is not NextTurn.UNKNOWN:
            _count(self.next_turns, reading.next_turn)
        if reading.error is not None:
            error = reading.error
            _count(self.reasons, Reason(reading.stage, error.type, error.cause, error.subject))


_Key = TypeVar("_Key")


def _count(counts: dict[_Key, int], key: _Key) -> None:
    counts[key] = counts.get(key, 0) + 1


class ReaderSummaries(msgspec.Struct):
    """One summary for each release, in the order in which they were asked about."""

    by_reader: dict[str, ReaderSummary] = msgspec.field(default_factory=dict)

    def add(self, readings: tuple[Reading, ...], dialect: str) -> None:
        """Count what each release makes of one document, which is in ``dialect``."""
        for reading in readings:
            summary = self.by_reader.get(reading.reader)
            if summary is None:
                summary = self.by_reader[reading.reader] = ReaderSummary(reading.reader)
            summary.add(reading, dialect)

    @property
    def all(self) -> tuple[ReaderSummary, ...]:
        return tuple(self.by_reader.values())
