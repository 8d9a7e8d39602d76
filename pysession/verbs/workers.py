"""Records judged by several processes: results in the order of the records, memory bounded, deaths survived."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Generic, TypeVar, cast

from pysession.findings import NotRead
from pysession.inputs import Record
from pysession.verbs.garbage import collect_rarely
from pysession.verbs.outcomes import internal_error

# A batch is full with whichever comes first. Sending one costs about as much as judging a small document; a large
# document is worth a batch of its own.
_BATCH_RECORDS = 64
_BATCH_BYTES = 256 << 10
# Batches under way for each process: one that it works on and one that waits for it.
_AHEAD = 2
_MOST_JOBS = 4
_FIRST_TO_GO = "500"
"""It counts as if it had half of the machine's memory more than it has."""

_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Pending(Generic[_Result]):
    """A batch under way (``future``), or an input that needs no work (``done``)."""

    batch: list[Record]
    future: Future[list[_Result]] | None = None
    done: NotRead | None = None


def usual_jobs() -> int:
    """As many processes as there are processors, up to four."""
    return min(os.cpu_count() or 1, _MOST_JOBS)


def process_pool(
    jobs: int, deaf_to: Sequence[int] = (signal.SIGINT,), most_bytes: int | None = None
) -> ProcessPoolExecutor:
    """A pool of up to ``jobs`` new processes, which ignore the signals ``deaf_to`` and end when this process does.

    They are not forked: what this process has open (a database, an event loop, threads) is not theirs. Work that takes more
    than ``most_bytes`` of memory gets a MemoryError, where the system can be told so.
    """
    return ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(tuple(deaf_to), most_bytes)
    )


def spread(
    work: Callable[[Sequence[Record]], list[_Result]], found: Iterable[Record | NotRead], jobs: int
) -> Iterator[_Result | NotRead]:
    """``work`` on all of ``found`` in ``jobs`` processes.

    A process that dies takes all work under way with it. Then the records of the oldest batch are judged one at a time,
    so that the one that kills is known for certain and becomes a ``NotRead``; what else was lost is handed out again.
    """
    workers = _Workers(work, jobs)
    pending: deque[_Pending[_Result]] = deque()
    try:
        for item in cast("Iterator[_Pending[_Result]]", _batched(found)):
            while len(pending) >= jobs * _AHEAD:
                yield from _oldest(pending, workers)
            if item.done is None:
                item.future = workers.submit(item.batch)
            pending.append(item)
        while pending:
            yield from _oldest(pending, workers)
    finally:
        workers.stop()


def _batched(found: Iterable[Record | NotRead]) -> Iterator[_Pending[_Result]]:
    batch: list[Record] = []
    size = 0
    for item in found:
        if isinstance(item, NotRead):
            if batch:
                yield _Pending(batch)
                batch, size = [], 0
            yield _Pending([], done=item)
            continue
        if batch and (len(batch) == _BATCH_RECORDS or size + len(item.data) > _BATCH_BYTES):
            yield _Pending(batch)
            batch, size = [], 0
        batch.append(item)
        size += len(item.data)
    if batch:
        yield _Pending(batch)


def _oldest(pending: deque[_Pending[_Result]], workers: _Workers[_Result]) -> Iterator[_Result | NotRead]:
    item = pending.popleft()
    if item.done is not None:
        yield item.done
        return
    result = _result(item.future)
    if result is not None:
        yield from result
        return
    workers.restart()
    for record in item.batch:
        alone = _result(workers.submit([record]))
        if alone is None:
            workers.restart()
            yield internal_error(record, "the process that checked it died")
        else:
            yield from alone
    for other in pending:
        if other.done is None and _result_lost(other.future):
            other.future = workers.submit(other.batch)


def _result(future: Future[list[_Result]] | None) -> list[_Result] | None:
    """What came of a batch; None when its process died or it was never handed out."""
    if future is None:
        return None
    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _result_lost(future: Future[list[_Result]] | None) -> bool:
    return future is None or (future.done() and isinstance(future.exception(), BrokenProcessPool))


class _Workers(Generic[_Result]):
    """A pool of processes that can be replaced when one of them dies."""

    def __init__(self, work: Callable[[Sequence[Record]], list[_Result]], jobs: int) -> None:
        self._work = work
        self._jobs = jobs
        self._pool = process_pool(self._jobs)

    def submit(self, batch: list[Record]) -> Future[list[_Result]] | None:
        """Hand out ``batch``; None when the pool is broken already."""
        try:
            return self._pool.submit(self._work, batch)
        except BrokenProcessPool:
            return None

    def restart(self) -> None:
        """Replace the pool. It waits for the old one, whose futures are all settled then."""
        self._pool.shutdown(wait=True, cancel_futures=False)
        self._pool = process_pool(self._jobs)

    def stop(self) -> None:
        """Let the processes end after what they work on, without waiting for what is queued."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin(deaf_to: Sequence[int], most_bytes: int | None) -> None:
    """Ctrl-C reaches every process of the terminal; only the one that hands out the work shall answer.

    When memory runs out it is this one that Linux is to end: who has handed out the work goes on without it.
    """
    collect_rarely()
    for number in deaf_to:
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    if most_bytes is not None:
        _limit_memory(most_bytes)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _limit_memory(most_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most))


def _end_with_parent() -> None:
    """A pool's process holds both ends of the pipe that its work comes through, and would wait for ever for one that was
    killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
