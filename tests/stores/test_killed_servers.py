"""A server that is killed loses no acknowledged write."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from pysession.stores import NotFoundError, Store, StoreError, open_store
from pysession.testing.store_demands import message
from pysession.testing.store_processes import KILLS
from tests.stores import servers

SERVER_KILLS = max(3, KILLS // 10)
"""Starting a server again takes seconds."""


def synchronous_redis() -> AbstractContextManager[servers.Server]:
    """With its default, ``everysec``, Redis acknowledges for up to two seconds what it has not written, while a disk is slow."""
    return servers.redis("--appendfsync", "always")


@pytest.mark.parametrize("kind", [servers.postgres, synchronous_redis], ids=["postgres", "redis"])
def test_a_killed_server_loses_no_acknowledged_write(
    kind: Callable[[], AbstractContextManager[servers.Server]],
) -> None:
    moments = random.Random()
    with kind() as server:

        async def run() -> None:
            put = appended = 0
            for _ in range(SERVER_KILLS):
                async with open_store(server.url) as store:
                    put, appended = await check(store, put, appended)
                    killing = asyncio.create_task(kill(server, moments.uniform(0.1, 0.6)))
                    try:
                        while True:
                            await store.put("s", json.dumps([put + 1, "x" * 5000, put + 1]).encode())
                            put += 1
                            await store.append("lines", message(str(appended + 1)))
                            appended += 1
                    except StoreError:
                        await killing
                await asyncio.to_thread(server.start)
            async with open_store(server.url) as store:
                await check(store, put, appended)
            assert put
            assert appended

        asyncio.run(run())


async def kill(server: servers.Server, after: float) -> None:
    await asyncio.sleep(after)
    await asyncio.to_thread(server.kill)


async def check(store: Store, put: int, appended: int) -> tuple[int, int]:
    """Hold what is there against what was acknowledged. What was under way when the server was killed may be there too."""
    try:
        first, _, last = json.loads((await store.get("s")).data)
    except NotFoundError:
        assert not put
        await store.put("lines", b"")
        return 0, 0
    assert first == last
    assert put <= first <= put + 1
    lines = [json.loads(line) for line in (await store.get("lines")).data.splitlines()]
    numbers = [int(one["contents"][0]["text"]) for one in lines]
    assert numbers[:appended] == [*range(1, appended + 1)]
    assert len(numbers) <= appended + 1
    return first, len(numbers)
