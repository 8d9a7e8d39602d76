"""What stores cost, beside a bare statement of SQLite and the real framework's own files.

    python benchmarks/stores.py [STORE-URL...]

``put`` of 10 KB is compared with ``INSERT … ON CONFLICT`` on a table of two columns, both in WAL mode with
``synchronous=NORMAL`` and both with bytes that differ each time (SQLite writes no page that stays as it is), so many in a row
that each has its share of writing the log back. Stores on servers are measured where their URLs are given; a put to
PostgreSQL is compared with the same statement sent by the driver, one to Redis with ``SET``, others with nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import agent_framework as maf
from timing import best

from pysession.sessions import (
    FileHistoryProvider,
    HistoryProvider,
    PostgresHistoryProvider,
    StoreHistoryProvider,
    message,
)
from pysession.stores import Store, masked, open_store
from sessions import long_session

PUTS = 2_000
SESSIONS = 100
REMOTE_PUTS = 200
APPENDS = 20
HISTORIES = (100, 10_000)
LISTED = 10_000
SAVED_AT_ONCE = 10_000
MESSAGE = b'{"type":"message","role":"user","contents":[{"type":"text","text":"and one more"}]}'
_numbers = itertools.count()


def document() -> bytes:
    """10 KB that were never there before."""
    return b"%08d" % next(_numbers) * 1280


class Loop:
    """Runs coroutines in one event loop, as an application does, so that starting it is not measured."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def __call__(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)


async def put(store: Any, count: int) -> None:
    for number in range(count):
        await store.put(f"s{number % SESSIONS}", document())


def puts(folder: Path, run: Loop) -> None:
    """Print what a put of 10 KB costs."""
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = NORMAL",
        "CREATE TABLE s (id TEXT PRIMARY KEY, data BLOB)",
    ):
        bare.execute(statement)
    sqlite = open_store(f"sqlite:///{folder}/ours.db")
    files = open_store(f"file:{folder}/ours")

    def insert() -> None:
        for number in range(PUTS):
            bare.execute(
                "INSERT INTO s VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
                (f"s{number % SESSIONS}", document()),
            )

    async def put_at_once() -> None:
        await asyncio.gather(*(sqlite.put(f"s{number % SESSIONS}", document()) for number in range(PUTS)))

    seconds = best(
        {
            "INSERT … ON CONFLICT": insert,
            "sqlite: put": lambda: run(put(sqlite, PUTS)),
            "sqlite: put, all at once": lambda: run(put_at_once()),
            "file: put (two fsyncs)": lambda: run(put(files, APPENDS)),
        },
        rounds=7,
    )
    unit = seconds["INSERT … ON CONFLICT"] / PUTS
    print(f"put of 10 KB ({unit * 1e6:.0f} µs for a bare INSERT … ON CONFLICT)")
    for name, value in seconds.items():
        each = value / (APPENDS if name.startswith("file") else PUTS)
        print(f"  {name:<28}{each * 1e6:8.0f} µs  {unit / each:5.2f} x the speed of the bare statement")
    run(sqlite.close())
    print()


def remote_puts(url: str, run: Loop) -> None:
    """Print what a put of 10 KB to a server costs."""
    store = open_store(url)
    run(store.put("s", b""))
    candidates: dict[str, Callable[[], object]] = {"put": lambda: run(put(store, REMOTE_PUTS))}
    bare = BARE.get(url.partition(":")[0])
    if bare is not None:
        write = bare(url)
        candidates["the driver alone"] = lambda: run(write(REMOTE_PUTS))
    seconds = best(candidates, rounds=7)
    print(f"put of 10 KB to {masked(url)}")
    for name, value in seconds.items():
        compared = ""
        if bare is not None:
            compared = f"{seconds['the driver alone'] / value:5.2f} x the speed of the driver"
        print(f"  {name:<28}{value / REMOTE_PUTS * 1e6:8.0f} µs  {compared}")
    run(store.close())
    print()


def postgres_insert(url: str) -> Callable[[int], Coroutine[Any, Any, None]]:
    """A bare statement, over one connection."""
    import psycopg

    connections: list[psycopg.AsyncConnection[Any]] = []

    async def insert(count: int) -> None:
        if not connections:
            connections.append(await psycopg.AsyncConnection.connect(url, autocommit=True))
            await connections[0].execute("CREATE TABLE IF NOT EXISTS pysession_bare (id text PRIMARY KEY, data bytea)")
        for number in range(count):
            await connections[0].execute(
                "INSERT INTO pysession_bare VALUES (%s, %b) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
                (f"s{number % SESSIONS}", document()),
            )

    return insert


def redis_set(url: str) -> Callable[[int], Coroutine[Any, Any, None]]:
    """A bare command, over one connection."""
    from redis.asyncio import Redis

    client = Redis.from_url(url)

    async def set_each(count: int) -> None:
        for number in range(count):
            await client.set(f"bare{number % SESSIONS}", document())

    return set_each


BARE = {"postgresql": postgres_insert, "redis": redis_set}
"""What a put is compared with, by the scheme of the URL."""


