"""The database of an SQLite store: what is in it, and what else may be."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from pysession.stores import (
    NotAStoreError,
    NotFoundError,
    NotServedError,
    NotWritableError,
    Store,
    open_store,
    sqlite,
)
from pysession.stores.sqlite import SqliteStore
from pysession.testing.store_demands import NO_MESSAGE, SESSION, message


def store_at(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/s.db")


def test_the_document_is_a_blob_as_it_was_put(tmp_path: Path) -> None:
    asyncio.run(put(store_at(tmp_path), SESSION))
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT owner, id, data, typeof(data) FROM session").fetchall() == [
            (b"", b"s", SESSION, "blob")
        ]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def put(store: Store, data: bytes) -> None:
    async with store:
        await store.put("s", data)


def test_an_appended_message_leaves_the_row_of_the_session_alone(tmp_path: Path) -> None:
    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.put("s", NO_MESSAGE)
            for number in range(3):
                await store.append("s", message(str(number)))

    asyncio.run(run())
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT data FROM session").fetchall() == [(NO_MESSAGE,)]
        assert [text for (text,) in connection.execute("SELECT message FROM message ORDER BY number")] == [
            message(str(number)) for number in range(3)
        ]


@pytest.mark.parametrize("end", ["put", "delete"])
def test_messages_go_with_their_session(end: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.put("s", SESSION)
            await store.append("s", message("a"))
            await (store.put("s", NO_MESSAGE) if end == "put" else store.delete("s"))

    asyncio.run(run())
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM seam").fetchone() == (0,)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TABLE other (x)", "another program"),
        ("PRAGMA user_version = 3", "another program"),
        ("PRAGMA application_id = 1", "another program"),
    ],
)
def test_the_database_of_another_program_is_left_alone(statement: str, reason: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
    before = (tmp_path / "s.db").read_bytes()
    with pytest.raises(NotAStoreError, match=reason):
        asyncio.run(put(store_at(tmp_path), SESSION))
    assert (tmp_path / "s.db").read_bytes() == before


def test_a_later_layout_is_refused(tmp_path: Path) -> None:
    asyncio.run(put(store_at(tmp_path), SESSION))
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(NotAStoreError, match="of a later pysession"):
        asyncio.run(put(store_at(tmp_path), SESSION))


@pytest.mark.parametrize("end", ["put", "delete"])
def test_pieces_of_a_large_document_are_gone_with_it(end: str, tmp_path: Path) -> None:
    large = b'{"type":"session","state":{"in_memory":{"messages":[]}},"text":"%s"}' % (b"0123456789" * 300_000)

    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.put("s", large)
            assert (await store.get("s")).data == large
            await store.append("s", message("a"))
            await store.append("s", message("b"), at="/state/in_memory/messages")
            both = json.loads((await store.get("s")).data)
            assert [one["contents"][0]["text"] for one in both["state"]["in_memory"]["messages"]] == ["a", "b"]
            assert both["text"] == "0123456789" * 300_000
            assert rows(tmp_path, "piece") == 2
            await (store.put("s", SESSION) if end == "put" else store.delete("s"))

    asyncio.run(run())
    assert rows(tmp_path, "piece") == 0


def test_a_document_of_any_size_replaces_one_of_any_other(tmp_path: Path) -> None:
    megabyte = 2**20

    async def run() -> None:
        async with store_at(tmp_path) as store:
            for size in (5 * megabyte, 3 * megabyte, megabyte + 1, megabyte, 2 * megabyte, 2 * megabyte + 1, 10):
                data = (b"%d," % size * (size // 3))[:size]
                await store.put("s", data)
                assert (await store.get("s")).data == data
                assert rows(tmp_path, "piece") == (size - 1) // megabyte

    asyncio.run(run())


def test_a_database_of_the_layout_before_is_taken_over(tmp_path: Path) -> None:
    async def run() -> None:
        async with store_at(tmp_path) as store:
            before = await store.put("s", SESSION)
            await store.append("s", message("a"))
        connection = sqlite3.connect(tmp_path / "s.db")
        for name in ("session_shortened", "large_session_deleted"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP TABLE piece")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
        connection.close()
        async with store_at(tmp_path) as store:
            there = await store.get("s")
            assert there.etag != before.etag
            assert b'"a"' in there.data
            large = b"1" * 3_000_000
            await store.put("s", large, if_match=there.etag)
            assert (await store.get("s")).data == large
            await store.put("s", SESSION)
        assert (rows(tmp_path, "piece"), rows(tmp_path, "message")) == (0, 0)

    asyncio.run(run())


def rows(folder: Path, table: str) -> int:
    connection = sqlite3.connect(folder / "s.db")
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    connection.close()
    return int(found)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(NotAStoreError, match=r"s\.db is not a session store: file is not a database"):
        asyncio.run(put(store_at(tmp_path), SESSION))


def test_a_writer_waits_for_another_process_that_holds_the_lock(tmp_path: Path) -> None:
    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.put("s", SESSION)
            holder = sqlite3.connect(tmp_path / "s.db", isolation_level=None, check_same_thread=False)
            holder.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(store.put("s", NO_MESSAGE))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            assert (await store.get("s")).data == SESSION, "a loop that waits for a lock would not come here"
            holder.execute("COMMIT")
            await waiting
            holder.close()
            assert (await store.get("s")).data == NO_MESSAGE

    asyncio.run(run())


def test_a_lock_that_another_holds_for_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.1)
    asyncio.run(put(store_at(tmp_path), SESSION))
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotServedError, match=r"s\.db refuses: another program has been writing for .*; try again"):
            asyncio.run(put(store_at(tmp_path), SESSION))


def test_a_full_disk_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with SqliteStore(tmp_path / "s.db") as store:
            await store.put("s", SESSION)
            assert store._far is not None
            store._far.execute("PRAGMA max_page_count = 1")  # no more than it has
            with pytest.raises(NotWritableError, match="is full; nothing was changed; make room on its file system"):
                await store.put("s", b" " * 2**20)
            assert (await store.get("s")).data == SESSION

    asyncio.run(run())


def test_documents_that_are_too_large_to_be_done_at_once_are_done_all_the_same(tmp_path: Path) -> None:
    large = SESSION + b" " * 200_000

    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.put("small", SESSION)
            await store.put("s", large)
            await store.append("s", message("a"))
            assert (await store.get("s")).data == large.replace(b"]}}}", b"," + message("a") + b"]}}}")

    asyncio.run(run())


def test_threads_with_loops_of_their_own_share_a_store(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    failures: list[BaseException] = []

    async def work(name: int) -> None:
        for number in range(50):
            await store.put(f"{name}-{number}", b"%d" % number)
            assert (await store.get(f"{name}-{number}")).data == b"%d" % number

    def run(name: int) -> None:
        try:
            asyncio.run(work(name))
        except BaseException as failure:  # told to the test
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert asyncio.run(count(store)) == 200


async def count(store: Store) -> int:
    async with store:
        return (await store.stats()).sessions


def test_a_task_that_is_cancelled_leaves_the_store_usable(tmp_path: Path) -> None:
    async def run() -> None:
        async with store_at(tmp_path) as store:
            task = asyncio.create_task(store.put("s", SESSION))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await store.put("t", SESSION)
            assert (await store.get("t")).data == SESSION

    asyncio.run(run())


def test_a_thread_that_has_nothing_to_do_ends_and_another_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pysession.stores.worker._IDLE_SECONDS", 0.05)
    store = SqliteStore(tmp_path / "s.db")

    def alive() -> bool:
        return any(thread.name == "pysession s.db" for thread in threading.enumerate())

    async def run() -> None:
        await store.put("s", SESSION)
        for _ in range(100):
            if not alive():
                break
            await asyncio.sleep(0.05)
        assert not alive()
        assert (await store.get("s")).data == SESSION
        with pytest.raises(NotFoundError):
            await store.get("t")
        await store.close()

    asyncio.run(run())


def test_a_document_that_was_changed_by_hand_is_what_it_was_changed_to(tmp_path: Path) -> None:
    """SQL's text functions make a text of a blob."""

    async def run() -> None:
        async with store_at(tmp_path) as store:
            await store.append("s", message("é"))
            assert (await store.get("s")).data == SESSION.replace(b"hello", b"hi").replace(
                b"}]}]}}}", b"}]}," + message("é") + b"]}}}"
            )

    asyncio.run(put(store_at(tmp_path), SESSION))
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE session SET data = replace(data, 'hello', 'hi')")
    asyncio.run(run())


