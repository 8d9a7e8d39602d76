"""What a team would write in an afternoon: a ``grpc.aio`` service that keeps bytes in SQLite, and one that sends them back.

    python benchmarks/bare_exchange.py DATABASE

Messages of up to 64 KiB go in one call, larger ones as a stream of 64 KiB chunks, as the exchange has it. There is no
id, owner, digest, etag, limit or policy: bytes come, are committed, and go. Its port is the first line that it prints.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import BytesValue

CHUNK_BYTES = 64 * 1024
SERVICE = "bare.Exchange"
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_PUT = "INSERT INTO session (id, data) VALUES ('s', ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data"


class BareService:
    """Keeps one document."""

    def __init__(self, database: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("CREATE TABLE session (id TEXT PRIMARY KEY, data BLOB NOT NULL)")

    async def put(self, request: BytesValue, context: Any) -> Empty:
        self._connection.execute(_PUT, (request.value,))
        return Empty()

    async def get(self, request: Empty, context: Any) -> BytesValue:
        return BytesValue(value=self._data())

    async def put_stream(self, requests: AsyncIterator[BytesValue], context: Any) -> Empty:
        chunks = [request.value async for request in requests]
        self._connection.execute(_PUT, (b"".join(chunks),))
        return Empty()

    async def get_stream(self, request: Empty, context: Any) -> AsyncIterator[BytesValue]:
        data = self._data()
        for start in range(0, len(data), CHUNK_BYTES):
            yield BytesValue(value=data[start : start + CHUNK_BYTES])

    async def echo(self, request: BytesValue, context: Any) -> BytesValue:
        return request

    def handler(self) -> grpc.GenericRpcHandler:
        def shape(make: Any, method: Any, request: Any, response: Any) -> Any:
            return make(method, request_deserializer=request.FromString, response_serializer=response.SerializeToString)

        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Put": shape(grpc.unary_unary_rpc_method_handler, self.put, BytesValue, Empty),
                "Get": shape(grpc.unary_unary_rpc_method_handler, self.get, Empty, BytesValue),
                "PutStream": shape(grpc.stream_unary_rpc_method_handler, self.put_stream, BytesValue, Empty),
                "GetStream": shape(grpc.unary_stream_rpc_method_handler, self.get_stream, Empty, BytesValue),
                "Echo": shape(grpc.unary_unary_rpc_method_handler, self.echo, BytesValue, BytesValue),
            },
        )

    def _data(self) -> bytes:
        (data,) = self._connection.execute("SELECT data FROM session WHERE id = 's'").fetchone()
        return bytes(data)


class BareClient:
    """Calls it."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=_UNLIMITED)

        def call(make: Any, name: str, request: Any, response: Any) -> Any:
            return make(
                f"/{SERVICE}/{name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )

        self._put = call(self._channel.unary_unary, "Put", BytesValue, Empty)
        self._get = call(self._channel.unary_unary, "Get", Empty, BytesValue)
        self._put_stream = call(self._channel.stream_unary, "PutStream", BytesValue, Empty)
        self._get_stream = call(self._channel.unary_stream, "GetStream", Empty, BytesValue)
        self._echo = call(self._channel.unary_unary, "Echo", BytesValue, BytesValue)

    async def put(self, data: bytes) -> None:
        if len(data) <= CHUNK_BYTES:
            await self._put(BytesValue(value=data))
        else:
            await self._put_stream(
                BytesValue(value=data[start : start + CHUNK_BYTES]) for start in range(0, len(data), CHUNK_BYTES)
            )

    async def get(self, size: int) -> bytes:
        if size <= CHUNK_BYTES:
            return (await self._get(Empty())).value
        return b"".join([response.value async for response in self._get_stream(Empty())])

    async def echo(self, data: bytes) -> bytes:
        return (await self._echo(BytesValue(value=data))).value

    async def close(self) -> None:
        await self._channel.close()


async def serve(database: str) -> None:
    server = grpc.aio.server(options=_UNLIMITED)
    server.add_generic_rpc_handlers((BareService(database).handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
