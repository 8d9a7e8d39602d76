"""How many calls are under way at once: what is beyond that is refused, and tries again."""

from __future__ import annotations

from collections import Counter

from pysession.exchange.server.refusals import exhausted

_RETRY_SECONDS = 1.0
_KEPT_FOR_OTHERS = 8


class Slots:
    """``most`` calls at once, which are called ``what``.

    Where they are ``shared`` by several owners, the last eighth is never given to one who has all the others: whose calls do
    nothing but stand does not keep everybody else out.
    """

    def __init__(self, what: str, most: int, *, shared: bool) -> None:
        self._what = what
        self._most = most
        self._most_of_one = most - most // _KEPT_FOR_OTHERS if shared else most
        self._taken: Counter[str] = Counter()

    def take(self, owner: str) -> None:
        """
        Raises:
            CallRefusedError: RESOURCE_EXHAUSTED, there are as many as may be.
        """
        if self._taken.total() >= self._most:
            raise self._none_left(f"the server has {self._most} {self._what} under way", self._most)
        if self._taken[owner] >= self._most_of_one:
            raise self._none_left(
                f"the server has {self._most_of_one} {self._what} of yours under way", self._most_of_one
            )
        self._taken[owner] += 1

    def give(self, owner: str) -> None:
        """It is over."""
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]

    def _none_left(self, why: str, limit: int) -> Exception:
        message = f"{why}, and it takes on no more; try again"
        return exhausted("TOO_MANY_CALLS", message, self._what, retry_seconds=_RETRY_SECONDS, limit=limit)