def appends(folder: Path, run: Loop, others: list[str]) -> None:
    """Print what one more message costs, by the length of the history that is there."""
    print(f"append of one message to a session of {' and '.join(f'{count:,}' for count in HISTORIES)} messages")
    rows: dict[str, list[float]] = {}
    for count in HISTORIES:
        candidates: dict[str, Callable[[], object]] = {}
        opened: list[Store] = []
        session = long_session(count)
        lines = b"".join(
            json.dumps(one).encode() + b"\n" for one in json.loads(session)["state"]["in_memory"]["messages"]
        )
        for name, url, data in (
            ("sqlite: a session", f"sqlite:///{folder}/append{count}.db", session),
            ("memory: a session", "memory:", session),
            ("file: JSON Lines", f"file:{folder}/append{count}", lines),
            ("file: a session", f"file:{folder}/append{count}s", session),
            *((f"{url.partition(':')[0]}: a session", url, session) for url in others),
        ):
            store = open_store(url)
            run(store.put("s", data))
            run(store.append("s", MESSAGE))  # the first one finds the place

            async def append(store: Any = store) -> None:
                for _ in range(APPENDS):
                    await store.append("s", MESSAGE)

            candidates[name] = lambda append=append: run(append())
            opened.append(store)
        candidates |= histories(folder / f"ours{count}", session, lines, run)
        candidates |= framework(folder / f"theirs{count}", session, lines, run)
        for name, value in best(candidates, rounds=5).items():
            rows.setdefault(name, []).append(value / APPENDS)
        for store in opened:
            run(store.close())
    for name, (short, long) in rows.items():
        print(f"  {name:<44}{short * 1e3:9.3f} ms {long * 1e3:9.3f} ms  {long / short:6.1f} x")
    print()


def histories(folder: Path, session: bytes, lines: bytes, run: Loop) -> dict[str, Callable[[], object]]:
    """The same with the history providers of this package, which first look whether the message is there already."""
    store = open_store(f"sqlite:///{folder}.db")
    stored = StoreHistoryProvider(store, source_id="in_memory")
    run(store.put(stored.key_of("s"), session))
    run(stored.get_messages("s"))
    kept = FileHistoryProvider(folder)
    kept.path_of("s").write_bytes(lines)
    return {
        "StoreHistoryProvider, sqlite:": lambda: run(saves(stored)),
        "FileHistoryProvider (with an fsync)": lambda: run(saves(kept)),
    }


async def saves(history: HistoryProvider) -> None:
    for _ in range(APPENDS):
        await history.save_messages("s", [message("user", f"and one more {next(_numbers)}")])


def many(folder: Path, run: Loop, others: list[str]) -> None:
    """Print what it costs to save a whole conversation in one call."""
    print(f"{SAVED_AT_ONCE:,} messages saved in one call")
    said = [message("user", f"message {number} {next(_numbers)}") for number in range(SAVED_AT_ONCE)]
    urls = [f"sqlite:///{folder}/many.db", f"file:{folder}/many", *others]
    in_stores = {
        f"StoreHistoryProvider, {url.partition(':')[0]}:": StoreHistoryProvider(open_store(url)) for url in urls
    }
    in_tables = {
        f"PostgresHistoryProvider, {masked(url)}"[:44]: PostgresHistoryProvider(url)
        for url in others
        if url.startswith("postgres")
    }
    in_files = {"FileHistoryProvider (with an fsync)": FileHistoryProvider(folder / "lines")}
    kept: dict[str, HistoryProvider] = {**in_stores, **in_tables, **in_files}
    for name, history in kept.items():
        begun = time.perf_counter()
        run(history.save_messages(f"s{next(_numbers)}", said))
        print(f"  {name:<44}{time.perf_counter() - begun:9.2f} s")
    for one in (*in_stores.values(), *in_tables.values()):
        run(one.close())
    print()


def framework(folder: Path, session: bytes, lines: bytes, run: Loop) -> dict[str, Callable[[], object]]:
    """The same with agent-framework-core: its history file, and its session file, which is always written whole."""
    history = maf.FileHistoryProvider(storage_path=folder)
    (folder / "s.jsonl").write_bytes(lines)
    store = maf.FileSessionStore(folder)
    saved = maf.AgentSession.from_dict(json.loads(session))

    async def append() -> None:
        for number in range(APPENDS):
            await history.save_messages("s", [maf.Message("user", [f"and one more {number} {next(_numbers)}"])])

    async def save() -> None:
        for number in range(APPENDS):
            saved.state["in_memory"]["messages"].append(maf.Message("user", [f"and one more {number}"]))
            await store.set("s", saved)

    return {
        "agent-framework-core: FileHistoryProvider": lambda: run(append()),
        "agent-framework-core: FileSessionStore": lambda: run(save()),
    }


def lists(folder: Path, run: Loop) -> None:
    """Print what it costs to list many sessions."""
    store = open_store(f"sqlite:///{folder}/list.db")

    async def fill() -> None:
        for number in range(LISTED):
            await store.put(f"s{number:05}", document())

    async def every_page() -> None:
        page, found = None, 0
        while True:
            entries = await store.list(page=page)
            found, page = found + len(entries.entries), entries.next
            if page is None:
                break
        assert found == LISTED

    run(fill())
    seconds = best({"all": lambda: run(every_page())}, rounds=5)["all"]
    print(f"list of {LISTED:,} sessions of 10 KB, by page, in SQLite: {seconds * 1e3:.0f} ms")
    run(store.close())


def main() -> None:
    warnings.simplefilter("ignore")
    run, others = Loop(), sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        puts(folder, run)
        for url in others:
            remote_puts(url, run)
        appends(folder, run, others)
        many(folder, run, others)
        lists(folder, run)


if __name__ == "__main__":
    main()
