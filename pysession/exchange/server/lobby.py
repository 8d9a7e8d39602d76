"""Where calls stand that anybody may make, or that only look around."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

from grpc import StatusCode

from pysession.exchange.server.patience import TimeLimit


class Lobby:
    """Places for ``most`` calls. When all are taken, the call that has had one longest has to go: however many come and do
    nothing, nobody is kept out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: OrderedDict[TimeLimit, None] = OrderedDict()

    @contextlib.asynccontextmanager
    async def taken(self, context: Any, seconds: float | None = None) -> AsyncIterator[None]:
        """A place for the call of ``context`` until it is over (its answer taken), which is after ``seconds`` at the latest."""
        if len(self._taken) >= self._most:
            longest, _ = self._taken.popitem(last=False)
            longest.expire()
        limit = TimeLimit(seconds)
        self._taken[limit] = None

        def leave(_: object) -> None:
            limit.end()
            self._taken.pop(limit, None)

        context.add_done_callback(leave)
        try:
            yield
        except asyncio.CancelledError:
            if not limit.is_over():
                raise
            if limit in self._taken:
                await context.abort(StatusCode.DEADLINE_EXCEEDED, f"the call took longer than {seconds:g} seconds")
            await context.abort(StatusCode.RESOURCE_EXHAUSTED, "others ask too; ask again")
