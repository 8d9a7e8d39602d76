"""When a call is made again, and how long to wait before."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import msgspec


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often a call that did not reach the server, or whose answer did not come, is made again.

    ``attempts`` in all (1: never again). The waits double from ``first_seconds`` to ``longest_seconds``; each is drawn
    between nothing and that ("full jitter"), so that clients which lost the same server do not come back all at once.
    A transfer that got further than the attempt before begins to count anew.
    """

    attempts: int = 6
    first_seconds: float = 0.1
    longest_seconds: float = 5.0

    def waits(self) -> Iterator[float]:
        """The seconds before the second attempt, the third and so on."""
        for number in range(self.attempts - 1):
            yield random.uniform(0, min(self.longest_seconds, self.first_seconds * 2**number))  # noqa: S311


RETRIES = Retries()
NO_RETRIES = Retries(attempts=1)


class Deadline:
    """The moment until which an operation may take, its attempts and the waits between them included."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """Seconds, never less than nothing; None: there is no end."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def extend(self, seconds: float) -> None:
        """Make it so many seconds later."""
        if self._until is not None:
            self._until += seconds

    def leaves(self, seconds: float) -> bool:
        """Whether it is later than in so many seconds."""
        left = self.left()
        return left is None or left > seconds
