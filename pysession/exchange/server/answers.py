"""Answers to writes that may be asked for again: a client that lost one repeats its request with the same key."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from pysession.exchange.server.refusals import invalid

_Answer = TypeVar("_Answer")


class _Given(msgspec.Struct, frozen=True):
    """A write under way or done; ``fingerprint`` identifies the request."""

    fingerprint: bytes
    task: asyncio.Task[Any]
    at: float


class Answers:
    """The newest ``most`` answers of each owner, for ``seconds``."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._given: dict[str, OrderedDict[str, _Given]] = {}

    async def once(
        self, owner: str, key: str, fingerprint: bytes, work: Callable[[], Coroutine[Any, Any, _Answer]]
    ) -> _Answer:
        """What ``work`` answers, which is done once for each key; what it raises is not kept.

        A caller that goes away does not stop the work: its answer is there when it comes back.

        Raises:
            CallRefusedError: INVALID_ARGUMENT, the key was another request's.
        """
        self._forget(owner)
        known = self._given.setdefault(owner, OrderedDict())
        given = known.get(key)
        if given is not None:
            _check_same(given, fingerprint)
            answer: _Answer = await asyncio.shield(given.task)
            return answer
        # Told by the work itself, its caller goes on one turn of the loop sooner than with a shield around the task.
        told: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        given = known[key] = _Given(fingerprint, asyncio.create_task(_told_to(told, work())), time.monotonic())
        given.task.add_done_callback(lambda task: self._settle(owner, key, task))
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
        return asyncio.shield(given.task)

    def _settle(self, owner: str, key: str, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            known = self._given.get(owner, OrderedDict())
            if key in known and known[key].task is task:
                del known[key]

    def _forget(self, owner: str) -> None:
        """Drop the owner's answers that are too old or too many; those of owners who do not come back go too."""
        oldest = time.monotonic() - self._seconds
        for name in (owner, next(iter(self._given), owner)):
            known = self._given.get(name, OrderedDict())
            while known and (len(known) >= self._most or next(iter(known.values())).at < oldest):
                known.popitem(last=False)
            if not known:
                self._given.pop(name, None)
        if owner in self._given:  # the owner who was not here for longest is first
            self._given[owner] = self._given.pop(owner)


async def _told_to(future: asyncio.Future[_Answer], work: Coroutine[Any, Any, _Answer]) -> _Answer:
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
