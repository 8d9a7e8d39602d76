"""``pysession serve`` on each kind of store, as real processes: what is put is there, also for the next server on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pysession.exchange.client import Event, ExchangeClient, SyncExchangeClient
from pysession.schema import shipped
from pysession.stores import ConflictError, NotFoundError
from tests.exchange.documents import session
from tests.exchange.serving import Served
from tests.stores import servers

DOTNET = (shipped("fixtures") / "golden/dotnet/1.17.0/streaming_tools.json").read_bytes()
LARGE = session(size=1_000_000, session_id="large")

STORES: dict[str, Callable[[ExitStack, Path], str]] = {
    "file": lambda stack, folder: f"file:{folder}/sessions",
    "postgresql": lambda stack, folder: stack.enter_context(servers.postgres()).url,
    "redis": lambda stack, folder: stack.enter_context(servers.redis()).url,
    "cosmos": lambda stack, folder: stack.enter_context(servers.cosmos()).url,
    "s3": lambda stack, folder: stack.enter_context(servers.s3()).url.replace("?", "/folder?"),
}


@pytest.fixture(scope="module", params=STORES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("any-store")
    with ExitStack() as stack:
        served = Served(folder, "--store", STORES[request.param](stack, folder), "--watch-seconds", "1")
        served.start()
        stack.callback(served.kill)
        yield served


def test_sessions_are_kept_as_they_are_on_any_store(served: Served) -> None:
    with SyncExchangeClient(served.address) as client:
        first = client.put("s", DOTNET)
        client.put("large", LARGE)
        client.put("typed", client.get("s", typed=True).data, typed=True)
        soon = datetime.now(UTC) + timedelta(days=1)
        assert client.put("some-day-gone", DOTNET, expires=soon).expires is not None
        assert [entry.id for entry in client.entries()] == ["large", "s", "some-day-gone", "typed"]
        # Of writers with one etag one wins.
        assert asyncio.run(writers(served, first.etag)).count("stored") == 1
        with pytest.raises(ConflictError):
            client.put("s", DOTNET, if_absent=True)
    # The next server on the store has what the one that was killed acknowledged.
    served.kill()
    served.start()
    with SyncExchangeClient(served.address) as client:
        assert client.get("large").data == LARGE
        assert client.get("typed").data == DOTNET
        converted = client.get("typed", to="python@1.21.0")
        assert (converted.source, converted.target) == ("dotnet", "python@1.21.0")
        assert client.delete("typed")
        with pytest.raises(NotFoundError):
            client.get("typed")


async def writers(served: Served, etag: str) -> list[str]:
    """What becomes of five who replace one session by its etag at once."""

    async def write(number: int) -> str:
        async with ExchangeClient(served.address) as client:
            try:
                await client.put("s", session(str(number)), if_match=etag)
            except ConflictError:
                return "refused"
            return "stored"

    return await asyncio.gather(*map(write, range(5)))


def test_changes_are_told_on_any_store(served: Served) -> None:
    async def body() -> None:
        async with ExchangeClient(served.address) as client, asyncio.timeout(30):
            watch = client.watch()
            assert (await anext(watch)).event is Event.READY
            entry = await client.put("s", DOTNET)
            changed = await anext(watch)
            assert (changed.event, changed.entry and changed.entry.etag) == (Event.CHANGED, entry.etag)

    asyncio.run(body())
