"""From the status of a call to the failure that it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

import grpc
import msgspec
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc import aio

from pysession.exchange.client.failures import (
    AuthenticationError,
    BusyError,
    DataLossError,
    DeadlineError,
    ExchangeError,
    NotAcceptedError,
    NotPermittedError,
)
from pysession.findings import Finding, Severity
from pysession.findings.failures import PysessionError, UsageError
from pysession.stores import (
    ConflictError,
    ImmutableError,
    NotFoundError,
    NotServedError,
    NotWritableError,
    SessionIdError,
    TooLargeError,
    UnavailableError,
)

_DETAILS = "grpc-status-details-bin"
_Detail = TypeVar("_Detail", bound=Message)

_CUT = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
_CUT_TEXTS = re.compile(
    r"(?i)internal error from core|stream removed|socket closed|connection reset|rst_stream|goaway|broken pipe"
)
"""What gRPC says of a connection that ended in the middle of a call, where its code is INTERNAL or UNKNOWN."""

_HOPELESS = {
    "certificate has expired": "its certificate has expired; its operator has to renew it",
    "certificate is not yet valid": "its certificate is not valid yet; look at the clocks of both machines",
    "CERTIFICATE_VERIFY_FAILED": "its certificate was not signed by one that is trusted here; name the CA's file (--ca), or "
    "write the host as the certificate has it",
    "Hostname Verification Check failed": "its certificate is for another host; write the host as the certificate has it",
    "WRONG_VERSION_NUMBER": "it does not encrypt; write http:// if that is meant",
    "CERTIFICATE_REQUIRED": "it wants a client's certificate (--certificate and --key)",
    "UNKNOWN_CA": "it does not know who signed the client's certificate",
    "ALERT_CERTIFICATE": "it does not take the client's certificate",
}
"""Parts of what gRPC tells of a connection that will not come about however often it is tried."""

_NOT_CONNECTED = "failed to connect to all addresses"
_REFUSED = "Connection refused"
_NUMBER = re.compile(r"[0-9]{1,18}")
_LONGEST_WAIT_SECONDS = 60.0

_WHY = {
    _REFUSED: "nothing listens there; start 'pysession serve', or look at the host and port",
    "DNS resolution failed": "there is no host of that name",
    "errors resolving": "there is no host of that name",
    "No route to host": "there is no way to that host",
    "Timeout occurred": "the host did not answer",
    "Socket closed": "the connection was cut",
    "Connection reset": "the connection was cut",
    "Broken pipe": "the connection was cut",
    "handshake": "the two sides could not agree how to encrypt; look at https: and the certificates",
}


_CUT_HINTS = {
    "http": "; if it encrypts, write https://",
    # With TLS 1.3 a client has connected by its own account before the server looks at its certificate.
    "https": "; it may want a client's certificate that it knows (--certificate and --key)",
}
"""What else may be the matter with a connection that is cut, by the scheme of its address."""


class Subject(msgspec.Struct, frozen=True):
    """What a call was about, for the failure to name: the session, the etag that it was to have, and whether a token went
    along."""

    place: str
    session_id: str = ""
    expected: str | None = None
    size: int = 0
    with_token: bool = False


class Status:
    """The status of a call that failed."""

    def __init__(self, error: aio.AioRpcError) -> None:
        self.code = error.code()
        self.text = error.details() or ""
        self._details = _details(error)
        info = self._detail(error_details_pb2.ErrorInfo)
        self.reason = "" if info is None else info.reason
        self.metadata: Mapping[str, str] = {} if info is None else info.metadata

    @property
    def is_cut(self) -> bool:
        """Whether there was no answer: what was asked for may have been done or not."""
        return self.code in _CUT or (
            self.code in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL) and bool(_CUT_TEXTS.search(self.text))
        )

    @property
    def is_hopeless(self) -> bool:
        """Whether the connection will not come about however often it is tried."""
        return any(part in self.text for part in _HOPELESS)

    @property
    def is_refused(self) -> bool:
        """Whether nobody listened."""
        return _REFUSED in self.text

    @property
    def is_handshake(self) -> bool:
        """Whether somebody listened, and the connection did not come about all the same.

        A host may have several addresses (``localhost``: ::1 and 127.0.0.1), and gRPC tells of the last one that it tried,
        which may be one where nobody listens.
        """
        return self.text.startswith(_NOT_CONNECTED) and not self.is_refused

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server, which did nothing, may be asked again; None: it does not say that it may."""
        info = self._detail(error_details_pb2.RetryInfo)
        if info is None:
            return None
        seconds: float = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
        return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the document."""
        request = self._detail(error_details_pb2.BadRequest)
        violations = () if request is None else request.field_violations
        return tuple(_finding(violation) for violation in violations if violation.reason)

    def failure(self, subject: Subject) -> PysessionError:
        """The failure that it means."""
        return _FAILURES.get(self.code, _other)(self, subject)

    def _detail(self, kind: type[_Detail]) -> _Detail | None:
        for detail in self._details:
            if detail.Is(kind.DESCRIPTOR):
                found = kind()
                try:
                    detail.Unpack(found)
                except DecodeError:  # it says what it is, and is not that
                    return None
                return found
        return None


class Ending:
    """How a call ends that sends a stream.

    When a server ends it while the client still sends, gRPC may put its own failure to send before or in place of the
    status that has come, and what the server said is lost (grpcio 1.85.3; https://github.com/grpc/grpc/issues/36066). So
    the status is noted when the call ends, and looked at again when the failure is there.
    """

    def __init__(self, call: aio.Call) -> None:
        self._call = call
        self._noted: list[aio.AioRpcError] = []
        call.add_done_callback(lambda ended: self._noted.append(_status_now(ended)))

    def status(self, error: aio.AioRpcError) -> Status:
        """What the server said, where ``error`` does not."""
        seen = (error, *self._noted, _status_now(self._call))
        return Status(next((one for one in seen if one.details() != _FAILED_TO_SEND), error))


_FAILED_TO_SEND = "Internal error from Core"


def _status_now(call: aio.Call) -> aio.AioRpcError:
    """The status of a call that has ended."""
    code, details, trailers = map(_at_once, (call.code(), call.details(), call.trailing_metadata()))
    return aio.AioRpcError(code, aio.Metadata(), trailers or aio.Metadata(), details)


def _at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that need not wait: the call has ended."""
    try:
        work.send(None)
    except StopIteration as returned:
        return returned.value
    work.close()
    raise AssertionError("a call that has ended has its status")


def _details(error: aio.AioRpcError) -> Iterable[Any]:
    trailers: Iterable[tuple[str, Any]] = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == _DETAILS:
            try:
                return tuple(status_pb2.Status.FromString(value).details)
            except DecodeError:
                return ()
    return ()


def _finding(violation: error_details_pb2.BadRequest.FieldViolation) -> Finding:
    """A violation of a rule, which is its reason; on which line the server does not say."""
    return Finding(
        rule=violation.reason,
        severity=Severity.ERROR,
        message=violation.description,
        pointer=violation.field,
        line=1,
        column=1,
        fixable=False,
        fingerprint="",
    )


# --- one function for each code -----------------------------------------------------------------------------------------


def _not_found(status: Status, subject: Subject) -> PysessionError:
    return NotFoundError(subject.session_id)


def _conflict(status: Status, subject: Subject) -> PysessionError:
    return ConflictError(subject.session_id, "", subject.expected or "", status.metadata.get("etag"))


def _exists(status: Status, subject: Subject) -> PysessionError:
    return ConflictError(subject.session_id, "", None, status.metadata.get("etag"))


def _precondition(status: Status, subject: Subject) -> PysessionError:
    if status.reason == "SESSION_IMMUTABLE":
        return ImmutableError(subject.session_id)
    return NotAcceptedError(subject.session_id, status.text, status.findings())


def _argument(status: Status, subject: Subject) -> PysessionError:
    if status.reason == "SESSION_ID_INVALID":
        return SessionIdError(subject.session_id, status.text)
    findings = status.findings()
    if findings or status.reason == "NOT_A_SESSION":
        return NotAcceptedError(subject.session_id, status.text, findings)
    return UsageError(status.text)


def _exhausted(status: Status, subject: Subject) -> PysessionError:
    if status.retry_after is not None:
        return BusyError(subject.place, status.text)
    limit = status.metadata.get("limit", "")
    if _NUMBER.fullmatch(limit):
        remedy = "have it served with a larger --max-bytes"
        return TooLargeError(subject.session_id, subject.size, int(limit), remedy)
    return NotAcceptedError(subject.session_id, status.text, status.findings())


def _unauthenticated(status: Status, subject: Subject) -> PysessionError:
    why = "it does not know the token, or the token has expired" if subject.with_token else "no token was given"
    return AuthenticationError(subject.place, why)


def _denied(status: Status, subject: Subject) -> PysessionError:
    return NotPermittedError(subject.place, status.text)


def _data_loss(status: Status, subject: Subject) -> PysessionError:
    return DataLossError(subject.session_id, status.text)


def _late(status: Status, subject: Subject) -> PysessionError:
    return DeadlineError(subject.place, "there was no answer in time")


def _unavailable(status: Status, subject: Subject) -> PysessionError:
    if status.reason == "STORE_NOT_WRITABLE":
        return NotWritableError(
            subject.place, "its store takes no changes", "its operator finds the cause in the log of 'pysession serve'"
        )
    if status.reason:
        return NotServedError(subject.place, status.text)
    known = {**_HOPELESS, **_WHY}
    why = next((known[part] for part in known if part in status.text), status.text)
    if why == _WHY["Socket closed"]:
        why += _CUT_HINTS.get(subject.place.partition(":")[0], "")
    return UnavailableError(subject.place, why)


def _unimplemented(status: Status, subject: Subject) -> PysessionError:
    return ExchangeError(subject.place, status.code.name, "it is no session exchange, or an older one")


def _other(status: Status, subject: Subject) -> PysessionError:
    return ExchangeError(subject.place, status.code.name, status.text)


_Code = grpc.StatusCode
_FAILURES: Mapping[grpc.StatusCode, Callable[[Status, Subject], PysessionError]] = {
    _Code.NOT_FOUND: _not_found,
    _Code.ABORTED: _conflict,
    _Code.ALREADY_EXISTS: _exists,
    _Code.FAILED_PRECONDITION: _precondition,
    _Code.INVALID_ARGUMENT: _argument,
    _Code.RESOURCE_EXHAUSTED: _exhausted,
    _Code.UNAUTHENTICATED: _unauthenticated,
    _Code.PERMISSION_DENIED: _denied,
    _Code.DATA_LOSS: _data_loss,
    _Code.DEADLINE_EXCEEDED: _late,
    _Code.UNAVAILABLE: _unavailable,
    _Code.CANCELLED: _unavailable,
    _Code.UNIMPLEMENTED: _unimplemented,
}
