"""Coroutines for programs without an event loop: one loop for all, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

_Result = TypeVar("_Result")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop, which runs until the program ends; it does not keep it from ending."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="pysession exchange", daemon=True).start()
    return loop


def start(work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
    """Begin ``work``; its result comes in a while."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def wait_for(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What ``work`` returns or raises. Whoever is interrupted while waiting (by ^C) stops the work."""
    future = start(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def each_of(values: AsyncIterator[_Result]) -> Iterator[_Result]:
    """The same values, fetched one by one as they are asked for."""
    try:
        while True:
            try:
                value = wait_for(_next(values))
            except StopAsyncIteration:
                return
            yield value
    finally:
        close = getattr(values, "aclose", None)
        if close is not None:
            wait_for(close())


async def _next(values: AsyncIterator[_Result]) -> _Result:
    return await anext(values)
