"""Stores in files that this process may read and not write, or not even read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pysession.stores import NotReadableError, NotWritableError, Store, open_store
from pysession.testing.store_demands import SESSION, message

NOBODY = 65534
URLS = ["file:{}/sessions", "sqlite:///{}/sessions.db"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that everybody gets to, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def as_somebody_else(folder: Path, *, files: int) -> Iterator[None]:
    """The files of ``folder`` have the mode ``files``, and the process is not root's."""
    found = [Path(here) for here, _, _ in os.walk(folder)]
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(files)
    user = os.geteuid()
    for path in found:
        path.chmod(0o555)
    try:
        if user == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        if user == 0:
            os.seteuid(user)
        for path in found:
            path.chmod(0o755)


def using(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_store(url) as store:
            await work(store)

    asyncio.run(run())


async def fill(store: Store) -> None:
    await store.put("s", SESSION)
    await store.append("s", message("more"))


@pytest.mark.parametrize("url", URLS)
def test_what_may_only_be_read_is_read_and_says_so_when_it_is_to_change(url: str, folder: Path) -> None:
    async def read(store: Store) -> None:
        assert b"more" in (await store.get("s")).data
        assert [entry.id for entry in (await store.list()).entries] == ["s"]
        assert (await store.stats()).sessions == 1
        with pytest.raises(NotWritableError):
            await store.put("t", SESSION)
        with pytest.raises(NotWritableError):
            await store.append("s", message("again"))
        with pytest.raises(NotWritableError):
            await store.delete("s")
        assert b"again" not in (await store.get("s")).data

    using(url.format(folder), fill)
    with as_somebody_else(folder, files=0o444):
        using(url.format(folder), read)


@pytest.mark.parametrize("url", ["file:{}/new/sessions", "sqlite:///{}/new.db"])
def test_a_store_that_may_not_be_made_is_no_damaged_one(url: str, folder: Path) -> None:
    async def write(store: Store) -> None:
        await store.put("s", SESSION)

    with as_somebody_else(folder, files=0o444), pytest.raises(NotWritableError, match="let this user"):
        using(url.format(folder), write)


@pytest.mark.parametrize("url", URLS)
def test_what_may_not_be_read_is_told(url: str, folder: Path) -> None:
    async def read(store: Store) -> None:
        with pytest.raises(NotReadableError, match="cannot be read: permission denied"):
            await store.get("s")

    using(url.format(folder), fill)
    with as_somebody_else(folder, files=0o000):
        using(url.format(folder), read)


def test_a_database_that_another_is_writing_is_read_as_it_is_now(folder: Path) -> None:
    async def main() -> None:
        async with open_store(url) as writing, open_store(url) as reading:
            await fill(writing)
            with as_somebody_else(folder, files=0o444):
                assert b"more" in (await reading.get("s")).data
                await writing.append("s", message("meanwhile"))
                assert b"meanwhile" in (await reading.get("s")).data

    url = f"sqlite:///{folder}/sessions.db"
    asyncio.run(main())
