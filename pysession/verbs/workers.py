"""Records judged by several processes: results in the order of the records, memory bounded, deaths survived."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Generic, TypeVar, cast

from pysession.findings import NotRead
from pysession.inputs import Record
from pysession.verbs.outcomes import internal_error

# A batch is full with whichever comes first. Sending one costs about as much as judging a small document; a large
# document is worth a batch of its own.
_BATCH_RECORDS = 64
_BATCH_BYTES = 256 << 10
# Batches under way for each process: one that it works on and one that waits for it.
_AHEAD = 2

_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Pending(Generic[_Result]):
    """A batch under way (``future``), or an input that needs no work (``done``)."""

    batch: list[Record]
    future: Future[list[_Result]] | None = None
    done: NotRead | None = None


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
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupts)

    def submit(self, batch: list[Record]) -> Future[list[_Result]] | None:
        """Hand out ``batch``; None when the pool is broken already."""
        try:
            return self._pool.submit(self._work, batch)
        except BrokenProcessPool:
            return None

    def restart(self) -> None:
        """Replace the pool. It waits for the old one, whose futures are all settled then."""
        self._pool.shutdown(wait=True, cancel_futures=False)
        self._pool = self._start()

    def stop(self) -> None:
        """Let the processes end after what they work on, without waiting for what is queued."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; only the one that hands out the work shall answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
