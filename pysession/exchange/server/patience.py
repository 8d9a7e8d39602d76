"""How long a call may take, and a stream stand still: one timer for each of both, not one for each message, which would cost as
much as its bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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


class TimeLimit:
    """Cancels the task that makes it after ``seconds`` (None: when :meth:`expire` is called). asyncio.timeout does too, and
    takes 15 µs more of each call."""

    def __init__(self, seconds: float | None) -> None:
        self._task = asyncio.current_task()
        self._is_over = False
        loop = asyncio.get_running_loop()
        self._timer = None if seconds is None else loop.call_later(seconds, self.expire)

    def is_over(self) -> bool:
        """Whether it is this that has cancelled the task, which may then go on."""
        if self._is_over and self._task is not None:
            self._task.uncancel()
        return self._is_over

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def expire(self) -> None:
        """Let it be over now."""
        self._is_over = True
        if self._task is not None:
            self._task.cancel()


class TimeLimits:
    """Limits of ``seconds`` each. As all are as long, they are over in the order in which they began, and one timer is enough;
    to set and cancel one for each call would take a fiftieth of a small one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._under_way: dict[TimeLimit, float] = {}
        """Until when each lasts, the oldest first."""
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> TimeLimit:
        """The limit of the task that asks for it, until :meth:`end`."""
        loop = asyncio.get_running_loop()
        limit = TimeLimit(None)
        until = self._under_way[limit] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(until, self._look, loop)
        return limit

    def end(self, limit: TimeLimit) -> None:
        self._under_way.pop(limit, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for limit, until in tuple(self._under_way.items()):
            if until > loop.time():
                self._timer = loop.call_at(until, self._look, loop)
                return
            del self._under_way[limit]
            limit.expire()


class Recheck:
    """Asks ``check`` again and again while the block lasts, whatever that waits for; what it refuses ends the block."""

    def __init__(self, check: Callable[[], None], seconds: float) -> None:
        self._check = check
        self._seconds = seconds
        self._task = asyncio.current_task()
        self._refusal: CallRefusedError | None = None
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> None:
        self._timer = self._loop.call_later(self._seconds, self._look)

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        self._timer.cancel()
        if self._refusal is not None and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise self._refusal from None

    def _look(self) -> None:
        try:
            self._check()
        except CallRefusedError as refusal:
            self._refusal = refusal
            if self._task is not None:
                self._task.cancel()
        else:
            self._timer = self._loop.call_later(self._seconds, self._look)
