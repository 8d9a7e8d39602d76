"""``redis:``: sessions in a Redis database, each under keys of its own.

Each change is one script, which the server runs as one step (``redis_scripts.lua``). Whether an acknowledged write outlives
the *server* is the server's setting: without ``appendonly yes`` what was written since its last snapshot does not. The
index is one key for all sessions, and a script must have its keys on one node, so that in a cluster all of a store is on
one node: a part of its names that is the same in all of them, in braces, sees to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import msgspec

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.failures import (
    NotFoundError,
    NotServedError,
    NotWritableError,
    StoreError,
    UnavailableError,
)
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire import Encoding
from pysession.wire.seam import Seam

try:
    from redis import asyncio as driver
    from redis import exceptions
except ModuleNotFoundError as missing:
    raise ImportError("redis: needs a driver: pip install 'pysession-kit[redis]'") from missing

_ATTEMPTS = 100
_BATCH = 500
_FACTS = ("etag", "size", "changed", "expires", "immutable")
_ZERO, _ZERO_IN_OWNER = b"\x00", b"\x00\xff"
_OF_CLUSTERS = (exceptions.ClusterCrossSlotError, exceptions.MovedError)
"""What a node of a cluster answers to somebody who takes it for a server of its own."""
_NOT_WRITABLE: Mapping[str, str] = {
    "READONLY": "name the primary server: this is a replica",
    "OOM": "give it more memory (maxmemory), or remove sessions",
    "MISCONF": "look into its log: its snapshots fail, most often for want of room on its disk",
    "NOREPLICAS": "start its replicas again: it takes no changes with fewer (min-replicas-to-write)",
    "NOPERM": "let its user run scripts on the keys of this prefix (ACL SETUSER)",
}
"""What a server that takes no changes answers with, by its first word, and what to do about it."""
_CLASSES: Mapping[type[Exception], str] = {
    exceptions.ReadOnlyError: "READONLY",
    exceptions.OutOfMemoryError: "OOM",
    exceptions.NoPermissionError: "NOPERM",
}
"""Where the driver takes that word away."""
_REFUSALS = (
    exceptions.ResponseError,
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.BusyLoadingError,
)
"""The server answered. Of the last three the driver makes failures of the connection."""


class RedisStore(BaseStore):
    """Sessions in the Redis database ``url``, under keys that begin with ``prefix``.

    ``place`` is how messages name it, without the password. ``cluster``: the server is a node of one, and the others are
    found through it; the prefix is then in braces.
    """

    capabilities = frozenset(Capability)

    def __init__(
        self, url: str, place: str, prefix: str = "pysession", max_bytes: int | None = None, *, cluster: bool = False
    ) -> None:
        super().__init__(max_bytes)
        self._url = url
        self._place = place
        self._driver = driver.RedisCluster if cluster else driver.Redis
        self._prefix = (f"{{{prefix}}}" if cluster else prefix).encode()
        self._index = self._prefix + b":index"
        self._client: Any = None
        self._script: Any = None

    async def _get(self, key: Key) -> Stored:
        facts, values, messages = await self._read(key)
        document = _seam(values["seam"]).join(values["data"], messages) if messages else values["data"]
        check_size(key.id.decode(), len(document), self.max_bytes)
        return facts.stored(key, document)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        match = "grow" if condition.grows else "match"
        mode = "absent" if condition.absent else "any" if condition.etag is None else match
        moment, until = now(), "" if expires is None else expires
        values = (
            moment,
            mode,
            condition.compared or "",
            new_etag(data),
            len(data),
            until,
            int(immutable),
            data,
            _member(key),
        )
        word, facts = await self._change(key, "put", *values)
        if word == b"refused" or facts is None:
            condition.check(key, facts)
            raise NotServedError(self._place, "it refused a change for no reason")
        return facts

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        session_id = key.id.decode()
        for _ in range(_ATTEMPTS):
            base, seam, messages = await self._place_of(key, at, condition)
            checked = checked_message(session_id, message, seam.encoding)
            # In MessagePack the number of messages decides how long the head of the array is.
            count = messages if seam.encoding is Encoding.MESSAGEPACK else ""
            first, further = seam.growth(0, len(checked)), seam.growth(messages or 1, len(checked))
            values = (
                base,
                _pointer(at),
                condition.compared or "",
                count,
                first,
                further,
                self.max_bytes,
                new_etag(),
                checked,
            )
            word, facts = await self._change(key, "append", now(), *values)
            if word == b"nothing":
                raise NotFoundError(*key.names)
            if word == b"refused":
                condition.check(key, facts, may_replace=False)
            if facts is not None:
                check_size(session_id, facts.size, self.max_bytes)
                return facts
            # Another has changed it in the meantime.
        raise NotServedError(self._place, f"the session {session_id!r} changes all the time")

    async def _place_of(self, key: Key, at: str | None, condition: Condition) -> tuple[bytes, Seam, int]:
        """Where a message goes: the base that the place is in, the place, and how many messages are there."""
        for _ in range(_ATTEMPTS):
            count, base, pointer, seam, *found = await self._run(key, "look", now())
            facts = _facts(found)
            if facts is None:
                raise NotFoundError(*key.names)
            condition.check(key, facts, may_replace=False)
            if seam is not None and pointer == _pointer(at):
                return base, _seam(seam), count
            await self._find_place(key, at)
        raise NotServedError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _find_place(self, key: Key, at: str | None) -> None:
        facts, values, messages = await self._read(key)
        if messages:
            document = _seam(values["seam"]).join(values["data"], messages)
            await self._change(key, "join", now(), facts.etag, new_etag(), document)
            return
        seam = seam_of(key.id.decode(), values["data"], at)
        await self._change(key, "place", now(), values["base"], _pointer(at), msgspec.json.encode(seam))

    async def _delete(self, key: Key, condition: Condition) -> bool:
        word, facts = await self._change(key, "delete", now(), condition.compared or "", _member(key))
        if word == b"refused":
            condition.check(key, facts)
        return word == b"done"

    async def _list(self, window: Window) -> Found:
        found: Found = []
        async for key, facts in self._shows(window):
            found.append((key, facts))
            if len(found) == window.limit:
                break
        return found

    async def _sweep(self, moment: int) -> int:
        count = 0
        async for batch in self._names(_EVERYTHING):
            for key, facts in await self._looked(batch):
                # What the server itself has let go of leaves its name.
                if facts is None or (facts.expires is not None and facts.expires <= moment):
                    word, _ = await self._change(key, "clear", moment, _member(key))
                    count += word == b"done"
        return count

    async def _stats(self) -> Stats:
        sessions = size = 0
        owners: set[bytes] = set()
        async for key, facts in self._shows(_EVERYTHING):
            sessions, size = sessions + 1, size + facts.size
            owners.add(key.owner)
        return Stats(sessions, len(owners), size)

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # --- the server -----------------------------------------------------------------------------------------------------

    def _keys(self, key: Key) -> tuple[bytes, bytes, bytes]:
        """The session, its messages, and the index."""
        session = b":".join((self._prefix, b"session", key.owner.hex().encode(), key.id))
        messages = b":".join((self._prefix, b"messages", key.owner.hex().encode(), key.id))
        return session, messages, self._index

    def _opened(self) -> Any:
        if self._client is None:
            self._client = self._driver.from_url(self._url)
            script = (files("pysession.stores") / "redis_scripts.lua").read_text(encoding="utf-8")
            self._script = self._client.register_script(script)
        return self._client

    async def _change(self, key: Key, name: str, *values: Any) -> tuple[bytes, Facts | None]:
        """Run one change; the word that it answers with, and the facts that it found or left."""
        word, *found = await self._run(key, name, *values)
        return word, _facts(found)

    async def _run(self, key: Key, name: str, *values: Any) -> Any:
        with self._failures():
            self._opened()
            return await self._script(keys=self._keys(key), args=(name, *values))

    async def _read(self, key: Key) -> tuple[Facts, dict[str, bytes], list[bytes]]:
        """The facts, the other fields, and the messages, all of one moment."""
        fields, appended = await self._run(key, "read", now())
        values = {name.decode(): value for name, value in zip(fields[::2], fields[1::2], strict=True)}
        facts = _facts([values.get(name) for name in _FACTS])
        if facts is None:
            raise NotFoundError(*key.names)
        return facts, values, appended

    async def _names(self, window: Window) -> AsyncIterator[list[Key]]:
        """The names in the index that may be on the page, in order, some at a time."""
        start = b"-" if window.owner is None else b"[" + _member(Key(window.owner, window.low))
        if window.after is not None:
            start = max(start, b"(" + _member(window.after), key=lambda bound: bound[1:])
        end = b"+"
        if window.owner is not None:
            end = b"(" + (_owner(window.owner) + (b"\x01" if window.high is None else _ZERO + window.high))
        while True:
            with self._failures():
                members = await self._opened().zrangebylex(self._index, start, end, 0, _BATCH)
            yield [key for key in map(_key, members) if window.has(key)]
            if len(members) < _BATCH:
                return
            start = b"(" + members[-1]

    async def _shows(self, window: Window) -> AsyncIterator[tuple[Key, Facts]]:
        async for batch in self._names(window):
            for key, facts in await self._looked(batch):
                if facts is not None and window.shows(facts):
                    yield key, facts

    async def _looked(self, batch: list[Key]) -> list[tuple[Key, Facts | None]]:
        """What is known of the sessions, expired or not, in one round trip."""
        with self._failures():
            pipeline = self._opened().pipeline(transaction=False)
            for key in batch:
                pipeline.hmget(self._keys(key)[0], *_FACTS)
            answers = await pipeline.execute()
        return [(key, _stored_facts(found)) for key, found in zip(batch, answers, strict=True)]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What goes wrong with the server, in the words of stores."""
        try:
            yield
        except (exceptions.RedisError, exceptions.RedisClusterException, OSError) as failure:
            raise self._told(failure) from failure

    def _told(self, failure: Exception) -> StoreError:
        reason = str(failure) or type(failure).__name__
        word = _CLASSES.get(type(failure), reason.partition(" ")[0])
        if word in _NOT_WRITABLE:
            return NotWritableError(self._place, reason.rstrip("."), _NOT_WRITABLE[word])
        if isinstance(failure, _OF_CLUSTERS):
            reason += "; it is a cluster: add ?cluster=yes to its URL"
        return (NotServedError if isinstance(failure, _REFUSALS) else UnavailableError)(self._place, reason)


