"""A URL names a store, or is refused with a reason and without its password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import pysession
from pysession.findings.failures import UsageError
from pysession.stores import NotAStoreError, Store, StoreUrlError, is_store_url, masked, open_store


def put(store: Store) -> None:
    async def run() -> None:
        async with store:
            await store.put("s", b"{}")

    asyncio.run(run())


def test_the_library_opens_stores() -> None:
    assert pysession.open_store is open_store


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///a.db", "a.db"),
        ("sqlite:a.db", "a.db"),
        ("sqlite:////{folder}/b%20c.db", "b c.db"),
        ("SQLITE:///a.db?max_bytes=10&synchronous=full", "a.db"),
        ("file:a", "a/s.json"),
        ("file:a/b", "a/b/s.json"),
        ("file://{folder}/c", "c/s.json"),
        ("file://localhost{folder}/c?max_bytes=10", "c/s.json"),
    ],
)
def test_a_url_leads_to_a_file(url: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(open_store(url.replace("{folder}", str(tmp_path)).replace("/////", "////")))
    assert (tmp_path / file).is_file()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sessions", "it begins with none of"),
        ("mysql://ada:secret@db/app", "it begins with none of"),
        ("sqlite://host/a.db", "sqlite:////var"),
        ("sqlite:", "sqlite:////var"),
        ("file:", "file:folder"),
        ("file://host/a", "file:folder"),
        ("memory:here", "memory: has no place"),
        ("file:a?max_byte=3", "there is no option max_byte"),
        ("file:a?max_bytes=x", "max_bytes is a number"),
        ("file:a?max_bytes=0", "max_bytes is a number"),
        ("file:a?max_bytes", "not written name=value"),
        ("sqlite:a?synchronous=off", "normal or full"),
    ],
)
def test_what_names_no_store_is_a_usage_error(url: str, reason: str) -> None:
    with pytest.raises(StoreUrlError, match=reason) as caught:
        open_store(url)
    assert isinstance(caught.value, UsageError)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:s3:cr@t@db:5432/app", "postgresql://ada:***@db:5432/app"),
        ("redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
        (
            "postgresql://db/app?user=ada&password=s3cret&sslmode=require",
            "postgresql://db/app?user=ada&password=***&sslmode=require",
        ),
        ("cosmos://account/db?AccountKey=s3cret==", "cosmos://account/db?AccountKey=***"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_passwords_and_keys_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_a_path_is_no_url() -> None:
    assert is_store_url("sqlite:///a.db")
    assert not is_store_url("sessions/a.json")
    assert not is_store_url("C:\\sessions")
    assert not is_store_url("https://example.org/a.json")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAStoreError, match="there is no folder"):
        put(open_store(f"sqlite:///{tmp_path}/none/a.db"))


def test_to_open_touches_nothing(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a.db")
    open_store(f"file:{tmp_path}/a")
    assert [*tmp_path.iterdir()] == []
