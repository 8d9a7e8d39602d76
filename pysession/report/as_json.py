"""``json``: the report as data, for programs. Its schema is ``schema/report/1/report.schema.json``."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.findings import (
    DocumentReport,
    Finding,
    Inference,
    NextTurn,
    Place,
    ReaderSummary,
    Reading,
    Report,
    SeenBy,
    Verdict,
    Writer,
    WriterSummary,
)
from pysession.findings.report import FORMAT, VERSION
from pysession.report.characters import encodable
from pysession.report.options import Options
from pysession.report.tool import NAME, tool_version
from pysession.report.wording import most_frequent


def render(report: Report, options: Options) -> str:
    """The report as one JSON text, indented."""
    # The encoder of the standard library that indents is written in Python: it took as long as the check itself.
    return msgspec.json.format(msgspec.json.encode(to_json(report)), indent=2).decode() + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """The report as a JSON value."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": {"name": NAME, "version": tool_version()},
        "documents": [document_to_json(document) for document in report.documents],
        **closing_to_json(report),
    }


def closing_to_json(report: Report) -> dict[str, Any]:
    """What is said of the run as a whole: ``not_read`` and ``summary``. ``suppressed`` is there when not zero."""
    summary = report.summary
    counts: dict[str, Any] = {
        "documents": summary.documents,
        "error": summary.error,
        "warning": summary.warning,
        "info": summary.info,
        "verdicts": {verdict.value: count for verdict, count in summary.verdicts.items()},
        "not_read": summary.not_read,
    }
    if summary.readers:
        counts["readers"] = [_reader_to_json(reader) for reader in summary.readers]
    if summary.writers:
        counts["writers"] = [_writer_summary_to_json(writer) for writer in summary.writers]
    if report.suppressed:
        counts["suppressed"] = report.suppressed
    return {
        "not_read": [{"source": encodable(each.source), "reason": encodable(each.reason)} for each in report.not_read],
        "summary": counts,
    }


def document_to_json(document: DocumentReport) -> dict[str, Any]:
    """One document; ``record``, ``writer`` and ``readings`` are left out where there is none, ``session_id`` is null."""
    value: dict[str, Any] = {"source": encodable(document.source)}
    if document.record is not None:
        value["record"] = document.record
    value |= {
        "bytes": document.bytes,
        "sha256": document.sha256,
        "dialect": encodable(document.dialect),
        "dialect_reason": encodable(document.dialect_reason),
        "session_id": None if document.session_id is None else encodable(document.session_id),
        "messages": document.messages,
    }
    if document.writer is not None:
        value["writer"] = _writer_to_json(document.writer)
    if document.readings:
        value["readings"] = [_reading_to_json(reading) for reading in document.readings]
    value["findings"] = [_finding_to_json(finding) for finding in document.findings]
    return value


def _writer_to_json(writer: Writer) -> dict[str, Any]:
    seen = writer.seen
    return _inference_to_json(writer) | _present(
        likely=None if writer.likely is None else _inference_to_json(writer.likely),
        remark=None if writer.remark is None else encodable(writer.remark),
        seen=None if seen is None else {"first": seen.first, "last": seen.last, "by": seen.by},
    )


def _inference_to_json(inference: Inference) -> dict[str, Any]:
    return {
        "candidates": [encodable(candidate) for candidate in inference.candidates],
        "evidence": [encodable(one.pointer) for one in inference.evidence],
        "reasons": [encodable(one.says) for one in inference.evidence],
    }


def _writer_summary_to_json(summary: WriterSummary) -> dict[str, Any]:
    return _present(
        candidates=[encodable(candidate) for candidate in summary.candidates],
        documents=summary.documents,
        first_seen=summary.first_seen,
        last_seen=summary.last_seen,
        seen_by={by.value: summary.seen_by[by] for by in SeenBy if by in summary.seen_by},
    )


def _reader_to_json(summary: ReaderSummary) -> dict[str, Any]:
    return {
        "reader": summary.reader,
        "documents": summary.documents,
        "verdicts": {verdict.value: summary.verdicts[verdict] for verdict in Verdict if verdict in summary.verdicts},
        **({"foreign": dict(sorted(summary.foreign.items()))} if summary.foreign else {}),
        **(
            {"unaccepted": summary.unaccepted, "mended_by_conversion": summary.mended_by_conversion}
            if summary.unaccepted
            else {}
        ),
        "next_turns": {turn.value: summary.next_turns[turn] for turn in NextTurn if turn in summary.next_turns},
        "reasons": [
            _present(
                stage=reason.stage,
                error=encodable(reason.error),
                cause=reason.cause,
                subject=None if reason.subject is None else encodable(reason.subject),
                documents=count,
            )
            for reason, count in most_frequent(summary.reasons)
        ],
    }


def _reading_to_json(reading: Reading) -> dict[str, Any]:
    error = reading.error
    return _present(
        reader=reading.reader,
        verdict=reading.verdict,
        stage=reading.stage,
        error=None if error is None else _present(type=error.type, cause=error.cause, message=encodable(error.message)),
        messages_restored=reading.messages_restored,
        next_turn=reading.next_turn,
        same_bytes=reading.same_bytes,
        changes=[{"pointer": encodable(change.pointer), "kind": change.kind} for change in reading.changes],
        mended_by_conversion=reading.mended_by_conversion,
        known=reading.known or None,
    )


def _present(**members: Any) -> dict[str, Any]:
    """``members`` without those that are None."""
    return {name: value for name, value in members.items() if value is not None}


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    value: dict[str, Any] = {
        "rule": encodable(finding.rule),
        "severity": finding.severity.value,
        "message": encodable(finding.message),
        "pointer": encodable(finding.pointer),
    }
    if finding.record is not None:
        value["record"] = finding.record
    value |= {
        "line": finding.line,
        "column": finding.column,
        "fixable": finding.fixable,
        "fingerprint": encodable(finding.fingerprint),
        "related": [_place_to_json(place) for place in finding.related],
    }
    if finding.help is not None:
        value["help"] = encodable(finding.help)
    if finding.reader is not None:
        value["reader"] = finding.reader
    return value


def _place_to_json(place: Place) -> dict[str, Any]:
    return {"pointer": encodable(place.pointer), "line": place.line, "column": place.column}
