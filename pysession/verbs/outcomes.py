"""What becomes of a document in a run over many."""

from __future__ import annotations

from pysession.findings import DocumentReport, NotRead
from pysession.inputs import Record

INTERNAL_ERROR = "internal error: "
"""How the reason of a ``NotRead`` begins when the fault is this program's, not the input's (exit code 4)."""

Outcome = DocumentReport | NotRead


def internal_error(record: Record, what: str) -> NotRead:
    """That judging ``record`` failed for a reason of our own."""
    number = "" if record.record is None else f" (in record {record.record})"
    return NotRead(record.source, f"{INTERNAL_ERROR}{what}{number}")


def is_internal_error(unread: NotRead) -> bool:
    """Whether ``unread`` says that this program failed, rather than the input."""
    return unread.reason.startswith(INTERNAL_ERROR)
