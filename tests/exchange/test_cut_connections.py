"""A connection that is cut at any moment: nothing is half stored, and the transfer goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from pysession.exchange.client import (
    NO_RETRIES,
    DataLossError,
    DeadlineError,
    Event,
    ExchangeClient,
    Retries,
    SyncExchangeClient,
    Watched,
)
from pysession.stores import NotFoundError, UnavailableError
from tests.exchange.documents import session
from tests.exchange.proxy import Cut, Proxy, proxy
from tests.exchange.serving import Served

CHUNK = 64 * 1024
CHUNKS = 10
SIZE = CHUNKS * CHUNK
DATA = session("new", size=SIZE)
OLD = session("old")
# gRPC connects again after a tenth of a second, and says until then that it cannot: so many attempts go on beyond it.
QUICK = Retries(attempts=12, first_seconds=0.02, longest_seconds=0.2)

# A connection begins with a few hundred bytes that are no part of the transfer; each chunk has some around it.
BEGINNINGS = {"before the header": 10, "in the header": 400, "before the first chunk": 700}
AFTER_CHUNKS = {f"after chunk {number}": number * (CHUNK + 40) for number in range(1, CHUNKS)}
LAST = {"in the last chunk": SIZE - 1000, "before the trailer": SIZE + 300}
PHASES = BEGINNINGS | AFTER_CHUNKS | LAST


@pytest.mark.parametrize("after", PHASES.values(), ids=PHASES)
def test_an_upload_that_is_cut_stores_nothing(server: Served, after: int) -> None:
    async def body(between: Proxy) -> None:
        session_id = f"cut-put-{after}"
        async with ExchangeClient(server.address) as direct:
            old = await direct.put(session_id, OLD)
            async with ExchangeClient(between.address, retries=NO_RETRIES) as client:
                await client.list(limit=1)  # A connection that does not come about gRPC makes again by itself.
                between.cut = Cut(after, upwards=True)
                with pytest.raises(UnavailableError):
                    await client.put(session_id, DATA)
            assert between.cuts == 1
            there = await direct.get(session_id)
            assert (there.data, there.etag) == (OLD, old.etag)

    with proxy(server.port) as between:
        asyncio.run(body(between))


@pytest.mark.parametrize("after", PHASES.values(), ids=PHASES)
def test_an_upload_that_is_cut_goes_on_where_it_was(server: Served, after: int) -> None:
    async def body(between: Proxy) -> None:
        session_id = f"resumed-put-{after}"
        between.cut = Cut(after, upwards=True)
        async with ExchangeClient(between.address, retries=QUICK) as client:
            entry = await client.put(session_id, DATA, if_absent=True)
        assert between.cuts == 1
        async with ExchangeClient(server.address) as direct:
            there = await direct.get(session_id)
            assert (there.data, there.etag) == (DATA, entry.etag)

    with proxy(server.port) as between:
        asyncio.run(body(between))


@pytest.mark.parametrize("size", [1000, SIZE], ids=["in one message", "in chunks"])
@pytest.mark.parametrize("condition", ["none", "absent", "etag"])
def test_a_put_whose_answer_is_lost_is_done_once(server: Served, size: int, condition: str) -> None:
    """The request is through, and the connection is cut before a byte of the answer."""

    async def body(between: Proxy) -> None:
        session_id = f"lost-answer-{condition}-{size}"
        data = session("new", size=size)
        async with (
            ExchangeClient(server.address) as direct,
            ExchangeClient(between.address, retries=QUICK) as client,
        ):
            etag = (await direct.put(session_id, OLD)).etag if condition == "etag" else None
            watching = direct.watch(prefix=session_id)
            assert (await anext(watching)).event is Event.READY
            await client.list(limit=1)  # The connection is there, and what its beginning takes is through.
            between.cut = Cut(None)
            entry = await client.put(session_id, data, if_match=etag, if_absent=condition == "absent")
            assert between.cuts == 1
            there = await direct.get(session_id)
            assert (there.data, there.etag) == (data, entry.etag)
            # Those who watch see it changed once, and not twice.
            await direct.put(f"{session_id} end", OLD)
            assert await etags_until(watching, f"{session_id} end") == {entry.etag}

    with proxy(server.port) as between:
        asyncio.run(body(between))


async def etags_until(watching: AsyncIterator[Watched], last: str) -> set[str]:
    """The etags that a session has had, up to a change of the session ``last``."""
    found = set()
    async for change in watching:
        if change.session_id == last:
            return found
        assert change.entry is not None
        found.add(change.entry.etag)
    raise AssertionError("the watch has ended")


def test_a_delete_whose_answer_is_lost_says_that_there_was_one(server: Served) -> None:
    async def body(between: Proxy) -> None:
        async with (
            ExchangeClient(server.address) as direct,
            ExchangeClient(between.address, retries=QUICK) as client,
        ):
            await direct.put("lost-delete", OLD)
            await client.list(limit=1)
            between.cut = Cut(None)
            assert await client.delete("lost-delete")
            assert between.cuts == 1
            with pytest.raises(NotFoundError):
                await direct.get("lost-delete")

    with proxy(server.port) as between:
        asyncio.run(body(between))


@pytest.mark.parametrize("after", PHASES.values(), ids=PHASES)
def test_a_download_that_is_cut_goes_on_where_it_was(server: Served, after: int) -> None:
    async def body(between: Proxy) -> None:
        async with ExchangeClient(server.address) as direct:
            entry = await direct.put("cut-get", DATA)
        async with ExchangeClient(between.address, retries=QUICK) as client:
            await client.list(prefix="cut-get")  # so that it knows that the session is large
            between.cut = Cut(after)
            received = await client.get("cut-get")
        assert between.cuts == 1
        assert (received.data, received.etag) == (DATA, entry.etag)

    with proxy(server.port) as between:
        asyncio.run(body(between))


def test_what_has_arrived_before_a_cut_does_not_go_again(server: Served) -> None:
    """What waits in the buffers of a line when it is cut is lost, on a busy machine all of it; so of several cuts one counts."""

    async def body(between: Proxy) -> None:
        up, down = [], []
        async with ExchangeClient(between.address, retries=QUICK) as client:
            for number in range(5, CHUNKS):
                after = number * CHUNK
                between.upwards = between.downwards = 0
                between.cut = Cut(after, upwards=True, then=lambda: time.sleep(0.1))
                await client.put("again", DATA)
                up.append(between.upwards - after)
                between.upwards = between.downwards = 0
                between.cut = Cut(after, then=lambda: time.sleep(0.1))
                assert (await client.get("again")).data == DATA
                down.append(between.downwards - after)
        assert between.cuts == 2 * len(up)
        assert min(up) < SIZE
        assert min(down) < SIZE

    with proxy(server.port) as between:
        asyncio.run(body(between))


def test_a_download_that_is_cut_and_whose_session_changes_begins_again(server: Served) -> None:
    other = session("other", size=SIZE + 5)

    async def body(between: Proxy, direct: SyncExchangeClient) -> None:
        async with ExchangeClient(between.address, retries=QUICK) as client:
            await client.list(prefix="changing")
            between.cut = Cut(5 * CHUNK, then=lambda: direct.put("changing", other))
            assert (await client.get("changing")).data == other
        assert between.cuts == 1

    with proxy(server.port) as between, SyncExchangeClient(server.address) as direct:
        direct.put("changing", DATA)
        asyncio.run(body(between, direct))


def test_a_watch_that_is_cut_goes_on_and_misses_nothing(server: Served) -> None:
    async def body(between: Proxy) -> None:
        async with (
            ExchangeClient(server.address) as direct,
            ExchangeClient(between.address, retries=QUICK) as client,
        ):
            watch = client.watch(prefix="watched-")
            await anext(watch)
            seen = []
            for number in range(5):
                between.cut_all()
                await direct.put(f"watched-{number}", OLD)
                while f"watched-{number}" not in seen:
                    seen.append((await asyncio.wait_for(anext(watch), 20)).session_id)
            await watch.aclose()
            assert set(seen) == {f"watched-{number}" for number in range(5)}

    with proxy(server.port) as between:
        asyncio.run(body(between))


@pytest.mark.parametrize("size", [10_000, SIZE], ids=["in one message", "in chunks"])
def test_a_byte_that_is_changed_on_the_way_is_noticed_on_either_side(server: Served, size: int) -> None:
    async def body(between: Proxy) -> None:
        session_id = f"changed-byte-{size}"
        data = session("the right word", size=size)
        async with ExchangeClient(server.address) as direct, ExchangeClient(between.address) as client:
            old = await direct.put(session_id, OLD)
            between.flips = (b"the right word", b"the wrong word")
            with pytest.raises(DataLossError):
                await client.put(session_id, data)
            assert between.flips is None
            assert (await direct.entry(session_id)).etag == old.etag
            await client.put(session_id, data)
            between.flips = (b"the right word", b"the wrong word")
            with pytest.raises(DataLossError):
                await client.get(session_id)
            assert between.flips is None
            assert (await client.get(session_id)).data == data

    with proxy(server.port) as between:
        asyncio.run(body(between))


def test_a_client_waits_no_longer_than_it_was_told(server: Served) -> None:
    async def body(between: Proxy) -> None:
        async with ExchangeClient(server.address) as direct:
            await direct.put("late", session(size=10_000))
        between.bytes_per_second = 2000
        async with ExchangeClient(between.address, timeout=0.5, retries=QUICK) as client:
            for call in (client.get("late"), client.put("late", session("new", size=10_000))):
                begun = time.monotonic()
                with pytest.raises(DeadlineError, match="there was no answer in time"):
                    await call
                assert time.monotonic() - begun < 3

    with proxy(server.port) as between:
        asyncio.run(body(between))


def test_a_client_on_a_slow_line_gets_through(server: Served) -> None:
    async def body(between: Proxy) -> None:
        between.bytes_per_second = 1_000_000
        async with ExchangeClient(between.address) as client:
            await client.put("slow", DATA)
            assert (await client.get("slow")).data == DATA
        assert between.connections == 1

    with proxy(server.port) as between:
        asyncio.run(body(between))
