"""What is done with all sessions of a store: list them, copy them to another, remove the old ones."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from pysession.findings.failures import RefusedError
from pysession.inputs.telling import encoding_of
from pysession.pruning import Pruned, Strategy
from pysession.stores import (
    INTERNAL_OWNERS,
    OF_ONE_SESSION,
    ConflictError,
    Entry,
    ImmutableError,
    NotFoundError,
    Store,
    Stored,
    StoreError,
)
from pysession.verbs.prune import pruned_by
from pysession.wire import DEFAULT_LIMITS


class Selection(msgspec.Struct, frozen=True):
    """Some sessions of a store: by the beginning of their ids, by owner (None: all), by when they were changed.

    What the sessions of a user or an application share, and the trail of what was removed, are no sessions, and are selected
    by their owners only, or when ``internal`` says so.
    """

    prefix: str = ""
    owner: str | None = None
    changed_since: datetime | None = None
    internal: bool = False

    def has(self, entry: Entry) -> bool:
        """Whether the entry, which is of the right prefix, owner and time, is selected."""
        return entry.owner not in INTERNAL_OWNERS or self.internal or self.owner is not None


EVERYTHING = Selection()


async def entries(store: Store, selection: Selection = EVERYTHING) -> AsyncIterator[Entry]:
    """The sessions that are selected, in the order of owners and ids, a page at a time."""
    page: str | None = None
    while True:
        found = await store.list(
            prefix=selection.prefix, owner=selection.owner, changed_since=selection.changed_since, page=page
        )
        for entry in found.entries:
            if selection.has(entry):
                yield entry
        page = found.next
        if page is None:
            return


class Unread(msgspec.Struct, frozen=True):
    """A session that cannot be read, while others can, and why."""

    entry: Entry
    failure: StoreError


async def documents(store: Store, selection: Selection = EVERYTHING) -> AsyncIterator[Stored | Unread]:
    """The same with their documents; one that is deleted meanwhile is left out."""
    async for entry in entries(store, selection):
        try:
            yield await store.get(entry.id, owner=entry.owner)
        except NotFoundError:
            continue
        except OF_ONE_SESSION as failure:
            yield Unread(entry, failure)


class Copied(StrEnum):
    """What became of a session that was to be copied."""

    COPIED = "copied"
    SAME = "there already"
    DIFFERENT = "left out: another session is there"
    UNREAD = "not read"


class NotTheSameError(StoreError):
    """The store gave back other bytes for ``session_id`` than were put."""

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"the store gave back other bytes for the session {session_id!r} than were put; do not use it before "
            "'pysession.testing.stores' has told what it does"
        )
        self.session_id = session_id


async def migrate(
    source: Store, target: Store, selection: Selection = EVERYTHING, *, replace: bool = False
) -> AsyncIterator[tuple[Stored | Unread, Copied]]:
    """Copy sessions with their owners, expiry and immutability, and read each again to compare it.

    What they share goes along, unless one owner is selected.

    To do it again copies only what is missing. What is there and different stays, unless ``replace`` says otherwise.

    Raises:
        StoreError: a store fails, or gives back other bytes (:class:`NotTheSameError`).
    """
    async for stored in documents(source, msgspec.structs.replace(selection, internal=True)):
        yield stored, Copied.UNREAD if isinstance(stored, Unread) else await _copy(stored, target, replace)


async def _copy(stored: Stored, target: Store, replace: bool) -> Copied:
    there = await _there(stored, target)
    if there is not None and _content(there) == _content(stored):
        return Copied.SAME
    if there is not None and not replace:
        return Copied.DIFFERENT
    try:
        await target.put(
            stored.id,
            stored.data,
            owner=stored.owner,
            if_match=None if there is None else there.etag,
            if_absent=there is None,
            expires=stored.expires,
            immutable=stored.immutable,
        )
    except (ConflictError, ImmutableError):
        return Copied.DIFFERENT
    written = await _there(stored, target)
    if written is not None and written.data != stored.data:
        raise NotTheSameError(stored.id)
    return Copied.COPIED


async def _there(stored: Stored, target: Store) -> Stored | None:
    try:
        return await target.get(stored.id, owner=stored.owner)
    except NotFoundError:
        return None


def _content(stored: Stored) -> tuple[object, ...]:
    return stored.data, stored.expires, stored.immutable


async def older(store: Store, before: datetime, selection: Selection = EVERYTHING) -> AsyncIterator[Entry]:
    """The sessions that were last changed before that moment, but for those that are immutable."""
    async for entry in entries(store, selection):
        if entry.changed < before and not entry.immutable:
            yield entry


class Shortened(msgspec.Struct, frozen=True):
    """What became of a session that was to be pruned: the account, or why it was left as it is."""

    entry: Entry
    pruned: Pruned | None = None
    why_not: str | None = None


async def shorten(
    store: Store, name: str, strategy: Strategy, selection: Selection = EVERYTHING, *, dry_run: bool = False
) -> AsyncIterator[Shortened]:
    """Prune the histories of the sessions that are selected, by a strategy that asks nobody, and give each that has changed.

    A session that is immutable, cannot be read, or is changed meanwhile is left as it is. Expiry stays.
    """
    async for stored in documents(store, selection):
        if isinstance(stored, Unread):
            yield Shortened(stored.entry, why_not=f"it cannot be read ({stored.failure})")
            continue
        if stored.immutable:
            yield Shortened(stored, why_not="it is immutable")
            continue
        encoding = encoding_of(None, stored.data, DEFAULT_LIMITS)
        try:
            done = await pruned_by(stored.data, name, strategy, encoding)
            if done.data == stored.data:
                continue
            if not dry_run:
                await store.put(stored.id, done.data, owner=stored.owner, if_match=stored.etag, expires=stored.expires)
            yield Shortened(stored, done.pruned)
        except RefusedError:
            yield Shortened(stored, why_not="it cannot be read; 'pysession check' tells why")
        except (ConflictError, ImmutableError):
            yield Shortened(stored, why_not="it was changed meanwhile")


def described(entry: Entry) -> dict[str, Any]:
    """What is known of a session beside its document, as one JSON value."""
    return {
        "id": entry.id,
        "owner": entry.owner,
        "etag": entry.etag,
        "size": entry.size,
        "changed": entry.changed.isoformat(),
        "expires": None if entry.expires is None else entry.expires.isoformat(),
        "immutable": entry.immutable,
    }


def exported(stored: Stored) -> dict[str, Any]:
    """A session as one JSON value; the document is its text (``document``), or where it is none ``base64``."""
    try:
        return {**described(stored), "document": stored.data.decode()}
    except UnicodeDecodeError:
        return {**described(stored), "base64": base64.b64encode(stored.data).decode()}
