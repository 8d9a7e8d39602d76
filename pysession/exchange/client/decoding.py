"""What the exchange answers, in the words of this package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from pysession.exchange.client.failures import DataLossError
from pysession.exchange.client.values import Event, Received, Watched
from pysession.findings import (
    Change,
    ChangeKind,
    DocumentReport,
    Failure,
    Finding,
    Loss,
    LossKind,
    NextTurn,
    Place,
    Reading,
    Severity,
    Stage,
    Verdict,
)
from pysession.stores import Entry
from pysession.v1 import exchange_pb2, report_pb2

_Word = TypeVar("_Word", bound=StrEnum)
_Otherwise = TypeVar("_Otherwise")
_EPOCH = datetime.fromtimestamp(0, UTC)


def entry_of(entry: exchange_pb2.Entry) -> Entry:
    """A stored session without its bytes; whose it is only the server knows."""
    return Entry(**_facts(entry))


def received_in_one(response: exchange_pb2.GetResponse) -> Received:
    """A session that came in one message.

    Raises:
        DataLossError: its bytes are not those of its digest.
    """
    document = response.payload.document
    typed = response.payload.WhichOneof("form") == "session"
    return Received(
        **_facts(response.entry),
        data=response.payload.session.SerializeToString() if typed else verified(document, response.entry.session_id),
        typed=typed,
        dialect=document.dialect or None,
        **_converted(response, losses_of(response.conversion.losses)),
    )


def received_in_chunks(header: exchange_pb2.DownloadHeader, data: bytes, losses: tuple[Loss, ...]) -> Received:
    """A session that came in chunks."""
    return Received(
        **_facts(header.entry),
        data=data,
        typed=header.form == exchange_pb2.FORM_SESSION,
        dialect=header.dialect or None,
        **_converted(header, losses),
    )


def verified(document: exchange_pb2.Document, session_id: str) -> bytes:
    """The bytes of a document that came.

    Raises:
        DataLossError: they are not those of its digest.
    """
    if document.HasField("sha256") and hashlib.sha256(document.data).digest() != document.sha256:
        raise DataLossError(session_id, "what has come does not have the digest that the server gave")
    return document.data


def watched_of(response: exchange_pb2.WatchResponse) -> Watched | None:
    """One change; None: one that only a later client knows."""
    event = _word(Event, exchange_pb2.WatchEvent, response.event, None)
    if event is None:
        return None
    entry = response.entry if response.HasField("entry") else None
    return Watched(
        event,
        None if entry is None else entry.session_id,
        entry_of(entry) if entry is not None and event is Event.CHANGED else None,
        response.resume_token if response.HasField("resume_token") else None,
    )


def _converted(
    answer: exchange_pb2.GetResponse | exchange_pb2.DownloadHeader, losses: tuple[Loss, ...]
) -> dict[str, Any]:
    if not answer.HasField("conversion"):
        return {}
    return {"source": answer.conversion.source, "target": answer.conversion.target, "losses": losses}


def _facts(entry: exchange_pb2.Entry) -> dict[str, Any]:
    return {
        "id": entry.session_id,
        "etag": entry.etag,
        "size": entry.size,
        "changed": _moment(entry.change_time) if entry.HasField("change_time") else _EPOCH,
        "expires": _moment(entry.expire_time) if entry.HasField("expire_time") else None,
        "immutable": entry.immutable,
    }


def losses_of(losses: Iterable[report_pb2.Loss]) -> tuple[Loss, ...]:
    """What a conversion could not carry."""
    return tuple(
        Loss(
            loss.pointer,
            _word(LossKind, report_pb2.LossKind, loss.kind, LossKind.CHANGED),
            loss.detail,
            loss.recoverable,
        )
        for loss in losses
    )


def report_of(report: report_pb2.DocumentReport, source: str) -> DocumentReport:
    """The report of one document, which is called ``source``."""
    return DocumentReport(
        source=source,
        bytes=report.bytes,
        sha256=report.sha256.hex(),
        dialect=report.dialect,
        dialect_reason=report.dialect_reason,
        session_id=report.session_id if report.HasField("session_id") else None,
        messages=report.messages,
        findings=tuple(map(finding_of, report.findings)),
        readings=tuple(map(_reading_of, report.readings)),
    )


def finding_of(finding: report_pb2.Finding) -> Finding:
    """One violation of one rule."""
    place = _place_of(finding.place)
    return Finding(
        rule=finding.rule,
        severity=_word(Severity, report_pb2.Severity, finding.severity, Severity.ERROR),
        message=finding.message,
        pointer=place.pointer,
        line=place.line,
        column=place.column,
        fixable=finding.fixable,
        fingerprint=finding.fingerprint,
        related=tuple(map(_place_of, finding.related)),
        help=finding.help if finding.HasField("help") else None,
        reader=finding.reader if finding.HasField("reader") else None,
    )


def _place_of(place: report_pb2.Place) -> Place:
    return Place(place.pointer, place.line, place.column)


def _reading_of(reading: report_pb2.Reading) -> Reading:
    error = reading.error
    return Reading(
        reader=reading.reader,
        verdict=_word(Verdict, report_pb2.Verdict, reading.verdict, Verdict.REJECTED),
        stage=_word(Stage, report_pb2.Stage, reading.stage, None),
        error=Failure(error.type, error.cause if error.HasField("cause") else None, error.message)
        if reading.HasField("error")
        else None,
        messages_restored=reading.messages_restored if reading.HasField("messages_restored") else None,
        next_turn=_word(NextTurn, report_pb2.NextTurn, reading.next_turn, NextTurn.UNKNOWN),
        same_bytes=reading.same_bytes if reading.HasField("same_bytes") else None,
        changes=tuple(
            Change(change.pointer, _word(ChangeKind, report_pb2.ChangeKind, change.kind, ChangeKind.CHANGED))
            for change in reading.changes
        ),
    )


def _word(words: type[_Word], enum: Any, number: int, otherwise: _Otherwise) -> _Word | _Otherwise:
    """The word for the value of a protobuf enum: ``VERDICT_SILENT_LOSS`` → ``silent-loss``; ``otherwise``: for none, or
    one of a later definition."""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    try:
        return words(enum.Name(number).removeprefix(prefix).lower().replace("_", "-"))
    except ValueError:
        return otherwise


def _moment(stamp: Timestamp) -> datetime:
    # Timestamp.ToDatetime is written in Python and takes four times as long.
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
