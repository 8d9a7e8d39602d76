"""What can go wrong with a store: one class for each failure, all of them :class:`StoreError`.

* StoreError
   - NotFoundError        there is no such session
   - ConflictError        the session is not in the state that the caller named
   - ImmutableError       the session may only grow
   - TooLargeError        over the store's limit
   - NotAppendableError   the document has no place for the message, or the message is none
   - NotSupportedError    the backend has no place for what was asked
   - NotWritableError     no permission, no space
   - UnavailableError     the store cannot be reached
      - NotServedError    it answers, and does not do what was asked: it is locked, or has too much to do
      - NotReadableError  no permission to read it
   - NotAStoreError       what is there is no store of this kind, or of a later layout
      - DamagedSessionError      one session of it is damaged; others need not be
* UsageError
   - SessionIdError       an id or owner that no store takes
   - StoreUrlError        a URL that names no store
"""

from __future__ import annotations

from pysession.findings.failures import PysessionError, UsageError


class StoreError(PysessionError):
    """Base of what a store fails with."""


class NotFoundError(StoreError):
    """There is no session ``session_id`` of ``owner``: it was never put, was deleted, or has expired."""

    def __init__(self, session_id: str, owner: str = "") -> None:
        super().__init__(f"there is no session {_named(session_id, owner)}")
        self.session_id = session_id
        self.owner = owner


class ConflictError(StoreError):
    """The session was changed, made or deleted by another.

    ``expected`` is the etag that the caller gave (None: that there is no session yet), ``found`` that of what is there
    (None: nothing).
    """

    def __init__(self, session_id: str, owner: str, expected: str | None, found: str | None) -> None:
        named = _named(session_id, owner)
        if expected is None:
            what = f"the session {named} is there already; give its etag to replace it"
        elif found is None:
            what = f"the session {named} is gone, or never was; leave the etag out to make it"
        else:
            what = f"the session {named} has been changed since it was read; read it again and repeat the change"
        super().__init__(what)
        self.session_id = session_id
        self.owner = owner
        self.expected = expected
        self.found = found


class ImmutableError(StoreError):
    """The session may only grow: what is there cannot be changed, nor removed before it expires. ``why`` says what would be."""

    def __init__(self, session_id: str, owner: str = "", why: str = "it can only grow") -> None:
        super().__init__(f"the session {_named(session_id, owner)} is immutable: {why}")
        self.session_id = session_id
        self.owner = owner
        self.why = why


class TooLargeError(StoreError):
    """The document would have ``size`` bytes, and the store takes ``limit``; ``remedy`` is how it would take more."""

    def __init__(self, session_id: str, size: int, limit: int, remedy: str = "open it with a larger max_bytes") -> None:
        super().__init__(
            f"the session {session_id!r} would have {size:,} bytes, and the store takes {limit:,}; {remedy}, or take "
            "attachments out ('pysession repair --rule inline-binary --blobs DIR')"
        )
        self.session_id = session_id
        self.size = size
        self.limit = limit


class NotAppendableError(StoreError):
    """A message cannot be appended to the session ``session_id``, and ``reason`` says why."""

    def __init__(self, session_id: str, reason: str) -> None:
        super().__init__(f"no message can be appended to the session {session_id!r}: {reason}")
        self.session_id = session_id
        self.reason = reason


class NotSupportedError(StoreError):
    """The store at ``place`` cannot keep what was asked of it, and ``reason`` says what; nothing was changed.

    What a store can do it declares in its ``capabilities``.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} cannot do that: {reason}; nothing was changed")
        self.place = place
        self.reason = reason


class NotWritableError(StoreError):
    """The store at ``place`` cannot be written, and ``remedy`` is what to do about it; nothing was changed."""

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        super().__init__(f"{place} cannot be written: {reason}; nothing was changed; {remedy}")
        self.place = place
        self.reason = reason
        self.remedy = remedy


class UnavailableError(StoreError):
    """The store at ``place`` did not answer; whether a write took effect is not known."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} does not answer: {reason}")
        self.place = place
        self.reason = reason


class NotServedError(UnavailableError):
    """The store at ``place`` answered, and did not do what was asked, now; whether a write took effect is not known."""

    def __init__(self, place: str, reason: str) -> None:
        StoreError.__init__(self, f"{place} refuses: {reason}")
        self.place = place
        self.reason = reason


class NotReadableError(UnavailableError):
    """The store at ``place``, or a file of it, may not be read."""

    def __init__(self, place: str, reason: str) -> None:
        StoreError.__init__(self, f"{place} cannot be read: {reason}")
        self.place = place
        self.reason = reason


class NotAStoreError(StoreError):
    """What is at ``place`` is not a store of the kind that its URL names."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} is not a session store: {reason}")
        self.place = place
        self.reason = reason


class DamagedSessionError(NotAStoreError):
    """What is at ``place`` belongs to one session of a store and is damaged; other sessions need not be."""

    def __init__(self, place: str, reason: str) -> None:
        StoreError.__init__(self, f"{place} is damaged: {reason}")
        self.place = place
        self.reason = reason


OF_ONE_SESSION: tuple[type[StoreError], ...] = (NotAStoreError, NotReadableError, TooLargeError)
"""What a session of a list may fail with while the others can be read."""


class SessionIdError(UsageError):
    """``value`` can be no session id or owner."""

    def __init__(self, value: object, reason: str) -> None:
        shown = repr(value) if len(repr(value)) <= 80 else f"{repr(value)[:60]}…"
        super().__init__(f"{shown} cannot name a session: {reason}")
        self.value = value
        self.reason = reason


class StoreUrlError(UsageError):
    """``url``, whose password is masked, names no store."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url!r} cannot be opened: {reason}")
        self.url = url
        self.reason = reason


def _named(session_id: str, owner: str) -> str:
    return f"{session_id!r} of {owner!r}" if owner else repr(session_id)
