"""What is too large, too deep, too much or too slow is refused, and everybody else is served."""

from __future__ import annotations

import asyncio
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc import StatusCode

from pysession.exchange.chunks import chunk_message
from pysession.exchange.server import Limits, Policy
from pysession.exchange.server.budget import Budget
from pysession.exchange.server.depth import nests_deeper
from pysession.exchange.server.readable import is_readable
from pysession.exchange.server.refusals import CallRefusedError
from pysession.stores import open_store
from pysession.stores.memory import MemoryStore
from pysession.v1 import exchange_pb2 as pb
from pysession.wire import DEFAULT_LIMITS
from tests.exchange.server.running import (
    CHUNK,
    UPLOAD_ID,
    Exchange,
    chunks,
    refused,
    running,
    trailer,
    upload_header,
)

SMALL = Limits(document_bytes=200_000, message_bytes=100_000, bytes_in_flight=400_000, wait_seconds=0.2)


def test_a_session_that_is_too_large_is_refused_before_it_is_sent() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * 200_001
        refusal = await refused(exchange.upload([upload_header("s", data)]))
        assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE")
        assert refusal.metadata == {"size": "200001", "limit": "200000"}
        assert refusal.details["QuotaFailure"].violations

    run(body, SMALL)


def test_a_message_that_is_too_large_is_refused_and_the_connection_lives() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", b"x" * 150_000))
        assert refusal.code is StatusCode.RESOURCE_EXHAUSTED
        await exchange.put("s", b"x")

    run(body, SMALL)


def test_a_session_that_does_not_fit_into_a_message_is_fetched_in_chunks() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * 150_000
        await exchange.upload([upload_header("s", data), *chunks(data), trailer(data)])
        refusal = await refused(exchange.get("s"))
        assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
        parts = [part async for part in exchange.stub.Download(pb.DownloadRequest(session_id="s"))]
        assert b"".join(part.chunk.data for part in parts) == data

    run(body, SMALL)


@pytest.mark.parametrize("depth", [50, 1000])
def test_a_session_that_is_too_deep_is_refused_whether_it_is_judged_or_not(depth: int) -> None:
    async def body(exchange: Exchange) -> None:
        for data in (
            b"[" * (depth + 1) + b"]" * (depth + 1),
            b'{"a":' * (depth + 1) + b"1" + b"}" * (depth + 1),
            b"[" * 100_000 + b"]" * 100_000,
        ):
            refusal = await refused(exchange.put("s", data))
            assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_COMPLEX")
            sent = pb.Payload(document=pb.Document(data=data))
            answer = await exchange.stub.Check(pb.CheckRequest(payload=sent))
            assert [one.rule for one in answer.report.findings] == ["limit-exceeded"]
        data = b"[" * 3_000_000
        deep = [upload_header("s", data), *chunks(data), trailer(data)]
        if depth == 1000:
            assert (await refused(exchange.upload(deep))).reason == "DOCUMENT_TOO_COMPLEX"

    for policy in (None, Policy()):
        run(body, Limits(depth=depth), policy)


@pytest.mark.parametrize("limit", [3, 899, 900, 1000, 1500])
def test_depth_is_that_of_the_brackets_outside_of_strings(limit: int) -> None:
    noise = b'"[{\\"[[\\\\", 1.0, "' + "ü[".encode() + b'"'
    for opening, closing in ((b"[", b"]"), (b'{"[":', b"}")):
        inside = noise.replace(b", ", b'" "') if opening != b"[" else noise
        inside = b'"[{\\"["' if opening != b"[" else inside
        at_limit = opening * limit + inside + closing * limit
        assert not nests_deeper(at_limit, limit)
        assert nests_deeper(opening + at_limit + closing, limit)
    wide = b"[" + b",".join([b"[[]]"] * 5000) + b"]"
    assert not nests_deeper(wide, limit)
    for no_json in (b"]" * 5000, b"[" * 800 + b"}" * 800, b'"' + b"[" * 5000, b'\\"' * 3000):
        nests_deeper(no_json, limit)


@pytest.mark.parametrize("limit", [3, 1000])
def test_depth_is_told_in_every_form_in_which_documents_are_stored(limit: int) -> None:
    for levels in (limit, limit + 1):
        text = b'{"a":' + b"[" * (levels - 1) + b'"\\n[[[[[[\\"["' + b"]" * (levels - 1) + b"}"
        packed = b"\x81\xa1a" + b"\x91" * (levels - 1) + b"\xc0"
        records = b"".join(len(one).to_bytes(4, "big") + one for one in (b"\x81\xa1a\x01", packed))
        for data in (text, b'{"type":"message"}\n' + text + b"\n", packed, records):
            assert nests_deeper(data, limit) is (levels > limit)


