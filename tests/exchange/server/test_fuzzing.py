"""Arbitrary bytes, as messages of every method and on the bare socket: right codes, no crash, nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from grpc import StatusCode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysession.exchange.chunks import chunk_message, read_chunk
from pysession.exchange.server import Limits, Policy
from pysession.exchange.server.watching import resume_token
from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import CHUNK, Exchange, chunks, put_request, running, trailer, upload_header

METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["SessionExchange"].methods]
RIGHT = {
    StatusCode.OK,
    StatusCode.INVALID_ARGUMENT,
    StatusCode.NOT_FOUND,
    StatusCode.ABORTED,
    StatusCode.ALREADY_EXISTS,
    StatusCode.FAILED_PRECONDITION,
    StatusCode.OUT_OF_RANGE,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.DATA_LOSS,
    StatusCode.DEADLINE_EXCEEDED,
}
"""All but UNKNOWN, INTERNAL, UNAVAILABLE and UNIMPLEMENTED: none of these is the client's fault."""
DATA = b'{"type":"session","session_id":"s","state":{"in_memory":{"messages":[]}}}' + b" " * CHUNK


def seeds() -> dict[str, list[list[bytes]]]:
    """For each method, streams of messages that are right."""
    document = pb.Payload(document=pb.Document(data=DATA[:100]))
    right: dict[str, list[Message]] = {
        "Put": [put_request("s", DATA[:100], idempotency_key="k", if_match="x"), put_request("t", DATA[:80])],
        "Get": [pb.GetRequest(session_id="s", target="dotnet@1.17.0"), pb.GetRequest(session_id="t", form=2)],
        "List": [pb.ListRequest(prefix="s", page_size=3), pb.ListRequest(page_token="x")],
        "Delete": [pb.DeleteRequest(session_id="u", allow_missing=True)],
        "Check": [pb.CheckRequest(payload=document, policy=pb.Policy(readers=["python@1.21.0"], select=["history"]))],
        "Convert": [pb.ConvertRequest(payload=document, target="dotnet", source="python")],
        "Watch": [pb.WatchRequest(resume_token=resume_token(_now())), pb.WatchRequest(prefix="s")],
        "GetUpload": [pb.GetUploadRequest(upload_id="0123456789abcdef")],
        "Download": [pb.DownloadRequest(session_id="t", offset=3, if_match="x")],
    }
    streams = {name: [[message.SerializeToString()] for message in messages] for name, messages in right.items()}
    streams["Upload"] = [
        [upload_header("s", DATA).SerializeToString(), *chunks(DATA), trailer(DATA).SerializeToString()]
    ]
    return streams


def mutated(stream: list[bytes], chance: random.Random) -> list[bytes]:
    """``stream`` with some bytes changed, cut, doubled, or messages in another order."""
    found = [bytearray(message) for message in stream]
    for _ in range(chance.randint(1, 4)):
        message = chance.choice(found)
        at = chance.randrange(len(message) + 1)
        match chance.randrange(7):
            case 0 if message:
                message[at % len(message)] = chance.randrange(256)
            case 1:
                del message[at:]
            case 2:
                message[at:at] = chance.randbytes(chance.randint(1, 20))
            case 3:
                message += message[:at]
            case 4:
                found.insert(chance.randrange(len(found)), bytearray(chance.choice(found)))
            case 5:
                found.append(bytearray(chance.randbytes(chance.randint(0, 200))))
            case _:
                chance.shuffle(found)
    return [bytes(message) for message in found]


def outcome(channel: grpc.Channel, method: str, messages: list[bytes]) -> StatusCode:
    """The code that ``messages`` end in; of a watch, what comes first.

    By the client that blocks: the other one takes the end of a call in the middle of its messages for an error of its own.
    """
    call = channel.stream_stream(f"/pysession.v1.SessionExchange/{method}")(iter(messages), timeout=10)
    try:
        for _ in call:
            if method == "Watch":
                call.cancel()
                return StatusCode.OK
    except grpc.RpcError:
        pass
    return call.code()


async def outcomes(exchange: Exchange, streams: list[tuple[str, list[bytes]]]) -> list[StatusCode]:
    def each() -> list[StatusCode]:
        with grpc.insecure_channel(exchange.address) as channel:
            return [outcome(channel, method, stream) for method, stream in streams]

    return await asyncio.to_thread(each)


