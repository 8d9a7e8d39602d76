"""Bytes of documents that are under way at once: what is beyond the limit waits its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from pysession.exchange.server.refusals import CallRefusedError, exhausted

_RETRY_SECONDS = 1.0


class _Waiting(msgspec.Struct, eq=False):
    size: int
    owner: str
    turn: asyncio.Future[None]


def _keep_all(missing: int, owner: str | None) -> None:
    pass


class Budget:
    """``total`` bytes, of which one owner has ``most_of_one``, taken in the order in which they are asked for.

    Who waits because of its own share keeps nobody else waiting. ``make_room`` is told how many bytes are missing, and
    whose they must be if that matters, before anybody waits; it gives back what it can do without.
    """

    def __init__(self, total: int, wait_seconds: float, most_of_one: int | None = None) -> None:
        self.total = total
        self.taken = 0
        self._most_of_one = total if most_of_one is None else min(total, most_of_one)
        self._wait_seconds = wait_seconds
        self._of: dict[str, int] = {}
        self._waiting: list[_Waiting] = []
        self.make_room: Callable[[int, str | None], None] = _keep_all

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    def take_at_once(self, owner: str, size: int) -> bool:
        """Take ``size`` bytes if they are free and nobody waits for them; whether they were."""
        asked = self._ask(owner, size)
        if not asked.turn.done():
            self._waiting.remove(asked)
        return asked.turn.done()

    async def take(self, owner: str, size: int) -> None:
        """Wait until ``size`` bytes are free, and take them.

        Raises:
            CallRefusedError: RESOURCE_EXHAUSTED, they do not become free in time or there are never so many.
        """
        if size > self._most_of_one:
            message = f"{size:,} bytes are more than the {self._most_of_one:,} that the server has under way at once"
            raise exhausted("DOCUMENT_TOO_LARGE", message, "bytes in flight", size=size, limit=self._most_of_one)
        for missing, whose in (
            (self._of.get(owner, 0) + size - self._most_of_one, owner),
            (self.taken + size - self.total, None),
        ):
            if missing > 0:
                self.make_room(missing, whose)
        waiting = self._ask(owner, size)
        if waiting.turn.done():
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await waiting.turn
        except BaseException as failure:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                self._hand_out()
            else:
                self.give(owner, size)  # It came at the very moment of giving up.
            if isinstance(failure, TimeoutError):
                raise self._too_much() from None
            raise

    def _ask(self, owner: str, size: int) -> _Waiting:
        waiting = _Waiting(size, owner, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._hand_out()
        return waiting

    def give(self, owner: str, size: int) -> None:
        """Give bytes back."""
        self.taken -= size
        left = self._of.get(owner, 0) - size
        if left:
            self._of[owner] = left
        else:
            self._of.pop(owner, None)
        self._hand_out()

    def _hand_out(self) -> None:
        for waiting in tuple(self._waiting):
            mine = self._of.get(waiting.owner, 0) + waiting.size
            if mine > self._most_of_one < self.total:
                continue
            if self.taken + waiting.size > self.total:
                return  # who asks for less does not overtake
            self._waiting.remove(waiting)
            self.taken += waiting.size
            self._of[waiting.owner] = mine
            if not waiting.turn.done():
                waiting.turn.set_result(None)

    def _too_much(self) -> CallRefusedError:
        message = "the server has as many bytes under way as it takes on; try again"
        return exhausted(
            "TOO_MUCH_IN_FLIGHT", message, "bytes in flight", retry_seconds=_RETRY_SECONDS, limit=self.total
        )
