"""A session sent in chunks, which goes on where it was cut."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from grpc import aio

from pysession.exchange.chunks import chunk_message
from pysession.exchange.client.calling import Attempts, Caller, understood
from pysession.exchange.client.status import Ending, Subject
from pysession.v1 import exchange_pb2

CHUNK_BYTES = 64 * 1024
"""The largest chunk of the definition (16 to 64 KiB): the fewer there are, the less they cost."""

Progress = Callable[[int, int], None]
"""Is told how many bytes are through, and of how many."""


class Upload:
    """One upload of ``data``; ``header`` says what it is, without its id, size and offset."""

    def __init__(
        self, caller: Caller, header: exchange_pb2.UploadHeader, data: bytes, subject: Subject, progress: Progress
    ) -> None:
        self._caller = caller
        self._header = header
        self._data = data
        self._subject = subject
        self._progress = progress
        self._furthest = 0
        header.upload_id = secrets.token_urlsafe(24)
        header.size = len(data)

    async def run(self, attempts: Attempts) -> exchange_pb2.Entry:
        """Send it, as often as is worth it; the session as it is stored.

        Raises:
            StoreError: what the status of the last attempt means.
        """
        offset = 0
        while True:
            call = _method(self._caller.channel)(
                self._messages(offset), timeout=attempts.deadline.left(), metadata=self._caller.metadata()
            )
            ending = Ending(call)
            try:
                return understood(await call, self._caller.place).entry
            except aio.AioRpcError as error:
                status = ending.status(error)
                if not await attempts.another(status):
                    raise attempts.failure(status, self._subject) from error
            state = await self._state(attempts)
            if state.HasField("response"):
                return state.response.entry
            offset = state.offset
            if offset > self._furthest:
                self._furthest = offset
                attempts.progressed()

    async def _state(self, attempts: Attempts) -> exchange_pb2.GetUploadResponse:
        """How far the server has come. One that knows nothing of the upload was started anew: it begins at 0."""
        request = exchange_pb2.GetUploadRequest(upload_id=self._header.upload_id)

        async def ask() -> exchange_pb2.GetUploadResponse:
            try:
                return await self._caller.once(self._caller.stub.GetUpload, request, attempts)
            except aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return exchange_pb2.GetUploadResponse(offset=0)
                raise

        return await self._caller.repeated(ask, attempts, self._subject)

    async def _messages(self, offset: int) -> AsyncIterator[exchange_pb2.UploadRequest | bytes]:
        header = exchange_pb2.UploadHeader()
        header.CopyFrom(self._header)
        header.offset = offset
        yield exchange_pb2.UploadRequest(header=header)
        data, size = memoryview(self._data), len(self._data)
        for start in range(offset, size, CHUNK_BYTES):
            yield chunk_message(start, data[start : start + CHUNK_BYTES])
            self._progress(min(start + CHUNK_BYTES, size), size)
        yield exchange_pb2.UploadRequest(trailer=exchange_pb2.UploadTrailer(sha256=self._header.sha256))


def _method(channel: aio.Channel) -> aio.StreamUnaryMultiCallable[Any, exchange_pb2.UploadResponse]:
    """``Upload``, which takes chunks that are serialised already."""
    return channel.stream_unary(
        "/pysession.v1.SessionExchange/Upload",
        request_serializer=lambda part: part if isinstance(part, bytes) else part.SerializeToString(),
        response_deserializer=exchange_pb2.UploadResponse.FromString,
    )
