"""What the stores of this package share: arguments are checked and turned into bytes once, for all of them."""

from __future__ import annotations

import re
import secrets
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import NamedTuple, Self

import msgspec

from pysession.stores.appending import is_within_item
from pysession.stores.checking import (
    after_prefix,
    check_limit,
    check_put,
    check_size,
    id_bytes,
    microseconds,
    moment,
    now,
    owner_bytes,
    page_token,
    read_page_token,
)
from pysession.stores.failures import ConflictError, ImmutableError, NotFoundError
from pysession.stores.growing import why_not_grown
from pysession.stores.keeping import keeping_of
from pysession.stores.protocol import (
    CHECKSUM_MARK,
    DEFAULT_PAGE,
    Capability,
    Entry,
    Page,
    Stats,
    Stored,
    checksum_of,
)
from pysession.wire import DEFAULT_LIMITS

_NUMBER = re.compile(r"/[0-9]+(/|\Z)")
"""In a pointer, a step that may be the index of an item."""

_ATTEMPTS = 100
"""How often what an immutable session has grown to is put, while others append to it."""


class Key(NamedTuple):
    """Under which a session is kept, in UTF-8, whose order is that of code points."""

    owner: bytes
    id: bytes

    @property
    def names(self) -> tuple[str, str]:
        """The id and the owner, as failures name them."""
        return self.id.decode(), self.owner.decode()


class Facts(msgspec.Struct, frozen=True):
    """What a store knows of a session beside its bytes; moments are microseconds since 1970."""

    etag: str
    size: int
    changed: int
    expires: int | None = None
    immutable: bool = False

    def has_expired(self) -> bool:
        """Whether it is as if it were not there."""
        return self.expires is not None and self.expires <= now()

    def entry(self, key: Key) -> Entry:
        return Entry(
            id=key.id.decode(),
            owner=key.owner.decode(),
            etag=self.etag,
            size=self.size,
            changed=moment(self.changed),
            expires=None if self.expires is None else moment(self.expires),
            immutable=self.immutable,
        )

    def stored(self, key: Key, data: bytes) -> Stored:
        return Stored(
            id=key.id.decode(),
            owner=key.owner.decode(),
            etag=self.etag,
            size=self.size,
            changed=moment(self.changed),
            expires=None if self.expires is None else moment(self.expires),
            immutable=self.immutable,
            data=data,
        )


_NO_ETAG = "-"


class Condition(msgspec.Struct, frozen=True):
    """What must hold of the session that is there.

    ``grows``: what is put is known to be the session with this etag grown, so that an immutable one takes it too.
    """

    etag: str | None = None
    absent: bool = False
    grows: bool = False

    @property
    def compared(self) -> str | None:
        """The etag for a backend to compare. What no store has ever given (it is empty, or holds what some backends do not
        take, such as U+0000) is told as one that none has."""
        if self.etag is None or (self.etag.isascii() and self.etag.isprintable() and self.etag):
            return self.etag
        return _NO_ETAG

    def check(self, key: Key, found: Facts | None, *, may_replace: bool = True) -> None:
        """Raise what stands against the change; ``may_replace`` is false where an immutable session takes it too.

        Raises:
            ConflictError, ImmutableError: as the protocol says.
        """
        if self.absent and found is not None:
            raise ConflictError(*key.names, None, found.etag)
        if self.etag is not None and (found is None or found.etag != self.etag):
            raise ConflictError(*key.names, self.etag, None if found is None else found.etag)
        if may_replace and found is not None and found.immutable and not self.grows:
            raise ImmutableError(*key.names)


class Window(msgspec.Struct, frozen=True):
    """What a page shows: ids from ``low`` on and below ``high`` (None: no end), behind the key ``after``.

    With ``expired`` it is what had expired at that moment, and else what has not.
    """

    low: bytes
    high: bytes | None
    owner: bytes | None
    since: int | None
    limit: int
    after: Key | None
    expired: int | None = None

    def shows(self, facts: Facts | None) -> bool:
        """Whether a session with these facts belongs on a page of this kind."""
        if facts is None or (self.since is not None and facts.changed < self.since):
            return False
        if self.expired is not None:
            return facts.expires is not None and facts.expires <= self.expired
        return not facts.has_expired()

    def has(self, key: Key) -> bool:
        """Whether the key belongs on this page or a later one."""
        return (
            key.id >= self.low
            and (self.high is None or key.id < self.high)
            and (self.owner is None or key.owner == self.owner)
            and (self.after is None or key > self.after)
        )


Found = list[tuple[Key, Facts]]
"""Sessions of a page, in order."""


def new_etag(data: bytes | None = None) -> str:
    """An etag that no session has had before: 64 random bits, so that one deleted and made again has another.

    With the document as it will be stored it ends with its checksum, and damage is noticed (:attr:`Stored.is_whole`).
    """
    unique = secrets.token_hex(8)
    return unique if data is None else f"{unique}{CHECKSUM_MARK}{checksum_of(data)}"


