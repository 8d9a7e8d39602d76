"""The folder of a file store: what it looks like, what others may do to it, and what a kill may leave in it."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from agent_framework import AgentSession, FileHistoryProvider, FileSessionStore, Message

from pysession.stores import NotAStoreError, NotFoundError, NotWritableError, Store, open_store
from pysession.stores.file_names import OWNER, SESSION, file_stem, name_of
from pysession.testing.store_demands import NO_MESSAGE, message
from pysession.testing.store_demands import SESSION as DOCUMENT

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:.*experimental")
_Result = TypeVar("_Result")
IDS = ["me", "a/b", "MySession", "user@example.com", "sé", "CON", "a.json", "x" * 120, ".hidden", "\U0001f600"]


def using(folder: Path, work: Callable[[Store], Awaitable[_Result]]) -> _Result:
    async def run() -> _Result:
        async with open_store(f"file:{folder}") as store:
            return await work(store)

    return asyncio.run(run())


@pytest.mark.parametrize("session_id", IDS)
def test_the_framework_finds_what_was_put_and_the_store_what_the_framework_saved(
    session_id: str, tmp_path: Path
) -> None:
    using(tmp_path, lambda store: store.put(session_id, DOCUMENT))
    theirs = FileSessionStore(tmp_path)
    found = asyncio.run(theirs.get(session_id))
    assert found is not None
    assert found.state["in_memory"]["messages"][0].text == "hello"
    asyncio.run(theirs.set(session_id, AgentSession(session_id="other")))
    stored = using(tmp_path, lambda store: store.get(session_id))
    assert b'"session_id":"other"' in stored.data
    if len(session_id) < 120:
        assert [entry.id for entry in using(tmp_path, lambda store: store.list()).entries] == [session_id]


@pytest.mark.parametrize("session_id", IDS)
def test_the_framework_reads_a_history_that_was_appended_to_and_appends_to_it(session_id: str, tmp_path: Path) -> None:
    async def append(store: Store) -> None:
        await store.put(session_id, message("one") + b"\n")
        await store.append(session_id, message("two"))

    using(tmp_path, append)
    theirs = FileHistoryProvider(tmp_path)
    assert [one.text for one in asyncio.run(theirs.get_messages(session_id))] == ["one", "two"]
    asyncio.run(theirs.save_messages(session_id, [Message("assistant", ["three"])]))
    using(tmp_path, lambda store: store.append(session_id, message("four")))
    assert [one.text for one in asyncio.run(theirs.get_messages(session_id))] == ["one", "two", "three", "four"]
    assert using(tmp_path, lambda store: store.get(session_id)).data.count(b"\n") == 4


def test_the_framework_changes_the_etag(tmp_path: Path) -> None:
    before = using(tmp_path, lambda store: store.put("s", DOCUMENT)).etag
    asyncio.run(FileSessionStore(tmp_path).set("s", AgentSession(session_id="s")))
    assert using(tmp_path, lambda store: store.get("s")).etag != before


@pytest.mark.parametrize("name", ["a", "~a", "A", "a" * 180, "a" * 181, "é" * 100, "\x00", "aux.x", "a.", "-", "_.-"])
@pytest.mark.parametrize("prefix", [SESSION, OWNER])
def test_a_name_is_read_back_unless_it_is_a_digest(name: str, prefix: str) -> None:
    stem = file_stem(name.encode(), prefix)
    assert len(stem) <= 180
    assert "sha256-" in stem or name_of(stem, prefix) == name.encode()


@pytest.mark.parametrize(
    "stem", ["A", "~session-", "~session-8", "~session-aa=", "~session-sha256-00", "con", "a.", "\udce9"]
)
def test_a_file_that_no_store_would_name_so_is_no_session(stem: str) -> None:
    assert name_of(stem, SESSION) is None


def test_the_document_is_a_file_of_its_kind_and_nothing_else(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("session", DOCUMENT)
        await store.put("session with an end", DOCUMENT + b"\n")
        await store.put("lines", message("a") + b"\n")
        await store.put("empty", b"")
        await store.put("packed", b"\x81\xa1a\x01")
        await store.put("s", DOCUMENT, owner="ada")

    using(tmp_path, work)
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert files == {
        "session.json": DOCUMENT,
        "~session-onsxg43jn5xca53jorucayloebsw4za.json": DOCUMENT + b"\n",
        "lines.jsonl": message("a") + b"\n",
        "empty.jsonl": b"",
        "packed.msgpack": b"\x81\xa1a\x01",
        "owners/ada/s.json": DOCUMENT,
    }


def test_another_kind_of_document_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for data in (DOCUMENT, b"\x81\xa1a\x01", message("a") + b"\n", DOCUMENT):
            await store.put("s", data)
            assert (await store.get("s")).data == data
            assert len([*tmp_path.glob("s.*")]) == 1

    using(tmp_path, work)


def test_the_later_of_two_files_counts_and_both_are_deleted(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", message("a") + b"\n")
        (tmp_path / "s.json").write_bytes(DOCUMENT)
        os.utime(tmp_path / "s.json", ns=(1, (tmp_path / "s.jsonl").stat().st_mtime_ns + 1))
        assert (await store.get("s")).data == DOCUMENT
        assert len((await store.list()).entries) == 1
        assert await store.delete("s")
        with pytest.raises(NotFoundError):
            await store.get("s")

    using(tmp_path, work)


@pytest.mark.parametrize("torn", [b"{", message("lost")[:30], message("lost")[:-1], b'{"a":"\xc3'])
@pytest.mark.parametrize(
    "put", [message("a") + b"\n", message("a") + b"\n" + message("b"), b""], ids=["ended", "not ended", "empty"]
)
@pytest.mark.parametrize("appended", [0, 2])
def test_a_torn_last_line_takes_nothing_else_with_it(torn: bytes, put: bytes, appended: int, tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", put)
        for number in range(appended):
            await store.append("s", message(str(number)))
        whole = (await store.get("s")).data
        with (tmp_path / "s.jsonl").open("ab") as stream:
            stream.write((b"" if whole.endswith(b"\n") or not whole else b"\n") + torn)
        assert (await store.get("s")).data == whole
        await store.append("s", message("next"))
        ended = whole if whole.endswith(b"\n") or not whole else whole + b"\n"
        assert (await store.get("s")).data == ended + message("next") + b"\n"

    using(tmp_path, work)


def test_a_lone_message_becomes_lines(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", message("a"))
        await store.append("s", message("b"))
        assert [path.name for path in tmp_path.glob("s.*")] == ["s.jsonl"]
        assert (await store.get("s")).data == message("a") + b"\n" + message("b") + b"\n"

    using(tmp_path, work)


def test_a_line_whose_end_alone_is_missing_is_kept(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", message("a") + b"\n")
        with (tmp_path / "s.jsonl").open("ab") as stream:
            stream.write(message("b"))
        await store.append("s", message("c"))
        assert (await store.get("s")).data == b"".join(message(name) + b"\n" for name in "abc")

    using(tmp_path, work)


def test_a_line_goes_to_a_long_file_without_the_others_being_written_again(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", message("a") + b"\n")
        number = (tmp_path / "s.jsonl").stat().st_ino
        await store.append("s", message("b"))
        assert (tmp_path / "s.jsonl").stat().st_ino == number

    using(tmp_path, work)


def test_what_was_killed_between_note_and_file_still_is_what_it_was(tmp_path: Path) -> None:
    """The note of a put is written first; without the file it means nothing."""

    async def work(store: Store) -> None:
        before = await store.put("s", DOCUMENT)
        kept = (tmp_path / "s.json").read_bytes()
        await store.put("s", NO_MESSAGE, expires=datetime.now(UTC) - timedelta(days=1), immutable=True)
        (tmp_path / "s.json").write_bytes(kept)
        moment = (tmp_path / "s.json").stat()
        os.utime(tmp_path / "s.json", ns=(moment.st_atime_ns, round(before.changed.timestamp() * 1e9)))
        stored = await store.get("s")
        assert (stored.data, stored.expires, stored.immutable) == (DOCUMENT, None, False)
        appended = await store.append("s", message("later"))
        assert (appended.expires, appended.immutable) == (None, False)
        assert (await store.get("s")).size == appended.size

    using(tmp_path, work)


def test_the_files_of_killed_processes_are_neither_listed_nor_kept_for_ever(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", DOCUMENT)
        new, old = tmp_path / ".s.json.1.tmp", tmp_path / ".s.json.2.tmp"
        for path in (new, old):
            path.write_bytes(DOCUMENT[:20])
        os.utime(old, (0, 0))
        assert [entry.id for entry in (await store.list()).entries] == ["s"]
        assert await store.sweep() == 0
        assert (new.exists(), old.exists()) == (True, False)

    using(tmp_path, work)


@pytest.mark.parametrize("session_id", ["s", "x" * 200])
@pytest.mark.parametrize("owner", ["", "ada", "y" * 200])
@pytest.mark.parametrize("damage", [b"{", b"[]", b"\xff", None])
def test_a_damaged_note_concerns_its_session_only(
    session_id: str, owner: str, damage: bytes | None, tmp_path: Path
) -> None:
    async def work(store: Store) -> None:
        past, future = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))
        await store.put("other", DOCUMENT, expires=future)
        await store.put("gone", DOCUMENT, expires=past)
        await store.put(session_id, DOCUMENT, owner=owner, expires=past)
        (note,) = (tmp_path / ".pysession" / "notes").glob(f"*/{file_stem(session_id.encode(), SESSION)}.json")
        if damage is None:
            note.unlink()
            note.mkdir()
        else:
            note.write_bytes(damage)
        assert await store.sweep() == 1
        entries = (await store.list()).entries
        assert [entry.id for entry in entries if entry.id == "other"] == ["other"]
        (damaged,) = (entry for entry in entries if entry.id != "other")
        assert len(session_id) == 200 or damaged.id == session_id
        assert damaged.immutable  # nobody knows
        assert (await store.stats()).sessions == 2
        assert (await store.get("other")).data == DOCUMENT
        for lost in ({"id": damaged.id, "owner": damaged.owner}, {"id": session_id, "owner": owner}):
            with pytest.raises(NotAStoreError, match=r"\.pysession/notes/.*restore it|is not a session store"):
                await store.get(lost["id"], owner=lost["owner"])
        with pytest.raises(NotAStoreError):
            await store.put(session_id, NO_MESSAGE, owner=owner)

    using(tmp_path, work)


def test_a_long_id_that_is_guessed_by_the_name_of_its_file_is_not_found(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("x" * 200, DOCUMENT)
        for guess in (file_stem(b"x" * 200, SESSION), "~session-sha256-../x", "~session-sha256-"):
            with pytest.raises(NotFoundError):
                await store.get(guess)

    using(tmp_path, work)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "s.json").symlink_to("../secret")
    with pytest.raises(NotAStoreError):
        using(folder, lambda store: store.get("s"))
    using(folder, lambda store: store.put("s", DOCUMENT))
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert (folder / "s.json").read_bytes() == DOCUMENT


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_named_and_not_waited_for(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "s.json")
    with pytest.raises(NotAStoreError, match=r"s\.json is not a session store"):
        using(tmp_path, lambda store: store.get("s"))


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for work in (lambda store: store.put("s", b""), lambda store: store.get("s"), lambda store: store.list()):
        with pytest.raises(NotAStoreError, match="file"):
            using(tmp_path / "file", work)


def test_a_full_disk_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s", message("a") + b"\n")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        try:
            with pytest.raises(
                NotWritableError, match=r"file too large; nothing was changed; allow larger files \(ulimit -f\)"
            ):
                await store.append("s", message("b" * 500))
            with pytest.raises(NotWritableError):
                await store.put("s", DOCUMENT * 10)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (await store.get("s")).data == message("a") + b"\n"
        assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []

    using(tmp_path, work)
