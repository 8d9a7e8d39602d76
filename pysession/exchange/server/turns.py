"""Who is next where only so many can go at once: owners take turns, however much one of them asks for."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque


class Turns:
    """``most`` at once, of which one owner has ``most_of_one``. Of those who wait, the owner is next who was not for longest.

    >>> async def three() -> list[str]:
    ...     turns, came = Turns(1, 1), []
    ...     async def go(owner: str) -> None:
    ...         await turns.take(owner)
    ...         came.append(owner)
    ...         await asyncio.sleep(0)
    ...         turns.give(owner)
    ...     await asyncio.gather(go("a"), go("a"), go("a"), go("b"))
    ...     return came
    >>> asyncio.run(three())
    ['a', 'a', 'b', 'a']
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._free = most
        self._most_of_one = most_of_one
        self._of: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """By owner, of which the first is next."""

    async def take(self, owner: str) -> None:
        """Wait for a turn, which :meth:`give` ends."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came at the very moment of giving up
                self.give(owner)
            raise

    def give(self, owner: str) -> None:
        """It is over."""
        self._free += 1
        self._of[owner] -= 1
        if not self._of[owner]:
            del self._of[owner]
        self._hand_out()

    def _hand_out(self) -> None:
        for owner in tuple(self._waiting):
            if not self._free:
                return
            waiting = self._waiting[owner]
            while waiting and waiting[0].done():  # it has given up
                waiting.popleft()
            if waiting and self._of[owner] < self._most_of_one:
                self._free -= 1
                self._of[owner] += 1
                waiting.popleft().set_result(None)
                self._waiting.move_to_end(owner)
            if not waiting:
                del self._waiting[owner]