@pytest.mark.parametrize(
    "items", [b"\x80", b"\x90", b"\xc0", b"\xcb12345678", b"\xa3abc", b"\xda\0\3abc", b"\x81\xa1a\x80"]
)
def test_a_value_of_messagepack_is_not_built_to_learn_how_deep_it_is(items: bytes) -> None:
    many = 40_000 // len(items)
    wide = b"\x81\xa1a\xdd" + (many + 1).to_bytes(4, "big") + items * many
    shallow, deep = wide + b"\xc0", wide + b"\x91" * 997 + b"\x80"
    tracemalloc.start()
    try:
        for limit in (5, 1000):
            assert not nests_deeper(shallow, limit)
        assert not nests_deeper(deep, 1000)
        assert is_readable(deep, DEFAULT_LIMITS)
        assert nests_deeper(deep, 999)
        assert tracemalloc.get_traced_memory()[1] < 30_000
    finally:
        tracemalloc.stop()


def test_bytes_that_are_no_document_are_not_deep() -> None:
    chance = random.Random("deep")
    for first in (*range(0x80, 0x90), 0xDE, 0xDF, ord("{"), ord("["), ord("\n")):
        for _ in range(40):
            assert not nests_deeper(bytes((first,)) + chance.randbytes(3000), 1000)
    packed = b"\x81\xa1a" * 1001 + b"\x01"
    assert nests_deeper(packed, 1000)
    assert not nests_deeper(packed, 1001)


def test_a_stream_that_does_not_end_is_cut_off_where_its_header_said() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * (2 * CHUNK)
        sent = 0

        def endless() -> Any:
            nonlocal sent
            yield upload_header("s", data)
            while True:
                yield chunk_message(sent, b"x" * CHUNK)
                sent += CHUNK

        refusal = await refused(exchange.upload(endless()))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "CHUNK_BEYOND_SIZE")
        assert sent < 100 * CHUNK

    run(body)


def test_a_client_that_sends_nothing_more_is_given_up_and_its_upload_kept() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * (3 * CHUNK)
        call = exchange.stub.Upload(timeout=10)
        await call.write(upload_header("s", data))
        await call.write(pb.UploadRequest(chunk=pb.Chunk(offset=0, data=data[:CHUNK])))
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (StatusCode.DEADLINE_EXCEEDED, "CLIENT_STALLED")
        assert (await exchange.stub.GetUpload(pb.GetUploadRequest(upload_id=UPLOAD_ID))).offset == CHUNK

    run(body, Limits(stall_seconds=0.3))


def test_a_client_that_trickles_is_given_up_in_the_end() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * (1000 * 16 * 1024)

        def trickle() -> Iterator[Any]:
            yield upload_header("s", data)
            for offset in range(0, len(data), 16 * 1024):
                yield chunk_message(offset, b"x" * 16 * 1024)
                time.sleep(0.05)

        refusal = await refused(exchange.upload(trickle()))
        assert (refusal.code, refusal.reason) == (StatusCode.DEADLINE_EXCEEDED, "CALL_TOO_LONG")

    run(body, Limits(transfer_seconds=0.5))


def test_a_client_that_takes_nothing_is_given_up_and_its_bytes_are_free_again() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * 30_000_000
        await exchange.store.put("s", data)
        call = exchange.stub.Download(pb.DownloadRequest(session_id="s"))
        await call.read()
        await asyncio.sleep(1.0)
        budget = exchange.server._documents.budget
        assert budget.taken == 0
        call.cancel()

    run(body, Limits(stall_seconds=0.3))


def test_a_call_without_a_message_does_not_last_for_ever() -> None:
    async def body(exchange: Exchange) -> None:
        call = exchange.channel.stream_unary("/pysession.v1.SessionExchange/Get")()
        await call.wait_for_connection()
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == (StatusCode.DEADLINE_EXCEEDED, "CALL_TOO_LONG")
        nothing = exchange.channel.stream_unary("/pysession.v1.SessionExchange/Get")()
        await nothing.done_writing()
        assert (await refused(nothing)).reason == "MESSAGE_MISSING"

    run(body, Limits(call_seconds=0.3))


class SlowStore(MemoryStore):
    async def get(self, session_id: str, *, owner: str = "") -> Any:
        await asyncio.sleep(0.4)
        return await super().get(session_id, owner=owner)


def test_a_deadline_is_kept_the_clients_or_the_servers() -> None:
    async def main() -> None:
        async with running(SlowStore(), limits=Limits(call_seconds=0.2)) as exchange:
            await exchange.put("s", b"1")
            refusal = await refused(exchange.get("s"))
            assert (refusal.code, refusal.reason) == (StatusCode.DEADLINE_EXCEEDED, "CALL_TOO_LONG")
        async with running(SlowStore()) as exchange:
            began = time.monotonic()
            refusal = await refused(exchange.stub.Get(pb.GetRequest(session_id="s"), timeout=0.1))
            assert refusal.code is StatusCode.DEADLINE_EXCEEDED
            assert time.monotonic() - began < 0.35

    asyncio.run(main())


