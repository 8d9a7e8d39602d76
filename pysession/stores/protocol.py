"""``Store``: what a place that keeps documents by session id can do."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

DEFAULT_PAGE = 1000
"""Sessions on one page of a list."""

MOST_ID_BYTES = 1024
"""The longest session id, and the longest owner, in bytes of UTF-8."""

SHARED_STATE_OWNER = "pysession.shared-state"
"""The owner of documents that are no sessions, but what the sessions of a user or of an application share."""

REMOVALS_OWNER = "pysession.removals"
"""The owner of documents that tell what has been removed because it had expired or was old."""

INTERNAL_OWNERS = frozenset({SHARED_STATE_OWNER, REMOVALS_OWNER})
"""Owners whose documents are nobody's sessions. They are not listed, exported or checked unless the owner is asked for."""


class Capability(StrEnum):
    """What a store promises beyond keeping bytes under an id. The conformance suite holds it to each that it declares.

    ``OWNERS``: the sessions of one owner cannot be seen or changed under another's name. ``CONDITIONS``: etags and
    create-only, also under concurrent writers. ``APPEND``: messages, spliced in. ``LISTING``. ``EXPIRY``.
    ``IMMUTABLE``: append-only sessions. ``PERSISTENT``: what is opened again holds what was put. ``SHARED``: several
    processes at once. ``DURABLE``: an acknowledged write outlives the process being killed, and no write is torn.
    """

    OWNERS = "owners"
    CONDITIONS = "conditions"
    APPEND = "append"
    LISTING = "listing"
    EXPIRY = "expiry"
    IMMUTABLE = "immutable"
    PERSISTENT = "persistent"
    SHARED = "shared"
    DURABLE = "durable"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A stored session without its bytes.

    ``etag`` is opaque and different after each change, appended messages included. ``size`` is that of the document in
    bytes, ``changed`` when it was put or last appended to, ``expires`` when it will be gone (None: never); both are
    aware and in UTC. ``immutable`` sessions take appended messages only.
    """

    id: str
    owner: str = ""
    etag: str
    size: int
    changed: datetime
    expires: datetime | None = None
    immutable: bool = False


class Stored(Entry, frozen=True, kw_only=True):
    """A stored session. ``data`` is what was put, byte for byte, with the appended messages spliced in."""

    data: bytes

    @property
    def has_checksum(self) -> bool:
        """Whether the etag ends with the checksum of ``data``."""
        return CHECKSUM_MARK in self.etag

    @property
    def is_whole(self) -> bool:
        """Whether ``data`` is still what was put, as far as that can be told: it has its size, and its checksum if the
        etag ends with one. Etags of documents with appended messages, and those of files and of Cosmos DB, do not."""
        _, mark, checksum = self.etag.partition(CHECKSUM_MARK)
        return len(self.data) == self.size and (not mark or checksum == checksum_of(self.data))


CHECKSUM_MARK = "."
"""Stands in an etag before the checksum of the document."""


def checksum_of(data: bytes) -> str:
    """The CRC-32 of a document: 13 milliseconds for 50 MB."""
    return f"{zlib.crc32(data):08x}"


class Page(msgspec.Struct, frozen=True):
    """Some sessions in the order of their owners and ids (by code point); ``next`` asks for those that follow."""

    entries: tuple[Entry, ...]
    next: str | None = None


class Stats(msgspec.Struct, frozen=True):
    """How many sessions a store holds, of how many owners, and their bytes in all. What has expired does not count."""

    sessions: int
    owners: int
    bytes: int


class Store(Protocol):
    """A place that keeps documents by owner and session id.

    An id is any text of 1 to 1,024 bytes of UTF-8, an owner the same or empty; ids that differ in any way are different
    sessions, and so are those of different owners. What has expired is as if it were not there.

    Every method raises :class:`~pysession.stores.StoreError` or, for ids that cannot be,
    :class:`~pysession.stores.SessionIdError`; nothing else.
    """

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this store promises."""

    @property
    def max_bytes(self) -> int:
        """The largest document, for writing and for reading."""

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        """The session.

        Raises:
            NotFoundError: there is none.
        """

    async def put(
        self,
        session_id: str,
        data: bytes,
        *,
        owner: str = "",
        if_match: str | None = None,
        if_absent: bool = False,
        expires: datetime | None = None,
        immutable: bool = False,
    ) -> Entry:
        """Store ``data`` in place of what is there, whole or not at all.

        ``if_match`` is the etag that the session must have, ``if_absent`` that there must be none.

        Raises:
            ConflictError: it is otherwise.
            ImmutableError: the session that is there may only grow.
            TooLargeError: ``data`` has more than ``max_bytes``.
        """

    async def append(
        self, session_id: str, message: bytes, *, owner: str = "", at: str | None = None, if_match: str | None = None
    ) -> Entry:
        """Add one message behind the last of the session's history.

        ``message`` is one object in the encoding of the document: JSON text, or MessagePack. ``at`` is a JSON Pointer to
        the array of messages, needed only where a document has several histories.

        Raises:
            NotFoundError: there is no such session.
            ConflictError: its etag is not ``if_match``.
            NotAppendableError: the document has no place for it, or it is no object.
            TooLargeError: the document would have more than ``max_bytes``.
        """

    async def delete(self, session_id: str, *, owner: str = "", if_match: str | None = None) -> bool:
        """Remove the session; whether there was one.

        Raises:
            ConflictError: its etag is not ``if_match``.
            ImmutableError: it may not go before it expires.
        """

    async def list(
        self,
        *,
        prefix: str = "",
        owner: str | None = None,
        changed_since: datetime | None = None,
        limit: int = DEFAULT_PAGE,
        page: str | None = None,
    ) -> Page:
        """Up to ``limit`` sessions whose ids begin with ``prefix``, of one owner or (None) of all.

        ``page`` is the ``next`` of the page before. What is there throughout comes exactly once, whatever else is put or
        deleted between the pages.
        """

    async def expired(
        self, *, before: datetime | None = None, limit: int = DEFAULT_PAGE, page: str | None = None
    ) -> Page:
        """What has expired, at the latest at ``before`` (None: now), and is not removed yet, a page at a time.

        A backend that removes what has expired by itself does not list that, but never removes an immutable session so.
        """

    async def sweep(self, *, before: datetime | None = None) -> int:
        """Remove what has expired, at the latest at ``before`` (None, or a moment to come: now); how many sessions that was."""

    async def stats(self) -> Stats:
        """How much there is."""

    async def close(self) -> None:
        """Let go of files and connections. A closed store opens them again when it is used."""

    def __aenter__(self) -> Awaitable[Store]: ...

    def __aexit__(self, *failure: object) -> Awaitable[None]: ...