@pytest.mark.parametrize("method", METHODS)
def test_mutated_and_random_messages_end_in_a_right_code(method: str, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(f"{method}-1")

    async def main() -> None:
        async with running(limits=Limits(call_seconds=5, stall_seconds=1), policy=Policy()) as exchange:
            streams = seeds()[method]
            tried = [(method, mutated(chance.choice(streams), chance)) for _ in range(120)]
            tried += [
                (method, [chance.randbytes(chance.randint(0, 300)) for _ in range(chance.randint(0, 3))])
                for _ in range(30)
            ]
            assert set(await outcomes(exchange, tried)) <= RIGHT
            await exchange.put("after", DATA)
            assert exchange.server._documents.budget.taken <= 8 * len(DATA)

    caplog.set_level(logging.WARNING)
    asyncio.run(main())
    assert [record for record in caplog.records if record.name.startswith(("pysession", "grpc"))] == []


def test_an_unknown_method_and_a_foreign_service_are_unimplemented() -> None:
    async def main() -> None:
        async with running() as exchange:
            for path in ("/pysession.v1.SessionExchange/Nothing", "/other.Service/Get", "/", "/x", "/\x7f\x01"):
                call = exchange.channel.stream_stream(path)(timeout=5)
                assert await call.code() is StatusCode.UNIMPLEMENTED

    asyncio.run(main())


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def literal(name: bytes, value: bytes) -> bytes:
    """A header that is not indexed, in HPACK."""
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


def headers(path: bytes, *more: tuple[bytes, bytes]) -> bytes:
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x")]
    fields += [(b"te", b"trailers"), (b"content-type", b"application/grpc"), *more]
    return b"".join(literal(name, value) for name, value in fields)


def rawness() -> Iterator[bytes]:
    """What a client might send that is none."""
    chance = random.Random("raw")
    settings_frame = frame(4, 0, 0, b"")
    get = b"/pysession.v1.SessionExchange/Get"
    yield b""
    yield b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
    yield PREFACE
    yield PREFACE + settings_frame + frame(1, 4, 1, b"\xff" * 100)
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(b"/\xff\xfe\x80/\xc3\x28"))
    yield PREFACE + settings_frame + frame(1, 5, 1, headers(get))
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(get, (b"authorization", b"Bearer \xff\xfe")))
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(get, (b"grpc-timeout", b"-1X")))
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(get)) + frame(0, 1, 1, b"\x01\x00\x00\x00\x05abcde")
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(get)) + frame(0, 1, 1, b"\x00\xff\xff\xff\xff")
    yield PREFACE + settings_frame + frame(1, 4, 1, headers(get)) + frame(0, 0, 1, b"\x00\x00")
    yield PREFACE + settings_frame + frame(1, 0, 1, headers(get)) + frame(9, 0, 1, b"\x00" * 50) * 50
    yield PREFACE + settings_frame + frame(0, 0, 1, b"", length=2**24 - 1)
    yield (
        PREFACE
        + settings_frame
        + b"".join(
            frame(1, 4, 2 * number + 1, headers(get)) + frame(3, 0, 2 * number + 1, bytes(4)) for number in range(300)
        )
    )
    for _ in range(60):
        yield chance.randbytes(chance.randint(1, 500))
        yield PREFACE + chance.randbytes(chance.randint(1, 500))
        right = (
            PREFACE + settings_frame + frame(1, 4, 1, headers(get)) + frame(0, 1, 1, b"\x00\x00\x00\x00\x03\x0a\x01s")
        )
        spoiled = bytearray(right)
        for _ in range(chance.randint(1, 5)):
            spoiled[chance.randrange(len(PREFACE), len(spoiled))] = chance.randrange(256)
        yield bytes(spoiled)


def test_whatever_comes_on_the_socket_others_are_served(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with running(limits=Limits(call_seconds=1)) as exchange:
            await exchange.put("s", DATA)
            host, _, port = exchange.address.rpartition(":")
            before = 0
            for number, data in enumerate(rawness()):
                with await connected(host, int(port)) as connection:
                    connection.settimeout(0.02)
                    # Some are answered; it is enough that the server has looked at them.
                    with contextlib.suppress(OSError):
                        connection.sendall(data)
                        await asyncio.to_thread(connection.recv, 65536)
                assert await served(exchange) == DATA
                if number == 30:
                    before = open_files()
            await asyncio.sleep(0.3)
            assert open_files() <= before + 8

    asyncio.run(main())
    told = {record.getMessage() for record in caplog.records if record.name.startswith("pysession")}
    assert told <= {"listening anew"}


async def connected(host: str, port: int) -> socket.socket:
    """A connection. For a moment after a path that is no UTF-8 nobody listens."""
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection((host, port), 5)
        await asyncio.sleep(0.05)
    raise AssertionError("it does not listen again")


async def served(exchange: Exchange) -> bytes:
    """The session. A path that is no UTF-8 ends the connections to the server, which listens anew at once."""
    for _ in range(50):
        try:
            return (await exchange.get("s")).payload.document.data
        except grpc.aio.AioRpcError as error:
            assert error.code() in (StatusCode.UNAVAILABLE, StatusCode.CANCELLED)  # noqa: PT017
            await asyncio.sleep(0.05)
    raise AssertionError("it is not served again")


def test_what_is_refused_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with running(limits=Limits(uploads=2)) as exchange:
            chance = random.Random("leak")
            streams = seeds()

            async def some(count: int) -> None:
                methods = (chance.choice(METHODS) for _ in range(count))
                await outcomes(exchange, [(one, mutated(chance.choice(streams[one]), chance)) for one in methods])

            await some(300)
            gc.collect()
            objects, files, memory = len(gc.get_objects()), open_files(), resident()
            await some(600)
            gc.collect()
            assert len(gc.get_objects()) < objects + 3000
            assert open_files() <= files + 2
            assert resident() < memory + 20 * 2**20

    asyncio.run(main())


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2**63 - 1), st.binary(min_size=1, max_size=300))
def test_a_chunk_is_read_as_protobuf_reads_it(raw: bytes, offset: int, data: bytes) -> None:
    message = pb.DownloadResponse(chunk=pb.Chunk(offset=offset, data=data)).SerializeToString()
    assert chunk_message(offset, data) == message
    found = read_chunk(message)
    assert found is not None
    assert (found[0], bytes(found[1])) == (offset, data)
    # Whatever is read of other bytes is what protobuf reads of them.
    for other in (raw, b"\x12" + raw, message[:-1], message + raw, message[:3] + raw):
        chunk = read_chunk(other)
        if chunk is not None:
            parsed = pb.UploadRequest.FromString(other).chunk
            assert (parsed.offset, parsed.data) == (chunk[0], bytes(chunk[1]))


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
