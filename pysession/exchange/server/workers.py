"""Processes in which large documents are judged and converted, so that the event loop and everybody else go on meanwhile.

A thread would not do: for each of its steps the event loop would wait up to 5 ms for the interpreter's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pysession.exchange.server.logs import places_of, tell
from pysession.exchange.server.refusals import CallRefusedError, internal, too_long, unavailable
from pysession.exchange.server.turns import Turns
from pysession.verbs.workers import process_pool

_Result = TypeVar("_Result")
_ATTEMPTS = 2
"""A process may be ended for reasons that have nothing to do with the document that it has; two hardly are."""
_GRACE_SECONDS = 1.0
"""How long work goes on that nobody waits for any more: to begin another process takes as long."""
_DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals to all processes of a service or a terminal: the server answers them, and its calls may finish."""


class WorkFailedError(Exception):
    """What should not happen has happened in a process: the class of an exception, and where it was raised. Its text stays
    there, as it may quote a document."""

    def __init__(self, exception: str, places: list[str]) -> None:
        super().__init__(f"{exception} in a process")
        self.exception = exception
        self.places = places

    def __reduce__(self) -> tuple[type[WorkFailedError], tuple[str, list[str]]]:
        return type(self), (self.exception, self.places)


class Workers:
    """Up to ``jobs`` processes, begun when they are needed, of which one owner has ``most_of_one`` at once.

    Each has one piece of work at a time, so that what ends it concerns nobody else; it may take ``seconds``, and ``most_bytes``
    of memory.
    """

    def __init__(self, jobs: int, most_of_one: int, seconds: float, most_bytes: int) -> None:
        self._turns = Turns(jobs, most_of_one)
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._idle: list[_Process] = []
        self._under_way: set[asyncio.Task[object]] = set()
        self._closed = False

    async def run(self, owner: str, work: Callable[[], _Result]) -> _Result:
        """What ``work`` returns or refuses, done in a process; it must be possible to pickle both.

        Raises:
            CallRefusedError: as ``work`` does; INTERNAL, the processes that do it die; DEADLINE_EXCEEDED, it takes too long.
            WorkFailedError: it fails in another way.
        """
        await self._turns.take(owner)
        task = asyncio.create_task(self._do(owner, work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(_GRACE_SECONDS, task.cancel)
            raise

    def close(self) -> None:
        """End the processes, with what they are at."""
        self._closed = True
        for task in self._under_way:
            task.cancel()
        for process in self._idle:
            process.end()
        self._idle.clear()

    async def _do(self, owner: str, work: Callable[[], _Result]) -> _Result:
        try:
            async with asyncio.timeout(self._seconds):
                done = await self._done(work)
        except TimeoutError:
            raise too_long(self._seconds) from None
        finally:
            self._turns.give(owner)
        if isinstance(done, CallRefusedError | WorkFailedError):
            raise done
        return done

    async def _done(self, work: Callable[[], _Result]) -> _Result | CallRefusedError | WorkFailedError:
        deaths = 0
        while deaths < _ATTEMPTS:
            if self._closed:
                raise unavailable("SERVER_STOPPING", "the server stops; try again")
            process = self._idle.pop() if self._idle else _Process(self._most_bytes)
            future = process.begin(work)
            if future is None:  # somebody ended it while it had nothing to do
                process.end()
                continue
            try:
                done = await asyncio.wrap_future(future)
            except BrokenProcessPool:
                deaths += 1
                process.kill()
                tell(logging.WARNING, "worker died", deaths=deaths)
            except BaseException:
                process.kill()
                raise
            else:
                self._idle.append(process)
                return done
        message = "the processes that worked on the session died, as they do when memory runs out; nothing is changed"
        raise internal("WORKER_DIED", message)


class _Process:
    """A pool of one process."""

    def __init__(self, most_bytes: int) -> None:
        self._pool = process_pool(1, _DEAF_TO, most_bytes)
        self._pid = self._pool.submit(os.getpid)

    def begin(self, work: Callable[[], _Result]) -> Future[_Result | CallRefusedError | WorkFailedError] | None:
        """Have it do ``work``; None: it is no more."""
        try:
            future = self._pool.submit(_told, work)
            # A pool's queue holds what it has sent, perhaps megabytes, until it sends something else.
            self._pool.submit(os.getpid)
        except BrokenProcessPool:
            return None
        return future

    def end(self) -> None:
        """Let it end."""
        self._pool.shutdown(wait=False)

    def kill(self) -> None:
        """End it, whatever it is at."""
        self._pid.add_done_callback(_kill)
        self.end()


def _kill(pid: Future[int]) -> None:
    if not pid.cancelled() and pid.exception() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid.result(), signal.SIGKILL)


def _told(work: Callable[[], _Result]) -> _Result | CallRefusedError | WorkFailedError:
    """What came of ``work``, in values that any process can read."""
    try:
        return work()
    except CallRefusedError as refusal:
        return refusal
    except Exception as failure:
        return WorkFailedError(type(failure).__name__, places_of(failure.__traceback__))
