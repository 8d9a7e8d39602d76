"""Answers to writes that may be asked for again: a client that lost one repeats its request with the same key."""

from __future__ import annotations

import asyncio
import time
import types
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, TypeVar

import msgspec

from pysession.exchange.server.refusals import invalid

_Answer = TypeVar("_Answer")


class _Given(msgspec.Struct, frozen=True):
    """A write under way or done; ``fingerprint`` identifies the request."""

    fingerprint: bytes
    answer: asyncio.Future[Any]
    at: float


class Answers:
    """The newest ``most`` answers of each owner, for ``seconds``."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._given: OrderedDict[str, OrderedDict[str, _Given]] = OrderedDict()

    async def once(
        self,
        owner: str,
        key: str,
        fingerprint: bytes,
        work: Callable[[], Coroutine[Any, Any, _Answer]],
        goes_on: Callable[[asyncio.Task[Any]], None],
        *,
        often_at_once: bool = False,
    ) -> _Answer:
        """What ``work`` answers, which is done once for each key; what it raises is not kept.

        A caller that goes away does not stop the work, of whose task ``goes_on`` is told: its answer is there when it comes
        back. With ``often_at_once`` it is begun by the caller's task, and gets one of its own only when it has to wait: that
        would take as long as a small write. Until then it may ask nothing of the task that it is in. (From Python 3.12 on
        asyncio has that for all work.)

        Raises:
            CallRefusedError: INVALID_ARGUMENT, the key was another request's.
        """
        self._forget(owner)
        known = self._given.setdefault(owner, OrderedDict())
        given = known.get(key)
        if given is not None:
            _check_same(given, fingerprint)
            answer: _Answer = await asyncio.shield(given.answer)
            return answer
        begun: Awaitable[_Answer]
        if often_at_once:
            coroutine = work()
            try:
                waits_for = coroutine.send(None)
            except StopIteration as done:
                answer = done.value
                known[key] = _Given(fingerprint, _settled(answer), time.monotonic())
                return answer
            begun = _rest(coroutine, waits_for)
        else:
            begun = work()
        # Told by the work itself, its caller goes on one turn of the loop sooner than with a shield around the task.
        told: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(_told_to(told, begun))
        known[key] = _Given(fingerprint, task, time.monotonic())
        task.add_done_callback(lambda task: self._settle(owner, key, task))
        goes_on(task)
        return await told

    def find(self, owner: str, key: str, fingerprint: bytes | None = None) -> Awaitable[Any] | None:
        """The answer of that key, if there is one or will be.

        Raises:
            CallRefusedError: INVALID_ARGUMENT, the key was another request's.
        """
        self._forget(owner)
        given = self._given.get(owner, OrderedDict[str, _Given]()).get(key)
        if given is None:
            return None
        _check_same(given, fingerprint)
        return asyncio.shield(given.answer)

    def _settle(self, owner: str, key: str, task: asyncio.Future[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            known = self._given.get(owner, OrderedDict())
            if key in known and known[key].answer is task:
                del known[key]

    def _forget(self, owner: str) -> None:
        """Drop the owner's answers that are too old or too many; those of owners who do not come back go too."""
        oldest = time.monotonic() - self._seconds
        for name in {owner, next(iter(self._given), owner)}:
            known = self._given.get(name)
            if known is None:
                continue
            while known and (len(known) >= self._most or next(iter(known.values())).at < oldest):
                known.popitem(last=False)
            if not known:
                del self._given[name]
        if owner in self._given:  # the owner who was not here for longest is first
            self._given.move_to_end(owner)


def _settled(answer: _Answer) -> asyncio.Future[_Answer]:
    future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
    future.set_result(answer)
    return future


@types.coroutine
def _rest(begun: Coroutine[Any, Any, _Answer], waits_for: Any) -> Generator[Any, Any, _Answer]:
    """What is left of a coroutine that has been begun and waits for ``waits_for``."""
    while True:
        try:
            value = yield waits_for
        except BaseException as failure:
            go_on = partial(begun.throw, failure)
        else:
            go_on = partial(begun.send, value)
        try:
            waits_for = go_on()
        except StopIteration as done:
            answer: _Answer = done.value
            return answer


async def _told_to(future: asyncio.Future[_Answer], work: Awaitable[_Answer]) -> _Answer:
    """What ``work`` answers, told to ``future`` if anybody still waits for it."""
    try:
        answer = await work
    except BaseException as failure:
        if not future.done():
            future.set_exception(failure)
        raise
    if not future.done():
        future.set_result(answer)
    return answer


def _check_same(given: _Given, fingerprint: bytes | None) -> None:
    if fingerprint is not None and given.fingerprint != fingerprint:
        raise invalid("IDEMPOTENCY_KEY_REUSED", "the key was that of another request", "idempotency_key")
