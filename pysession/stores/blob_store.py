"""Stores in any file system of fsspec: a blob for each session, named as the files of ``file:`` are.

``<folder>/<id>.json`` holds the document and nothing else, whatever form it has; those of an owner are in
``<folder>/owners/<owner>/``. The id behind a name that is a digest is in ``<folder>/.pysession/names/``.

Where the backend has conditional writes (:mod:`blobs_s3`, ``blobs_gcs``, ``blobs_azure``) every change has the condition
that the blob is the one that was looked at. Elsewhere writers take turns within this object only.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window
from pysession.stores.blobs import Blob, Blobs, ChangedError, ConditionsIgnoredError, Kept
from pysession.stores.checking import check_size
from pysession.stores.failures import (
    NotAStoreError,
    NotFoundError,
    NotServedError,
    NotSupportedError,
    NotWritableError,
    StoreError,
    UnavailableError,
)
from pysession.stores.file_failures import REMEDIES
from pysession.stores.file_names import OWNER, SESSION, file_stem, is_digest, name_of
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire import Encoding
from pysession.wire.seam import find_seam

_Result = TypeVar("_Result")
_SUFFIX = ".json"
_OWNERS = "owners"
_NAMES = ".pysession/names"
_ATTEMPTS = 100
_LONGEST_WAIT_SECONDS = 0.5
_ABOUT_AT_ONCE = 200
_ANSWERED = ("response", "status_code", "code")
"""What the drivers' failures have when a server answered: botocore's, Azure's, and Google's."""


class BlobStore(BaseStore):
    """Sessions as blobs in ``folder`` of what ``connect`` gives, which is asked when the store is first used.

    ``kind`` is the class of that. ``place`` is how messages name it, without keys.
    """

    def __init__(
        self, kind: type[Blobs], connect: Callable[[], Blobs], folder: str, place: str, max_bytes: int | None = None
    ) -> None:
        super().__init__(max_bytes)
        self.capabilities = kind.capabilities
        self._kind = kind
        self._connect = connect
        self._folder = folder.rstrip("/")
        self._place = place
        self._named: set[str] = set()
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._opening = threading.Lock()
        self._connected: Blobs | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def _get(self, key: Key) -> Stored:
        found = await self._do(Blobs.read, self._path(key))
        if found is None or found[0].facts.has_expired():
            raise NotFoundError(*key.names)
        blob, data = found
        check_size(key.id.decode(), len(data), self.max_bytes)
        return blob.facts.stored(key, data)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        self._check_kept(Capability.EXPIRY, expires is not None)
        self._check_kept(Capability.IMMUTABLE, immutable)
        path, kept = self._path(key), Kept(expires, immutable, lines=not data)
        await self._keep_name(key)

        async def attempt() -> Facts:
            before = await self._do(Blobs.look, path)
            condition.check(key, None if before is None or before.facts.has_expired() else before.facts)
            return (await self._do(Blobs.write, path, data, before, kept)).facts

        return await self._repeated(key, attempt)

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        session_id, path = key.id.decode(), self._path(key)

        async def attempt() -> Facts:
            found = await self._do(Blobs.read, path)
            if found is None or found[0].facts.has_expired():
                raise NotFoundError(*key.names)
            before, data = found
            condition.check(key, before.facts, may_replace=False)
            lines = before.lines and at is None
            seam = find_seam(data, Encoding.JSON_LINES) if lines else seam_of(session_id, data, at)
            changed = seam.join(data, [checked_message(session_id, message, seam.encoding)])
            check_size(session_id, len(changed), self.max_bytes)
            return (await self._do(Blobs.write, path, changed, before, before.kept)).facts

        return await self._repeated(key, attempt)

    async def _delete(self, key: Key, condition: Condition) -> bool:
        path = self._path(key)

        async def attempt() -> bool:
            before = await self._do(Blobs.look, path)
            live = None if before is None or before.facts.has_expired() else before
            condition.check(key, None if live is None else live.facts)
            if live is not None:
                await self._do(Blobs.remove, path, live)
            return live is not None

        return await self._repeated(key, attempt)

    async def _list(self, window: Window) -> Found:
        found: Found = []
        keys = sorted(key for key in await self._keys(window.owner) if window.has(key))
        async for key, blob in self._seen(keys):
            if window.shows(blob.facts):
                found.append((key, blob.facts))
            if len(found) == window.limit:
                break
        return found

    async def _sweep(self, moment: int) -> int:
        count = 0
        if Capability.EXPIRY not in self.capabilities:
            return count
        async for key, blob in self._seen(await self._keys(None)):
            if blob.facts.expires is not None and blob.facts.expires <= moment:
                try:
                    await self._do(Blobs.remove, self._path(key), blob)
                    count += 1
                except ChangedError:
                    continue  # another is there in its place, or has swept
        return count

    async def _stats(self) -> Stats:
        live = [
            (key, blob.facts) async for key, blob in self._seen(await self._keys(None)) if not blob.facts.has_expired()
        ]
        return Stats(len(live), len({key.owner for key, _ in live}), sum(facts.size for _, facts in live))

    async def _close(self) -> None:
        threads, self._threads = self._threads, None
        blobs, self._connected = self._connected, None
        if threads is not None:
            if blobs is not None:
                await asyncio.get_running_loop().run_in_executor(threads, blobs.close)
            threads.shutdown(wait=False)

    # --- names ----------------------------------------------------------------------------------------------------------

    def _path(self, key: Key) -> str:
        return f"{self._home(file_stem(key.owner, OWNER) if key.owner else None)}/{file_stem(key.id, SESSION)}{_SUFFIX}"

    def _home(self, owner: str | None) -> str:
        return self._folder if owner is None else f"{self._folder}/{_OWNERS}/{owner}"

    async def _keep_name(self, key: Key) -> None:
        """Write down what a digest stands for, before anything has it as its name; it never stands for anything else."""
        for name, prefix in ((key.id, SESSION), (key.owner, OWNER)):
            stem = file_stem(name, prefix) if name else ""
            if is_digest(stem, prefix) and stem not in self._named:
                path = f"{self._folder}/{_NAMES}/{stem}"
                try:
                    if await self._do(Blobs.look, path) is None:
                        await self._do(Blobs.write, path, name, None, Kept())
                except ChangedError:
                    pass  # another has written the same
                self._named.add(stem)

    async def _keys(self, owner: bytes | None) -> set[Key]:
        """All keys there are, perhaps of one owner."""
        found: set[Key] = set()
        if not owner:
            found |= await self._keys_in(None, b"")
        if owner != b"":
            _, folders = await self._do(Blobs.names, f"{self._folder}/{_OWNERS}")
            for folder in folders:
                if owner is None or folder == file_stem(owner, OWNER):
                    name = await self._name(folder, OWNER)
                    found |= set() if name is None else await self._keys_in(folder, name)
        return found

    async def _keys_in(self, folder: str | None, owner: bytes) -> set[Key]:
        files, _ = await self._do(Blobs.names, self._home(folder))
        stems = [file.removesuffix(_SUFFIX) for file in files if file.endswith(_SUFFIX) and not file.startswith(".")]
        names = [await self._name(stem, SESSION) for stem in stems]
        return {Key(owner, name) for name in names if name is not None}

    async def _name(self, stem: str, prefix: str) -> bytes | None:
        """The id or owner with this name; None where it is that of something else."""
        if not is_digest(stem, prefix):
            return name_of(stem, prefix)
        found = await self._do(Blobs.read, f"{self._folder}/{_NAMES}/{stem}")
        return None if found is None else found[1]

    # --- the backend ----------------------------------------------------------------------------------------------------

    async def _seen(self, keys: Iterable[Key]) -> AsyncIterator[tuple[Key, Blob]]:
        """What there is of ``keys``, some looked at at once."""
        ordered = list(keys)
        for start in range(0, len(ordered), _ABOUT_AT_ONCE):
            some = ordered[start : start + _ABOUT_AT_ONCE]
            looked = await asyncio.gather(*(self._do(Blobs.look, self._path(key)) for key in some))
            for key, blob in zip(some, looked, strict=True):
                if blob is not None:
                    yield key, blob

    async def _repeated(self, key: Key, attempt: Callable[[], Awaitable[_Result]]) -> _Result:
        """Change a session, one at a time here, and again as often as others elsewhere were faster, with a growing rest."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            for number in range(_ATTEMPTS):
                try:
                    return await attempt()
                except ChangedError:
                    await asyncio.sleep(random.uniform(0, min(_LONGEST_WAIT_SECONDS, 0.01 * (number + 1))))  # noqa: S311
        raise NotServedError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _do(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Do something with the blobs, in a thread, as it waits for the backend."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._kind.threads, thread_name_prefix="pysession-blobs")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_blobs, work, *arguments)
        except (ChangedError, StoreError):
            raise
        except Exception as failure:  # each file system has failures of its own, and those of its driver
            raise self._told(failure) from failure

    def _with_blobs(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        with self._opening:
            if self._connected is None:
                self._connected = self._connect()
        # The method that the class of these blobs has in the place of the abstract one.
        method: Callable[..., _Result] = getattr(self._connected, work.__name__)
        return method(*arguments)

    def _told(self, failure: Exception) -> StoreError:
        reason = " ".join(str(failure).split())[:200] or type(failure).__name__
        if isinstance(failure, ConditionsIgnoredError):
            why = "its server writes whatever the condition is; with ?conditions=off only one program may use it at a time"
            return NotAStoreError(self._place, why)
        if isinstance(failure, PermissionError) or reason.startswith("Forbidden"):
            return NotWritableError(self._place, reason, "give these credentials the right to write there")
        remedy = REMEDIES.get(getattr(failure, "errno", None) or 0)
        if remedy is not None:
            return NotWritableError(self._place, reason, remedy)
        if isinstance(failure, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            return NotAStoreError(self._place, f"there is no such place ({reason})")
        answered = any(
            getattr(each, name, None) is not None for each in (failure, failure.__cause__) for name in _ANSWERED
        )
        return (NotServedError if answered else UnavailableError)(self._place, reason)

    def _check_kept(self, capability: Capability, is_asked: bool) -> None:
        if is_asked and capability not in self.capabilities:
            raise NotSupportedError(self._place, f"it keeps no {capability} of a session")
