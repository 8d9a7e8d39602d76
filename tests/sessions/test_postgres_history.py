"""Histories in tables of PostgreSQL: exact, shared with other languages, and as cheap to append to when they are long."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from pysession.sessions import CorruptSessionError, PostgresHistoryProvider, StateValueError, message
from pysession.sessions.messages import text_of
from pysession.stores import NotAStoreError, SessionIdError, StoreUrlError, UnavailableError
from tests.node_packages import node_packages
from tests.sessions.killed_writers import last_saved
from tests.stores.servers import program

PAGE = (Path(__file__).parents[2] / "docs" / "conversations.md").read_text(encoding="utf-8")
SCRIPT = Path(__file__).parents[2] / "pysession" / "sessions" / "providers" / "conversations.sql"
APPEND, READ = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
NODE = Path(__file__).with_name("node")
DOTNET = '{"role":"user","contents":[{"$type":"text","text":"from .NET"}],"messageId":"m1","n":1.0,"b":1E+2}'
GO = '{"Contents":[{"Text":"from Go","Type":"text"}],"Role":"user","ID":""}'


def using(url: str, work: Callable[[PostgresHistoryProvider], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        history = PostgresHistoryProvider(url, **options)
        try:
            return await work(history)
        finally:
            await history.close()

    return asyncio.run(run())


def rows(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(query.encode(), values)
        return done.fetchall() if done.description else []


def append(url: str, text: str, dialect: str, session_id: str = "s") -> None:
    """As a program in another language does it."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = psycopg.RawCursor(connection)
        cursor.execute(APPEND.encode(), ("", session_id, "postgres_history", dialect, "user", None, None, text))


async def texts(history: PostgresHistoryProvider, session_id: str | None = "s") -> list[str]:
    return [text_of(one) for one in await history.get_messages(session_id)]


