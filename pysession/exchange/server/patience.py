"""How long a stream may stand still: one timer for a call, not one for each message, which would cost as much as its bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from grpc import StatusCode

from pysession.exchange.server.refusals import CallRefusedError

_Result = TypeVar("_Result")


class Patience:
    """The other side may take ``seconds`` for each message. Used by one task."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_over = False

    async def wait(self, message: Awaitable[_Result], what: str) -> _Result:
        """What ``message`` gives.

        Raises:
            CallRefusedError: DEADLINE_EXCEEDED, nothing came of it in time; ``what`` says of what.
        """
        self._since = self._loop.time()
        if self._timer is None:
            self._task = asyncio.current_task()
            self._timer = self._loop.call_at(self._since + self._seconds, self._look)
        try:
            return await message
        except asyncio.CancelledError:
            if not self._is_over or self._task is None:
                raise
            self._task.uncancel()
            told = f"{what} for {self._seconds:g} seconds"
            raise CallRefusedError(StatusCode.DEADLINE_EXCEEDED, "CLIENT_STALLED", told) from None
        finally:
            self._since = None

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        since = self._since if self._since is not None else self._loop.time()
        if since + self._seconds > self._loop.time() or self._task is None:
            self._timer = self._loop.call_at(since + self._seconds, self._look)
        else:
            self._is_over = True
            self._task.cancel()
