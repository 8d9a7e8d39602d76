"""What has expired is removed by a sweep, and the trail of it outlives what was removed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import pysession
from pysession.findings.failures import UsageError
from pysession.sessions import Session, SessionStore, removals, sweep
from pysession.stores import REMOVALS_OWNER, ImmutableError, NotFoundError, Store, open_store
from pysession.stores.memory import MemoryStore
from pysession.verbs.stores import entries


@pytest.fixture(params=["memory:", "file:{}/folder", "sqlite:///{}/s.db", "postgresql", "redis"])
def store(
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Store:
    if request.param in ("postgresql", "redis"):
        url: Callable[[], str] = request.getfixturevalue(f"{request.param.removesuffix('ql')}_url")
        return open_store(url())
    return open_store(request.param.format(tmp_path))


SOON = 1.0 / 86400


async def _expire(store: Store) -> None:
    """Two sessions that expire, of two owners, and two that do not."""
    for owner in ("", "ann"):
        session = Session(session_id="s", retention={"ttl_days": SOON, "immutable": True})
        await SessionStore(store, owner=owner).set("s", session)
        await store.put("kept", Session(session_id="kept").to_bytes(), owner=owner)
    await asyncio.sleep(1.3)


def test_only_expiry_ends_an_immutable_session_and_the_trail_tells(store: Store) -> None:
    async def main() -> None:
        async with store:
            before = await store.put("s", Session(retention={"ttl_days": SOON, "immutable": True}).to_bytes())
            with pytest.raises(ImmutableError):
                await store.delete("s")
            assert (await sweep(store)).count == 0
            assert (await store.get("s")).etag == before.etag
            await _expire_now(store)
            with pytest.raises(NotFoundError):
                await store.get("s")
            dry = await sweep(store, dry_run=True)
            assert [entry.id for entry in dry.entries] == ["s"]
            swept = await sweep(store)
            assert (swept.count, [entry.id for entry in swept.entries]) == (1, ["s"])
            assert (await sweep(store)).count == 0
            (event,) = await removals(store)
            assert (event.kind, event.detail["session_id"], event.detail["immutable"]) == ("expired", "s", True)
            assert event.detail["size"] == before.size

    asyncio.run(main())


async def _expire_now(store: Store) -> None:
    await asyncio.sleep(1.3)


def test_each_owner_has_a_trail_that_nobody_can_change_and_that_is_no_session(store: Store) -> None:
    async def main() -> None:
        async with store:
            await _expire(store)
            assert (await sweep(store)).count == 2
            for owner in ("", "ann"):
                assert [event.detail["session_id"] for event in await removals(store, owner=owner)] == ["s"]
            assert await removals(store, owner="bob") == ()
            assert [(entry.owner, entry.id) async for entry in entries(store)] == [("", "kept"), ("ann", "kept")]
            for entry in (await store.list(owner=REMOVALS_OWNER)).entries:
                assert entry.immutable
                with pytest.raises(ImmutableError):
                    await store.delete(entry.id, owner=REMOVALS_OWNER)
                trail = await store.get(entry.id, owner=REMOVALS_OWNER)
                assert {one.rule for one in pysession.check(trail.data).findings} == {"history-missing"}
            with pytest.raises(UsageError):
                SessionStore(store, owner=REMOVALS_OWNER)

    asyncio.run(main())


def test_sweeps_at_once_lose_no_event() -> None:
    async def main() -> None:
        store = MemoryStore()
        past = datetime.now(UTC) - timedelta(hours=1)
        for number in range(20):
            await store.put(str(number), b"{}", expires=past)
            await asyncio.gather(*(sweep(store) for _ in range(3)))
        told = [event.detail["session_id"] for event in await removals(store)]
        assert set(told) == {str(number) for number in range(20)}
        assert [event.sequence for event in await removals(store)] == list(range(2, len(told) + 2))
        assert len(await removals(store, limit=2)) == 2
        assert await removals(store, since="2100-01-01") == ()

    asyncio.run(main())


def test_a_trail_of_many_removals_is_in_parts_that_are_read_as_one() -> None:
    async def main() -> None:
        store = MemoryStore()
        past = datetime.now(UTC) - timedelta(hours=1)
        for first in (0, 600, 1200, 3700):
            for number in range(first, 3700 if first == 1200 else first + 600):
                await store.put(f"{number:04}", b"{}", expires=past)
            await sweep(store)
        told = [event.detail["session_id"] for event in await removals(store)]
        assert told == [f"{number:04}" for number in range(4300)]
        assert [event.detail["session_id"] for event in await removals(store, limit=2)] == ["4298", "4299"]
        assert len((await store.list(owner=REMOVALS_OWNER)).entries) > 4
        assert max(entry.size for entry in (await store.list(owner=REMOVALS_OWNER)).entries) < 300_000

    asyncio.run(main())


def test_a_store_of_others_that_cannot_tell_is_swept_all_the_same() -> None:
    class Silent:
        async def sweep(self) -> int:
            return 3

    async def main() -> None:
        store: Any = Silent()
        assert (await sweep(store)).count == 3
        assert (await sweep(store, dry_run=True)).count == 0

    asyncio.run(main())
