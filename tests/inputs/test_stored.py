"""A session store is an input: each of its sessions is a document."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from pysession.findings import NotRead
from pysession.inputs import Record, discover, records
from pysession.stores import open_store
from pysession.testing.store_demands import SESSION, message
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits

PACKED = msgspec.msgpack.encode({"type": "session"})


def fill(url: str) -> None:
    async def run() -> None:
        async with open_store(url) as store:
            await store.put("one", SESSION)
            await store.append("one", message("more"))
            await store.put("packed", PACKED)
            await store.put("lines", message("a") + b"\n" + message("b") + b"\n")
            await store.put("one", SESSION, owner="ada")

    asyncio.run(run())


def found(url: str, limits: Limits = DEFAULT_LIMITS) -> list[Record | NotRead]:
    (source,) = discover([url], stores=True)
    return [source] if isinstance(source, NotRead) else [*records(source, limits)]


def test_each_session_is_a_document_with_its_bytes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    fill(url)
    documents = found(url)
    assert all(isinstance(one, Record) for one in documents)
    assert [(one.source, one.encoding) for one in documents if isinstance(one, Record)] == [
        (f"{url}#lines", Encoding.JSON_LINES),
        (f"{url}#one", Encoding.JSON),
        (f"{url}#packed", Encoding.MESSAGEPACK),
        (f"{url}#ada/one", Encoding.JSON),
    ]
    assert isinstance(documents[1], Record)
    assert documents[1].data == SESSION.replace(b"]}}}", b"," + message("more") + b"]}}}")
    assert documents[1].modified is not None


def test_a_document_over_the_limit_is_cut(tmp_path: Path) -> None:
    url = f"file:{tmp_path}/s"
    fill(url)
    cut = [one for one in found(url, Limits(bytes=100)) if isinstance(one, Record) and one.size > 100]
    assert {len(one.data) for one in cut} == {101}


def test_a_session_that_cannot_be_read_is_told_and_the_others_follow(tmp_path: Path) -> None:
    url = f"file:{tmp_path}/s"
    fill(url)
    (tmp_path / "s" / ".pysession" / "notes" / "~nobody").mkdir(parents=True)
    note = tmp_path / "s" / ".pysession" / "notes" / "~nobody" / "one.json"
    note.write_bytes(b"{")
    (tmp_path / "s" / "packed.msgpack").unlink()
    (tmp_path / "s" / "packed.msgpack").symlink_to("lines.jsonl")
    documents = found(url)
    assert [one.source for one in documents] == [f"{url}#{name}" for name in ("lines", "one", "packed", "ada/one")]
    damaged, linked = documents[1:3]
    assert isinstance(damaged, NotRead)
    assert damaged.reason.startswith(f"{note} is damaged: it should say what holds of a session")
    assert isinstance(linked, NotRead)
    assert "packed.msgpack is not a session store" in linked.reason


def test_a_store_that_is_not_there_or_empty_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    assert found(url) == [NotRead(url, "is not a session store: there is nothing there")]
    assert found("memory:") == [NotRead("memory:", "a store without sessions")]
    (told,) = found("redis://:s3cret@127.0.0.1:1/0")
    assert isinstance(told, NotRead)
    assert told.source == "redis://:***@127.0.0.1:1/0"
    assert told.reason.startswith("does not answer")


def test_where_documents_must_be_files_a_store_is_not_read(tmp_path: Path) -> None:
    (told,) = discover(["sqlite:///s.db"])
    assert isinstance(told, NotRead)
    assert "'pysession store export'" in told.reason


def test_a_file_whose_name_looks_like_a_url_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file:a.json").write_bytes(SESSION)
    (source,) = discover(["file:a.json"], stores=True)
    assert not isinstance(source, NotRead)
    assert (source.path, source.store) == ("file:a.json", None)
