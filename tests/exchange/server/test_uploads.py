"""Sessions in chunks: nothing is stored before all is there, and a transfer goes on where it was."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import grpc.aio
import pytest
from grpc import StatusCode

from pysession.exchange.chunks import chunk_message
from pysession.exchange.server import Limits
from pysession.v1 import exchange_pb2 as pb
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

DATA = os.urandom(5 * CHUNK + 1234)
STATUS = pb.GetUploadRequest(upload_id=UPLOAD_ID)


def test_what_is_uploaded_is_stored_whole_and_downloaded_in_chunks() -> None:
    async def body(exchange: Exchange) -> None:
        entry = (await exchange.upload([upload_header("s", DATA), *chunks(DATA), trailer(DATA)])).entry
        assert (entry.size, entry.sha256) == (len(DATA), sha256(DATA).digest())
        parts = [part async for part in exchange.stub.Download(pb.DownloadRequest(session_id="s"))]
        kinds = [part.WhichOneof("part") for part in parts]
        assert kinds == ["header", *["chunk"] * 6, "trailer"]
        assert parts[0].header.entry == entry
        assert (parts[0].header.size, parts[0].header.sha256) == (len(DATA), entry.sha256)
        assert b"".join(part.chunk.data for part in parts[1:-1]) == DATA
        assert [part.chunk.offset for part in parts[1:-1]] == [number * CHUNK for number in range(6)]
        assert all(16 * 1024 <= len(part.chunk.data) <= CHUNK for part in parts[1:-2])
        assert parts[-1].trailer.sha256 == entry.sha256

    run(body)


def test_a_chunk_in_any_form_that_protobuf_allows_is_taken() -> None:
    async def body(exchange: Exchange) -> None:
        unknown = b"\x98\x06\x01"  # field 99
        messages: list[Any] = [upload_header("s", DATA)]
        for number, offset in enumerate(range(0, len(DATA), CHUNK)):
            data = DATA[offset : offset + CHUNK]
            chunk = pb.Chunk(offset=offset, data=data)
            forms = (
                chunk_message(offset, data),
                chunk_message(offset, data) + unknown,
                pb.UploadRequest(chunk=pb.Chunk(data=data)).SerializeToString()
                + pb.UploadRequest(chunk=pb.Chunk(offset=offset)).SerializeToString(),
                pb.UploadRequest(chunk=chunk),
            )
            messages.append(forms[number % len(forms)])
        await exchange.upload([*messages, trailer(DATA)])
        assert (await exchange.get("s")).payload.document.data == DATA

    run(body)


@pytest.mark.parametrize("sent", [1, 3, 6])
def test_an_upload_that_was_cut_stores_nothing_and_goes_on_where_it_was(sent: int) -> None:
    async def body(exchange: Exchange) -> None:
        old = await exchange.put("s", b"old")
        await cut(exchange, [upload_header("s", DATA), *list(chunks(DATA))[:sent]], sent * CHUNK)
        assert (await exchange.get("s")).entry.etag == old.etag
        at = (await exchange.stub.GetUpload(STATUS)).offset
        assert at == min(sent * CHUNK, len(DATA))
        await exchange.upload([upload_header("s", DATA, offset=at), *chunks(DATA, at), trailer(DATA)])
        assert (await exchange.get("s")).payload.document.data == DATA

    run(body)


def test_chunks_that_come_again_must_say_the_same() -> None:
    async def body(exchange: Exchange) -> None:
        await cut(exchange, [upload_header("s", DATA), *chunks(DATA, 0, 3 * CHUNK)], 3 * CHUNK)
        other = bytearray(DATA)
        other[CHUNK + 5] ^= 1
        replayed = [
            upload_header("s", DATA),
            chunk_message(0, DATA[:CHUNK]),
            chunk_message(CHUNK, other[CHUNK : 2 * CHUNK]),
        ]
        refusal = await refused(exchange.upload(replayed))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "CHUNK_DIFFERS")
        # All of it again, in chunks of another size.
        await exchange.upload([upload_header("s", DATA), *small_chunks(DATA, 20_000), trailer(DATA)])
        assert (await exchange.get("s")).payload.document.data == DATA

    run(body)


def test_an_upload_that_is_complete_is_answered_again() -> None:
    async def body(exchange: Exchange) -> None:
        whole = [upload_header("s", DATA, options=pb.WriteOptions(create_only=True)), *chunks(DATA), trailer(DATA)]
        first = await exchange.upload(whole)
        assert await exchange.upload(whole) == first
        status = await exchange.stub.GetUpload(STATUS)
        assert (status.offset, status.size, status.response) == (len(DATA), len(DATA), first)

    run(body)


def _with(**fields: Any) -> list[Any]:
    return [upload_header("s", DATA, **fields), *chunks(DATA), trailer(DATA)]


WRONG: dict[str, tuple[list[Any], StatusCode, str]] = {
    "no header": ([*chunks(DATA)], StatusCode.INVALID_ARGUMENT, "HEADER_MISSING"),
    "nothing": ([], StatusCode.INVALID_ARGUMENT, "HEADER_MISSING"),
    "no session id": (
        [upload_header("", DATA), *chunks(DATA), trailer(DATA)],
        StatusCode.INVALID_ARGUMENT,
        "SESSION_ID_MISSING",
    ),
    "a short upload id": (_with(upload_id="short"), StatusCode.INVALID_ARGUMENT, "KEY_INVALID"),
    "no digest": (_with(sha256=b""), StatusCode.INVALID_ARGUMENT, "DIGEST_MISSING"),
    "no size": (
        [pb.UploadRequest(header=pb.UploadHeader(session_id="s", upload_id=UPLOAD_ID))],
        StatusCode.INVALID_ARGUMENT,
        "SIZE_MISSING",
    ),
    "a form that is none": (_with(form=77), StatusCode.INVALID_ARGUMENT, "FORM_UNKNOWN"),
    "a header twice": (
        [upload_header("s", DATA), upload_header("s", DATA)],
        StatusCode.INVALID_ARGUMENT,
        "PART_UNKNOWN",
    ),
    "no trailer": ([upload_header("s", DATA), *chunks(DATA)], StatusCode.INVALID_ARGUMENT, "UPLOAD_ENDED"),
    "an early trailer": (
        [upload_header("s", DATA), *chunks(DATA, 0, CHUNK), trailer(DATA)],
        StatusCode.INVALID_ARGUMENT,
        "UPLOAD_INCOMPLETE",
    ),
    "a gap": (
        [upload_header("s", DATA, offset=CHUNK), *chunks(DATA, CHUNK)],
        StatusCode.OUT_OF_RANGE,
        "CHUNK_GAP",
    ),
    "chunks out of order": (
        [upload_header("s", DATA), *reversed(list(chunks(DATA)))],
        StatusCode.INVALID_ARGUMENT,
        "CHUNK_ORDER",
    ),
    "a chunk too large": (
        [upload_header("s", DATA), chunk_message(0, DATA[: CHUNK + 1])],
        StatusCode.INVALID_ARGUMENT,
        "CHUNK_SIZE",
    ),
    "a chunk too small": (
        [upload_header("s", DATA), chunk_message(0, DATA[:1000])],
        StatusCode.INVALID_ARGUMENT,
        "CHUNK_SIZE",
    ),
    "an empty chunk": (
        [upload_header("s", DATA), chunk_message(0, b"")],
        StatusCode.INVALID_ARGUMENT,
        "CHUNK_SIZE",
    ),
    "more than was said": (
        [upload_header("s", DATA[: 2 * CHUNK]), *chunks(DATA)],
        StatusCode.INVALID_ARGUMENT,
        "CHUNK_BEYOND_SIZE",
    ),
    "another digest": (
        [upload_header("s", DATA, sha256=bytes(32)), *chunks(DATA), pb.UploadRequest(trailer={"sha256": bytes(32)})],
        StatusCode.DATA_LOSS,
        "DIGEST_MISMATCH",
    ),
    "two digests": (
        [upload_header("s", DATA), *chunks(DATA), pb.UploadRequest(trailer={"sha256": bytes(32)})],
        StatusCode.INVALID_ARGUMENT,
        "DIGEST_CHANGED",
    ),
    "a wrong etag": (_with(options=pb.WriteOptions(if_match="x")), StatusCode.ABORTED, "ETAG_MISMATCH"),
    "no protobuf": (
        [upload_header("s", DATA), b"\xff\xff\xff"],
        StatusCode.INVALID_ARGUMENT,
        "MESSAGE_MALFORMED",
    ),
}


@pytest.mark.parametrize(("messages", "code", "reason"), WRONG.values(), ids=WRONG)
def test_an_upload_that_is_wrong_is_refused_and_stores_nothing(
    messages: list[Any], code: StatusCode, reason: str
) -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.upload(messages))
        assert (refusal.code, refusal.reason) == (code, reason)
        assert (await refused(exchange.get("s"))).code is StatusCode.NOT_FOUND
        await exchange.upload([upload_header("s", DATA, upload_id=UPLOAD_ID + "2"), *chunks(DATA), trailer(DATA)])

    run(body)


def test_an_upload_id_is_for_one_upload() -> None:
    async def body(exchange: Exchange) -> None:
        await cut(exchange, [upload_header("s", DATA), *chunks(DATA, 0, CHUNK)], CHUNK)
        for header in (upload_header("t", DATA), upload_header("s", DATA[:-1])):
            refusal = await refused(exchange.upload([header]))
            assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "UPLOAD_ID_REUSED")
        assert (await exchange.stub.GetUpload(STATUS)).offset == CHUNK

    run(body)


def test_a_second_call_of_an_upload_takes_it_over() -> None:
    async def body(exchange: Exchange) -> None:
        first = exchange.stub.Upload()
        await first.write(upload_header("s", DATA))
        await first.write(pb.UploadRequest(chunk=pb.Chunk(offset=0, data=DATA[:CHUNK])))
        await arrived(exchange, CHUNK)
        await exchange.upload([upload_header("s", DATA, offset=CHUNK), *chunks(DATA, CHUNK), trailer(DATA)])
        await first.write(pb.UploadRequest(chunk=pb.Chunk(offset=CHUNK, data=b"x" * CHUNK)))
        refusal = await refused(first)
        assert (refusal.code, refusal.reason) == (StatusCode.ABORTED, "UPLOAD_TAKEN_OVER")
        assert (await exchange.get("s")).payload.document.data == DATA

    run(body)


def test_an_owner_has_so_many_unfinished_uploads_and_the_oldest_goes() -> None:
    async def body(exchange: Exchange) -> None:
        for number in range(4):
            await cut(
                exchange, [upload_header("s", DATA, upload_id=f"{UPLOAD_ID}{number}"), *chunks(DATA, 0, CHUNK)], 0
            )
        known = []
        for number in range(4):
            with_id = pb.GetUploadRequest(upload_id=f"{UPLOAD_ID}{number}")
            try:
                known.append((await exchange.stub.GetUpload(with_id)).offset)
            except grpc.aio.AioRpcError:
                known.append(None)
        assert known == [None, CHUNK, CHUNK, CHUNK]

    run(body, Limits(uploads=3))


def test_an_unfinished_upload_is_forgotten_after_a_while() -> None:
    async def body(exchange: Exchange) -> None:
        await cut(exchange, [upload_header("s", DATA), *chunks(DATA, 0, CHUNK)], CHUNK)
        await asyncio.sleep(0.6)
        refusal = await refused(exchange.stub.GetUpload(STATUS))
        assert (refusal.code, refusal.reason) == (StatusCode.NOT_FOUND, "UPLOAD_NOT_FOUND")

    run(body, Limits(upload_seconds=0.5))


def test_a_download_goes_on_where_it_was_as_long_as_the_session_is_the_same() -> None:
    async def body(exchange: Exchange) -> None:
        etag = (await exchange.put("s", DATA)).etag
        request = pb.DownloadRequest(session_id="s", offset=100_000, if_match=etag)
        parts = [part async for part in exchange.stub.Download(request)]
        assert (parts[0].header.offset, parts[0].header.size) == (100_000, len(DATA))
        assert parts[1].chunk.offset == 100_000
        assert b"".join(part.chunk.data for part in parts) == DATA[100_000:]
        assert parts[-1].trailer.sha256 == sha256(DATA).digest()
        await exchange.put("s", b"changed")
        refusal = await refused(exchange.stub.Download(request).read())
        assert (refusal.code, refusal.reason) == (StatusCode.ABORTED, "ETAG_MISMATCH")
        beyond = pb.DownloadRequest(session_id="s", offset=8)
        assert (await refused(exchange.stub.Download(beyond).read())).code is StatusCode.OUT_OF_RANGE

    run(body)


def small_chunks(data: bytes, size: int) -> list[bytes]:
    return [chunk_message(offset, data[offset : offset + size]) for offset in range(0, len(data), size)]


async def cut(exchange: Exchange, messages: list[Any], received: int) -> None:
    """Send ``messages`` and go away, once the server has so many bytes."""
    call = exchange.channel.stream_unary(
        "/pysession.v1.SessionExchange/Upload",
        request_serializer=lambda part: part if isinstance(part, bytes) else part.SerializeToString(),
    )()
    for message in messages:
        await call.write(message)
    upload_id = messages[0].header.upload_id
    await arrived(exchange, min(received, messages[0].header.size), upload_id)
    call.cancel()
    # The server hears of it a little later.
    await asyncio.sleep(0.05)


async def arrived(exchange: Exchange, received: int, upload_id: str = UPLOAD_ID) -> None:
    for _ in range(500):
        with contextlib.suppress(grpc.aio.AioRpcError):
            if (await exchange.stub.GetUpload(pb.GetUploadRequest(upload_id=upload_id))).offset >= received:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("the chunks did not arrive")


def run(body: Callable[[Exchange], Any], limits: Limits | None = None) -> None:
    async def main() -> None:
        async with running(limits=limits) as exchange:
            await body(exchange)

    asyncio.run(main())
