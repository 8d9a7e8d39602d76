"""What a run amounts to so far, without keeping the documents."""

from __future__ import annotations

import msgspec

from pysession.findings import DocumentReport, NotRead, ReaderSummaries, Severity, Summary, Verdict, WriterSummaries
from pysession.verbs.outcomes import is_internal_error


class Tally(msgspec.Struct):
    """Counts of documents, of their findings by severity, of readings and writers; and the inputs that could not be read.

    ``accept`` is the worst reading that is accepted; ``unaccepted`` counts those that are worse and not
    known.
    """

    accept: Verdict = Verdict.NORMALISED
    documents: int = 0
    counts: dict[Severity, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Severity, 0))
    not_read: list[NotRead] = msgspec.field(default_factory=list)
    readers: ReaderSummaries = msgspec.field(default_factory=ReaderSummaries)
    writers: WriterSummaries = msgspec.field(default_factory=WriterSummaries)
    unaccepted: int = 0

    def add(self, document: DocumentReport) -> None:
        """Count one document that was judged."""
        self.documents += 1
        for finding in document.findings:
            self.counts[finding.severity] += 1
        self.readers.add(document.readings, document.dialect)
        self.writers.add(document.writer)
        self.unaccepted += sum(
            reading.outcome.worse_than(self.accept) and not reading.known for reading in document.readings
        )

    @property
    def internal_errors(self) -> bool:
        """Whether this program failed on an input."""
        return any(map(is_internal_error, self.not_read))

    @property
    def summary(self) -> Summary:
        return Summary(
            documents=self.documents,
            error=self.counts[Severity.ERROR],
            warning=self.counts[Severity.WARNING],
            info=self.counts[Severity.INFO],
            not_read=len(self.not_read),
            readers=self.readers.all,
            writers=self.writers.all,
        )