class BaseStore(ABC):
    """A :class:`~pysession.stores.Store` on a few hooks, which get checked arguments and raise the failures of stores."""

    capabilities: frozenset[Capability]
    often_at_once = False
    """Whether small documents are mostly put without waiting, by coroutines that ask nothing of the task that they are in."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = DEFAULT_LIMITS.bytes if max_bytes is None else max_bytes

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        return await self._get(_key(session_id, owner))

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
        key = _key(session_id, owner)
        check_put(data, if_match, if_absent)
        check_size(session_id, len(data), self.max_bytes)
        keeping = keeping_of(data)
        if expires is None and keeping.ttl is not None:
            expires = datetime.now(UTC) + keeping.ttl
        until = None if expires is None else microseconds(expires)
        immutable = immutable or keeping.immutable
        condition = Condition(if_match, if_absent)
        for _ in range(_ATTEMPTS):
            try:
                return (await self._put(key, data, condition, until, immutable)).entry(key)
            except ImmutableError:
                if not immutable:
                    raise
            grown = await self._grown(key, data, condition, until)
            if grown is not None:
                return grown.entry(key)
        raise ImmutableError(*key.names, "it changes all the time")

    async def _grown(self, key: Key, data: bytes, condition: Condition, expires: int | None) -> Facts | None:
        """Put what the immutable session has grown to; None: it has changed, or expired, since it was looked at.

        Raises:
            ImmutableError: it is not that session grown, or would expire earlier.
            ConflictError: its etag is not what the caller named.
        """
        try:
            stored = await self._get(key)
        except NotFoundError:
            return None
        until = None if stored.expires is None else microseconds(stored.expires)
        if expires is None:
            expires = until
        elif until is None or expires < until:
            raise ImmutableError(*key.names, "it would expire earlier than it was to")
        why = why_not_grown(stored.data, data)
        if why is not None:
            raise ImmutableError(*key.names, why)
        try:
            return await self._put(key, data, Condition(stored.etag, grows=True), expires, True)
        except ConflictError:
            if condition.etag is not None:
                raise
            return None

    async def append(
        self, session_id: str, message: bytes, *, owner: str = "", at: str | None = None, if_match: str | None = None
    ) -> Entry:
        key = _key(session_id, owner)
        check_put(message, if_match, False)
        if at is not None and _NUMBER.search(at):
            stored = await self._get(key)
            if stored.immutable and is_within_item(session_id, stored.data, at):
                raise ImmutableError(*key.names, f"what stands at {at} is part of an item, which would change")
        return (await self._append(key, message, at, Condition(if_match))).entry(key)

    async def delete(self, session_id: str, *, owner: str = "", if_match: str | None = None) -> bool:
        return await self._delete(_key(session_id, owner), Condition(if_match))

    async def list(
        self,
        *,
        prefix: str = "",
        owner: str | None = None,
        changed_since: datetime | None = None,
        limit: int = DEFAULT_PAGE,
        page: str | None = None,
    ) -> Page:
        check_limit(limit)
        low = owner_bytes(prefix)
        window = Window(
            low,
            after_prefix(low),
            None if owner is None else owner_bytes(owner),
            None if changed_since is None else microseconds(changed_since),
            limit + 1,
            None if page is None else Key(*read_page_token(page)),
        )
        return await self._shown(window)

    async def expired(
        self, *, before: datetime | None = None, limit: int = DEFAULT_PAGE, page: str | None = None
    ) -> Page:
        check_limit(limit)
        after = None if page is None else Key(*read_page_token(page))
        return await self._shown(Window(b"", None, None, None, limit + 1, after, _past(before)))

    async def _shown(self, window: Window) -> Page:
        """A page; the window asks for one session more, which tells whether there is another."""
        found: Found = await self._list(window)
        shown = found[: window.limit - 1]
        token = page_token(*shown[-1][0]) if len(found) > len(shown) else None
        return Page(tuple(facts.entry(key) for key, facts in shown), token)

    async def sweep(self, *, before: datetime | None = None) -> int:
        return await self._sweep(_past(before))

    async def stats(self) -> Stats:
        return await self._stats()

    async def close(self) -> None:
        await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    @abstractmethod
    async def _get(self, key: Key) -> Stored: ...

    @abstractmethod
    async def _put(
        self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool
    ) -> Facts: ...

    @abstractmethod
    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts: ...

    @abstractmethod
    async def _delete(self, key: Key, condition: Condition) -> bool: ...

    @abstractmethod
    async def _list(self, window: Window) -> Found: ...

    @abstractmethod
    async def _sweep(self, moment: int) -> int: ...

    @abstractmethod
    async def _stats(self) -> Stats: ...

    @abstractmethod
    async def _close(self) -> None: ...


def _past(before: datetime | None) -> int:
    """The moment up to which what expired counts: now, and never later."""
    return now() if before is None else min(now(), microseconds(before))


def _key(session_id: str, owner: str) -> Key:
    return Key(owner_bytes(owner), id_bytes(session_id))
