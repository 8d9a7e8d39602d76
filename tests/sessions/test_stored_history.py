from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.sessions import StoreHistoryProvider, message
from pysession.sessions.messages import not_yet_stored, text_of
from pysession.stores import open_store
from pysession.stores.memory import MemoryStore


class Counting(MemoryStore):
    """A store that counts how often a document is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def get(self, session_id: str, *, owner: str = "") -> Any:
        self.reads += 1
        return await super().get(session_id, owner=owner)


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
