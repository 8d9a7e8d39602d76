"""Documents on their way into the store and out of it: within the budget, judged, and told to those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from grpc import StatusCode

from pysession.dialects import vocabulary
from pysession.exchange.digests import digest_of
from pysession.exchange.server.budget import Budget
from pysession.exchange.server.depth import is_plainly_flat, nests_deeper
from pysession.exchange.server.failures import refusal_of
from pysession.exchange.server.forms import damaged
from pysession.exchange.server.judging import accepted, within_means
from pysession.exchange.server.policy import Policy
from pysession.exchange.server.readable import is_plainly_json, is_readable
from pysession.exchange.server.refusals import CallRefusedError, exhausted, invalid
from pysession.exchange.server.remembered import Known, Remembered
from pysession.exchange.server.settings import Limits
from pysession.exchange.server.watching import Watches
from pysession.exchange.server.workers import Workers
from pysession.findings.failures import UsageError
from pysession.stores import Entry, ImmutableError, Store, Stored, StoreError
from pysession.stores.base import BaseStore
from pysession.wire import DEFAULT_LIMITS
from pysession.wire import Limits as WireLimits

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_READS = 8
"""Documents that are read from the store at once: their sizes are known only afterwards."""
_SMALL = 64 * 1024
"""Documents up to this size are not counted: the limit on calls bounds them. They are judged and converted in a thread, which
takes some milliseconds; to hand one to a process takes one."""
_AT_ONCE = 2 * 2**20
"""A document up to this size is looked through on the event loop, which takes a millisecond at most."""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """How a document is stored."""

    if_match: str | None = None
    create_only: bool = False
    expires: datetime | None = None
    immutable: bool = False
    dialect: str | None = None
    format_version: str | None = None
    """What its sender says it is in."""


class Documents:
    """The documents of all owners. What takes long is done off the event loop."""

    def __init__(
        self,
        store: Store,
        policy: Policy | None,
        limits: Limits,
        budget: Budget,
        watches: Watches,
        workers: Workers,
    ) -> None:
        self.budget = budget
        self.policy = policy
        self.reading_limits: WireLimits = msgspec.structs.replace(
            DEFAULT_LIMITS, bytes=limits.document_bytes, depth=limits.depth
        )
        self.remembered = Remembered()
        self._store = store
        self._at_once = isinstance(store, BaseStore) and store.often_at_once
        self._limits = limits
        self._watches = watches
        self._workers = workers
        self._reads = asyncio.Semaphore(_READS)
        # One thread: what is remembered of the shapes of documents is for one at a time.
        self._thread = ThreadPoolExecutor(1, "pysession exchange")

    async def work(
        self,
        owner: str,
        work: Callable[Concatenate[bytes, _Parameters], _Result],
        data: bytes,
        *arguments: _Parameters.args,
        **named: _Parameters.kwargs,
    ) -> _Result:
        """What ``work`` makes of ``data``: in the thread where they are small, else in a process."""
        done = partial(within_means, partial(work, data, *arguments, **named))
        if len(data) > _SMALL:
            return await self._workers.run(owner, done)
        return await asyncio.get_running_loop().run_in_executor(self._thread, done)

    def close(self) -> None:
        self._workers.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def check_size(self, size: int) -> None:
        """Raises CallRefusedError where a document of ``size`` bytes is larger than the server takes."""
        most = min(self._limits.document_bytes, self._store.max_bytes)
        if size > most:
            message = f"the session has {size:,} bytes, and the server takes {most:,}"
            raise exhausted("DOCUMENT_TOO_LARGE", message, "document", size=size, limit=most)

    def are_written_at_once(self, size: int) -> bool:
        """Whether a document of ``size`` bytes is mostly written without waiting for anything."""
        return self._at_once and self.policy is None and size <= _SMALL

    def held(self, owner: str, size: int) -> _Held:
        """``size`` bytes of the owner's budget while the block lasts."""
        return _Held(self.budget, owner, size)

    def read(self, owner: str, session_id: str) -> _Reading:
        """A stored session, within the budget while the block lasts.

        Raises:
            CallRefusedError: NOT_FOUND; DATA_LOSS, it is not what was put.
        """
        return _Reading(self, owner, session_id)

    async def take(self, owner: str, session_id: str) -> tuple[Stored, int]:
        """A stored session, and how many bytes of the budget it has, which are to be given back."""
        taken = 0
        try:
            while True:
                async with self._reads:
                    with _TOLD:
                        stored = await self._store.get(session_id, owner=owner)
                    if not stored.data or not await _is_whole(stored):
                        raise damaged()
                    counted = 0 if stored.size <= _SMALL else stored.size
                    if counted <= taken:
                        break
                    if self.budget.take_at_once(owner, counted - taken):
                        taken = counted
                        break
                # It is read once more when its turn has come: what waits keeps nobody from reading, and holds no bytes.
                del stored
                self.budget.give(owner, taken)
                taken = 0
                await self.budget.take(owner, counted)
                taken = counted
            await self._check_readable(owner, stored)
        except BaseException:
            self.budget.give(owner, taken)
            raise
        return stored, taken

    async def known(self, owner: str, stored: Stored) -> Known:
        """What is known of a stored session beside what the store keeps."""
        known = self.remembered.find(owner, stored)
        if known is None:
            known = Known(await digest_of(stored.data))
            self.remembered.keep(owner, stored, known)
        return known

    async def _check_readable(self, owner: str, stored: Stored) -> None:
        """Where a store keeps no checksum, damage is what cannot be read, and was not put by this server either."""
        if stored.has_checksum or self.remembered.find(owner, stored) is not None:
            return
        if await asyncio.to_thread(is_plainly_json, stored.data):
            return
        if not await self.work(owner, is_readable, stored.data, self.reading_limits):
            raise damaged()

    async def write(self, owner: str, session_id: str, data: bytes, digest: bytes, writing: Writing) -> Entry:
        """Store a document that the policy takes; ``digest`` is its SHA-256.

        Raises:
            CallRefusedError: it is not stored.
        """
        if not data:
            raise invalid("DOCUMENT_EMPTY", "a session has at least a byte", "payload")
        self.check_size(len(data))
        found = await self._check_document(owner, data, writing)
        with _TOLD:
            try:
                entry = await self._store.put(
                    session_id,
                    data,
                    owner=owner,
                    if_match=writing.if_match,
                    if_absent=writing.create_only,
                    expires=writing.expires,
                    immutable=writing.immutable,
                )
            except ImmutableError:
                entry = await self._unchanged(owner, session_id, data, writing)
        dialect = found or writing.dialect
        version = vocabulary(found).version if found is not None else writing.format_version
        self.remembered.keep(owner, entry, Known(digest, dialect, version))
        self._watches.changed(entry)
        return entry

    async def _unchanged(self, owner: str, session_id: str, data: bytes, writing: Writing) -> Entry:
        """The immutable session, where it is this very document already: who sends it again has what was wanted.

        Raises:
            ImmutableError: it is another, or was to live longer or shorter.
        """
        stored = await self._store.get(session_id, owner=owner)
        same = stored.data == data and writing.expires in (None, stored.expires)
        if not same or writing.if_match not in (None, stored.etag):
            raise ImmutableError(session_id, owner)
        return msgspec.convert(stored, Entry, from_attributes=True)  # without its bytes

    async def delete(self, owner: str, session_id: str, if_match: str | None) -> bool:
        """Whether there was a session to remove."""
        with _TOLD:
            deleted = await self._store.delete(session_id, owner=owner, if_match=if_match)
        if deleted:
            self._watches.deleted(owner, session_id)
        return deleted

    async def _check_document(self, owner: str, data: bytes, writing: Writing) -> str | None:
        """Refuse a document that is too deep, or that the policy does not take; its dialect, if it was judged."""
        depth = self._limits.depth
        flat = (
            is_plainly_flat(data, depth)
            if len(data) <= _AT_ONCE
            else await asyncio.to_thread(is_plainly_flat, data, depth)
        )
        if not flat and await self.work(owner, nests_deeper, data, depth):
            message = f"arrays and objects are nested deeper than {depth:,} levels"
            raise exhausted("DOCUMENT_TOO_COMPLEX", message, "document", depth=depth)
        if self.policy is None:
            return None
        found = await self.work(owner, accepted, data, self.policy, self.reading_limits)
        version = vocabulary(found).version
        if (writing.dialect or found, writing.format_version or version) != (found, version):
            message = f"the session is not in the dialect or version that was named but in {found} {version}"
            raise invalid("DIALECT_DIFFERS", message, "dialect")
        return found


