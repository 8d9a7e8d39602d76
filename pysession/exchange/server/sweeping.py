"""What has expired is removed from time to time, with a record of it in the trail of its owner."""

from __future__ import annotations

import asyncio
import logging
import random
import time

from pysession.exchange.server.failures import tell_failure
from pysession.exchange.server.logs import tell
from pysession.stores import Store, StoreError

_SOON_SECONDS = 600.0
"""After its start a server sweeps within this time, so that one that is started often sweeps too; at some moment of it, so
that several do not at once, and not at once, when there is enough to do."""


class Sweeper:
    """Sweeps ``store`` every ``seconds`` (0: never) between :meth:`start` and :meth:`stop`."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._sweeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._seconds:
            self._sweeping = asyncio.create_task(self._run())

    def stop(self) -> None:
        """End it, also in the middle: what is removed is recorded before, and the next sweep goes on."""
        if self._sweeping is not None:
            self._sweeping.cancel()

    async def _run(self) -> None:
        await asyncio.sleep(min(self._seconds, _SOON_SECONDS) * random.uniform(0.1, 1))  # noqa: S311
        while True:
            await self._sweep()
            await asyncio.sleep(self._seconds)

    async def _sweep(self) -> None:
        # Only a sweep needs it.
        from pysession.sessions.sweeping import sweep_unseen

        began = time.monotonic()
        try:
            removed = await sweep_unseen(self._store)
        except StoreError as failure:
            tell_failure("sweep", failure)
        except Exception as failure:  # whatever it is, the next sweep may succeed
            tell(logging.ERROR, "sweep", exception=type(failure).__name__)
        else:
            tell(logging.INFO, "sweep", removed=removed, milliseconds=round((time.monotonic() - began) * 1000))
