"""``diskcache.Cache``, a key-value store of others, behind the protocol of stores, as far as it goes."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from diskcache import Cache

from pysession.stores import Capability, Entry, NotFoundError, Stored


class DiskCacheStore:
    """It has no etags, owners, lists or appended messages, and declares none."""

    capabilities = frozenset({Capability.EXPIRY, Capability.PERSISTENT, Capability.SHARED, Capability.DURABLE})
    max_bytes = 1_000_000

    def __init__(self, folder: Path) -> None:
        self._cache = Cache(str(folder), eviction_policy="none")

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        data, expires = await asyncio.to_thread(self._cache.get, session_id, None, expire_time=True)
        if data is None:
            raise NotFoundError(session_id)
        return Stored(**_facts(session_id, data, expires), data=data)

    async def put(self, session_id: str, data: bytes, *, expires: datetime | None = None, **options: Any) -> Entry:
        seconds = None if expires is None else expires.timestamp() - time.time()
        await asyncio.to_thread(self._cache.set, session_id, data, expire=seconds)
        return Entry(**_facts(session_id, data, None if expires is None else expires.timestamp()))

    async def delete(self, session_id: str, **options: Any) -> bool:
        return bool(await asyncio.to_thread(self._cache.delete, session_id))

    async def sweep(self) -> int:
        return int(await asyncio.to_thread(self._cache.expire))

    async def close(self) -> None:
        self._cache.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._cache.close()


def _facts(session_id: str, data: bytes, expires: float | None) -> dict[str, Any]:
    return {
        "id": session_id,
        "etag": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "changed": datetime(1970, 1, 1, tzinfo=UTC),
        "expires": None if expires is None else datetime.fromtimestamp(expires, UTC),
    }
