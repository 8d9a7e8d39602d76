from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.sessions import StoreHistoryProvider, message
from pysession.sessions.messages import not_yet_stored, text_of
from pysession.stores import open_store
from pysession.stores.memory import MemoryStore
from tests.sessions.killed_writers import last_saved

KILLS = int(os.environ.get("PYSESSION_STORE_KILLS", "20")) // 2
WRITER = """
import asyncio, itertools, sys
from pysession.sessions import StoreHistoryProvider, message
from pysession.stores import open_store

async def main():
    history = StoreHistoryProvider(open_store(sys.argv[1]))
    for number in itertools.count(int(sys.argv[2])):
        await history.save_messages("s", [message("user", f"{number} {part}") for part in range(50)])
        print(number, flush=True)

asyncio.run(main())
"""


class Counting(MemoryStore):
    """A store that counts how often a document is read and changed."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.changes = 0

    async def put(self, session_id: str, data: bytes, **options: Any) -> Any:
        self.changes += 1
        return await super().put(session_id, data, **options)

    async def append(self, session_id: str, message: bytes, **options: Any) -> Any:
        self.changes += 1
        return await super().append(session_id, message, **options)

    async def get(self, session_id: str, *, owner: str = "") -> Any:
        self.reads += 1
        return await super().get(session_id, owner=owner)


@pytest.fixture(params=["sqlite", "file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        made: str = request.getfixturevalue("postgres_url")()
        return made
    return {"sqlite": f"sqlite:///{tmp_path}/s.db", "file": f"file:{tmp_path}/s"}[request.param]


def turn(number: int) -> list[dict[str, Any]]:
    return [message("user", f"question {number}"), message("assistant", f"answer {number}")]


def texts(messages: Sequence[Any]) -> list[str]:
    return [text_of(one) for one in messages]


def test_what_a_run_adds_is_saved_without_reading_the_history_again() -> None:
    async def main() -> None:
        await StoreHistoryProvider(store).save_messages("s", [one for number in range(300) for one in turn(number)])
        history = StoreHistoryProvider(store)
        await history.get_messages("s")
        before = store.reads
        for number in range(300, 320):
            await history.save_messages("s", turn(number))
        assert store.reads == before
        assert texts(await history.get_messages("s"))[-2:] == ["question 319", "answer 319"]

    store = Counting()
    asyncio.run(main())


def test_a_log_that_loads_nothing_reads_its_history_once() -> None:
    async def main() -> None:
        await StoreHistoryProvider(store).save_messages("s", turn(0))
        log, before = StoreHistoryProvider(store, load_messages=False), store.reads
        for number in range(1, 20):
            await log.save_messages("s", turn(number))
        assert store.reads == before + 1

    store = Counting()
    asyncio.run(main())


@pytest.mark.parametrize("told", [2, 150])
def test_a_transcript_that_is_told_again_after_another_wrote_is_not_stored_again(told: int) -> None:
    async def main() -> None:
        one, other = StoreHistoryProvider(store), StoreHistoryProvider(store)
        transcript = [part for number in range(told) for part in turn(number)]
        await one.save_messages("s", transcript)
        await other.get_messages("s")
        await other.save_messages("s", turn(told))
        await one.save_messages("s", [*transcript, *turn(told), *turn(told + 1)])
        assert texts(await one.get_messages("s")) == texts(
            [part for number in range(told + 2) for part in turn(number)]
        )

    store = open_store("memory:")
    asyncio.run(main())


def test_a_history_that_another_deleted_begins_anew() -> None:
    async def main() -> None:
        history = StoreHistoryProvider(store)
        await history.save_messages("s", turn(0))
        await store.delete(history.key_of("s"))
        await history.save_messages("s", turn(1))
        assert texts(await history.get_messages("s")) == ["question 1", "answer 1"]

    store = open_store("memory:")
    asyncio.run(main())


def test_of_a_closed_history_the_next_append_finds_the_same_end(tmp_path: Any) -> None:
    async def main() -> None:
        history = StoreHistoryProvider(open_store(f"sqlite:///{tmp_path}/s.db"))
        for number in range(3):
            await history.save_messages("s", turn(number))
            await history.close()
        assert len(await history.get_messages("s")) == 6
        await history.close()

    asyncio.run(main())


def test_many_messages_are_one_change_of_the_store_and_are_not_stored_again() -> None:
    async def main() -> None:
        history = StoreHistoryProvider(store)
        await history.save_messages("s", turn(0))
        before, many = store.changes, [part for number in range(1, 201) for part in turn(number)]
        await history.save_messages("s", many)
        assert store.changes == before + 1
        await history.save_messages("s", many)
        await StoreHistoryProvider(store).save_messages("s", many)
        assert store.changes == before + 1
        await history.save_messages("s", turn(201))
        assert texts(await history.get_messages("s"))[-4:] == [text for one in (200, 201) for text in texts(turn(one))]

    store = Counting()
    asyncio.run(main())


def test_messages_without_the_members_that_every_one_has_are_not_stored_again() -> None:
    async def main() -> None:
        for _ in range(2):
            await history.save_messages("s", bare)
        assert len(await history.get_messages("s")) == 3

    bare = [{"role": "user", "contents": [{"type": "text", "text": str(number)}]} for number in range(3)]
    history = StoreHistoryProvider(open_store("memory:"))
    asyncio.run(main())


def test_many_messages_leave_how_long_the_history_is_kept_as_it_was() -> None:
    async def main() -> None:
        history, until = StoreHistoryProvider(store), datetime(2999, 1, 1, tzinfo=UTC)
        key = history.key_of("s")
        await history.save_messages("s", turn(0))
        await store.put(key, (await store.get(key)).data, expires=until, immutable=True)
        await history.save_messages("s", [part for number in range(1, 50) for part in turn(number)])
        stored = await store.get(key)
        assert (stored.expires, stored.immutable, len(await history.get_messages("s"))) == (until, True, 100)

    store = open_store("memory:")
    asyncio.run(main())


def test_of_two_that_save_many_at_once_neither_loses_one_or_splits_the_others(url: str) -> None:
    async def write(name: str) -> None:
        async with open_store(url) as store:
            history = StoreHistoryProvider(store)
            for number in range(5):
                await history.save_messages("s", [message("user", f"{name} {number} {part}") for part in range(50)])

    async def main() -> list[str]:
        await asyncio.gather(write("ann"), write("bob"))
        async with open_store(url) as store:
            return texts(await StoreHistoryProvider(store).get_messages("s"))

    found = asyncio.run(main())
    batches = [found[at : at + 50] for at in range(0, 500, 50)]
    for name in ("ann", "bob"):
        assert [one for one in batches if one[0].startswith(name)] == [
            [f"{name} {number} {part}" for part in range(50)] for number in range(5)
        ]


def test_of_many_messages_a_kill_leaves_all_or_none(url: str) -> None:
    async def read() -> list[str]:
        async with open_store(url) as store:
            return texts(await StoreHistoryProvider(store).get_messages("s"))

    last = 0
    for _ in range(KILLS):
        saved = last_saved(WRITER, url, last + 1)
        found = asyncio.run(read())
        last = len(found) // 50
        assert found == [f"{number} {part}" for number in range(1, last + 1) for part in range(50)]
        assert saved <= last <= saved + 1  # one may have been on its way


def test_ten_thousand_messages_may_come_in_one_call(url: str) -> None:
    async def main() -> None:
        async with open_store(url) as store:
            history = StoreHistoryProvider(store)
            await history.save_messages("s", [message("user", str(number)) for number in range(10_000)])
            assert len(await history.get_messages("s")) == 10_000

    asyncio.run(main())


WORDS = st.builds(
    message,
    st.sampled_from(["user", "assistant"]),
    st.sampled_from(["a", "b"]),
    message_id=st.sampled_from([None, "1"]),
)


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(WORDS, min_size=1, max_size=4)), max_size=8))
def test_several_writers_in_turn_store_what_one_with_the_whole_history_before_it_would(saves: Any) -> None:
    async def main() -> None:
        writers = [StoreHistoryProvider(store) for _ in range(3)]
        expected: list[Any] = []
        for writer, messages in saves:
            await writers[writer].save_messages("s", messages)
            expected += not_yet_stored(expected, messages)
        assert await writers[0].get_messages("s") == expected

    store = open_store("memory:")
    asyncio.run(main())
