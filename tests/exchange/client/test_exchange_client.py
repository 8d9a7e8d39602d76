"""The client against a real server: what it stores, fetches, and says when something is otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import resource
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import pysession
from pysession.exchange.client import (
    NO_RETRIES,
    BusyError,
    Event,
    ExchangeClient,
    NotAcceptedError,
    Retries,
    SyncExchangeClient,
)
from pysession.findings.failures import UsageError
from pysession.schema import shipped
from pysession.stores import (
    ConflictError,
    ImmutableError,
    NotFoundError,
    NotWritableError,
    SessionIdError,
    TooLargeError,
    UnavailableError,
)
from tests.exchange.documents import session
from tests.exchange.serving import Served, serving

_numbers = itertools.count()
BELOW, ABOVE = 256 * 1024, 256 * 1024 + 1
"""The largest document that goes in one message, and the smallest that goes in chunks."""


@pytest.fixture
def new_id() -> str:
    return f"session-{next(_numbers)}"


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.mark.parametrize("size", [100, 10_000, BELOW, ABOVE, 1_000_000, 5_000_000])
def test_what_is_put_comes_back_byte_for_byte_in_one_message_or_in_chunks(
    server: Served, new_id: str, size: int
) -> None:
    async def body() -> None:
        data = session(size=size)
        async with ExchangeClient(server.address) as client:
            entry = await client.put(new_id, data)
            assert (entry.id, entry.size) == (new_id, len(data))
            received = await client.get(new_id)
            assert received.data == data
            assert received.etag == entry.etag
        async with ExchangeClient(server.address) as another:
            assert (await another.get(new_id)).data == data

    run(body())


def test_etags_decide_between_writers(server: Served, new_id: str) -> None:
    async def body() -> None:
        async with ExchangeClient(server.address) as client:
            first = await client.put(new_id, session("one"), if_absent=True)
            with pytest.raises(ConflictError) as there:
                await client.put(new_id, session("two"), if_absent=True)
            assert there.value.found == first.etag
            second = await client.put(new_id, session("two"), if_match=first.etag)
            for data in (session("three"), session("three", size=ABOVE)):
                with pytest.raises(ConflictError) as changed:
                    await client.put(new_id, data, if_match=first.etag)
                assert (changed.value.expected, changed.value.found) == (first.etag, second.etag)
            with pytest.raises(ConflictError):
                await client.delete(new_id, if_match=first.etag)
            assert await client.get_if_changed(new_id, second.etag) is None
            changed_since = await client.get_if_changed(new_id, first.etag)
            assert changed_since is not None
            assert changed_since.data == session("two")
            assert await client.delete(new_id, if_match=second.etag)
            assert not await client.delete(new_id)

    run(body())


@pytest.mark.parametrize("size", [100, ABOVE])
def test_of_two_writers_with_one_etag_exactly_one_wins(server: Served, new_id: str, size: int) -> None:
    async def body() -> None:
        async with ExchangeClient(server.address) as one, ExchangeClient(server.address) as other:
            for turn in range(10):
                etag = (await one.put(new_id, session(f"turn {turn}"))).etag
                texts = [session(f"{name} {turn}", size=size) for name in ("one", "other")]
                results = await asyncio.gather(
                    *(
                        client.put(new_id, data, if_match=etag)
                        for client, data in zip((one, other), texts, strict=True)
                    ),
                    return_exceptions=True,
                )
                lost = [isinstance(result, ConflictError) for result in results]
                assert sorted(lost) == [False, True]
                assert (await one.get(new_id)).data == texts[lost.index(False)]

    run(body())


def test_an_immutable_session_stays_until_it_expires(server: Served, new_id: str) -> None:
    async def body() -> None:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        async with ExchangeClient(server.address) as client:
            entry = await client.put(new_id, session(), immutable=True, expires=until)
            assert (entry.immutable, entry.expires) == (True, until)
            with pytest.raises(ImmutableError):
                await client.put(new_id, session("other"))
            with pytest.raises(ImmutableError):
                await client.delete(new_id)

    run(body())


def test_lists_go_by_pages_in_the_order_of_ids(server: Served, new_id: str) -> None:
    async def body() -> None:
        ids = [f"{new_id}-{number:02}" for number in range(25)]
        async with ExchangeClient(server.address) as client:
            for session_id in reversed(ids):
                await client.put(session_id, session())
            page = await client.list(prefix=new_id, limit=10)
            assert [entry.id for entry in page.entries] == ids[:10]
            page = await client.list(prefix=new_id, limit=10, page=page.next)
            assert [entry.id for entry in page.entries] == ids[10:20]
            assert [entry.id async for entry in client.entries(prefix=new_id)] == ids
            assert not [entry async for entry in client.entries(prefix=f"{new_id}-none")]

    run(body())


def test_a_conversion_comes_with_its_losses(server: Served, new_id: str) -> None:
    async def body() -> None:
        data = (shipped("fixtures") / "golden/dotnet/1.17.0/streaming_tools.json").read_bytes()
        async with ExchangeClient(server.address) as client:
            await client.put(new_id, data)
            received = await client.get(new_id, to="python")
            assert (received.source, received.dialect) == ("dotnet", "python")
            assert received.target is not None
            assert received.target.startswith("python@")
            assert {loss.kind.value for loss in received.losses} == {"defaulted", "parked"}
            converted = await client.convert(data, to="python")
            assert (converted.data, converted.losses) == (received.data, received.losses)
            with pytest.raises(NotAcceptedError, match=r"^the document is not accepted: .*not python but dotnet"):
                await client.convert(data, to="python", source="python")
            stored = await client.convert(session_id=new_id, to="python@1.21.0")
            assert stored.target == "python@1.21.0"
            with pytest.raises(UsageError, match="fortran"):
                await client.get(new_id, to="fortran")

    run(body())


@pytest.mark.parametrize("size", [100, ABOVE])
def test_a_session_goes_typed_and_is_stored_as_the_document_it_stands_for(
    server: Served, new_id: str, size: int
) -> None:
    async def body() -> None:
        data = session("1.0 \\ud83d", size=size)
        async with ExchangeClient(server.address) as client:
            await client.put(new_id, pysession.to_proto(data), typed=True)
            stored = await client.get(new_id)
            assert json.loads(stored.data) == json.loads(data)
            received = await client.get(new_id, typed=True)
            assert (received.typed, received.etag) == (True, stored.etag)
            assert pysession.from_proto(received.data) == stored.data
            with pytest.raises((UsageError, NotAcceptedError)):
                await client.put(new_id, b"\xff" * size, typed=True)
            assert (await client.get(new_id)).etag == stored.etag

    run(body())


def test_a_document_is_judged_where_it_is(server: Served, new_id: str) -> None:
    async def body() -> None:
        broken = session()[:-5]
        async with ExchangeClient(server.address) as client:
            judged = await client.check(broken)
            assert not judged.accepted
            assert [finding.rule for finding in judged.report.findings] == ["json-invalid"]
            assert judged.report.sha256 == hashlib.sha256(broken).hexdigest()
            await client.put(new_id, session())
            judged = await client.check(session_id=new_id)
            assert (judged.accepted, judged.report.dialect, judged.report.messages) == (True, "python", 1)
            # What is this very document need not be sent.
            assert await client.unchanged(new_id, session()) == await client.entry(new_id)
            assert await client.unchanged(new_id, broken) is None
            assert await client.unchanged(f"{new_id}-of-nobody", broken) is None

    run(body())


def test_a_watch_tells_what_happens(server: Served, new_id: str) -> None:
    async def body() -> None:
        async with ExchangeClient(server.address) as client:
            watch = client.watch(prefix=new_id)
            assert (await anext(watch)).event is Event.READY
            entry = await client.put(new_id, session())
            changed = await anext(watch)
            assert changed.event is Event.CHANGED
            assert changed.entry is not None
            assert (changed.session_id, changed.entry.etag) == (new_id, entry.etag)
            await client.delete(new_id)
            deleted = await anext(watch)
            assert (deleted.event, deleted.session_id, deleted.entry) == (Event.DELETED, new_id, None)
            await watch.aclose()

    run(body())


def test_what_cannot_be_is_said_in_the_words_of_stores(server: Served, new_id: str) -> None:
    async def body() -> None:
        async with ExchangeClient(server.address, max_bytes=400_000) as client:
            with pytest.raises(NotFoundError):
                await client.get(new_id)
            with pytest.raises(NotFoundError):
                await client.entry(new_id)
            for session_id in ("x" * 2000, "", "\ud800"):
                for call in (client.put(session_id, session()), client.get(session_id), client.delete(session_id)):
                    with pytest.raises(SessionIdError):
                        await call
            with pytest.raises(TooLargeError) as too_large:
                await client.put(new_id, b"[%s]" % (b"1" * 70 * 2**20))
            assert too_large.value.limit == 64 * 2**20
            assert "served with a larger --max-bytes" in str(too_large.value)
            with pytest.raises(UsageError, match="time zone"):
                await client.put(new_id, session(), expires=datetime(2030, 1, 1))
            await client.put(new_id, session(size=500_000))
            with pytest.raises(TooLargeError) as larger:
                await client.get(new_id)
            assert larger.value.limit == 400_000

    run(body())


def test_an_exchange_that_is_not_there_is_told_with_the_remedy(tmp_path: object) -> None:
    async def body() -> None:
        async with ExchangeClient("127.0.0.1:1", retries=Retries(attempts=2, first_seconds=0.01)) as client:
            with pytest.raises(UnavailableError, match="nothing listens there; start 'pysession serve'"):
                await client.get("s")

    run(body())


def test_an_exchange_whose_store_is_full_is_not_said_to_be_silent(tmp_path: Path) -> None:
    async def body(server: Served) -> None:
        async with ExchangeClient(server.address, retries=NO_RETRIES) as client:
            await client.put("s", session())
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            with pytest.raises(
                NotWritableError, match=r"cannot be written: .*nothing was changed; its operator"
            ) as full:
                await client.put("s", session(size=200_000))
            assert "does not answer" not in str(full.value)
            assert (await client.get("s")).data == session()

    with serving(tmp_path, "--store", f"file:{tmp_path}/sessions") as server:
        run(body(server))
    assert b'"failure":"NotWritableError"' in server.log.read_bytes().replace(b": ", b":")


def test_a_client_goes_from_one_event_loop_to_the_next(server: Served, new_id: str) -> None:
    client = ExchangeClient(server.address)
    asyncio.run(client.put(new_id, session()))
    assert asyncio.run(client.get(new_id)).data == session()
    asyncio.run(client.close())


def test_programs_without_an_event_loop_have_the_same_methods(server: Served, new_id: str) -> None:
    with SyncExchangeClient(server.address) as client:
        entry = client.put(new_id, session(size=ABOVE))
        assert client.get(new_id).data == session(size=ABOVE)
        assert [each.etag for each in client.entries(prefix=new_id)] == [entry.etag]
        watch = client.watch(prefix=new_id)
        assert next(watch).event is Event.READY
        client.put(new_id, session())
        assert next(watch).event is Event.CHANGED
        watch.close()
        with pytest.raises(ConflictError):
            client.delete(new_id, if_match=entry.etag)
    asynchronous = {name for name in vars(ExchangeClient) if not name.startswith("_")}
    assert asynchronous == {name for name in vars(SyncExchangeClient) if not name.startswith("_")}


def test_what_a_busy_server_turns_away_comes_again_when_it_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    async def body(address: str) -> None:
        data = session(size=200_000)
        async with ExchangeClient(address) as client:
            await asyncio.gather(*(client.put(f"busy-{number}", data) for number in range(6)))
            assert len((await client.list()).entries) == 6
        async with ExchangeClient(address, retries=NO_RETRIES) as client:
            results = await asyncio.gather(
                *(client.put(f"busy-{number}", data) for number in range(6)), return_exceptions=True
            )
        assert any(isinstance(result, BusyError) for result in results)

    with serving(tmp_path_factory.mktemp("busy"), "--max-calls", "1") as served:
        run(body(served.address))


def test_a_policy_refuses_with_findings(tmp_path_factory: pytest.TempPathFactory) -> None:
    async def body(address: str) -> None:
        async with ExchangeClient(address) as client:
            for data in (session()[:-5], session(size=ABOVE)[:-5]):
                with pytest.raises(NotAcceptedError) as refused:
                    await client.put("s", data)
                assert [finding.rule for finding in refused.value.findings] == ["json-invalid"]
            with pytest.raises(NotFoundError):
                await client.get("s")
            await client.put("s", session())

    with serving(tmp_path_factory.mktemp("policy"), "--select", "json") as served:
        run(body(served.address))
