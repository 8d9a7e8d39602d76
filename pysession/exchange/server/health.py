"""Whether the server serves, as ``grpc.health.v1`` asks it.

Not the servicer of grpcio-health-checking: there one watcher that takes no message holds up all others, and the end of the
server with them; and anybody may ask, without a token, so that watchers must not be more than a few.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_Status = health_pb2.HealthCheckResponse
_MOST_WATCHERS = 64


class Health(health_pb2_grpc.HealthServicer):
    """The health of ``services``: serving until the server begins to stop."""

    def __init__(self, *services: str) -> None:
        self._services = frozenset(services)
        self._stopping = asyncio.Event()
        self._watchers = 0

    def stop(self) -> None:
        """From now on nothing is serving."""
        self._stopping.set()

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Any) -> _Status:  # noqa: N802
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service")
        return _Status(status=self._status)

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:  # noqa: N802
        if self._watchers >= _MOST_WATCHERS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{_MOST_WATCHERS} watch the health already")
        self._watchers += 1
        try:
            if request.service not in self._services:
                await context.write(_Status(status=_Status.SERVICE_UNKNOWN))
            elif not self._stopping.is_set():
                await context.write(_Status(status=_Status.SERVING))
            await self._stopping.wait()
            # The last word: a watch that went on would keep the server from stopping.
            await context.write(_Status(status=_Status.NOT_SERVING))
        finally:
            self._watchers -= 1

    @property
    def _status(self) -> Any:
        return _Status.NOT_SERVING if self._stopping.is_set() else _Status.SERVING
