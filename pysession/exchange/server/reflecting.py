"""Which methods and messages there are, as ``grpc.reflection`` asks it; imported only where that is allowed.

grpcio-reflection knows the answers. Its own servicer would let anybody ask, and stand for as long as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection, reflection_pb2

from pysession.exchange.server.lobby import Lobby

_MOST = 16
_Request = reflection_pb2.ServerReflectionRequest


class Reflection:
    """The methods of ``services``, for callers with a token; a call may take ``seconds``."""

    def __init__(self, services: tuple[str, ...], knows: Callable[[str | None], bool], seconds: float) -> None:
        self._servicer = reflection.ReflectionServicer((*services, reflection.SERVICE_NAME), pool=_Pool())
        self._knows = knows
        self._seconds = seconds
        self._lobby = Lobby(_MOST)

    def handler(self) -> grpc.GenericRpcHandler:
        """gRPC's handler of the service."""
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(self._answer)
        }
        return grpc.method_handlers_generic_handler(reflection.SERVICE_NAME, methods)

    async def _answer(self, messages: object, context: Any) -> None:
        headers = dict(context.invocation_metadata() or ())
        if not self._knows(headers.get("authorization")):
            await context.abort(StatusCode.UNAUTHENTICATED, "a token that the server knows is needed")
        async with self._lobby.taken(context, self._seconds):
            while (raw := await context.read()) is not grpc.aio.EOF:
                try:
                    asked = _Request.FromString(raw)
                except DecodeError:
                    await context.abort(
                        StatusCode.INVALID_ARGUMENT, f"the message is no {_Request.DESCRIPTOR.full_name}"
                    )
                for answer in self._servicer.ServerReflectionInfo(iter((asked,)), context):
                    await context.write(answer.SerializeToString())


class _Pool:
    """protobuf's own, which also finds the file of a method: clients ask for one to call (``grpcurl describe``)."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, name: str) -> Any:  # noqa: N802 (as protobuf has it)
        try:
            return self._pool.FindFileContainingSymbol(name)
        except KeyError:
            service, _, method = name.rpartition(".")
            found = self._pool.FindServiceByName(service)
            if method not in found.methods_by_name:
                raise
            return found.file
