"""Who wants to know of changes is told: at once of what this server does, within seconds of what others do.

What others do is found by asking the store what was changed since. They cannot be asked what they deleted. A clock that
is wrong, and a write that took long to be seen, are made up for by asking for some seconds more than is needed; what was
told already is known by its etag.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from pysession.exchange.server.failures import refusal_of
from pysession.exchange.server.logs import logger, tell
from pysession.exchange.server.refusals import CallRefusedError, exhausted, invalid, unavailable
from pysession.findings.failures import UsageError
from pysession.stores import Entry, Store, StoreError
from pysession.stores.checking import microseconds

_OVERLAP = timedelta(seconds=5)
_MOST_WAITING = 10_000
"""Events that one watcher may be behind."""
_MOST_REMEMBERED = 100_000
"""Etags that one owner's feed remembers."""
_TOKEN = "w1."  # noqa: S105
_BEGINNING = datetime.fromtimestamp(0, UTC)
"""Nothing was changed before."""


class Event(msgspec.Struct, frozen=True):
    """A session was changed (``entry``) or deleted (``entry`` None); neither: the watch stands.

    ``moment``: who goes on from there misses nothing that comes after.
    """

    moment: datetime
    session_id: str | None = None
    entry: Entry | None = None


class Watches:
    """All watchers of one server."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._feeds: dict[str, _Feed] = {}
        self._closed = False

    def changed(self, entry: Entry) -> None:
        """Tell that a session was put through this server."""
        feed = self._feeds.get(entry.owner)
        if feed is not None:
            feed.tell_changed(entry)

    def deleted(self, owner: str, session_id: str) -> None:
        """Tell that a session was deleted through this server."""
        feed = self._feeds.get(owner)
        if feed is not None:
            feed.tell_deleted(session_id)

    async def watch(
        self, owner: str, prefix: str, start: datetime | None, *, resumed: bool = False
    ) -> AsyncGenerator[Event, None]:
        """Events of an owner's sessions: that the watch stands, what was changed since ``start``, then what happens.

        A watch that is ``resumed`` looks back a little further: what others wrote at that moment was perhaps not seen.

        Raises:
            CallRefusedError: the server stops, or the watcher is too slow.
        """
        began = start or datetime.now(UTC)
        feed = self._feeds.get(owner)
        if feed is None:
            feed = self._feeds[owner] = _Feed(self._store, owner, self._seconds)
        queue = feed.join()
        if self._closed:
            queue.put_nowait(_STOPPING)
        try:
            yield Event(began)
            if start is not None:
                async for entry in _changed_since(self._store, owner, start - _OVERLAP if resumed else start):
                    if entry.id.startswith(prefix):
                        yield Event(began, entry.id, entry)
            while True:
                event = await queue.get()
                if isinstance(event, CallRefusedError):
                    raise event
                if event.session_id is None or event.session_id.startswith(prefix):
                    yield event
        finally:
            if feed.leave(queue) and self._feeds.get(owner) is feed:
                del self._feeds[owner]

    def close(self) -> None:
        """End all watches: the server stops."""
        self._closed = True
        for feed in self._feeds.values():
            feed.end(_STOPPING)


_STOPPING = unavailable("SERVER_STOPPING", "the server stops; watch again with the last resume_token")
_Queue = asyncio.Queue[Event | CallRefusedError]


class _Feed:
    """What happens to the sessions of one owner, for those who watch them. It asks the store as long as there are any."""

    def __init__(self, store: Store, owner: str, seconds: float) -> None:
        self._store = store
        self._owner = owner
        self._seconds = seconds
        self._queues: list[_Queue] = []
        self._told: OrderedDict[str, str] = OrderedDict()
        self._until = datetime.now(UTC)
        self._asking: asyncio.Task[None] | None = None

    def join(self) -> _Queue:
        queue: _Queue = asyncio.Queue()
        self._queues.append(queue)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return queue

    def leave(self, queue: _Queue) -> bool:
        """Whether nobody is left."""
        if queue in self._queues:
            self._queues.remove(queue)
        if not self._queues and self._asking is not None:
            self._asking.cancel()
            self._asking = None
        return not self._queues

    def end(self, refusal: CallRefusedError) -> None:
        for queue in self._queues:
            queue.put_nowait(refusal)

    def tell_changed(self, entry: Entry) -> None:
        if self._remember(entry):
            self._tell(Event(self._until, entry.id, entry))

    def tell_deleted(self, session_id: str) -> None:
        self._told.pop(session_id, None)
        self._tell(Event(self._until, session_id))

    def _tell(self, event: Event) -> None:
        for queue in tuple(self._queues):
            if queue.qsize() < _MOST_WAITING:
                queue.put_nowait(event)
            else:
                message = f"the watch is {_MOST_WAITING:,} events behind; go on with the last resume_token"
                queue.put_nowait(exhausted("WATCH_BEHIND", message, "events"))
                self._queues.remove(queue)

    def _remember(self, entry: Entry) -> bool:
        """Whether the entry is news."""
        if self._told.get(entry.id) == entry.etag:
            return False
        self._told[entry.id] = entry.etag
        self._told.move_to_end(entry.id)
        if len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)
        return True

    async def _ask(self) -> None:
        """Ask the store again and again. What was changed shortly before the first watcher came is no news."""
        first = True
        began = self._until
        while True:
            asked = datetime.now(UTC)
            try:
                async for entry in _changed_since(self._store, self._owner, self._until - _OVERLAP):
                    if first and entry.changed < began:
                        self._remember(entry)
                    else:
                        self.tell_changed(entry)
                self._until, first = asked, False
            except CallRefusedError as refusal:
                tell(logging.WARNING, "watch", reason=refusal.reason)
            except Exception:
                logger.error("failed", exc_info=True, extra={"fields": {"of": "watch"}})
            await asyncio.sleep(self._seconds)


async def _changed_since(store: Store, owner: str, since: datetime) -> AsyncIterator[Entry]:
    page: str | None = None
    while True:
        try:
            found = await store.list(owner=owner, changed_since=since, page=page)
        except (StoreError, UsageError) as failure:
            raise refusal_of(failure) from failure
        for entry in found.entries:
            yield entry
        page = found.next
        if page is None:
            return


def resume_token(moment: datetime) -> str:
    """What asks for what comes after ``moment``."""
    return f"{_TOKEN}{microseconds(max(moment, _BEGINNING))}"


def read_resume_token(token: str) -> datetime:
    """
    Raises:
        CallRefusedError: INVALID_ARGUMENT, it is none.
    """
    with contextlib.suppress(ValueError, OverflowError):
        if token.startswith(_TOKEN) and token.removeprefix(_TOKEN).isdecimal():
            return datetime.fromtimestamp(int(token.removeprefix(_TOKEN)) / 1_000_000, UTC)
    raise invalid("RESUME_TOKEN_INVALID", "the resume_token is none of a watch", "resume_token")
