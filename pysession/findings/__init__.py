"""The result model: what a check says about documents, as frozen values.

Every report format is a pure function of :class:`Report`; the JSON form is a contract (``schema/report/1/``).
"""

from pysession.findings.finding import Finding, Place, Severity
from pysession.findings.loss import Loss, LossKind
from pysession.findings.pointer import Path, format_pointer, parse_pointer
from pysession.findings.reader_summary import ReaderSummaries, ReaderSummary, Reason
from pysession.findings.reading import Change, ChangeKind, Failure, NextTurn, Reading, Stage, Verdict
from pysession.findings.report import DocumentReport, NotRead, Report, Summary
from pysession.findings.writer import Evidence, Inference, Seen, SeenBy, Writer, WriterSummaries, WriterSummary

__all__ = [
    "Change",
    "ChangeKind",
    "DocumentReport",
    "Evidence",
    "Failure",
    "Finding",
    "Inference",
    "Loss",
    "LossKind",
    "NextTurn",
    "NotRead",
    "Path",
    "Place",
    "ReaderSummaries",
    "ReaderSummary",
    "Reading",
    "Reason",
    "Report",
    "Seen",
    "SeenBy",
    "Severity",
    "Stage",
    "Summary",
    "Verdict",
    "Writer",
    "WriterSummaries",
    "WriterSummary",
    "format_pointer",
    "parse_pointer",
]
