"""Removing what has expired, and the trail of it, which outlives what was removed.

The trail of an owner is a session without messages for each month (a further one for each thousand events), under an owner of
this package's own. Its events are what was removed; it is immutable, as any session can be.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.events import Event, EventKind, Events, Scalar, Since, Trail, timestamp
from pysession.sessions.session import Session
from pysession.stores import REMOVALS_OWNER, ConflictError, Entry, ImmutableError, NotFoundError, Store

_ATTEMPTS = 100
_MOST_EVENTS = 1_000
"""In one trail: with more, 10,000 removals at once kept a server from everything else for half a second."""
_BATCH = 100
_REMOVALS = frozenset({EventKind.EXPIRED, EventKind.REMOVED, EventKind.KEPT})


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
    entries: list[Entry] = []
    count = await _sweep(store, entries.extend, dry_run=dry_run)
    return Swept(count, tuple(entries))


async def sweep_unseen(store: Store) -> int:
    """The same for whoever wants to know how many sessions that were and no more: a million of them take no memory.

    Raises:
        StoreError: the store fails.
    """
    return await _sweep(store, lambda entries: None)


async def _sweep(store: Store, seen: Callable[[Sequence[Entry]], None], *, dry_run: bool = False) -> int:
    moment = datetime.now(UTC)
    if not hasattr(store, "expired"):
        return 0 if dry_run else await store.sweep()
    count = 0
    async for entries in _expired(store, moment):
        if not dry_run:
            await record_removals(store, EventKind.EXPIRED, entries)
        seen(entries)
        count += len(entries)
    return count if dry_run else await store.sweep(before=moment)


async def remove(store: Store, entries: AsyncIterable[Entry]) -> AsyncIterator[Entry]:
    """Delete the sessions, each with a record in the trail of its owner, and give those that are gone by it.

    The record is written first, of some at once: a process that is killed in between leaves sessions that are recorded as
    removed and there still, and never one that is gone without a record. One that is changed in this moment, or has become
    immutable, stays, and that it was ``kept`` is recorded as well.

    Raises:
        StoreError: the store fails.
    """
    async for some in _batches(entries):
        await record_removals(store, EventKind.REMOVED, some)
        kept = []
        for entry in some:
            try:
                if await store.delete(entry.id, owner=entry.owner, if_match=entry.etag):
                    yield entry
            except (ConflictError, ImmutableError):
                kept.append(entry)
        await record_removals(store, EventKind.KEPT, [entry for entry in kept if await _is_there(store, entry)])


async def _is_there(store: Store, entry: Entry) -> bool:
    try:
        await store.get(entry.id, owner=entry.owner)
    except NotFoundError:
        return False
    return True


async def _batches(entries: AsyncIterable[Entry]) -> AsyncIterator[list[Entry]]:
    some: list[Entry] = []
    async for entry in entries:
        some.append(entry)
        if len(some) == _BATCH:
            yield some
            some = []
    yield some


async def record_removals(store: Store, kind: EventKind, entries: Iterable[Entry]) -> None:
    """Record what becomes of the sessions, in the trails of their owners.

    Raises:
        StoreError: the store fails.
    """
    by_owner: dict[str, list[Mapping[str, Scalar]]] = {}
    for entry in entries:
        by_owner.setdefault(entry.owner, []).append(_told(entry))
    for owner, details in by_owner.items():
        for start in range(0, len(details), _MOST_EVENTS):
            await _record(store, owner, kind, details[start : start + _MOST_EVENTS])
            await asyncio.sleep(0)  # others may have a turn: stores need not wait for anything


async def removals(store: Store, *, owner: str = "", since: Since = None, limit: int | None = None) -> Events:
    """The last ``limit`` removals (None: all) of sessions of ``owner``, not earlier than ``since``, oldest first.

    ``kind`` is ``expired`` or ``removed``, or ``kept`` for one that was to be removed and was changed in that moment; ``detail`` has the session's id, size, last change, expiry and immutability.

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


async def _expired(store: Store, moment: datetime) -> AsyncIterator[Sequence[Entry]]:
    """What has expired, a thousand at a time."""
    page: str | None = None
    while True:
        found = await store.expired(before=moment, limit=_MOST_EVENTS, page=page)
        yield found.entries
        page = found.next
        if page is None:
            return


async def _record(store: Store, owner: str, kind: EventKind, details: Sequence[Mapping[str, Scalar]]) -> None:
    month = f"{_digest(owner)}.{datetime.now(UTC):%Y-%m}"
    for attempt in range(_ATTEMPTS):
        trail_id, number = await _last(store, month)
        etag = None
        if number:
            trail, etag = await _trail(store, trail_id, owner)
            if len(trail.record.events) + len(details) > _MOST_EVENTS + 1:  # the first says that it was created
                trail_id, etag = f"{month}.{number + 1:06}", None
        if etag is None:
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


async def _last(store: Store, month: str) -> tuple[str, int]:
    """The id of the last trail of a month, and which one it is; 0 where there is none yet.

    A trail is read and written whole, so it is ended when it is long. In the order of ids the first comes first.
    """
    last, number, page = month, 0, None
    while True:
        found = await store.list(prefix=month, owner=REMOVALS_OWNER, page=page)
        number += len(found.entries)
        last = found.entries[-1].id if found.entries else last
        page = found.next
        if page is None:
            return last, number


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
