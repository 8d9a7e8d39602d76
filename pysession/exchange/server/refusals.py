"""How a call is refused: a canonical code, a reason that programs can go by, a sentence, and details of google.rpc."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc import StatusCode

from pysession.exchange.messages import text
from pysession.findings import Finding

DOMAIN = "pysession"
STATUS_KEY = "grpc-status-details-bin"
_MOST_DETAIL_BYTES = 2800
"""Details travel in the trailers, for which clients allow 8 KiB, and grow by a third in base64."""
_MOST_LOOKED_AT = 1000
"""Of a million findings."""
_MOST_MESSAGE_BYTES = 400
"""A message travels twice, and of what is not ASCII each byte takes three."""


class CallRefusedError(Exception):
    """A call that ends with ``code``. ``reason`` is the one of its ErrorInfo, with ``metadata``; ``details`` follow it."""

    def __init__(
        self,
        code: StatusCode,
        reason: str,
        message: str,
        *details: Message,
        metadata: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = told(message)
        self.details = details
        self.metadata = metadata or {}

    def __reduce__(self) -> tuple[object, ...]:
        """It is raised in processes that judge for this one, too."""
        return _refusal, (self.code, self.reason, self.message, self.details, self.metadata)

    def trailers(self, request_id: str) -> tuple[tuple[str, bytes], ...]:
        """The details as trailing metadata."""
        code, _ = self.code.value
        status = status_pb2.Status(code=code, message=self.message)
        info = details.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=self.metadata)
        for detail in (info, details.RequestInfo(request_id=request_id), *self.details):
            packed = Any()
            packed.Pack(detail)
            status.details.append(packed)
        return ((STATUS_KEY, status.SerializeToString()),)


def _refusal(
    code: StatusCode, reason: str, message: str, details: tuple[Message, ...], metadata: dict[str, str]
) -> CallRefusedError:
    return CallRefusedError(code, reason, message, *details, metadata=metadata)


def told(message: str) -> str:
    """A message as it is told: in characters that UTF-8 has, whatever it quotes, and no longer than trailers can carry."""
    raw = text(message).encode()
    if len(raw) <= _MOST_MESSAGE_BYTES:
        return raw.decode()
    return raw[: _MOST_MESSAGE_BYTES - 3].decode(errors="ignore") + "…"


def invalid(reason: str, message: str, field: str | None = None) -> CallRefusedError:
    """INVALID_ARGUMENT; ``field`` is the field of the request that is at fault."""
    return CallRefusedError(
        StatusCode.INVALID_ARGUMENT, reason, message, *([] if field is None else [_bad_field(field, message)])
    )


def not_found(session_id: str) -> CallRefusedError:
    """There is no such session: the same whether it never was, or belongs to another."""
    named = details.ResourceInfo(resource_type="session", resource_name=session_id)
    return CallRefusedError(StatusCode.NOT_FOUND, "SESSION_NOT_FOUND", "there is no such session", named)


def exhausted(
    reason: str, message: str, subject: str, *, retry_seconds: float | None = None, **metadata: object
) -> CallRefusedError:
    """RESOURCE_EXHAUSTED; ``subject`` says what is limited. With ``retry_seconds`` it is worth trying again."""
    quota = details.QuotaFailure(
        violations=[details.QuotaFailure.Violation(subject=subject, description=told(message))]
    )
    more = [quota] if retry_seconds is None else [quota, retry_after(retry_seconds)]
    named = {name: str(value) for name, value in metadata.items()}
    return CallRefusedError(StatusCode.RESOURCE_EXHAUSTED, reason, message, *more, metadata=named)


def precondition(
    reason: str, message: str, violations: Sequence[tuple[str, str, str]], *more: Message
) -> CallRefusedError:
    """FAILED_PRECONDITION; ``violations`` are type, subject and description."""
    listed = details.PreconditionFailure(
        violations=[
            details.PreconditionFailure.Violation(type=type, subject=subject, description=told(description))
            for type, subject, description in violations
        ]
    )
    return CallRefusedError(StatusCode.FAILED_PRECONDITION, reason, message, listed, *more)


def unavailable(reason: str, message: str, *, retry_seconds: float = 1.0) -> CallRefusedError:
    """UNAVAILABLE, which passes."""
    return CallRefusedError(StatusCode.UNAVAILABLE, reason, message, retry_after(retry_seconds))


def retry_after(seconds: float) -> details.RetryInfo:
    delay = Duration()
    delay.FromNanoseconds(int(seconds * 1e9))
    return details.RetryInfo(retry_delay=delay)


def violations_of(findings: Iterable[Finding]) -> details.BadRequest:
    """The findings as field violations: as many as the trailers can carry, in the order in which they come."""
    listed = details.BadRequest()
    left = _MOST_DETAIL_BYTES
    for finding in islice(findings, _MOST_LOOKED_AT):
        violation = details.BadRequest.FieldViolation(
            field=text(finding.pointer), description=told(finding.message), reason=finding.rule
        )
        size = violation.ByteSize() + 4
        if size > left:
            continue
        left -= size
        listed.field_violations.append(violation)
    return listed


def _bad_field(field: str, message: str) -> details.BadRequest:
    return details.BadRequest(
        field_violations=[details.BadRequest.FieldViolation(field=field, description=told(message))]
    )


INTERNAL = "INTERNAL"


def internal(
    reason: str = INTERNAL, message: str = "the server failed; its log says more under the id of this request"
) -> CallRefusedError:
    """Something that should not happen; what it was stands in the server's log."""
    return CallRefusedError(grpc.StatusCode.INTERNAL, reason, message)


def too_long(seconds: float) -> CallRefusedError:
    """DEADLINE_EXCEEDED: the server's own, whatever its client allows."""
    message = f"the call took longer than the {seconds:g} seconds that the server gives it"
    return CallRefusedError(StatusCode.DEADLINE_EXCEEDED, "CALL_TOO_LONG", message)
