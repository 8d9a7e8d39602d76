"""Calls that only take up room, of strangers or of one owner: everybody else is served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pysession.exchange.server import Limits
from pysession.stores.memory import MemoryStore
from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import (
    ADA,
    BOB,
    UPLOAD_ID,
    Exchange,
    bearer,
    chunks,
    put_request,
    refused,
    running,
    tokens_file,
    trailer,
    upload_header,
)

FEW = Limits(calls=8, watches=8, streams=1000, call_seconds=1.0)
CROWD = 300
HEALTH = "/grpc.health.v1.Health/"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tokens_file(tmp_path, ada=ADA, bob=BOB)


@contextlib.asynccontextmanager
async def crowd(
    exchange: Exchange, path: str, count: int = CROWD, token: str | None = None, message: bytes | None = None
) -> AsyncIterator[list[Any]]:
    """``count`` calls of a method on one connection. They send ``message``, or nothing at all, and read nothing."""
    async with grpc.aio.insecure_channel(exchange.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        calls = [channel.stream_stream(path)(metadata=bearer(token)) for _ in range(count)]
        if message is not None:
            await asyncio.gather(*(call.write(message) for call in calls), return_exceptions=True)
        await asyncio.sleep(0.2)
        yield calls
        for call in calls:
            call.cancel()


@pytest.mark.parametrize(
    ("method", "message"),
    [("Check", None), ("Watch", None), ("Watch", b""), ("Nothing", None)],
    ids=["check", "watch", "watching", "unknown"],
)
def test_strangers_who_ask_for_the_health_keep_nobody_from_calls_and_from_the_health(
    method: str, message: bytes | None, tokens: Path
) -> None:
    async def main() -> None:
        async with running(tokens=tokens, limits=FEW) as exchange, crowd(exchange, HEALTH + method, message=message):
            await exchange.put("s", b"{}", ADA)
            async with grpc.aio.insecure_channel(exchange.address) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                status = (await health.Check(health_pb2.HealthCheckRequest(), timeout=5)).status
                assert status == health_pb2.HealthCheckResponse.SERVING
                watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=5)
                assert (await watch.read()).status == status
                watch.cancel()

    asyncio.run(main())


def test_a_health_check_without_a_message_or_with_another_does_not_last() -> None:
    async def main() -> None:
        async with running() as exchange, crowd(exchange, HEALTH + "Check", 1) as calls:
            began = time.monotonic()
            assert await calls[0].code() is StatusCode.DEADLINE_EXCEEDED
            assert time.monotonic() - began < 10
            wrong = exchange.channel.stream_stream(HEALTH + "Check")()
            await wrong.write(b"\xff")
            assert await wrong.code() is StatusCode.INVALID_ARGUMENT

    asyncio.run(main())


def test_who_asks_for_methods_keeps_nobody_from_calls(tokens: Path) -> None:
    async def main() -> None:
        async with (
            running(tokens=tokens, limits=FEW, reflection=True) as exchange,
            crowd(exchange, REFLECTION, token=BOB),
        ):
            await exchange.put("s", b"{}", ADA)

    asyncio.run(main())


@pytest.mark.parametrize("method", ["Put", "Watch"])
def test_one_owner_never_has_all_the_calls_that_the_server_takes_on(method: str, tokens: Path) -> None:
    async def main() -> None:
        path = f"/pysession.v1.SessionExchange/{method}"
        async with running(tokens=tokens, limits=FEW) as exchange, crowd(exchange, path, 20, BOB):
            if method == "Put":
                await exchange.put("s", b"{}", ADA)
                refusal = await refused(exchange.put("s", b"{}", BOB))
            else:
                watch = exchange.stub.Watch(pb.WatchRequest(), metadata=bearer(ADA), timeout=5)
                assert (await watch.read()).event == pb.WATCH_EVENT_READY
                watch.cancel()
                refusal = await refused(exchange.stub.Watch(pb.WatchRequest(), metadata=bearer(BOB)).read())
            assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS")
            assert refusal.metadata == {"limit": "7"}

    asyncio.run(main())


def test_answers_that_nobody_takes_count_as_calls_of_their_owner(tokens: Path) -> None:
    async def main() -> None:
        async with running(tokens=tokens, limits=FEW) as exchange:
            await exchange.put("s", b"{}", ADA)
            await exchange.put("s", b"{}", BOB)
            request = pb.GetRequest(session_id="s").SerializeToString()
            async with closed_windows(exchange, "/pysession.v1.SessionExchange/Get", request, BOB):
                assert (await refused(exchange.get("s", BOB))).reason == "TOO_MANY_CALLS"
                await exchange.get("s", ADA)
            await eventually(lambda: exchange.get("s", BOB))

    asyncio.run(main())


class SlowStore(MemoryStore):
    async def put(self, session_id: str, data: bytes, **options: Any) -> Any:
        await asyncio.sleep(0.5)
        return await super().put(session_id, data, **options)


def test_writes_whose_clients_have_gone_away_count_as_calls_until_they_are_done(tokens: Path) -> None:
    """They hold their documents."""

    async def main() -> None:
        async with running(SlowStore(), tokens=tokens, limits=FEW) as exchange:
            for number in range(7):
                request = put_request(f"s{number}", b"{}", idempotency_key=f"k{number}")
                with contextlib.suppress(grpc.aio.AioRpcError):
                    await exchange.stub.Put(request, metadata=bearer(BOB), timeout=0.05)
            assert (await refused(exchange.put("s", b"{}", BOB))).reason == "TOO_MANY_CALLS"
            await eventually(lambda: exchange.put("s", b"{}", BOB))
            for number in range(7):
                await exchange.get(f"s{number}", BOB)

    asyncio.run(main())


def test_answers_that_strangers_do_not_take_keep_nobody_from_calls_and_from_the_health() -> None:
    async def main() -> None:
        async with running(limits=FEW) as exchange, closed_windows(exchange, HEALTH + "Check", b""):
            await exchange.put("s", b"{}")
            health = health_pb2_grpc.HealthStub(exchange.channel)
            assert (await health.Check(health_pb2.HealthCheckRequest(), timeout=5)).status

    asyncio.run(main())


def test_an_owner_who_waits_for_its_own_share_keeps_nobody_from_reading(tokens: Path) -> None:
    async def main() -> None:
        store = MemoryStore()
        limits = Limits(document_bytes=1_000_000, message_bytes=2_000_000, bytes_in_flight=2_000_000, wait_seconds=3)
        async with running(store, tokens=tokens, limits=limits) as exchange:
            await store.put("large", b"x" * 600_000, owner="bob")
            await store.put("other", b"x" * 500_000, owner="ada")
            holding = exchange.stub.Upload(metadata=bearer(BOB))
            await holding.write(upload_header("s", b"x" * 900_000, upload_id=UPLOAD_ID))
            await asyncio.sleep(0.1)
            waiting = [asyncio.create_task(exchange.get("large", BOB)) for _ in range(12)]
            await asyncio.sleep(0.3)
            await exchange.get("other", ADA)
            assert not any(task.done() for task in waiting)
            holding.cancel()
            for answer in await asyncio.gather(*waiting):
                assert len(answer.payload.document.data) == 600_000
            assert exchange.server._documents.budget.taken <= 900_000

    asyncio.run(main())


def test_a_session_that_grows_while_its_reader_waits_is_counted_as_it_is_then() -> None:
    async def main() -> None:
        store = MemoryStore()
        limits = Limits(document_bytes=1_000_000, message_bytes=2_000_000, bytes_in_flight=1_000_000, wait_seconds=5)
        async with running(store, limits=limits) as exchange:
            await store.put("s", b"x" * 200_000)
            holding = exchange.stub.Upload()
            await holding.write(upload_header("t", b"x" * 900_000))
            await asyncio.sleep(0.1)
            waiting = asyncio.create_task(exchange.get("s"))
            await asyncio.sleep(0.1)
            await store.put("s", b"y" * 800_000)
            await exchange.stub.Put(put_request("u", b"{}"))
            await holding.write(pb.UploadRequest())  # refused, and with it the upload goes
            assert (await waiting).payload.document.data == b"y" * 800_000
            assert exchange.server._documents.budget.taken == 0

    asyncio.run(main())


def test_calls_that_are_cut_short_wherever_they_are_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random("cut short")
    document = b'{"type":"session","session_id":"s","state":{"a":[' + b'"x",' * 40_000 + b"1]}}"
    sent = pb.Payload(document=pb.Document(data=document))
    calls: tuple[Callable[[Exchange], Any], ...] = (
        lambda one: one.stub.Put(
            put_request("s", document, idempotency_key=f"k{chance.randrange(9)}"), timeout=within()
        ),
        lambda one: one.stub.Get(pb.GetRequest(session_id="s", form=chance.choice((1, 2, 3))), timeout=within()),
        lambda one: one.stub.Check(pb.CheckRequest(payload=sent), timeout=within()),
        lambda one: one.stub.Convert(pb.ConvertRequest(session_id="s", target="dotnet"), timeout=within()),
        lambda one: one.stub.Download(pb.DownloadRequest(session_id="s"), timeout=within()),
        lambda one: one.stub.Watch(pb.WatchRequest(since={"seconds": 1}), timeout=within()),
        lambda one: upload(one, f"{UPLOAD_ID}{chance.randrange(5)}"),
    )

    def within() -> float:
        return chance.choice((0.001, 0.005, 0.02, 0.1))

    def upload(exchange: Exchange, upload_id: str) -> Any:
        parts = (upload_header("s", document, upload_id=upload_id), *map(pb.UploadRequest.FromString, chunks(document)))
        return exchange.stub.Upload(iter((*parts, trailer(document))), timeout=within())

    async def begun_and_cut(exchange: Exchange) -> None:
        call = chance.choice(calls)(exchange)
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() / 50)
            call.cancel()
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
            if isinstance(call, grpc.aio.UnaryStreamCall):
                _ = [part async for part in call]
            else:
                await call

    async def main() -> None:
        limits = Limits(bytes_in_flight=1_000_000, document_bytes=500_000, wait_seconds=0.5, upload_seconds=0.1)
        async with running(limits=limits) as exchange:
            await exchange.put("s", document)
            for _ in range(8):
                await asyncio.gather(*(begun_and_cut(exchange) for _ in range(25)))
            server = exchange.server
            async with asyncio.timeout(10):
                while any(slots._taken for slots in server._calls._slots.values()) or server._watches._feeds:
                    await asyncio.sleep(0.05)
            # What an upload has left behind goes with the next one, after its time.
            await asyncio.sleep(0.1)
            assert (await refused(exchange.stub.GetUpload(pb.GetUploadRequest(upload_id=UPLOAD_ID)))).reason
            assert server._documents.budget.taken == 0
            assert (await exchange.get("s")).payload.document.data == document

    caplog.set_level(logging.WARNING)
    asyncio.run(main())
    assert [record for record in caplog.records if record.name.startswith("pysession")] == []


async def eventually(call: Callable[[], Awaitable[Any]]) -> Any:
    """What ``call`` answers, as soon as it is not refused."""
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                return await call()
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def closed_windows(
    exchange: Exchange, path: str, message: bytes, token: str | None = None
) -> AsyncIterator[None]:
    """A crowd of calls on a connection whose windows are closed: it takes not a byte of an answer."""
    host, _, port = exchange.address.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, struct.pack(">HI", 4, 0)))
        for stream in range(1, 2 * CROWD, 2):
            connection.sendall(_request(stream, path, message, token))
        await asyncio.sleep(0.5)
        yield


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _request(stream: int, path: str, message: bytes, token: str | None) -> bytes:
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x"}
    fields |= {"content-type": "application/grpc", "te": "trailers"} | dict(bearer(token))
    # Literals that no table remembers, without Huffman coding.
    block = b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items()
    )
    data = b"\x00" + struct.pack(">I", len(message)) + message
    return _frame(1, 0x4, stream, block) + _frame(0, 0x1, stream, data)
