"""A server removes what has expired from its store, and records it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pysession.sessions import removals
from pysession.stores import INTERNAL_OWNERS, NotServedError, Page, Store, open_store
from pysession.stores.memory import MemoryStore
from tests.exchange.documents import session
from tests.exchange.server.running import running
from tests.exchange.serving import serving

_PATIENCE_SECONDS = 20


async def put_expired(store: Store, session_id: str, owner: str = "") -> None:
    await store.put(session_id, session(), owner=owner, expires=datetime.now(UTC) - timedelta(days=1))


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not is_so():
            await asyncio.sleep(0.05)


def kept(folder: Path) -> list[str]:
    """The sessions whose rows are there, expired or not."""
    with closing(sqlite3.connect(folder / "sessions.db")) as connection:
        rows = connection.execute("SELECT id, owner FROM session").fetchall()
    return sorted(name.decode() for name, owner in rows if owner.decode() not in INTERNAL_OWNERS)


@asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{folder}/sessions.db") as store:
        await put_expired(store, "expired-secret-id")
        await put_expired(store, "expired-too", owner="ada")
        await store.put("kept", session())
        yield store


def test_what_has_expired_is_removed_recorded_and_told_without_ids(tmp_path: Path) -> None:
    async def body() -> None:
        async with filled(tmp_path) as store:
            with serving(tmp_path, "--sweep-seconds", "1") as server:
                await until(lambda: kept(tmp_path) == ["kept"])
                await put_expired(store, "later")
                await until(lambda: kept(tmp_path) == ["kept"])
                await until(lambda: server.log.read_text().count('"removed":1') == 1)
                assert server.stop() == 0
            told = [event.detail["session_id"] for event in await removals(store)]
            assert told == ["expired-secret-id", "later"]
            assert [event.detail["session_id"] for event in await removals(store, owner="ada")] == ["expired-too"]

    asyncio.run(body())
    log = (tmp_path / "serve.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    swept = [line for line in lines if line["event"] == "sweep"]
    assert swept[0]["removed"] == 2
    assert all(set(line) == {"time", "level", "event", "removed", "milliseconds"} for line in swept)
    assert "expired-secret-id" not in log


def test_with_0_it_is_left_to_others(tmp_path: Path) -> None:
    async def body() -> None:
        async with filled(tmp_path), running(f"sqlite:///{tmp_path}/sessions.db", sweep_seconds=0):
            await asyncio.sleep(0.3)

    asyncio.run(body())
    assert kept(tmp_path) == ["expired-secret-id", "expired-too", "kept"]


class Failing(MemoryStore):
    """A store that fails when it is first asked what has expired."""

    failures = 0

    async def expired(self, **options: Any) -> Page:
        if not self.failures:
            self.failures += 1
            raise NotServedError("memory:", "of expired-secret-id")
        return await super().expired(**options)


def test_a_sweep_that_fails_is_told_and_tried_again(caplog: Any) -> None:
    async def body() -> None:
        store = Failing()
        await put_expired(store, "expired-secret-id")
        async with running(store, sweep_seconds=0.05):
            await until(lambda: any(getattr(record, "fields", {}).get("removed") for record in caplog.records))
            assert [event.detail["session_id"] for event in await removals(store)] == ["expired-secret-id"]

    caplog.set_level("INFO", logger="pysession.exchange")
    asyncio.run(body())
    (failed,) = (record for record in caplog.records if record.levelname == "WARNING" and record.msg == "sweep")
    assert failed.fields == {"failure": "NotServedError"}
