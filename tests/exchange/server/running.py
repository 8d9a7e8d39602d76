"""A server in this process, and stubs that call it as any client would."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import msgspec
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc import StatusCode

from pysession.exchange.chunks import chunk_message
from pysession.exchange.server import Limits, Server, Settings
from pysession.stores import Store, open_store
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import exchange_pb2_grpc

CHUNK = 64 * 1024
ADA = "the-token-of-ada-0123456789"
BOB = "the-token-of-bob-0123456789"
UPLOAD_ID = "an-upload-that-nobody-guesses"


class Exchange:
    """A running server: its store, its address, and a stub without a token."""

    def __init__(self, server: Server, store: Store, address: str) -> None:
        self.server = server
        self.store = store
        self.address = address
        self.channel = grpc.aio.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        self.stub = exchange_pb2_grpc.SessionExchangeStub(self.channel)

    async def put(self, session_id: str, data: bytes, token: str | None = None, **options: Any) -> pb.Entry:
        request = put_request(session_id, data, **options)
        return (await self.stub.Put(request, metadata=bearer(token))).entry

    async def get(self, session_id: str, token: str | None = None, **fields: Any) -> pb.GetResponse:
        return await self.stub.Get(pb.GetRequest(session_id=session_id, **fields), metadata=bearer(token))

    async def upload(
        self, parts: Iterable[pb.UploadRequest | bytes], token: str | None = None, timeout: float = 20
    ) -> pb.UploadResponse:
        """Upload messages, of which bytes are sent as they are.

        By the client that blocks: the other one takes the end of a call in the middle of its messages for an error of its
        own, and loses what the server said.
        """

        def send() -> pb.UploadResponse:
            with grpc.insecure_channel(self.address) as channel:
                method = channel.stream_unary(
                    "/pysession.v1.SessionExchange/Upload",
                    request_serializer=lambda part: part if isinstance(part, bytes) else part.SerializeToString(),
                    response_deserializer=pb.UploadResponse.FromString,
                )
                return method(iter(parts), metadata=bearer(token), timeout=timeout)

        # In threads of its own: those of the event loop are the server's.
        with ThreadPoolExecutor(1) as thread:
            return await asyncio.get_running_loop().run_in_executor(thread, send)


@contextlib.asynccontextmanager
async def running(
    store: str | Store = "memory:", *, limits: Limits | None = None, **settings: Any
) -> AsyncIterator[Exchange]:
    """A server without TLS on a free port of this machine."""
    opened = open_store(store) if isinstance(store, str) else store
    server = Server(opened, Settings(address="127.0.0.1:0", limits=limits or Limits(), drain_seconds=0.2, **settings))
    exchange = Exchange(server, opened, await server.start())
    try:
        yield exchange
    finally:
        await exchange.channel.close()
        await server.stop()
        await opened.close()


def bearer(token: str | None) -> tuple[tuple[str, str], ...]:
    return () if token is None else (("authorization", f"Bearer {token}"),)


def put_request(session_id: str, data: bytes, **options: Any) -> pb.PutRequest:
    key = options.pop("idempotency_key", None)
    document = pb.Document(data=data, dialect=options.pop("dialect", None), sha256=options.pop("digest", None))
    return pb.PutRequest(
        session_id=session_id,
        payload=pb.Payload(document=document),
        options=pb.WriteOptions(**options),
        idempotency_key=key,
    )


def upload_header(session_id: str, data: bytes, **fields: Any) -> pb.UploadRequest:
    said: dict[str, Any] = {"upload_id": UPLOAD_ID, "form": pb.FORM_DOCUMENT, "size": len(data)}
    said["sha256"] = sha256(data).digest()
    return pb.UploadRequest(header=pb.UploadHeader(session_id=session_id, **(said | fields)))


def chunks(data: bytes, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The messages of the chunks from ``start`` to ``end``."""
    end = len(data) if end is None else end
    for offset in range(start, end, CHUNK):
        yield chunk_message(offset, data[offset : min(offset + CHUNK, end)])


def trailer(data: bytes) -> pb.UploadRequest:
    return pb.UploadRequest(trailer=pb.UploadTrailer(sha256=sha256(data).digest()))


class Refused(msgspec.Struct):
    """How a call was refused."""

    code: StatusCode
    message: str
    reason: str | None
    metadata: dict[str, str]
    details: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message}"


async def refused(call: Awaitable[Any]) -> Refused:
    """How ``call`` is refused; that it is not is a failure."""
    try:
        answer = await call
    except grpc.RpcError as error:
        return refusal_in(error)
    raise AssertionError(f"it was answered: {answer}")


def refusal_in(error: Any) -> Refused:
    raw = {key: value for key, value in error.trailing_metadata() or ()}.get("grpc-status-details-bin", b"")  # noqa: C416
    status = status_pb2.Status.FromString(raw if isinstance(raw, bytes) else raw.encode())
    found: dict[str, Any] = {}
    for packed in status.details:
        name = packed.TypeName().rpartition(".")[2]
        found[name] = getattr(details, name)()
        packed.Unpack(found[name])
    info = found.get("ErrorInfo", details.ErrorInfo())
    if raw:
        assert status.code == error.code().value[0]
        assert status.message == error.details()
        assert info.domain == "pysession"
    return Refused(error.code(), error.details() or "", info.reason or None, dict(info.metadata), found)


def tokens_file(folder: Path, **tokens: str) -> Path:
    """A file of tokens, of which each keyword is an owner."""
    path = folder / "tokens.toml"
    path.write_text("".join(f'[[token]]\nowner = "{owner}"\ntoken = "{token}"\n' for owner, token in tokens.items()))
    return path
