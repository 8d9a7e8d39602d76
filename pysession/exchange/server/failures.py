"""What stores, conversions and the typed form fail with, as refusals.

No text of a failure of a store reaches a client: it names places of the server. Nor is it logged, as it may quote a session's id;
the classes are, and the code of the library below, if it has one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from grpc import StatusCode

from pysession.exchange.server.logs import tell
from pysession.exchange.server.refusals import (
    CallRefusedError,
    exhausted,
    invalid,
    not_found,
    precondition,
    unavailable,
)
from pysession.findings.failures import UsageError
from pysession.stores import (
    ConflictError,
    DamagedSessionError,
    ImmutableError,
    NotAStoreError,
    NotFoundError,
    NotReadableError,
    NotServedError,
    NotWritableError,
    SessionIdError,
    StoreError,
    TooLargeError,
    UnavailableError,
)


def refusal_of(failure: StoreError | UsageError) -> CallRefusedError:
    """The refusal that says what a store said. What an operator has to mend is logged."""
    if isinstance(failure, (NotAStoreError, NotWritableError, UnavailableError)):
        tell_failure("store", failure)
    for kind, told in _TOLD:
        if isinstance(failure, kind):
            return told(failure)
    return unavailable("STORE_UNAVAILABLE", "the store does not answer")


def tell_failure(event: str, failure: StoreError) -> None:
    """Log what a store failed with, as ``event``."""
    cause = failure.__cause__
    code = next((code for name in _CODES if (code := getattr(cause, name, None)) is not None), None)
    below = None if cause is None else type(cause).__name__
    tell(logging.WARNING, event, failure=type(failure).__name__, cause=below, code=code)


_CODES = ("sqlite_errorname", "sqlstate", "strerror")
"""Attributes of exceptions that tell what it was, in fixed words: those of sqlite3, psycopg and the system."""


def _conflict(failure: ConflictError) -> CallRefusedError:
    if failure.expected is None:
        return CallRefusedError(
            StatusCode.ALREADY_EXISTS,
            "SESSION_EXISTS",
            "there is such a session already; give its etag to replace it",
            metadata={"etag": failure.found or ""},
        )
    what = "has been changed since it was read; read it again and repeat the change"
    gone = "is gone, or never was; leave the etag out to make it"
    return CallRefusedError(
        StatusCode.ABORTED,
        "ETAG_MISMATCH",
        f"the session {gone if failure.found is None else what}",
        metadata={} if failure.found is None else {"etag": failure.found},
    )


def _immutable(failure: ImmutableError) -> CallRefusedError:
    message = "the session is immutable: it can be neither replaced nor deleted before it expires"
    return precondition("SESSION_IMMUTABLE", message, [("IMMUTABLE", failure.session_id, message)])


def _too_large(failure: TooLargeError) -> CallRefusedError:
    message = f"the session has {failure.size:,} bytes, and the store takes {failure.limit:,}"
    return exhausted("DOCUMENT_TOO_LARGE", message, "document", size=failure.size, limit=failure.limit)


_TOLD: tuple[tuple[type[Exception], Callable[[Any], CallRefusedError]], ...] = (
    (NotFoundError, lambda failure: not_found(failure.session_id)),
    (ConflictError, _conflict),
    (ImmutableError, _immutable),
    (TooLargeError, _too_large),
    (
        SessionIdError,
        lambda failure: invalid("SESSION_ID_INVALID", f"the session id cannot be: {failure.reason}", "session_id"),
    ),
    (UsageError, lambda failure: invalid("ARGUMENT_INVALID", str(failure))),
    (
        NotWritableError,
        lambda failure: unavailable("STORE_NOT_WRITABLE", "the store cannot be written", retry_seconds=10),
    ),
    (
        DamagedSessionError,
        lambda failure: CallRefusedError(
            StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED", "the session is damaged where it is stored"
        ),
    ),
    (
        NotAStoreError,
        lambda failure: CallRefusedError(
            StatusCode.DATA_LOSS, "STORE_DAMAGED", "the store is damaged or none of pysession's"
        ),
    ),
    (NotReadableError, lambda failure: unavailable("STORE_UNAVAILABLE", "the store cannot be read")),
    (NotServedError, lambda failure: unavailable("STORE_UNAVAILABLE", "the store answers, and does not do this now")),
)
