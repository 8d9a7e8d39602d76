"""Removing what has expired, and the trail of it, which outlives what was removed.

The trail of an owner is a session without messages for each month, under an owner of this package's own. Its events are what
was removed; it is immutable, as any session can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.events import Event, EventKind, Events, Scalar, Since, Trail, timestamp
from pysession.sessions.session import Session
from pysession.stores import REMOVALS_OWNER, ConflictError, Entry, ImmutableError, NotFoundError, Store

_ATTEMPTS = 100
_REMOVALS = frozenset({EventKind.EXPIRED, EventKind.REMOVED})


class Swept(msgspec.Struct, frozen=True):
    """What a sweep removed, or would have: how many sessions, and those whose facts were still there."""

    count: int
    entries: tuple[Entry, ...]


async def sweep(store: Store, *, dry_run: bool = False) -> Swept:
    """Remove what has expired, and record each session that goes in the trail of its owner.

    The trail is written first: a process that is killed in between leaves a session that is recorded and removed by the next
    sweep, which records it again. A store that removes by itself (Redis, Cosmos) is asked for what it still has; it never
    removes an immutable session. A store of others that cannot tell what has expired is swept all the same, without a trail.

    Raises:
        StoreError: the store fails.
    """
    moment = datetime.now(UTC)
    if not hasattr(store, "expired"):
        return Swept(0 if dry_run else await store.sweep(), ())
    entries = [entry async for entry in _expired(store, moment)]
    if dry_run:
        return Swept(len(entries), tuple(entries))
    await record_removals(store, EventKind.EXPIRED, entries)
    return Swept(await store.sweep(before=moment), tuple(entries))


async def record_removals(store: Store, kind: EventKind, entries: Iterable[Entry]) -> None:
    """Record that the sessions are removed, in the trails of their owners.

    Raises:
        StoreError: the store fails.
    """
    by_owner: dict[str, list[Mapping[str, Scalar]]] = {}
    for entry in entries:
        by_owner.setdefault(entry.owner, []).append(_told(entry))
    for owner, details in by_owner.items():
        await _record(store, owner, kind, details)


async def removals(store: Store, *, owner: str = "", since: Since = None, limit: int | None = None) -> Events:
    """The last ``limit`` removals (None: all) of sessions of ``owner``, not earlier than ``since``, oldest first.

    ``kind`` is ``expired`` or ``removed``; ``detail`` has the session's id, size, last change, expiry and immutability.

    Raises:
        UsageError: ``since`` is no date or time, or ``limit`` is negative.
        CorruptSessionError: a trail is damaged.
        StoreError: the store fails.
    """
    found: list[Event] = []
    page: str | None = None
    while True:
        listed = await store.list(prefix=_digest(owner), owner=REMOVALS_OWNER, page=page)
        for entry in listed.entries:
            trail, _ = await _trail(store, entry.id, owner)
            found += [event for event in trail.record.events if event.kind in _REMOVALS]
        page = listed.next
        if page is None:
            return Trail(found).since(since, limit)


async def _expired(store: Store, moment: datetime) -> AsyncIterator[Entry]:
    page: str | None = None
    while True:
        found = await store.expired(before=moment, page=page)
        for entry in found.entries:
            yield entry
        page = found.next
        if page is None:
            return


async def _record(store: Store, owner: str, kind: EventKind, details: list[Mapping[str, Scalar]]) -> None:
    trail_id = f"{_digest(owner)}.{datetime.now(UTC):%Y-%m}"
    for attempt in range(_ATTEMPTS):
        try:
            trail, etag = await _trail(store, trail_id, owner)
        except NotFoundError:
            etag = None
            trail = Session(session_id=trail_id, metadata={"owner": owner}, retention={"immutable": True})
        for detail in details:
            trail.record.events.note(kind, None, detail)
        try:
            await store.put(
                trail_id,
                trail.to_bytes(),
                owner=REMOVALS_OWNER,
                if_match=etag,
                if_absent=etag is None,
                immutable=True,
            )
        except (ConflictError, ImmutableError):
            # Another sweep was first.
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


async def _trail(store: Store, trail_id: str, owner: str) -> tuple[Session, str | None]:
    stored = await store.get(trail_id, owner=REMOVALS_OWNER)
    trail = Session.from_bytes(stored.data, source=trail_id)
    if trail.metadata.get("owner") != owner:
        raise CorruptSessionError("it is the trail of another owner", trail_id)
    return trail, stored.etag


def _digest(owner: str) -> str:
    # An owner may be as long as an id may.
    return hashlib.sha256(owner.encode()).hexdigest()


def _told(entry: Entry) -> dict[str, Scalar]:
    return {
        "session_id": entry.id,
        "size": entry.size,
        "changed": timestamp(entry.changed),
        "expires": None if entry.expires is None else timestamp(entry.expires),
        "immutable": entry.immutable,
    }
