"""Whether the server serves, as ``grpc.health.v1`` asks it.

Not the servicer of grpcio-health-checking: there one watcher that takes no message holds up all others, and the end of the
server with them. And anybody may ask, without a token: so calls are known before their message is there, and of too many
that stand about the one that has stood longest has to go.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc import StatusCode
from grpc_health.v1 import health_pb2

from pysession.exchange.server.lobby import Lobby

HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
_Request = health_pb2.HealthCheckRequest
_Answer = health_pb2.HealthCheckResponse
_MOST_CHECKS = 64
_MOST_WATCHES = 64
_CHECK_SECONDS = 5.0


class Health:
    """The health of ``services``: serving until the server begins to stop."""

    def __init__(self, *services: str) -> None:
        self._services = frozenset(services)
        self._stopping = asyncio.Event()
        self._checks = Lobby(_MOST_CHECKS)
        self._watches = Lobby(_MOST_WATCHES)

    def stop(self) -> None:
        """From now on nothing is serving."""
        self._stopping.set()

    def handler(self) -> grpc.GenericRpcHandler:
        """gRPC's handler of the service."""
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Check": grpc.stream_unary_rpc_method_handler(self._check),
            "Watch": grpc.stream_stream_rpc_method_handler(self._watch),
        }
        return grpc.method_handlers_generic_handler(HEALTH, methods)

    async def _check(self, messages: object, context: Any) -> bytes:
        async with self._checks.taken(context, _CHECK_SECONDS):
            if await _service(context) not in self._services:
                await context.abort(StatusCode.NOT_FOUND, "there is no such service")
            return _said(_Answer.NOT_SERVING if self._stopping.is_set() else _Answer.SERVING)

    async def _watch(self, messages: object, context: Any) -> None:
        async with self._watches.taken(context):
            if await _service(context) not in self._services:
                await context.write(_said(_Answer.SERVICE_UNKNOWN))
            elif not self._stopping.is_set():
                await context.write(_said(_Answer.SERVING))
            await self._stopping.wait()
            # The last word: a watch that went on would keep the server from stopping.
            await context.write(_said(_Answer.NOT_SERVING))


async def _service(context: Any) -> str:
    """The service that is asked for."""
    raw = await context.read()
    try:
        if raw is not grpc.aio.EOF:
            return _Request.FromString(raw).service
    except DecodeError:
        pass
    await context.abort(StatusCode.INVALID_ARGUMENT, f"there is no {_Request.DESCRIPTOR.full_name}")
    raise AssertionError("it was ended")


def _said(status: Any) -> bytes:
    return _Answer(status=status).SerializeToString()
