"""A thread that does one thing after the other for a connection that only one thread may use."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_IDLE_SECONDS = 5.0


class Worker:
    """Runs functions in the order in which they are given, each in the same thread, which ends when it is idle.

    The thread is a daemon: a program that forgets to close a store ends all the same. ``leave`` is called in the thread
    before it ends.
    """

    def __init__(self, name: str, leave: Callable[[], None]) -> None:
        self._name = name
        self._leave = leave
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._running = False

    async def run(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """What ``work`` returns or raises. A task that is cancelled while it waits does not stop the work."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()

        def do() -> None:
            try:
                result = work(*arguments)
            except BaseException as failure:
                settle = _failed(future, failure)
            else:
                settle = _done(future, result)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle)

        with self._lock:
            self._queue.put(do)
            if not self._running:
                self._running = True
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        return await future

    def _serve(self) -> None:
        while True:
            try:
                do = self._queue.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._queue.empty():
                        self._leave()
                        self._running = False
                        return
                continue
            do()
            del do  # With it goes what was written, perhaps megabytes; the next work may be long in coming.


def _done(future: asyncio.Future[_Result], result: _Result) -> Callable[[], None]:
    def settle() -> None:
        if not future.done():
            future.set_result(result)

    return settle


def _failed(future: asyncio.Future[Any], failure: BaseException) -> Callable[[], None]:
    def settle() -> None:
        if not future.done():
            future.set_exception(failure)

    return settle
