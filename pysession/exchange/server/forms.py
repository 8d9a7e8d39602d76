"""A document as a client wants it: its own bytes, in another dialect, typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

import msgspec
from grpc import StatusCode

from pysession.dialects import DIALECTS, vocabulary
from pysession.exchange.server.policy import LIMIT_RULE, not_a_session
from pysession.exchange.server.refusals import CallRefusedError, exhausted, invalid, precondition, violations_of
from pysession.exchange.server.remembered import Known
from pysession.findings import Finding, Loss
from pysession.findings.failures import PysessionError, RefusedError, UsageError
from pysession.inputs.telling import encoding_of
from pysession.verbs.convert import TargetRefusesError, convert, target_of
from pysession.verbs.protobuf import from_proto, to_proto
from pysession.wire import Limits as WireLimits
from pysession.wire import read


class Said(msgspec.Struct, frozen=True):
    """A document in other words. ``source`` and ``losses`` tell what a conversion did, ``target`` for which release;
    ``known`` is what is known of the result."""

    data: bytes
    source: str
    target: str
    losses: tuple[Loss, ...]
    known: Known


def check_target(target: str) -> None:
    """Refuse what nothing can be converted to, before a document is read.

    Raises:
        CallRefusedError: INVALID_ARGUMENT.
    """
    try:
        target_of(target)
    except UsageError as failure:
        raise invalid("TARGET_UNKNOWN", str(failure), "target") from failure


def check_source(source: str) -> None:
    """Refuse what no document can be in.

    Raises:
        CallRefusedError: INVALID_ARGUMENT.
    """
    if source not in DIALECTS:
        raise invalid("SOURCE_UNKNOWN", f"the dialects are {', '.join(DIALECTS)}", "source")


def converted(
    data: bytes,
    target: str,
    limits: WireLimits,
    *,
    source: str | None = None,
    record_approvals: bool = False,
    is_stored: bool,
) -> Said:
    """The document in the words of ``target``.

    Raises:
        CallRefusedError: DATA_LOSS, a stored document cannot be read; INVALID_ARGUMENT, one that was sent cannot;
            FAILED_PRECONDITION, it cannot be converted.
    """
    try:
        conversion = convert(
            data,
            target,
            source,
            encoding=encoding_of(None, data, limits),
            record_approvals=record_approvals,
            limits=limits,
        )
        dialect = conversion.target.partition("@")[0]
        known = Known(sha256(conversion.data).digest(), dialect, vocabulary(dialect).version)
        return Said(conversion.data, conversion.source, conversion.target, conversion.losses, known)
    except RefusedError as failure:
        check_readable(data, limits, is_stored=is_stored)
        raise _not_convertible(str(failure), failure) from failure
    except TargetRefusesError as failure:
        raise precondition(
            "TARGET_REFUSES", str(failure), [("READER", failure.reading.reader, failure.reading.verdict.value)]
        ) from failure
    except UsageError as failure:
        check_readable(data, limits, is_stored=is_stored)
        raise _not_convertible(str(failure)) from failure


def typed(data: bytes, limits: WireLimits, *, is_stored: bool) -> bytes:
    """The document as a serialised ``pysession.v1.Session``.

    Raises:
        CallRefusedError: as :func:`converted`.
    """
    try:
        return to_proto(data, limits=limits)
    except PysessionError as failure:
        check_readable(data, limits, is_stored=is_stored)
        raise _not_convertible(str(failure), failure if isinstance(failure, RefusedError) else None) from failure


def untyped(blob: bytes) -> bytes:
    """The document that a serialised ``pysession.v1.Session`` stands for.

    Raises:
        CallRefusedError: INVALID_ARGUMENT, it stands for none.
    """
    try:
        return from_proto(blob)
    except PysessionError as failure:
        raise CallRefusedError(
            StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION", f"the typed session is none: {failure}"
        ) from failure


def storable(blob: bytes, limits: WireLimits) -> bytes:
    """The document that a serialised ``pysession.v1.Session`` stands for, which can be read and typed again.

    Raises:
        CallRefusedError: as :func:`untyped`; RESOURCE_EXHAUSTED, it holds a number that is too long to be read.
    """
    data = untyped(blob)
    # Few documents hold so many digits at all; of these most have them in a string.
    if re.search(rb"[0-9]{%d}" % (limits.digits + 1), data) is not None:
        faults = read(data, encoding_of(None, data, limits), limits).faults
        if any(fault.rule == LIMIT_RULE for fault in faults):
            message = f"the session holds a number of more than {limits.digits:,} digits"
            raise exhausted("DOCUMENT_TOO_COMPLEX", message, "document", digits=limits.digits)
    return data


def check_readable(data: bytes, limits: WireLimits, *, is_stored: bool) -> None:
    """Refuse what is in none of the forms in which documents are stored.

    Raises:
        CallRefusedError: DATA_LOSS for a stored document, INVALID_ARGUMENT for one that was sent.
    """
    reading = read(data, encoding_of(None, data, limits), limits)
    if reading.readable:
        return
    first = reading.faults[0]
    if first.rule == LIMIT_RULE:
        raise exhausted("DOCUMENT_TOO_COMPLEX", first.detail, "document")
    why = f"{first.detail} ({first.rule})"
    if is_stored:
        raise damaged(f"cannot be read: {why}")
    raise not_a_session((), why)


def damaged(how: str = "is damaged") -> CallRefusedError:
    """What is stored is not what was put, or no session and never was."""
    return CallRefusedError(StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED", f"the stored session {how}; put it again")


def _not_convertible(why: str, failure: RefusedError | None = None) -> CallRefusedError:
    findings: Sequence[Finding] = () if failure is None else failure.findings
    return precondition(
        "NOT_CONVERTIBLE",
        f"the session cannot be converted or typed: {why}",
        [("DOCUMENT", "session", "what its dialect does not accept cannot be converted")],
        *([violations_of(findings)] if findings else []),
    )
