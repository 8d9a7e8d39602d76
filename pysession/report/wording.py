"""The sentences that several formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pysession.findings import DocumentReport, Report, Severity

_Counted = TypeVar("_Counted")


def counted(count: int, noun: str) -> str:
    """``counted(1203, "error")`` → ``"1,203 errors"``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def most_frequent(counts: Mapping[_Counted, int]) -> list[tuple[_Counted, int]]:
    """What was counted, the most frequent first; in their first order where it is as frequent."""
    return sorted(counts.items(), key=lambda item: -item[1])


def name_of(document: DocumentReport) -> str:
    """Where a document came from: its source, and its record when the source holds several."""
    return document.source if document.record is None else f"{document.source}, record {document.record}"


def closing_line(report: Report) -> str:
    """The whole report in one sentence, for example ``3 documents: 1 error, 2 warnings``."""
    summary = report.summary
    counts = {Severity.ERROR: summary.error, Severity.WARNING: summary.warning, Severity.INFO: summary.info}
    found = ", ".join(counted(count, severity.value) for severity, count in counts.items() if count)
    fixable = sum(finding.fixable for document in report.documents for finding in document.findings)
    judged = f"{counted(summary.documents, 'document')}: {found or 'nothing wrong'}"
    parts = [
        judged if summary.documents else "no documents",
        f" ({fixable:,} fixable)" if fixable else "",
        f"; {counted(summary.not_read, 'input')} could not be read" if summary.not_read else "",
        f"; {counted(report.suppressed, 'known finding')} left out by the baseline" if report.suppressed else "",
    ]
    return "".join(parts)