@pytest.mark.parametrize("statement", range(7))
def test_another_program_may_make_the_store_at_any_moment_of_making_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    connect, before = sqlite3.connect, [None] * statement

    def make() -> None:
        monkeypatch.setattr(sqlite3, "connect", connect)
        with concurrent.futures.ThreadPoolExecutor(1) as other:
            other.submit(lambda: asyncio.run(put(store_at(tmp_path), SESSION))).result()

    class Interrupted(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            if before and not self.in_transaction:
                before.pop()
            elif sqlite3.connect is not connect and not self.in_transaction:
                make()
            return super().execute(*given)

    async def look() -> bytes:
        async with store_at(tmp_path) as store:
            return (await store.get("s")).data

    monkeypatch.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, factory=Interrupted, **options))
    assert asyncio.run(look()) == SESSION


def test_programs_that_begin_with_a_new_store_at_once_all_write(tmp_path: Path) -> None:
    async def write(url: str, session_id: str) -> None:
        async with open_store(url) as store:
            await store.put(session_id, SESSION)

    async def listed(url: str) -> list[str]:
        async with open_store(url) as store:
            return [found.id for found in (await store.list()).entries]

    names = [f"s{number}" for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as programs:
        for attempt in range(40):
            url = f"sqlite:///{tmp_path}/{attempt}.db"
            for begun in [programs.submit(asyncio.run, write(url, name)) for name in names]:
                begun.result()
            assert asyncio.run(listed(url)) == names


def test_the_connection_that_waits_for_nothing_waits_until_it_is_there(tmp_path: Path) -> None:
    asyncio.run(put(store_at(tmp_path), SESSION))
    holder = sqlite3.connect(tmp_path / "s.db", isolation_level=None, check_same_thread=False)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, holder.close)
    release.start()
    near = sqlite._connect_near(tmp_path / "s.db")
    assert near.execute("PRAGMA busy_timeout").fetchone() == (0,)
    near.close()
    release.join()
