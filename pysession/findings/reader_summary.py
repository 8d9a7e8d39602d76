"""What one release makes of all documents of a run, counted."""

from __future__ import annotations

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

    ``next_turns`` counts documents that are loaded; what was not recorded is not in it.
    """

    reader: str
    documents: int = 0
    verdicts: dict[Verdict, int] = msgspec.field(default_factory=dict)
    next_turns: dict[NextTurn, int] = msgspec.field(default_factory=dict)
    reasons: dict[Reason, int] = msgspec.field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        """Count one document."""
        self.documents += 1
        self.verdicts[reading.verdict] = self.verdicts.get(reading.verdict, 0) + 1
        if reading.verdict is not Verdict.REJECTED and reading.next_turn is not NextTurn.UNKNOWN:
            self.next_turns[reading.next_turn] = self.next_turns.get(reading.next_turn, 0) + 1
        if reading.error is not None:
            error = reading.error
            reason = Reason(reading.stage, error.type, error.cause, error.subject)
            self.reasons[reason] = self.reasons.get(reason, 0) + 1


class ReaderSummaries(msgspec.Struct):
    """One summary for each release, in the order in which they were asked about."""

    by_reader: dict[str, ReaderSummary] = msgspec.field(default_factory=dict)

    def add(self, readings: tuple[Reading, ...]) -> None:
        """Count what each release makes of one document."""
        for reading in readings:
            summary = self.by_reader.get(reading.reader)
            if summary is None:
                summary = self.by_reader[reading.reader] = ReaderSummary(reading.reader)
            summary.add(reading)

    @property
    def all(self) -> tuple[ReaderSummary, ...]:
        return tuple(self.by_reader.values())
