"""``pysession store`` as a process: what goes where, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pysession.sessions import SessionStore, removals
from pysession.sessions.sweeping import remove
from pysession.stores import REMOVALS_OWNER, SHARED_STATE_OWNER, Entry, open_store
from pysession.verbs.stores import entries
from tests.cli.processes import CLEAN, COMMAND, environment, run

PACKED = b"\x81\xa1a\xca\x7f\x80\x00\x00"
DB = "sqlite:///s.db"


def sessions(tmp_path: Path) -> None:
    async def fill() -> None:
        async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
            await store.put("one", CLEAN)
            await store.put("two", PACKED, expires=datetime(2100, 1, 1, tzinfo=UTC))
            await store.put("one", b"{}", owner="ada", immutable=True)

    asyncio.run(fill())


def test_what_is_put_comes_back_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(PACKED)
    done = run("store", "put", DB, "s", "in", cwd=tmp_path)
    assert done.returncode == 0
    etag = done.stdout.decode().strip()
    done = run("store", "get", DB, "s", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, PACKED, f"etag {etag}\n")
    assert run("store", "put", DB, "s", "-", "--if-match", etag, cwd=tmp_path, input=CLEAN).returncode == 0
    assert run("store", "get", DB, "s", "-o", "out", cwd=tmp_path).stdout == b""
    assert (tmp_path / "out").read_bytes() == CLEAN


def test_what_was_damaged_is_written_and_told(tmp_path: Path) -> None:
    sessions(tmp_path)
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE session SET data = substr(data, 1, 40) WHERE owner = X''")
    done = run("store", "get", DB, "one", "-o", "-", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, CLEAN[:40])
    assert b"'one' is damaged" in done.stderr


def test_a_conflict_is_a_refusal(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("store", "put", DB, "one", "-", "--if-absent", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"Error: the session 'one' is there already")
    assert run("store", "put", DB, "one", "-", "--if-match", "x", cwd=tmp_path).returncode == 1
    assert run("store", "rm", DB, "one", "--owner", "ada", cwd=tmp_path).returncode == 1


def test_sessions_are_listed_for_people(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("store", "ls", DB, cwd=tmp_path)
    lines = done.stdout.decode().splitlines()
    assert [line.split("  ")[:2] for line in lines] == [["one", f"{len(CLEAN)}"], ["two", "8"], ["one (ada)", "2"]]
    assert lines[1].endswith("expires 2100-01-01T00:00:00Z")
    assert lines[2].endswith("immutable")
    assert done.stderr.decode() == f"3 sessions, {len(CLEAN) + 10} bytes\n"
    assert len(run("store", "ls", DB, "--owner", "", "--prefix", "t", cwd=tmp_path).stdout.splitlines()) == 1
    assert run("store", "ls", DB, "--since", "2099-01-01", cwd=tmp_path).stdout == b""


def test_sessions_are_listed_for_programs(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("store", "ls", DB, "--format", "ndjson", cwd=tmp_path)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["one", "two", "one"]
    assert done.stderr == b""


def test_sessions_are_removed_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    sessions(tmp_path)
    assert run("store", "rm", DB, "one", "two", cwd=tmp_path).returncode == 0
    done = run("store", "rm", DB, "one", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, b"there is no session one\n")
    done = run("store", "get", DB, "one", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"Error: there is no session 'one'\n")
    assert run("store", "get", DB, "one", "--owner", "ada", cwd=tmp_path).stdout == b"{}"


def test_a_store_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    for command in (("ls",), ("export",), ("prune",), ("get", "s"), ("rm", "s"), ("migrate", "file:there")):
        done = run("store", command[0], "sqlite:///none.db", *command[1:], cwd=tmp_path)
        assert (done.returncode, done.stderr.decode()) == (
            3,
            "Error: sqlite:///none.db is not a session store: there is nothing there\n",
        )
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "sessions"),
        ("ls", "sqlite:///s.db", "--since", "yesterday"),
        ("put", "file:s", "", "-"),
        ("rm", "sqlite:///s.db", "a", "b", "--if-match", "x"),
        ("prune", "sqlite:///s.db", "--owner", "ada"),
        ("prune", "sqlite:///s.db", "--window-size", "5"),
        ("prune", "sqlite:///s.db", "--strategy", "summarize_old"),
        ("prune", "sqlite:///s.db", "--strategy", "keep_some"),
    ],
)
def test_what_cannot_be_followed_is_a_usage_error(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert run("store", *arguments, cwd=tmp_path).returncode == 2


def test_an_export_is_a_line_of_json_for_each_and_can_be_checked(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("store", "export", DB, cwd=tmp_path)
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first["document"].encode() == CLEAN
    assert second["base64"] == "gaFhyn+AAAA="
    assert (third["owner"], third["immutable"], third["document"]) == ("ada", True, "{}")
    (tmp_path / "out.jsonl").write_bytes(done.stdout.splitlines()[0] + b"\n")
    checked = run("check", "out.jsonl", "--at", "/document", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_migration_copies_bytes_owners_expiry_and_immutability(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("store", "migrate", DB, "file:there", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (0, "3 copied, 0 there already, 0 left out\n")
    assert (tmp_path / "there" / "one.json").read_bytes() == CLEAN
    assert (tmp_path / "there" / "owners" / "ada" / "one.json").read_bytes() == b"{}"
    again = run("store", "migrate", "file:there", DB, cwd=tmp_path)
    assert again.stderr.decode() == "0 copied, 3 there already, 0 left out\n"


def test_a_migration_leaves_another_version_alone_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    sessions(tmp_path)
    run("store", "put", "file:there", "one", "-", cwd=tmp_path, input=b"other")
    done = run("store", "migrate", DB, "file:there", "--owner", "", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode().splitlines()) == (
        1,
        [
            "one: left out: another session is there; --replace puts this one in its place",
            "1 copied, 0 there already, 1 left out",
        ],
    )
    assert (tmp_path / "there" / "one.json").read_bytes() == b"other"
    assert run("store", "migrate", DB, "file:there", "--owner", "", "--replace", cwd=tmp_path).returncode == 0
    assert (tmp_path / "there" / "one.json").read_bytes() == CLEAN


def test_a_migration_brings_an_immutable_session_only_what_it_has_grown_to(tmp_path: Path) -> None:
    grown = CLEAN.rstrip()[:-1] + b',"beside":1}'
    for url, data in (("file:there", CLEAN), (DB, grown)):
        run("store", "put", url, "s", "-", "--immutable", cwd=tmp_path, input=data)
    assert run("store", "migrate", DB, "file:there", cwd=tmp_path).returncode == 1
    assert run("store", "migrate", DB, "file:there", "--replace", cwd=tmp_path).returncode == 0
    assert run("store", "get", "file:there", "s", cwd=tmp_path).stdout == grown
    run("store", "put", "file:else", "s", "-", "--immutable", cwd=tmp_path, input=CLEAN)
    done = run("store", "migrate", "file:else", "file:there", "--replace", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (1, "0 copied, 0 there already, 1 left out")
    assert run("store", "get", "file:there", "s", cwd=tmp_path).stdout == grown


def test_pruning_removes_what_expired_and_what_is_old_when_asked(tmp_path: Path) -> None:
    async def fill() -> None:
        async with open_store(f"file:{tmp_path}/s") as store:
            await store.put("expired", b"{}", expires=datetime.now(UTC) - timedelta(days=1))
            await store.put("old", b"{}")
            await store.put("kept for ever", b"{}", immutable=True)
            await store.put("new", b"{}")

    asyncio.run(fill())
    os.utime(tmp_path / "s" / "old.json", (0, 0))
    done = run("store", "prune", "file:s", "--older-than", "30", "--dry-run", cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.decode().splitlines()] == ["expired", "old"]
    assert done.stderr.decode() == "1 expired session would be removed, 1 old session would be removed\n"
    assert (tmp_path / "s" / "old.json").exists()
    assert (tmp_path / "s" / "expired.json").exists()
    done = run("store", "prune", "file:s", "--older-than", "30", cwd=tmp_path)
    assert done.stderr.decode() == "1 expired session removed, 1 old session removed\n"
    left = run("store", "ls", "file:s", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split("  ")[0] for line in left] == ["kept for ever", "new"]
    trail = run("store", "export", "file:s", "--owner", REMOVALS_OWNER, cwd=tmp_path).stdout
    (document,) = (json.loads(json.loads(line)["document"]) for line in trail.splitlines())
    events = document["state"]["pysession.session"]["events"]
    assert [(one["kind"], one["detail"]["session_id"]) for one in events[1:]] == [
        ("expired", "expired"),
        ("removed", "old"),
    ]


def test_a_session_that_cannot_be_read_is_told_and_the_others_are_exported_copied_and_pruned(tmp_path: Path) -> None:
    async def fill() -> None:
        async with open_store(f"file:{tmp_path}/s") as store:
            for name in ("a", "b", "c"):
                await store.put(name, CLEAN)

    asyncio.run(fill())
    (tmp_path / "s" / "b.json").unlink()
    (tmp_path / "s" / "b.json").mkdir()
    reason = b"b: s/b.json is not a session store: it is a folder, a pipe or a device"
    done = run("store", "export", "file:s", cwd=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (3, reason)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a", "c"]
    done = run("store", "migrate", "file:s", DB, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()) == (
        3,
        [reason, b"2 copied, 0 there already, 0 left out, 1 not read"],
    )
    done = run("store", "prune", "file:s", "--strategy", "keep_last_1", cwd=tmp_path)
    assert [line.split(b"  ")[0] for line in done.stdout.splitlines()] == [b"a", b"c"]
    assert b"b: left as it is: it cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("put", DB, "one", "gone.json"), 3, "gone.json cannot be read: no such file or directory"),
        (("put", DB, "one", "-", "--expires", "2020-01-01"), 2, "--expires 2020-01-01T00:00:00Z has passed"),
        (("get", DB, "one", "-o", "no/such/folder.json"), 3, "cannot be written: no such file or directory"),
        (("prune", DB, "--older-than", "99999999999"), 2, "is not in the range 1<=x<=365000"),
        (("ls", "sessions"), 2, "a folder is file:sessions, a database sqlite:///sessions"),
    ],
)
def test_a_slip_is_told_with_what_was_meant_and_changes_nothing(
    arguments: tuple[str, ...], code: int, told: str, tmp_path: Path
) -> None:
    sessions(tmp_path)
    before = run("store", "export", DB, cwd=tmp_path).stdout
    done = run("store", *arguments, cwd=tmp_path, input=b"{}")
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert run("store", "export", DB, cwd=tmp_path).stdout == before


def test_a_prune_that_is_killed_leaves_no_session_gone_without_a_record(tmp_path: Path) -> None:
    async def fill() -> None:
        async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
            for name in names:
                await store.put(name, b"{}")

    async def seen() -> tuple[set[str], set[str]]:
        async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
            left = {entry.id async for entry in entries(store)}
            return left, {event.detail["session_id"] for event in await removals(store)}

    names = {f"s{number:03}" for number in range(350)}
    asyncio.run(fill())
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("UPDATE session SET changed = 0")
    command = (*COMMAND, "store", "prune", DB, "--older-than", "30")
    left, moments = names, random.Random()
    while left:
        with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) as pruning:
            assert pruning.stdout is not None
            pruning.stdout.readline()
            time.sleep(moments.uniform(0, 0.02))
            pruning.kill()
        left, recorded = asyncio.run(seen())
        assert names - left <= recorded
    assert recorded == names


def test_a_session_that_is_changed_while_it_is_removed_stays_and_that_is_recorded(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_store(f"file:{tmp_path}/s") as store:
            for name in ("a", "b"):
                await store.put(name, b"{}")
            stale = [entry async for entry in entries(store)]
            await store.put("b", b'{"changed": true}')

            async def each() -> AsyncIterator[Entry]:
                for entry in stale:
                    yield entry

            assert [entry.id async for entry in remove(store, each())] == ["a"]
            assert [entry.id async for entry in entries(store)] == ["b"]
            told = [(event.kind, event.detail["session_id"]) for event in await removals(store)]
            assert told == [("removed", "a"), ("removed", "b"), ("kept", "b")]

    asyncio.run(main())


def test_pruning_by_a_strategy_shortens_histories_and_says_whose(tmp_path: Path) -> None:
    def document(count: int) -> bytes:
        messages = [{"role": "user", "contents": [{"type": "text", "text": f"m{n}"}]} for n in range(count)]
        state = {"in_memory": {"messages": messages}, "n": 1.0}
        return json.dumps({"type": "session", "session_id": "s", "state": state}, indent=1).encode()

    async def fill() -> None:
        async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
            await store.put("long", document(9), expires=datetime(2100, 1, 1, tzinfo=UTC))
            await store.put("short", document(2))
            await store.put("kept", document(9), immutable=True)
            await store.put("damaged", b"{")

    asyncio.run(fill())
    command = ("store", "prune", DB, "--strategy", "keep_last_3")
    done = run(*command, "--dry-run", cwd=tmp_path)
    assert done.stdout.decode() == "long  6 messages of 9\n"
    done = run(*command, cwd=tmp_path)
    assert done.stdout.decode() == "long  6 messages of 9\n"
    assert done.stderr.decode().splitlines() == [
        "damaged: left as it is: it cannot be read; 'pysession check' tells why",
        "kept: left as it is: it is immutable",
        "0 expired sessions removed, 6 messages removed",
    ]
    left = run("store", "get", DB, "long", cwd=tmp_path).stdout
    assert [one["contents"][0]["text"] for one in json.loads(left)["state"]["in_memory"]["messages"]] == [
        "m6",
        "m7",
        "m8",
    ]
    assert left.startswith(document(9)[:60])
    assert b'"n": 1.0' in left
    assert b"expires 2100-01-01" in run("store", "ls", DB, "--prefix", "long", cwd=tmp_path).stdout
    assert run("store", "get", DB, "kept", cwd=tmp_path).stdout == document(9)


def test_the_documents_of_a_store_are_checked_where_they_are(tmp_path: Path) -> None:
    sessions(tmp_path)
    done = run("check", DB, cwd=tmp_path)
    assert done.returncode == 1
    assert b"sqlite:///s.db#ada/one" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(b"3 documents: ")
    assert run("repair", DB, "--in-place", cwd=tmp_path).returncode == 3


def test_what_sessions_share_is_no_session_and_is_shown_when_asked_for(tmp_path: Path) -> None:
    async def fill() -> None:
        sessions = SessionStore(open_store(f"sqlite:///{tmp_path}/s.db"))
        async with sessions, sessions.opened("s", user_id="ann") as session:
            session.set_state("theme", "dark", scope="user")
            await session.send_message({"role": "assistant", "content": "hello"})

    asyncio.run(fill())
    both = ("--owner", SHARED_STATE_OWNER)
    assert [line.split()[0] for line in run("store", "ls", DB, cwd=tmp_path).stdout.decode().splitlines()] == ["s"]
    assert run("store", "ls", DB, *both, cwd=tmp_path).stdout.startswith(b"user-")
    assert run("store", "export", DB, cwd=tmp_path).stdout.count(b"\n") == 1
    assert b'\\"theme\\": \\"dark\\"' in run("store", "export", DB, *both, cwd=tmp_path).stdout
    assert json.loads(run("check", DB, "--format", "json", cwd=tmp_path).stdout)["summary"]["documents"] == 1
    # A folder of files shows the document of what is shared; there is nothing to say about it.
    assert run("store", "migrate", DB, "file:copy", cwd=tmp_path).stderr.startswith(b"2 copied")
    report = json.loads(run("check", "copy", "--format", "json", cwd=tmp_path).stdout)
    assert [one["findings"] for one in report["documents"]] == [[], []]
    assert run("store", "ls", "file:copy", *both, cwd=tmp_path).stdout.startswith(b"user-")
