"""What can go wrong with an exchange: the failures of stores, and a few of its own.

* StoreError
   - NotFoundError, ConflictError, ImmutableError, TooLargeError     as with any store
   - UnavailableError       it cannot be reached, or the connection was cut, as often as it was tried
      - DeadlineError       it took longer than the caller wanted to wait
      - BusyError           it has too much to do
   - AuthenticationError    no token, one that it does not know, or one that has expired
   - NotPermittedError      the token does not allow this
   - NotAcceptedError       its policy refuses the document, or it is no session; with the findings
   - DataLossError          bytes that are not those of their digest, on the way or where they are stored
   - ExchangeError          everything else that it answers
"""

from __future__ import annotations

from pysession.findings import Finding
from pysession.stores import StoreError, UnavailableError


class DeadlineError(UnavailableError):
    """There was no answer in time; whether a write took effect is not known."""


class BusyError(UnavailableError):
    """The exchange at ``place`` has too much to do, and did nothing."""

    def __init__(self, place: str, reason: str) -> None:
        StoreError.__init__(self, f"{place} has too much to do: {reason}")
        self.place = place
        self.reason = reason


class AuthenticationError(StoreError):
    """The exchange at ``place`` does not know who calls."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place} does not know who calls: {reason}; give one that its operator issued (commands take it from "
            "PYSESSION_TOKEN, or from a file that --token-file names)"
        )
        self.place = place
        self.reason = reason


class NotPermittedError(StoreError):
    """The caller may not do this at the exchange at ``place``."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} does not permit this: {reason}")
        self.place = place
        self.reason = reason


class NotAcceptedError(StoreError):
    """The exchange refuses a document, ``reason`` says why, and ``findings`` where."""

    def __init__(self, session_id: str, reason: str, findings: tuple[Finding, ...] = ()) -> None:
        what = f"the session {session_id!r}" if session_id else "the document"
        super().__init__(f"{what} is not accepted: {reason}")
        self.session_id = session_id
        self.reason = reason
        self.findings = findings


class DataLossError(StoreError):
    """The bytes of ``session_id`` are not those that were stored or sent."""

    def __init__(self, session_id: str, reason: str) -> None:
        super().__init__(f"the session {session_id!r} is damaged: {reason}")
        self.session_id = session_id
        self.reason = reason


class ExchangeError(StoreError):
    """The exchange at ``place`` answered with the canonical ``code`` of gRPC, and ``reason``."""

    def __init__(self, place: str, code: str, reason: str) -> None:
        super().__init__(f"{place} answers {code}: {reason}")
        self.place = place
        self.code = code
        self.reason = reason
