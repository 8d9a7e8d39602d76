"""Changes are told as they happen, also those that another program makes on the same store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from pysession.exchange.server import Limits
from pysession.exchange.server.refusals import CallRefusedError
from pysession.exchange.server.watching import Watches
from pysession.stores import open_store
from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import Exchange, chunks, refused, running, trailer, upload_header

CHANGED, DELETED = pb.WATCH_EVENT_CHANGED, pb.WATCH_EVENT_DELETED
MESSAGE = b'{"type":"message","role":"user","contents":[]}'
SESSION = b'{"type":"session","session_id":"s","state":{"in_memory":{"messages":[]}}}'


def test_what_this_server_does_is_told_at_once_and_once() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        watch = await watching(exchange)
        first = await exchange.put("s", b"1")
        second = await exchange.put("s", b"2")
        await exchange.stub.Delete(pb.DeleteRequest(session_id="s"))
        data = b"x" * 100_000
        uploaded = (await exchange.upload([upload_header("big", data), *chunks(data), trailer(data)])).entry
        found = [await watch.read() for _ in range(4)]
        assert [(one.event, one.entry.session_id, one.entry.etag) for one in found] == [
            (CHANGED, "s", first.etag),
            (CHANGED, "s", second.etag),
            (DELETED, "s", ""),
            (CHANGED, "big", uploaded.etag),
        ]
        await nothing_more(watch)

    run(body, watch_seconds=0.2)


def test_what_others_do_on_the_store_is_told_within_seconds() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        await exchange.put("old", SESSION)
        watch = await watching(exchange)
        async with open_store(f"sqlite:///{folder}/s.db") as other:
            put = await other.put("s", SESSION)
            assert (await watch.read()).entry.etag == put.etag
            appended = await other.append("old", MESSAGE)
            assert (await watch.read()).entry.etag == appended.etag
            await other.put("s", b"of another owner", owner="other")
        await nothing_more(watch)

    run(body, watch_seconds=0.1)


def test_two_servers_on_one_store_tell_of_each_others_changes() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        async with running(f"sqlite:///{folder}/s.db", watch_seconds=0.1) as second:
            watch = await watching(second)
            entry = await exchange.put("s", b"1")
            assert (await watch.read()).entry.etag == entry.etag
            watch.cancel()

    run(body, watch_seconds=0.1)


def test_a_watch_begins_in_the_past_when_it_is_told_to() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        await exchange.put("before", b"1")
        await asyncio.sleep(0.01)
        since = Timestamp()
        since.FromDatetime(datetime.now(UTC))
        await exchange.put("after", b"1")
        watch = await watching(exchange, since=since)
        assert (await watch.read()).entry.session_id == "after"
        await exchange.put("now", b"1")
        assert (await watch.read()).entry.session_id == "now"

    run(body)


@pytest.mark.parametrize("seconds", [-62_135_596_800, -1, 253_402_300_799])
def test_a_watch_that_began_long_ago_or_will_can_be_resumed(seconds: int) -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        await exchange.put("s", b"1")
        watch = exchange.stub.Watch(pb.WatchRequest(since=Timestamp(seconds=seconds)), timeout=20)
        token = (await watch.read()).resume_token
        resumed = await watching(exchange, resume_token=token)
        if seconds < 0:
            assert (await resumed.read()).entry.session_id == "s"

    run(body)


def test_a_watch_that_was_cut_misses_nothing_when_it_is_resumed() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        watch = await watching(exchange)
        await exchange.put("seen", b"1")
        token = (await watch.read()).resume_token
        watch.cancel()
        await exchange.put("missed", b"1")
        resumed = await watching(exchange, resume_token=token)
        seen = {(await resumed.read()).entry.session_id for _ in range(2)}
        assert "missed" in seen
        # A token that is used again and again stays where it is.
        again = exchange.stub.Watch(pb.WatchRequest(resume_token=token))
        assert (await again.read()).resume_token == token

    run(body)


def test_a_watch_of_a_prefix_tells_of_nothing_else() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        watch = await watching(exchange, prefix="a/")
        await exchange.put("b", b"1")
        await exchange.put("a/1", b"1")
        assert (await watch.read()).entry.session_id == "a/1"

    run(body)


def test_watches_end_when_the_server_stops_and_say_so() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        watch = await watching(exchange)
        stopping = asyncio.ensure_future(exchange.server.stop())
        refusal = await refused(watch.read())
        assert (refusal.code, refusal.reason) == (StatusCode.UNAVAILABLE, "SERVER_STOPPING")
        assert "RetryInfo" in refusal.details
        await stopping

    run(body)


def test_there_are_so_many_watches_and_no_more() -> None:
    async def body(exchange: Exchange, folder: Path) -> None:
        first = await watching(exchange)
        refusal = await refused(exchange.stub.Watch(pb.WatchRequest()).read())
        assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS")
        first.cancel()
        await asyncio.sleep(0.1)
        (await watching(exchange)).cancel()

    run(body, limits=Limits(watches=1))


async def watching(exchange: Exchange, **request: Any) -> Any:
    """A watch that stands."""
    watch = exchange.stub.Watch(pb.WatchRequest(**request))
    assert (await watch.read()).event == pb.WATCH_EVENT_READY
    return watch


async def nothing_more(watch: Any) -> None:
    reading = asyncio.ensure_future(watch.read())
    done, _ = await asyncio.wait([reading], timeout=0.5)
    watch.cancel()
    assert not done
    await asyncio.wait([reading])
    reading.cancelled() or reading.exception()


def run(body: Callable[[Exchange, Path], Any], **settings: Any) -> None:
    import tempfile

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with running(f"sqlite:///{folder}/s.db", **settings) as exchange:
                await body(exchange, Path(folder))

    asyncio.run(main())


def test_a_watcher_that_falls_behind_is_told_so_and_takes_no_more_memory() -> None:
    async def main() -> None:
        store = open_store("memory:")
        watches = Watches(store, 60)
        watching = watches.watch("", "", None)
        assert (await anext(watching)).session_id is None
        entry = await store.put("s", b"1")
        for number in range(10_100):
            watches.changed(msgspec.structs.replace(entry, etag=str(number)))
        for _ in range(10_000):
            await anext(watching)
        with pytest.raises(CallRefusedError) as caught:
            await anext(watching)
        assert caught.value.reason == "WATCH_BEHIND"

    asyncio.run(main())
