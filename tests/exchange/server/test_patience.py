"""Calls are over when their time is, each at its own."""

from __future__ import annotations

import asyncio
import time

from pysession.exchange.server.patience import TimeLimits


def test_calls_that_begin_one_after_the_other_are_over_one_after_the_other() -> None:
    limits = TimeLimits(0.3)

    async def call(begins: float, takes: float) -> float | None:
        """After how many seconds it was over; None: it was done before."""
        await asyncio.sleep(begins)
        begun = time.monotonic()
        limit = limits.begin()
        try:
            await asyncio.sleep(takes)
        except asyncio.CancelledError:
            assert limit.is_over()
            return time.monotonic() - begun
        finally:
            limits.end(limit)
        return None

    async def main() -> None:
        # The last one begins when none is under way any more.
        calls = [call(0, 60), call(0.1, 0.05), call(0.15, 60), call(0.2, 0.01), call(1.0, 60)]
        first, second, third, fourth, last = await asyncio.gather(*calls)
        assert second is fourth is None
        for found in (first, third, last):
            assert found is not None
            assert 0.29 < found < 5

    asyncio.run(main())


def test_a_task_that_somebody_else_cancels_is_not_over() -> None:
    async def main() -> None:
        limits = TimeLimits(60)
        limit = limits.begin()
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            task.uncancel()
        assert not limit.is_over()
        limits.end(limit)

    asyncio.run(main())