def digest_differs() -> CallRefusedError:
    return CallRefusedError(
        StatusCode.DATA_LOSS, "DIGEST_MISMATCH", "what came is not what its SHA-256 says; send it again"
    )


async def _is_whole(stored: Stored) -> bool:
    if stored.size <= _AT_ONCE:
        return stored.is_whole
    return await asyncio.to_thread(lambda: stored.is_whole)


def past(moment: datetime) -> bool:
    return moment <= datetime.now(UTC)


class _Held:
    """Bytes of the budget while the block lasts. Like the two below it is no generator: one of these takes ten times as long
    to enter and leave, a hundredth of a small call."""

    def __init__(self, budget: Budget, owner: str, size: int) -> None:
        self._budget = budget
        self._owner = owner
        self._size = size if size > _SMALL else 0

    async def __aenter__(self) -> None:
        if self._size:
            await self._budget.take(self._owner, self._size)

    async def __aexit__(self, *failure: object) -> None:
        if self._size:
            self._budget.give(self._owner, self._size)


class _Reading:
    """A stored session while the block lasts."""

    def __init__(self, documents: Documents, owner: str, session_id: str) -> None:
        self._documents = documents
        self._owner = owner
        self._session_id = session_id
        self._taken = 0

    async def __aenter__(self) -> Stored:
        stored, self._taken = await self._documents.take(self._owner, self._session_id)
        return stored

    async def __aexit__(self, *failure: object) -> None:
        if self._taken:
            self._documents.budget.give(self._owner, self._taken)


class _Told:
    """What a store fails with is a refusal."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, failure: BaseException | None, traceback: object) -> None:
        if isinstance(failure, StoreError | UsageError):
            raise refusal_of(failure) from failure


_TOLD = _Told()
