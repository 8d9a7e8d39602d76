"""A session store as an input: each session is a document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from pysession.findings import NotRead
from pysession.inputs.source import InputFormat, Record, printable
from pysession.inputs.telling import encoding_of
from pysession.stores import (
    INTERNAL_OWNERS,
    OF_ONE_SESSION,
    Entry,
    NotFoundError,
    Store,
    Stored,
    StoreError,
    masked,
    open_store,
)
from pysession.wire import Limits


def stored_records(url: str, format: InputFormat | None, limits: Limits) -> Iterator[Record | NotRead]:
    """The documents of the store that ``url`` names, in the order of their owners and ids.

    What sessions share is none of them. What is deleted meanwhile is left out. A session that cannot be
    read is a ``NotRead``, and the others follow; a store that fails ends with one.
    """
    place = printable(masked(url))
    # Sessions are fetched one by one as they are asked for, so that a store of any size takes the memory of one.
    with asyncio.Runner() as runner:
        try:
            store = open_store(url, create=False)
            found = False
            try:
                for entry in _entries(runner, store):
                    got = runner.run(_get(store, entry))
                    if got is not None:
                        found = True
                        yield (
                            _record(place, got, format, limits)
                            if isinstance(got, Stored)
                            else _not_read(place, entry, got)
                        )
            finally:
                runner.run(store.close())
            if not found:
                yield NotRead(place, "a store without sessions")
        except StoreError as failure:
            yield NotRead(place, str(failure).removeprefix(f"{place} "))


def _entries(runner: asyncio.Runner, store: Store) -> Iterator[Entry]:
    page: str | None = None
    while True:
        found = runner.run(store.list(page=page))
        yield from (entry for entry in found.entries if entry.owner not in INTERNAL_OWNERS)
        page = found.next
        if page is None:
            return


async def _get(store: Store, entry: Entry) -> Stored | StoreError | None:
    """The session, or why it cannot be had while others can; None where it is gone."""
    try:
        return await store.get(entry.id, owner=entry.owner)
    except NotFoundError:
        return None
    except OF_ONE_SESSION as failure:
        return failure


def _not_read(place: str, entry: Entry, failure: StoreError) -> NotRead:
    return NotRead(_name(place, entry), printable(str(failure)))


def _name(place: str, entry: Entry) -> str:
    owner = f"{printable(entry.owner)}/" if entry.owner else ""
    return f"{place}#{owner}{printable(entry.id)}"


def _record(place: str, stored: Stored, format: InputFormat | None, limits: Limits) -> Record:
    data = stored.data[: limits.bytes + 1]
    encoding = encoding_of(format, data, limits)
    return Record(_name(place, stored), data, encoding, None, 1, stored.size, stored.changed.timestamp(), stored.id)
