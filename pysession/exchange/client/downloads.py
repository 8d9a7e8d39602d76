"""A session fetched in chunks, which goes on where it was cut."""

from __future__ import annotations

import asyncio
import hashlib
import io
from typing import Any

import grpc
import msgspec
from grpc import aio

from pysession.exchange.chunks import read_chunk
from pysession.exchange.client.calling import BYTES_A_SECOND, Attempts, Caller, understood
from pysession.exchange.client.decoding import losses_of
from pysession.exchange.client.failures import DataLossError, DeadlineError
from pysession.exchange.client.status import Status, Subject
from pysession.exchange.client.uploads import Progress
from pysession.findings import Loss
from pysession.stores import TooLargeError
from pysession.v1 import exchange_pb2


class Downloaded(msgspec.Struct, frozen=True):
    """What came: the header, the bytes, and what the conversion lost."""

    header: exchange_pb2.DownloadHeader
    data: bytes
    losses: tuple[Loss, ...]


class Download:
    """One download. What it holds is never more than the header promised, nor than ``most`` bytes."""

    def __init__(
        self,
        caller: Caller,
        request: exchange_pb2.DownloadRequest,
        most: int,
        subject: Subject,
        progress: Progress,
    ) -> None:
        self._caller = caller
        self._request = request
        self._most = most
        self._subject = subject
        self._progress = progress
        self._begin()

    async def run(self, attempts: Attempts) -> Downloaded:
        """Fetch it, as often as is worth it. What is changed in between is fetched from the beginning.

        Raises:
            StoreError: what the status of the last attempt means.
            DataLossError: the bytes are not those of the digest.
        """
        while True:
            before = self._received
            try:
                async with asyncio.timeout(attempts.deadline.left()) as limit:
                    await self._attempt(attempts, limit)
                return self._whole()
            except TimeoutError as error:
                raise DeadlineError(self._subject.place, "it did not send all in time") from error
            except aio.AioRpcError as error:
                status = Status(error)
                if self._received and status.code in _OTHER_VERSION:
                    self._begin()
                elif not await attempts.another(status):
                    raise attempts.failure(status, self._subject) from error
            if self._received > before:
                attempts.progressed()

    def _begin(self) -> None:
        self._buffer = io.BytesIO()
        self._digest = hashlib.sha256()
        self._received = 0
        self._header: exchange_pb2.DownloadHeader | None = None

    async def _attempt(self, attempts: Attempts, limit: asyncio.Timeout) -> None:
        request = exchange_pb2.DownloadRequest()
        request.CopyFrom(self._request)
        if self._header is not None and self._received:
            request.offset = self._received
            request.if_match = self._header.entry.etag
        self._losses: list[Loss] = []
        self._trailer: bytes | None = None
        async for response in _method(self._caller.channel)(request, metadata=self._caller.metadata()):
            if isinstance(response, tuple):
                self._take(*response)
                continue
            part = understood(response, self._caller.place).WhichOneof("part")
            if part == "chunk":
                self._take(response.chunk.offset, response.chunk.data)
            elif part == "header":
                if self._header is None:
                    attempts.deadline.extend(response.header.size / BYTES_A_SECOND)
                    left = attempts.deadline.left()
                    limit.reschedule(None if left is None else asyncio.get_running_loop().time() + left)
                self._open(response.header, request.offset)
            elif part == "losses":
                self._losses += losses_of(response.losses.losses)
            elif part == "trailer":
                self._trailer = response.trailer.sha256

    def _open(self, header: exchange_pb2.DownloadHeader, offset: int) -> None:
        if header.size > self._most:
            raise TooLargeError(self._subject.session_id, header.size, self._most)
        if header.offset != offset:
            raise self._damaged(f"its chunks begin at {header.offset:,}, and were asked for from {offset:,} on")
        if self._header is not None and header.sha256 != self._header.sha256:
            raise self._damaged("its digest is another one after the connection was cut")
        self._header = header

    def _take(self, offset: int, data: bytes | memoryview) -> None:
        if self._header is None or offset != self._received:
            raise self._damaged(f"a chunk begins at {offset:,}, and {self._received:,} bytes have come")
        self._received += self._buffer.write(data)
        self._digest.update(data)
        if self._received > self._header.size:
            raise self._damaged(f"more has come than the {self._header.size:,} bytes that were promised")
        self._progress(self._received, self._header.size)

    def _whole(self) -> Downloaded:
        if self._header is None or self._trailer is None:
            raise self._damaged("the server ended before it had sent all")
        if self._received != self._header.size:
            raise self._damaged(f"{self._received:,} bytes have come of {self._header.size:,}")
        if not self._digest.digest() == self._header.sha256 == self._trailer:
            raise self._damaged("what has come does not have the digest that the server gave")
        # The buffer gives its bytes away without copying them.
        return Downloaded(self._header, self._buffer.getvalue(), tuple(self._losses))

    def _damaged(self, reason: str) -> DataLossError:
        return DataLossError(self._subject.session_id, reason)


_OTHER_VERSION = frozenset({grpc.StatusCode.ABORTED, grpc.StatusCode.OUT_OF_RANGE})
"""The answers to a download that goes on, when the session has been changed since."""


def _method(channel: aio.Channel) -> aio.UnaryStreamMultiCallable[exchange_pb2.DownloadRequest, Any]:
    """``Download``, which gives a chunk as its offset and data, without a copy of them, and other parts as messages."""
    return channel.unary_stream(
        "/pysession.v1.SessionExchange/Download",
        request_serializer=exchange_pb2.DownloadRequest.SerializeToString,
        response_deserializer=lambda raw: read_chunk(raw) or exchange_pb2.DownloadResponse.FromString(raw),
    )
