"""Several transfers at once, whose results come in the order in which they were begun."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from pysession.exchange.client.blocking import start

_Result = TypeVar("_Result")
_AT_ONCE = 8
_BYTES_AT_ONCE = 64 * 2**20

Work = tuple[int, Callable[[], Coroutine[Any, Any, _Result]]]
"""How many bytes it holds, as far as that is known, and what it does when its turn has come."""


def in_order(works: Iterable[Work[_Result]]) -> Iterator[_Result]:
    """What each of ``works`` returns. Up to eight are under way at once, and up to 64 MiB unless one has more.

    A failure ends it, and what is under way.
    """
    begun: deque[tuple[int, Future[_Result]]] = deque()
    held = 0
    try:
        for size, work in works:
            while begun and (len(begun) == _AT_ONCE or held + size > _BYTES_AT_ONCE):
                held -= begun[0][0]
                yield begun.popleft()[1].result()
            begun.append((size, start(work())))
            held += size
        while begun:
            yield begun.popleft()[1].result()
    finally:
        for _, future in begun:
            future.cancel()
