"""What was judged: one report per document, and the report over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pysession.findings.finding import Finding, Severity
from pysession.findings.reader_summary import ReaderSummaries, ReaderSummary
from pysession.findings.reading import Reading, Verdict
from pysession.findings.writer import Writer, WriterSummaries, WriterSummary

FORMAT = "pysession-report"
VERSION = 1


class DocumentReport(msgspec.Struct, frozen=True):
    """Everything found out about one document.

    ``bytes`` is its size; ``dialect`` is ``"unknown"`` when nothing fits, with ``dialect_reason`` saying what decided;
    ``messages`` counts the messages of all its histories; ``record`` is its 0-based place in a file that holds one
    document a record. ``writer`` and ``readings`` are there when they were asked for: what could have written it, and
    what each release that was named makes of it.
    """

    source: str
    bytes: int
    sha256: str
    dialect: str
    dialect_reason: str
    session_id: str | None
    messages: int
    findings: tuple[Finding, ...]
    record: int | None = None
    writer: Writer | None = None
    readings: tuple[Reading, ...] = ()

    def worst(self) -> Severity | None:
        """The worst severity among the findings, or None when there are none."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in Severity if severity in found), None)


class NotRead(msgspec.Struct, frozen=True):
    """An input that could not be read, and why."""

    source: str
    reason: str


class Summary(msgspec.Struct, frozen=True):
    """The counts over a whole report.

    ``readers`` has one entry for each release that was asked about; ``writers`` one for each set of releases that could
    have written the same documents, if that was asked.
    """

    documents: int
    error: int
    warning: int
    info: int
    not_read: int
    readers: tuple[ReaderSummary, ...] = ()
    writers: tuple[WriterSummary, ...] = ()

    @classmethod
    def of(cls, documents: Sequence[DocumentReport], not_read: Sequence[NotRead]) -> Summary:
        """Count ``documents`` and their findings."""
        counts = dict.fromkeys(Severity, 0)
        readers, writers = ReaderSummaries(), WriterSummaries()
        for document in documents:
            readers.add(document.readings, document.dialect)
            writers.add(document.writer)
            for finding in document.findings:
                counts[finding.severity] += 1
        return cls(
            documents=len(documents),
            error=counts[Severity.ERROR],
            warning=counts[Severity.WARNING],
            info=counts[Severity.INFO],
            not_read=len(not_read),
            readers=readers.all,
            writers=writers.all,
        )

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many readings gave each verdict, from best to worst."""
        return {
            verdict: count
            for verdict in Verdict
            if (count := sum(reader.verdicts.get(verdict, 0) for reader in self.readers))
        }


class Report(msgspec.Struct, frozen=True):
    """The result of one run over any number of documents; ``suppressed`` counts findings that a baseline explained."""

    documents: tuple[DocumentReport, ...]
    not_read: tuple[NotRead, ...] = ()
    suppressed: int = 0

    @property
    def summary(self) -> Summary:
        return Summary.of(self.documents, self.not_read)
