"""A write with a key is done once, by whatever task it is begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pysession.exchange.server.answers import Answers
from pysession.exchange.server.refusals import CallRefusedError

both = pytest.mark.parametrize("often_at_once", [False, True])


class Work:
    """Counts how often it is begun; it waits for as many futures as there are, and answers with what they gave."""

    def __init__(self, waits: int) -> None:
        self.begun = 0
        self.futures = [asyncio.get_running_loop().create_future() for _ in range(waits)]

    async def __call__(self) -> list[str]:
        self.begun += 1
        found = []
        for future in self.futures:
            try:
                found.append(await future)
            except ValueError as failure:
                found.append(str(failure))
        return found


async def _soon(task: asyncio.Task[Any]) -> Any:
    return await asyncio.wait_for(task, 5)


@both
@pytest.mark.parametrize("waits", [0, 2])
def test_a_write_is_done_once_for_a_key_and_answered_to_all_who_ask(often_at_once: bool, waits: int) -> None:
    async def body(once: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        work = Work(waits)
        calls = [asyncio.create_task(once("k", b"f", work)) for _ in range(3)]
        await asyncio.sleep(0)
        for number, future in enumerate(work.futures):
            future.set_result(str(number))
            await asyncio.sleep(0)
        assert [await _soon(call) for call in calls] == [["0", "1"][:waits]] * 3
        assert await once("k", b"f", work) == ["0", "1"][:waits]
        assert work.begun == 1
        with pytest.raises(CallRefusedError, match="another request"):
            await once("k", b"g", work)

    run(body, often_at_once)


@both
def test_a_write_goes_on_when_its_caller_has_gone_and_its_answer_is_kept(often_at_once: bool) -> None:
    async def body(once: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        work = Work(2)
        call = asyncio.create_task(once("k", b"f", work))
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        work.futures[0].set_exception(ValueError("failed, and was gone on from"))
        await asyncio.sleep(0.01)
        again = asyncio.create_task(once("k", b"f", work))
        work.futures[1].set_result("done")
        assert await _soon(again) == ["failed, and was gone on from", "done"]
        assert work.begun == 1

    run(body, often_at_once)


@both
@pytest.mark.parametrize("waits", [False, True])
def test_what_a_write_fails_with_is_raised_and_not_kept(often_at_once: bool, waits: bool) -> None:
    async def body(once: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        async def fail() -> None:
            if waits:
                await asyncio.sleep(0.01)
            raise ValueError("no")

        async def succeed() -> str:
            return "done"

        with pytest.raises(ValueError, match="no"):
            await once("k", b"f", fail)
        await asyncio.sleep(0)
        assert await once("k", b"g", succeed) == "done"

    run(body, often_at_once)


def test_answers_that_are_too_many_or_too_old_are_forgotten_also_of_owners_who_do_not_come_back() -> None:
    async def main() -> None:
        answers = Answers(most=2, seconds=0.2)

        async def put(owner: str, key: str) -> None:
            work = Work(0)
            await answers.once(owner, key, b"f", work, lambda task: None)
            begun.append(bool(work.begun))

        begun: list[bool] = []
        for owner, key in (("a", "1"), ("a", "2"), ("a", "2"), ("a", "3"), ("a", "1"), ("b", "1")):
            await put(owner, key)
        assert begun == [True, True, False, True, True, True]
        await asyncio.sleep(0.3)
        for _ in range(3):
            assert answers.find("c", "1") is None
        assert not answers._given

    asyncio.run(main())


def run(
    body: Callable[[Callable[..., Coroutine[Any, Any, Any]]], Coroutine[Any, Any, None]], often_at_once: bool
) -> None:
    async def main() -> None:
        answers = Answers(most=100, seconds=60)
        going_on: list[asyncio.Task[Any]] = []

        def once(key: str, fingerprint: bytes, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
            return answers.once("o", key, fingerprint, work, going_on.append, often_at_once=often_at_once)

        await body(once)
        assert all(task.done() for task in going_on)

    asyncio.run(main())
