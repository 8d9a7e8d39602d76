"""What is said of documents, as the messages of ``report.proto`` and ``exchange.proto``.

Text that protobuf has no form for (an unpaired surrogate out of a document's member name) is written ``\\ud800``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from pysession.findings import (
    Change,
    ChangeKind,
    DocumentReport,
    Finding,
    Loss,
    LossKind,
    NextTurn,
    Reading,
    Severity,
    Stage,
    Verdict,
)
from pysession.stores import Entry
from pysession.v1 import exchange_pb2, report_pb2

_LEAST_FRAME = 2
"""Bytes of tag and length around a message in another."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Word = TypeVar("_Word", bound=StrEnum)


def _numbers(words: type[_Word], enum: Any) -> dict[_Word, Any]:
    """The numbers of an enum's values: VERDICT_SILENT_LOSS for "silent-loss"."""
    descriptor = enum.DESCRIPTOR
    prefix = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {word: descriptor.values_by_name[prefix + word.value.replace("-", "_").upper()].number for word in words}


VERDICTS = _numbers(Verdict, report_pb2.Verdict)
SEVERITIES = _numbers(Severity, report_pb2.Severity)
_STAGES = _numbers(Stage, report_pb2.Stage)
_NEXT_TURNS = _numbers(NextTurn, report_pb2.NextTurn)
_CHANGES = _numbers(ChangeKind, report_pb2.ChangeKind)
_LOSSES = _numbers(LossKind, report_pb2.LossKind)


def entry_message(entry: Entry, sha256: bytes | None = None) -> exchange_pb2.Entry:
    return exchange_pb2.Entry(
        session_id=entry.id,
        etag=entry.etag,
        size=entry.size,
        sha256=sha256,
        change_time=timestamp(entry.changed),
        expire_time=None if entry.expires is None else timestamp(entry.expires),
        immutable=entry.immutable,
    )


def timestamp(moment: datetime) -> Timestamp:
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86400 + since.seconds, nanos=since.microseconds * 1000)


def moment(message: Timestamp) -> datetime:
    """
    Raises:
        ValueError: it is outside the years 1 to 9999.
    """
    try:
        return message.ToDatetime(tzinfo=UTC)
    except OverflowError as failure:
        raise ValueError(str(failure)) from failure


def report_message(report: DocumentReport) -> report_pb2.DocumentReport:
    return report_pb2.DocumentReport(
        bytes=report.bytes,
        sha256=bytes.fromhex(report.sha256),
        dialect=report.dialect,
        dialect_reason=text(report.dialect_reason),
        session_id=None if report.session_id is None else text(report.session_id),
        messages=report.messages,
        readings=map(_reading, report.readings),
        findings=map(_finding, report.findings),
    )


def shorten(report: report_pb2.DocumentReport, room: int) -> int:
    """Leave out of ``report`` what does not fit into ``room`` bytes: the last changes of readings, then the last findings.
    How many of both."""
    omitted = 0
    lists: list[Any] = [*(reading.changes for reading in reversed(report.readings)), report.findings]
    for listed in lists:
        excess = report.ByteSize() - room
        if excess <= 0:
            break
        kept = len(listed)
        while kept and excess > 0:
            kept -= 1
            excess -= listed[kept].ByteSize() + _LEAST_FRAME
        omitted += len(listed) - kept
        del listed[kept:]
    return omitted


def loss_messages(losses: Iterable[Loss]) -> Iterable[report_pb2.Loss]:
    return (
        report_pb2.Loss(
            pointer=text(loss.pointer),
            kind=_LOSSES[loss.kind],
            detail=text(loss.detail),
            recoverable=loss.recoverable,
        )
        for loss in losses
    )


def _reading(reading: Reading) -> report_pb2.Reading:
    error = reading.error
    return report_pb2.Reading(
        reader=reading.reader,
        verdict=VERDICTS[reading.verdict],
        stage=None if reading.stage is None else _STAGES[reading.stage],
        error=None
        if error is None
        else report_pb2.Failure(type=text(error.type), cause=error.cause, message=text(error.message)),
        messages_restored=reading.messages_restored,
        next_turn=_NEXT_TURNS[reading.next_turn],
        same_bytes=reading.same_bytes,
        changes=map(_change, reading.changes),
    )


def _change(change: Change) -> report_pb2.Change:
    return report_pb2.Change(pointer=text(change.pointer), kind=_CHANGES[change.kind])


def _finding(finding: Finding) -> report_pb2.Finding:
    return report_pb2.Finding(
        rule=finding.rule,
        severity=SEVERITIES[finding.severity],
        message=text(finding.message),
        place=_place(finding.pointer, finding.line, finding.column),
        fixable=finding.fixable,
        fingerprint=finding.fingerprint,
        related=[_place(place.pointer, place.line, place.column) for place in finding.related],
        help=finding.help,
        reader=finding.reader,
    )


def _place(pointer: str, line: int, column: int) -> report_pb2.Place:
    return report_pb2.Place(pointer=text(pointer), line=line, column=column)


def text(said: str) -> str:
    """``said`` in characters that UTF-8 has."""
    return said.encode("utf-8", "backslashreplace").decode()
