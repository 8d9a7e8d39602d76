"""Bytes of documents that are under way at once: what is beyond the limit waits its turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from pysession.exchange.server.refusals import CallRefusedError, exhausted

_RETRY_SECONDS = 1.0


class Budget:
    """``total`` bytes, taken in the order in which they are asked for.

    ``make_room`` is told how many bytes are missing before anybody waits for them; it gives back what it can do without.
    """

    def __init__(self, total: int, wait_seconds: float) -> None:
        self.total = total
        self.taken = 0
        self._wait_seconds = wait_seconds
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.make_room: Callable[[int], None] = lambda missing: None

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    async def take(self, size: int) -> None:
        """Wait until ``size`` bytes are free, and take them.

        Raises:
            CallRefusedError: RESOURCE_EXHAUSTED, they do not become free in time or there are never so many.
        """
        if size > self.total:
            message = f"{size:,} bytes are more than the {self.total:,} that the server has under way at once"
            raise exhausted("DOCUMENT_TOO_LARGE", message, "bytes in flight", size=size, limit=self.total)
        if self.taken + size > self.total:
            self.make_room(self.taken + size - self.total)
        if not self._waiting and self.taken + size <= self.total:
            self.taken += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (size, turn)
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await turn
        except BaseException as failure:
            if turn.done() and not turn.cancelled():
                self.give(size)  # It came at the very moment of giving up.
            else:
                self._waiting.remove(place)
                self._hand_out()
            if isinstance(failure, TimeoutError):
                raise self._too_much(size) from None
            raise

    def give(self, size: int) -> None:
        """Give bytes back."""
        self.taken -= size
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self.taken + self._waiting[0][0] <= self.total:
            size, turn = self._waiting.popleft()
            self.taken += size
            if not turn.done():
                turn.set_result(None)
            else:
                self.taken -= size

    def _too_much(self, size: int) -> CallRefusedError:
        message = "the server has as many bytes under way as it takes on; try again"
        return exhausted(
            "TOO_MUCH_IN_FLIGHT", message, "bytes in flight", retry_seconds=_RETRY_SECONDS, limit=self.total
        )
