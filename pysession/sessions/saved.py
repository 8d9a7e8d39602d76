"""Sessions in a store: ``SessionStore``, and which store it is by the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from pysession.findings.failures import PysessionError, UsageError
from pysession.sessions import shared_state
from pysession.sessions.conflicts import TrailConflictError
from pysession.sessions.envelopes import Form
from pysession.sessions.errors import NotYoursError
from pysession.sessions.events import Event, EventKind
from pysession.sessions.retention import Retention, RetentionError
from pysession.sessions.session import Session
from pysession.sessions.spans import spanning
from pysession.stores import Capability, Entry, ImmutableError, NotFoundError, Store, is_store_url, open_store
from pysession.stores.checking import check_owner

BACKEND = "MAF_SESSION_BACKEND"
URL = "MAF_SESSION_URL"

_SCHEMES: Mapping[str, tuple[str, ...]] = {
    "memory": ("memory",),
    "file": ("file",),
    "sqlite": ("sqlite",),
    "postgres": ("postgresql", "postgres"),
    "redis": ("redis", "rediss"),
    "cosmos": ("cosmos", "cosmos+http"),
}
_PLACES = {"memory": "memory:", "file": "file:sessions", "sqlite": "sqlite:///sessions.db"}
"""Where sessions are without ``MAF_SESSION_URL``; a server has no place of its own."""


class _Known(msgspec.Struct, frozen=True):
    """What is known of a session as it was last read or written."""

    etag: str | None = None
    expires: datetime | None = None
    immutable: bool = False

    @classmethod
    def of(cls, entry: Entry) -> _Known:
        return cls(entry.etag, entry.expires, entry.immutable)


class SessionStore:
    """Keeps sessions in a store, with the methods of the framework's own SessionStore: ``get``, ``set``, ``delete``.

    What was changed by another since this object read or wrote it is not overwritten: ``set`` raises ConflictError. So does
    the ``set`` of a session that this object never read, when there is one with its id. What a session shares with others
    of its user or application comes and goes with it.
    """

    def __init__(self, store: Store, *, owner: str = "") -> None:
        """Raises UsageError when ``owner`` is the one that shared state has."""
        check_owner(owner)
        self._store = store
        self._owner = owner
        self._known: dict[str, _Known] = {}
        self._trails: dict[str, tuple[Event, ...]] = {}

    async def get(self, session_id: str) -> Session | None:
        """The session, or None where there is none.

        Raises:
            CorruptSessionError, NotASessionError: what is there is no session.
            StoreError: the store fails.
        """
        with spanning("load_session", gen_ai__conversation__id=session_id):
            try:
                stored = await self._store.get(session_id, owner=self._owner)
            except NotFoundError:
                self._forget(session_id)
                return None
            session = Session.from_bytes(stored.data, source=session_id)
            await shared_state.load(self._store, session.record, self._owner)
        self._known[session_id] = _Known.of(stored)
        self._trails[session_id] = tuple(session.record.events)
        return session

    async def get_or_new(
        self,
        session_id: str,
        *,
        app_name: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retention: Mapping[str, Any] | None = None,
    ) -> Session:
        """The session, or a fresh one with this id; ``metadata`` and ``retention`` are those of a fresh one.

        One that is nobody's, such as the framework saves, is that application's and user's from then on.

        Raises:
            NotYoursError: the session is that of another application or user than is asked for.
            as :meth:`get`
        """
        session = await self.get(session_id)
        if session is None:
            session = Session(
                session_id=session_id, app_name=app_name, user_id=user_id, metadata=metadata, retention=retention
            )
            await shared_state.load(self._store, session.record, self._owner)
            return session
        if session.app_name is None and session.user_id is None and (app_name or user_id):
            session.claim(app_name=app_name, user_id=user_id)
            await shared_state.load(self._store, session.record, self._owner)
            return session
        for asked, own, what in ((app_name, session.app_name, "application"), (user_id, session.user_id, "user")):
            if asked is not None and asked != own:
                raise NotYoursError(session_id, what)
        return session

    @asynccontextmanager
    async def opened(
        self,
        session_id: str,
        *,
        app_name: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retention: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Session]:
        """The session for as long as the block lasts: as :meth:`get_or_new`, and saved at its end.

        A block that raises saves nothing.
        """
        session = await self.get_or_new(
            session_id, app_name=app_name, user_id=user_id, metadata=metadata, retention=retention
        )
        yield session
        await self.set(session_id, session)

    async def set(self, session_id: str, session: Session) -> None:
        """Save the session, and first what it shares: of that the values that it changed, on top of those of others.

        Its retention holds from now on: it expires so many days after this save, and may have been pruned before it.

        Raises:
            RetentionError: the store cannot keep sessions so.
            ImmutableError: the stored session only grows, and this one is not what it has grown to; it says where.
            ConflictError: another has changed it, or made it (what it shares is stored all the same); or, as
                TrailConflictError, its trail does not go on from the stored one.
            StateValueError: a value has no JSON form.
            StoreError: the store fails.
        """
        known = self._known.get(session_id)
        _check_promised(session.retention, self._store)
        await session.prune_if_due()
        if not session.record.events.extends(self._trails.get(session_id, ())):
            raise TrailConflictError(session_id, self._owner)
        with spanning("save_session", gen_ai__conversation__id=session_id):
            if session.record.has_unshared:
                session.to_bytes(Form.SESSION)  # what cannot be saved changes nothing of what is shared either
            await shared_state.flush(self._store, session.record, self._owner)
            session.note(EventKind.SAVED)
            trail = tuple(session.record.events)
            try:
                data = session.to_bytes(Form.SESSION)
                entry = await self._put(session_id, data, session.retention, known)
            except PysessionError as failure:
                # What was recorded stays; a reader of the trail is told that it was not so.
                session.note(EventKind.SAVE_FAILED, why=type(failure).__name__)
                raise
        self._known[session_id] = _Known.of(entry)
        self._trails[session_id] = trail

    async def _put(self, session_id: str, data: bytes, retention: Retention, known: _Known | None) -> Entry:
        before = known or _Known()
        try:
            return await self._store.put(
                session_id,
                data,
                owner=self._owner,
                if_match=before.etag,
                if_absent=known is None,
                expires=retention.expires() or before.expires,
                immutable=retention.immutable or before.immutable,
            )
        except ImmutableError:
            # A session without a trail may be saved as it is stored; a store takes only what has grown.
            stored = await self._store.get(session_id, owner=self._owner)
            if stored.data != data:
                raise
            return stored

    async def delete(self, session_id: str) -> None:
        """Remove the session, if there is one."""
        self._forget(session_id)
        await self._store.delete(session_id, owner=self._owner)

    def _forget(self, session_id: str) -> None:
        self._known.pop(session_id, None)
        self._trails.pop(session_id, None)

    async def close(self) -> None:
        """Let go of files and connections."""
        await self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _check_promised(retention: Retention, store: Store) -> None:
    """Raises RetentionError when the store does not promise what the retention needs."""
    for needed, capability in (
        (retention.ttl_days is not None, Capability.EXPIRY),
        (retention.immutable, Capability.IMMUTABLE),
    ):
        if needed and capability not in store.capabilities:
            raise RetentionError(f"{type(store).__name__} does not promise {capability}, which the retention needs")


def open_sessions(
    backend: str | None = None, url: str | None = None, *, owner: str = "", environment: Mapping[str, str] = os.environ
) -> SessionStore:
    """The sessions of the backend that ``MAF_SESSION_BACKEND`` names, at ``MAF_SESSION_URL``; both can be given.

    ``memory``, ``file`` (the folder ``sessions`` without a URL), ``sqlite`` (the file ``sessions.db``), and those of a
    server, which need a URL: ``postgres``, ``redis``, ``cosmos``. Without a backend the URL says what it is, and without
    both it is ``sqlite``.

    Raises:
        UsageError: no such backend, or the URL is missing or is another's.
        StoreUrlError: the URL names no store.
    """
    url = url or environment.get(URL)
    backend = backend or environment.get(BACKEND) or (None if url else "sqlite")
    if backend is None:
        return SessionStore(open_store(url or ""), owner=owner)
    if backend not in _SCHEMES:
        raise UsageError(f"there is no session backend {backend!r}; {BACKEND} is one of {', '.join(_SCHEMES)}")
    place = url or _PLACES.get(backend)
    if place is None:
        raise UsageError(f"the backend {backend} is a server; say where it is by {URL}={_SCHEMES[backend][0]}://…")
    if is_store_url(place) and place.partition(":")[0].lower() not in _SCHEMES[backend]:
        raise UsageError(f"{URL} is no address of the backend {backend}; it would begin with {_SCHEMES[backend][0]}:")
    return SessionStore(open_store(place), owner=owner)