def test_calls_beyond_the_limit_are_refused_with_when_to_come_again() -> None:
    async def main() -> None:
        async with running(SlowStore(), limits=Limits(calls=4)) as exchange:
            await exchange.put("s", b"1")
            outcomes = await asyncio.gather(*(exchange.get("s") for _ in range(10)), return_exceptions=True)
            refusals = [one for one in outcomes if isinstance(one, grpc.aio.AioRpcError)]
            assert len(outcomes) - len(refusals) == 4
            assert {one.code() for one in refusals} == {StatusCode.RESOURCE_EXHAUSTED}
            await exchange.get("s")

    asyncio.run(main())


def test_transfers_beyond_the_budget_wait_and_all_come_through() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * 150_000

        async def put(number: int) -> None:
            header = upload_header(f"s{number}", data, upload_id=f"{UPLOAD_ID}{number}")
            await exchange.upload([header, *chunks(data), trailer(data)])

        await asyncio.gather(*map(put, range(8)))
        assert len((await exchange.stub.List(pb.ListRequest())).entries) == 8
        assert exchange.server._documents.budget.taken == 0

    limits = Limits(document_bytes=200_000, message_bytes=100_000, bytes_in_flight=400_000, wait_seconds=20)
    run(body, limits)


def test_transfers_that_wait_too_long_are_refused_with_when_to_come_again() -> None:
    async def body(exchange: Exchange) -> None:
        data = b"x" * 150_000
        holding = []
        for number in range(2):
            call = exchange.stub.Upload()
            await call.write(upload_header("s", data, upload_id=f"{UPLOAD_ID}{number}"))
            holding.append(call)
        await asyncio.sleep(0.1)
        refusal = await refused(exchange.upload([upload_header("s", data), *chunks(data), trailer(data)]))
        assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "TOO_MUCH_IN_FLIGHT")
        assert refusal.details["RetryInfo"].retry_delay.ToSeconds() >= 1
        for call in holding:
            call.cancel()
        await asyncio.sleep(0.1)
        # Uploads that nobody goes on with make room.
        await exchange.upload([upload_header("s", data), *chunks(data), trailer(data)])

    run(body, SMALL)


def test_a_budget_is_given_out_in_the_order_of_asking() -> None:
    async def main() -> None:
        budget = Budget(100, 5)
        await budget.take("", 80)
        order: list[int] = []

        async def ask(size: int) -> None:
            await budget.take("", size)
            order.append(size)

        waiting = [asyncio.create_task(ask(size)) for size in (90, 10, 20)]
        await asyncio.sleep(0)
        assert order == []
        budget.give("", 80)
        await asyncio.sleep(0)
        assert sorted(order) == [10, 90]
        waiting[2].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        budget.give("", 90)
        budget.give("", 10)
        assert budget.taken == 0
        with pytest.raises(CallRefusedError):
            await budget.take("", 101)

    asyncio.run(main())


def test_an_owner_that_waits_for_its_own_share_keeps_nobody_else_waiting() -> None:
    async def main() -> None:
        budget = Budget(100, 0.05, 60)
        await budget.take("a", 50)
        with pytest.raises(CallRefusedError) as caught:
            await budget.take("a", 20)
        assert caught.value.reason == "TOO_MUCH_IN_FLIGHT"
        waiting = asyncio.create_task(budget.take("a", 20))
        await asyncio.sleep(0)
        await budget.take("b", 50)
        budget.give("a", 50)
        await waiting
        assert budget.taken == 70
        # Who waits for what all have is not overtaken by who asks for less.
        large = asyncio.create_task(budget.take("a", 40))
        await asyncio.sleep(0)
        small = asyncio.create_task(budget.take("c", 10))
        await asyncio.sleep(0)
        assert not small.done()
        budget.give("b", 50)
        await asyncio.gather(large, small)
        for owner, size in (("a", 60), ("c", 10)):
            budget.give(owner, size)
        assert budget.taken == 0
        with pytest.raises(CallRefusedError):
            await budget.take("a", 61)

    asyncio.run(main())


def test_a_store_that_takes_less_than_the_server_is_heard(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(open_store("memory:?max_bytes=1000")) as exchange:
            refusal = await refused(exchange.put("s", b"x" * 1001))
            assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE")

    asyncio.run(main())


def run(body: Callable[[Exchange], Any], limits: Limits | None = None, policy: Policy | None = None) -> None:
    async def main() -> None:
        async with running(limits=limits, policy=policy) as exchange:
            await body(exchange)

    asyncio.run(main())
