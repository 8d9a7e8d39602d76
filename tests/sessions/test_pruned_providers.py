"""Histories that providers keep are pruned where they are, and what others add meanwhile stays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pysession.pruning import PruningError
from pysession.sessions import (
    FileHistoryProvider,
    HistoryChangedError,
    HistoryProvider,
    InMemoryHistoryProvider,
    PostgresHistoryProvider,
    Session,
    StoreHistoryProvider,
    message,
)
from pysession.sessions.messages import text_of
from pysession.stores import ImmutableError, open_store
from pysession.stores.memory import MemoryStore

Json = dict[str, Any]
Made = Callable[[], HistoryProvider]


@pytest.fixture(params=["in memory", "lines", "msgpack", "store", "sqlite", "postgres"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> HistoryProvider:
    made: dict[str, Made] = {
        "in memory": InMemoryHistoryProvider,
        "lines": lambda: FileHistoryProvider(tmp_path),
        "msgpack": lambda: FileHistoryProvider(tmp_path, serialization_format="msgpack"),
        "store": lambda: StoreHistoryProvider(MemoryStore()),
        "sqlite": lambda: StoreHistoryProvider(open_store(f"sqlite:///{tmp_path}/s.db")),
        "postgres": lambda: PostgresHistoryProvider(request.getfixturevalue("postgres_url")()),
    }
    return made[request.param]()


def said(*names: str) -> list[Json]:
    return [message("system" if name == "system" else "user", name, message_id=name) for name in names]


async def closed(provider: HistoryProvider, work: Any) -> None:
    try:
        await work
    finally:
        if hasattr(provider, "close"):
            await provider.close()


def test_a_history_is_pruned_where_it_is_and_grows_on(provider: HistoryProvider) -> None:
    state: Json = {}

    async def texts() -> list[str]:
        return [text_of(one) for one in await provider.get_messages("s", state=state)]

    async def main() -> None:
        await provider.save_messages("s", said("system", *(f"m{n}" for n in range(9))), state=state)
        await provider.save_messages("other", said("a", "b", "c"), state={})
        account = await provider.prune("s", "keep_last_4", state=state)
        assert (account.removed, account.kept, account.ids) == (6, 4, tuple(f"m{n}" for n in range(6)))
        assert await texts() == ["system", "m6", "m7", "m8"]
        assert (await provider.prune("s", "keep_last_4", state=state)).removed == 0
        await provider.save_messages("s", said("m8", "m9"), state=state)
        assert await texts() == ["system", "m6", "m7", "m8", "m9"]

        async def summariser(old: Sequence[Json]) -> str:
            await provider.save_messages("s", said("late"), state=state)
            return " ".join(map(text_of, old))

        told = "Summary of the conversation so far:\nm6 m7 m8"
        if isinstance(provider, StoreHistoryProvider):
            told += " m9"  # the document has another etag, so that it is read and summarised again
        await provider.prune("s", "summarize_old", threshold=3, summariser=summariser, state=state)
        assert (await texts())[:2] == ["system", told]
        assert (await texts())[-1] == "late"
        if not isinstance(provider, InMemoryHistoryProvider):
            assert len(await provider.get_messages("other")) == 3
        assert (await provider.prune("nobody", "keep_last_1", state={})).removed == 0
        with pytest.raises(PruningError, match="no pruning strategy"):
            await provider.prune("s", "keep_some", state=state)

    asyncio.run(closed(provider, main()))


def test_what_stays_in_a_file_has_its_bytes_and_the_file_is_another_one(tmp_path: Path) -> None:
    provider = FileHistoryProvider(tmp_path)
    path = provider.path_of("s")
    lines = [b'{"type": "message",  "role":"user","contents":[{"type":"text","text":"%d"}]}' % n for n in range(4)]
    path.write_bytes(b"\n".join(lines) + b"\n" + b'{"type":"mess')
    asyncio.run(provider.prune("s", "keep_last_2"))
    assert path.read_bytes() == b"\n".join(lines[2:]) + b"\n" + b'{"type":"mess'
    assert [text_of(one) for one in asyncio.run(provider.get_messages("s"))] == ["2", "3"]


def test_writers_of_a_file_that_is_pruned_lose_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async def write(writer: int) -> None:
            provider = FileHistoryProvider(tmp_path)
            for number in range(20):
                await provider.save_messages("s", said(f"w{writer}-{number}"))

        async def prune() -> int:
            provider, removed = FileHistoryProvider(tmp_path), 0
            for _ in range(20):
                removed += (await provider.prune("s", "keep_last_10")).removed
            return removed

        def told(message: Json) -> list[str]:
            return text_of(message).split("-")

        *_, removed = await asyncio.gather(*(write(n) for n in range(3)), prune())
        left = await FileHistoryProvider(tmp_path).get_messages("s")
        assert removed + len(left) == 60
        for writer in range(3):
            numbers = [int(said[1]) for said in map(told, left) if said[0] == f"w{writer}"]
            assert numbers == [*range(20)][20 - len(numbers) :]

    asyncio.run(main())


def test_a_history_that_was_rewritten_is_left_alone(tmp_path: Path) -> None:
    provider = FileHistoryProvider(tmp_path)

    async def summariser(old: Sequence[Json]) -> str:
        provider.path_of("s").write_bytes(b"")
        return "gone"

    async def main() -> None:
        await provider.save_messages("s", said("a", "b", "c"))
        with pytest.raises(HistoryChangedError):
            await provider.prune("s", "summarize_old", threshold=2, summariser=summariser)

    asyncio.run(main())


def test_rows_keep_their_positions_without_gaps_and_the_conversation_its_count(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    provider = PostgresHistoryProvider(url)

    async def main() -> None:
        await provider.save_messages("s", said("system", "a", "b", "c", "d"))
        await provider.prune("s", "summarize_old", threshold=4, summariser=lambda old: "ab")
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT position, role, message_id, message FROM messages ORDER BY 1").fetchall()
            count = connection.execute("SELECT message_count FROM conversations").fetchone()
        assert [row[:3] for row in rows] == [
            (1, "system", "system"),
            (2, "user", None),
            (3, "user", "c"),
            (4, "user", "d"),
        ]
        assert json.loads(rows[1][3])["contents"][0]["text"].endswith("\nab")
        assert count == (4,)

    asyncio.run(closed(provider, main()))


def test_an_immutable_history_is_not_pruned() -> None:
    async def main() -> None:
        store = MemoryStore()
        provider = StoreHistoryProvider(store)
        await provider.save_messages("s", said("a", "b"))
        stored = await store.get(provider.key_of("s"))
        await store.put(stored.id, stored.data, immutable=True)
        with pytest.raises(ImmutableError):
            await provider.prune("s", "keep_last_1")
        assert (await store.get(stored.id)).data == stored.data

    asyncio.run(main())


def test_a_provider_that_only_adds_says_so() -> None:
    class Log(HistoryProvider):
        async def get_messages(self, session_id: str | None, **kwargs: Any) -> list[Json]:
            return []

        async def save_messages(self, session_id: str | None, messages: Sequence[Json], **kwargs: Any) -> None: ...

    with pytest.raises(PruningError, match="Log only adds messages"):
        asyncio.run(Log("log").prune(Session().session_id, "keep_last_1"))