def test_a_history_grows_and_is_told_apart_by_session_owner_and_source(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def save(history: PostgresHistoryProvider) -> None:
        assert await texts(history) == []
        await history.save_messages("s", [message("user", "hi"), message("assistant", "é")])
        await history.save_messages("s", [message("assistant", "é"), message("user", "more")])

    using(url, save)
    using(url, save, owner="ann")
    using(url, save, source_id="log")
    assert using(url, texts) == ["hi", "é", "more"]
    found = rows(url, "SELECT owner, source_id, session_id, message_count FROM conversations ORDER BY owner, source_id")
    assert found == [("", "log", "s", 3), ("", "postgres_history", "s", 3), ("ann", "postgres_history", "s", 3)]


def test_a_message_is_kept_as_the_text_that_it_is(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    hard = message("tool", [{"type": "function_result", "call_id": "c", "result": "\0 \ud800 \u2028 é"}])
    hard |= {"z": 1.0, "a": [123456789012345678901234567890, 1e300, -0.0], "author_name": "a\0b"}

    async def work(history: PostgresHistoryProvider) -> list[Any]:
        await history.save_messages("s", [hard])
        return await history.get_messages("s")

    (found,) = using(url, work)
    assert json.dumps(found) == json.dumps({name: found[name] for name in found})
    assert {name: found[name] for name in hard} == hard
    assert repr(found["a"]) == repr(hard["a"])
    ((text, role, author),) = rows(url, "SELECT message, role, author_name FROM messages")
    assert json.loads(text) == found
    assert "\\u0000 \\ud800 \\u2028 \\u00e9" in text
    assert (role, author) == ("tool", "a\ufffdb")


def test_a_value_without_a_json_form_saves_nothing(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def work(history: PostgresHistoryProvider) -> list[str]:
        with pytest.raises(StateValueError):
            await history.save_messages("s", [message("user", "a"), message("user", "b") | {"at": object()}])
        return await texts(history)

    assert using(url, work) == []


def test_messages_of_other_languages_are_read_and_stay_as_they_are(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def say(history: PostgresHistoryProvider) -> None:
        await history.save_messages("s", [message("user", "from Python")])

    using(url, say)
    append(url, DOTNET, "dotnet")
    append(url, GO, "go")
    using(url, say)
    assert using(url, texts) == ["from Python", "from .NET", "from Go", "from Python"]
    found = rows(url, "SELECT dialect, message FROM messages WHERE position IN (2, 3) ORDER BY position")
    assert found == [("dotnet", DOTNET), ("go", GO)]


def test_a_message_of_another_language_that_cannot_be_read_is_told(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, texts)
    append(url, '{"role":"user","contents":"none"}', "dotnet")
    with pytest.raises(CorruptSessionError, match="s: "):
        using(url, texts)


def test_what_is_no_object_or_of_no_language_is_refused_by_the_table(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, texts)
    for text, dialect in (("[]", "python"), ('{"role":', "python"), ("{}", "cobol")):
        with pytest.raises(psycopg.DataError if text == '{"role":' else psycopg.errors.CheckViolation):
            append(url, text, dialect)
    assert rows(url, "SELECT count(*) FROM messages") == [(0,)]


def test_psql_runs_the_script_twice_and_the_statements_of_the_page(postgres_url: Callable[[], str]) -> None:
    url, psql = postgres_url(), program("psql")
    session = f"""
    PREPARE append (text, text, text, text, text, text, text, text) AS {APPEND};
    PREPARE read (text, text, text) AS {READ};
    EXECUTE append ('', 's', 'postgres_history', 'dotnet', 'user', 'm1', NULL, '{DOTNET}');
    EXECUTE append ('', 's', 'postgres_history', 'python', 'user', NULL, 'ann', '{json.dumps(message("user", "hi"))}');
    EXECUTE read ('', 's', 'postgres_history');
    """
    command = [psql, url, "-X", "-v", "ON_ERROR_STOP=1", "-q", "-At", "-f", str(SCRIPT), "-f", str(SCRIPT), "-f", "-"]
    done = subprocess.run(command, input=session, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split("|") for line in done.stdout.splitlines()]
    assert [(line[0], line[2], line[3]) for line in lines] == [("1", "dotnet", "user"), ("2", "python", "user")]
    assert lines[0][4] == DOTNET
    assert using(url, texts) == ["from .NET", "hi"]


def test_a_program_in_another_language_shares_a_history(postgres_url: Callable[[], str], tmp_path: Path) -> None:
    url = postgres_url()
    node_packages(NODE)
    for name, statement in (("append.sql", APPEND), ("read.sql", READ)):
        (tmp_path / name).write_text(statement)
    options = parse_qs(urlsplit(url).query)
    arguments = [options["host"][0], options["options"][0].rpartition("=")[2], "append.sql", "read.sql"]

    async def say(history: PostgresHistoryProvider) -> None:
        await history.save_messages("s", [message("user", "from Python") | {"n": 1.0}])

    using(url, say)
    done = subprocess.run(
        ["node", str(NODE / "conversation.mjs"), *arguments],
        input=json.dumps({"session": "s", "messages": [{"role": "user", "message": DOTNET}]}),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    kept = [text for (text,) in rows(url, "SELECT message FROM messages ORDER BY position")]
    assert [one["message"] for one in found] == kept == [kept[0], DOTNET]
    assert '"n": 1.0' in kept[0]
    assert using(url, texts) == ["from Python", "from .NET"]


def test_writers_of_one_history_lose_nothing_and_leave_no_gap(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def write(number: int) -> None:
        history = PostgresHistoryProvider(url)
        for turn in range(10):
            await history.save_messages(
                "s", [message("user", f"{number} {turn}"), message("assistant", f"{number} {turn}")]
            )
        await history.close()

    async def run() -> None:
        await asyncio.gather(*(write(number) for number in range(8)))

    asyncio.run(run())
    found = rows(url, "SELECT position, message::json #>> '{contents,0,text}' FROM messages ORDER BY position")
    assert [position for position, _ in found] == list(range(1, 161))
    # The two messages of a turn are together, and the turns of a writer in their order.
    assert all(found[at][1] == found[at + 1][1] for at in range(0, 160, 2))
    for number in range(8):
        assert [text for _, text in found[::2] if text.startswith(f"{number} ")] == [
            f"{number} {turn}" for turn in range(10)
        ]


KILLS = int(os.environ.get("PYSESSION_STORE_KILLS", "20"))
WRITER = """
import asyncio, itertools, sys
from pysession.sessions import PostgresHistoryProvider, message

async def main():
    history = PostgresHistoryProvider(sys.argv[1])
    for number in itertools.count(int(sys.argv[2])):
        await history.save_messages("s", [message("user", f"{number}"), message("assistant", f"{number}")])
        print(number, flush=True)

asyncio.run(main())
"""


def test_a_killed_writer_loses_no_turn_that_was_saved_and_leaves_no_half_of_one(
    postgres_url: Callable[[], str],
) -> None:
    url, last = postgres_url(), 0
    for _ in range(KILLS):
        saved = last_saved(WRITER, url, last + 1)
        found = rows(url, "SELECT position, message::json #>> '{contents,0,text}' FROM messages ORDER BY position")
        assert [position for position, _ in found] == list(range(1, len(found) + 1))
        said = [int(text) for _, text in found]
        last = said[-1]
        assert said[::2] == said[1::2] == list(range(1, last + 1))
        assert saved <= last <= saved + 1  # one may have been on its way


def test_to_append_reads_no_more_of_a_long_history(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, texts)
    rows(
        url, "INSERT INTO conversations (session_id, source_id, message_count) VALUES ('s', 'postgres_history', 10000)"
    )
    rows(
        url,
        "INSERT INTO messages (conversation_id, position, dialect, role, message) "
        "SELECT 1, n, 'python', 'user', '{\"role\":\"user\",\"contents\":[]}' FROM generate_series(1, 10000) AS n",
    )
    rows(url, "ANALYZE messages")

    async def save(history: PostgresHistoryProvider) -> None:
        await history.save_messages("s", [message("user", "one more")])

    rows(url, "SELECT pg_stat_reset()")
    using(url, save)
    read = "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_user_tables WHERE relname = 'messages'"
    # What a server process did is counted when it ends, or some time after.
    deadline = time.monotonic() + 20
    while not (found := int(rows(url, read)[0][0])) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert 0 < found < 10
    assert rows(url, "SELECT max(position) FROM messages") == [(10001,)]


def test_a_cleared_history_is_gone_and_begins_anew(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def work(history: PostgresHistoryProvider) -> list[str]:
        await history.save_messages("s", [message("user", "old")])
        await history.clear("s")
        await history.clear("s")
        assert await texts(history) == []
        await history.save_messages("s", [message("user", "new")])
        return await texts(history)

    assert using(url, work) == ["new"]
    assert rows(url, "SELECT position FROM messages") == [(1,)]


def test_tables_of_a_later_version_are_refused(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, texts)
    rows(url, "INSERT INTO conversations_schema_version VALUES (2)")
    with pytest.raises(NotAStoreError, match="of a later pysession"):
        using(url, texts)


def test_tables_of_another_program_are_told_and_left_alone(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    rows(url, "CREATE TABLE messages (id serial, body text)")
    with pytest.raises(NotAStoreError, match="column"):
        using(url, texts)
    assert rows(url, "SELECT count(*) FROM messages") == [(0,)]


def test_programs_that_start_together_make_the_tables_once(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def run() -> None:
        histories = [PostgresHistoryProvider(url) for _ in range(6)]
        await asyncio.gather(*(one.save_messages("s", [message("user", "hi")]) for one in histories))
        assert len(await histories[0].get_messages("s")) == 6
        for one in histories:
            await one.close()

    asyncio.run(run())


def test_a_failure_shows_neither_the_password_nor_a_message(postgres_url: Callable[[], str]) -> None:
    with pytest.raises(UnavailableError) as caught:
        using("postgresql://ann:s3cret@127.0.0.1:1/x", texts)
    assert "s3cret" not in str(caught.value)
    url = postgres_url()
    using(url, texts)
    rows(url, "ALTER TABLE messages ADD CHECK (role <> 'user')")

    async def save(history: PostgresHistoryProvider) -> None:
        await history.save_messages("s", [message("user", "my secret plan")])

    with pytest.raises(UnavailableError) as refused:
        using(url, save)
    assert "secret plan" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:///a.db", "sessions.db", "postgresql:/x"])
def test_what_is_no_url_of_postgres_is_refused(url: str) -> None:
    with pytest.raises(StoreUrlError, match="postgresql://user"):
        PostgresHistoryProvider(url)


def test_a_name_that_a_text_of_postgres_cannot_hold_is_refused(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def read(history: PostgresHistoryProvider) -> None:
        await history.get_messages("a\0b")

    with pytest.raises(SessionIdError, match=r"U\+0000"):
        using(url, read)
    with pytest.raises(SessionIdError):
        PostgresHistoryProvider(url, owner="\0")