_EVERYTHING = Window(b"", None, None, None, 0, None)


def _owner(owner: bytes) -> bytes:
    return owner.replace(_ZERO, _ZERO_IN_OWNER)


def _member(key: Key) -> bytes:
    """The name of a session in the index, whose order is that of owners and then ids.

    A zero byte ends the owner; one that is part of it is followed by FF, which no UTF-8 has.
    """
    return _owner(key.owner) + _ZERO + key.id


def _key(member: bytes) -> Key:
    end = next(at for at in range(len(member)) if member[at : at + 1] == _ZERO and member[at + 1 : at + 2] != b"\xff")
    return Key(member[:end].replace(_ZERO_IN_OWNER, _ZERO), member[end + 1 :])


def _facts(found: list[bytes | None]) -> Facts | None:
    """Facts from the server's texts; None where there are none, or the session has expired."""
    facts = _stored_facts(found)
    return None if facts is None or facts.has_expired() else facts


def _stored_facts(found: list[bytes | None]) -> Facts | None:
    if len(found) < len(_FACTS) or found[0] is None:
        return None
    etag, size, changed, expires, immutable = (value or b"" for value in found)
    return Facts(etag.decode(), int(size), int(changed), int(expires) if expires else None, immutable == b"1")


def _pointer(at: str | None) -> bytes:
    """A pointer as it is kept; the empty one, to the whole document, differs from none."""
    return b"" if at is None else b"=" + at.encode()


def _seam(packed: bytes) -> Seam:
    return msgspec.json.decode(packed, type=Seam)
