"""How long a call waits for its client to send or take a message."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Patience:
    """As a context around each wait: ends it with TimeoutError when it takes ``seconds``.

    One timer serves all waits of a call. One for each, as asyncio.timeout has it, takes 15 µs of a message, and there are
    800 of them in 50 MB.
    """

    def __init__(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._is_out = False
        self._timer = self._loop.call_later(seconds, self._look)

    def close(self) -> None:
        """The call is over."""
        self._timer.cancel()

    def __enter__(self) -> None:
        self._since = self._loop.time()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._since = None
        if self._is_out:
            self._is_out = False
            # Somebody else may want the task to end as well.
            if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from failure

    def _look(self) -> None:
        now = self._loop.time()
        begun = now if self._since is None else self._since
        if now - begun >= self._seconds:
            self._is_out = True
            self._task.cancel()
            begun = now
        self._timer = self._loop.call_at(begun + self._seconds, self._look)
