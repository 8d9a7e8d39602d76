"""``FileSessionStore`` of agent-framework-core behind the protocol of stores, as far as it goes."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from agent_framework import AgentSession, FileSessionStore

from pysession.stores import Capability, Entry, NotFoundError, SessionIdError, Stored

_BYTES = "bytes"


class FrameworkStore:
    """What is a JSON object is handed to the framework as a session; other bytes are a value in a session's state.

    It has no etags, owners, lists, expiry or appended messages, and declares none.
    """

    capabilities = frozenset({Capability.PERSISTENT, Capability.SHARED, Capability.DURABLE})
    max_bytes = 1_000_000

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._store = FileSessionStore(folder)

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        _check_id(session_id)
        session = await self._store.get(session_id)
        if session is None:
            raise NotFoundError(session_id)
        packed = session.state.get(_BYTES)
        if isinstance(packed, str):
            data = base64.b64decode(packed)
        else:
            data = json.dumps(session.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
        return Stored(id=session_id, etag=_etag(data), size=len(data), changed=_changed(), data=data)

    async def put(self, session_id: str, data: bytes, **options: Any) -> Entry:
        _check_id(session_id)
        await self._store.set(session_id, _session(session_id, data))
        return Entry(id=session_id, etag=_etag(data), size=len(data), changed=_changed())

    async def delete(self, session_id: str, **options: Any) -> bool:
        _check_id(session_id)
        there = await self._store.get(session_id) is not None
        await self._store.delete(session_id)
        return there

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        pass


def _session(session_id: str, data: bytes) -> AgentSession:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return AgentSession.from_dict({"type": "session", "session_id": session_id, "state": {}, **value})
    session = AgentSession(session_id=session_id)
    session.state[_BYTES] = base64.b64encode(data).decode()
    return session


def _check_id(session_id: str) -> None:
    try:
        FileSessionStore.validate_session_id(session_id)
        session_id.encode()
    except ValueError as failure:
        raise SessionIdError(session_id, str(failure)) from failure


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _changed() -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC)
