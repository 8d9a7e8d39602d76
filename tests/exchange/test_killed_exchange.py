"""A server that is killed while it is written to: every acknowledged write is there, none is torn, none is done twice."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from pysession.exchange.client import ExchangeClient, Retries, SyncExchangeClient
from pysession.stores import NotFoundError, StoreError
from pysession.testing.store_processes import KILLS
from tests.exchange.documents import session
from tests.exchange.serving import Served, serving

_WRITERS = 5
_LONGEST_SECONDS = 0.4
_LARGE = 400_000
"""In chunks; the others go in one message."""
PATIENT = Retries(attempts=1000, first_seconds=0.05, longest_seconds=0.3)


def document(writer: int, number: int) -> bytes:
    return session(f"{writer} {number} ", size=_LARGE if number % 5 == 0 else 3000, session_id=f"w{writer}")


def test_a_killed_server_loses_no_acknowledged_write(tmp_path: Path) -> None:
    """Writers that give up when the server is killed know up to where they were acknowledged.

    It is killed when one of them has just been acknowledged, whatever the others are at: a server that answers before it has
    stored is then found out within few kills.
    """
    moments = random.Random()

    async def write(
        client: ExchangeClient, server: Served, writer: int, acknowledged: list[int], time_is_up: asyncio.Event
    ) -> None:
        while True:
            await client.put(f"w{writer}", document(writer, acknowledged[writer] + 1))
            if time_is_up.is_set():
                server.kill()
            acknowledged[writer] += 1

    async def body(server: Served) -> None:
        acknowledged = [0] * _WRITERS
        for _ in range(KILLS):
            time_is_up = asyncio.Event()
            async with ExchangeClient(server.address, retries=Retries(attempts=1)) as client:
                writing = [
                    asyncio.create_task(write(client, server, writer, acknowledged, time_is_up))
                    for writer in range(_WRITERS)
                ]
                await asyncio.sleep(moments.uniform(0, _LONGEST_SECONDS))
                time_is_up.set()
                for result in await asyncio.gather(*writing, return_exceptions=True):
                    assert isinstance(result, StoreError)
            await asyncio.to_thread(server.start)
            async with ExchangeClient(server.address) as client:
                for writer in range(_WRITERS):
                    acknowledged[writer] = await there(client, writer, acknowledged[writer])
        assert sum(acknowledged) >= KILLS

    with serving(tmp_path, "--quiet") as server:
        asyncio.run(body(server))


async def there(client: ExchangeClient, writer: int, acknowledged: int) -> int:
    """The number of the document that is there: the last that was acknowledged, or one that nobody was told of."""
    try:
        data = (await client.get(f"w{writer}")).data
    except NotFoundError:
        assert not acknowledged
        return 0
    number = next((each for each in (acknowledged, acknowledged + 1) if data == document(writer, each)), None)
    assert number is not None, "a document is torn, or an acknowledged one is gone"
    return number


def test_a_client_that_tries_again_writes_once_over_a_killed_server(tmp_path: Path) -> None:
    """Each write holds the etag of the one before: one that was done twice, or not at all, would break the chain."""
    moments = random.Random()
    kills = max(3, KILLS // 5)

    async def write(client: ExchangeClient, written: list[int], done: asyncio.Event) -> None:
        etag = None
        while not done.is_set():
            data = document(0, written[0])
            etag = (await client.put("chain", data, if_match=etag, if_absent=etag is None)).etag
            written[0] += 1

    async def body(server: Served) -> None:
        written, done = [0], asyncio.Event()
        async with ExchangeClient(server.address, retries=PATIENT, timeout=None) as client:
            writing = asyncio.create_task(write(client, written, done))
            for _ in range(kills):
                before = written[0]
                while written[0] == before and not writing.done():
                    await asyncio.sleep(0.005)
                await asyncio.sleep(moments.uniform(0, _LONGEST_SECONDS))
                server.kill()
                await asyncio.to_thread(server.start)
            done.set()
            await writing
            assert written[0] >= kills
            assert (await client.get("chain")).data == document(0, written[0] - 1)

    with serving(tmp_path, "--quiet") as server:
        asyncio.run(body(server))


def test_a_server_that_stops_lets_its_clients_finish(tmp_path: Path) -> None:
    with serving(tmp_path) as server, SyncExchangeClient(server.address, retries=PATIENT) as client:
        entry = client.put("s", document(0, 3))
        assert server.stop() == 0
        server.start()
        assert client.get("s").etag == entry.etag
