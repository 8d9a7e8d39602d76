"""Functions that may answer at once or only when awaited: one way of working for both.

Work is written as a generator, which yields questions (functions without arguments) and is sent their answers. It is done
at once if no answer has to be awaited, and else by whoever awaits it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, TypeAlias, TypeVar, cast

T = TypeVar("T")

Questions: TypeAlias = Sequence[Callable[[], Any]]
Work: TypeAlias = Generator[Questions, Sequence[Any], T]

_AT_ONCE = 8
"""Questions that are put to a model at the same time."""


def done(work: Work[T]) -> T | Awaitable[T]:
    """The result of ``work``, or what has to be awaited for it."""
    try:
        asked = next(work)
        while True:
            answers: list[Any] = []
            for question in asked:
                answer = question()
                if inspect.isawaitable(answer):
                    return _awaited(work, asked, answers, answer)
                answers.append(answer)
            asked = work.send(answers)
    except StopIteration as finished:
        return cast("T", finished.value)


async def awaited(result: T | Awaitable[T]) -> T:
    """A result that is there, or has to be awaited."""
    return await result if inspect.isawaitable(result) else result


async def _awaited(work: Work[T], asked: Questions, answers: list[Any], first: Awaitable[Any]) -> T:
    """Go on with ``work`` from the first answer that has to be awaited."""
    answers.append(await first)
    try:
        while True:
            while len(answers) < len(asked):
                some = asked[len(answers) : len(answers) + _AT_ONCE]
                answers += await asyncio.gather(*(_answer(question) for question in some))
            asked, answers = work.send(answers), []
    except StopIteration as finished:
        return cast("T", finished.value)


async def _answer(question: Callable[[], Any]) -> Any:
    answer = question()
    return await answer if inspect.isawaitable(answer) else answer
