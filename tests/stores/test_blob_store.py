"""Sessions as blobs: their names, what is kept beside them, and servers that are not what they should be."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import fsspec
import pytest
from aiohttp import web

from pysession.stores import (
    Capability,
    NotAStoreError,
    NotSupportedError,
    NotWritableError,
    Store,
    StoreUrlError,
    UnavailableError,
    is_store_url,
    masked,
    open_store,
)
from pysession.stores.blobs import Blob, ChangedError, ConditionalBlobs, Kept, noted_blob
from pysession.testing.store_demands import NO_MESSAGE, SESSION, every_entry, message


def using(url: str, work: Callable[[Store], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_store(url) as store:
            return await work(store)

    return asyncio.run(run())


def write_to_s3(url: str, name: str, data: bytes) -> None:
    """As a program does that knows nothing of stores."""
    address, _, query = url.partition("?")
    system, path = fsspec.core.url_to_fs(
        address, skip_instance_cache=True, **dict(parse_qsl(query.replace("+", "%2B")))
    )
    system.pipe_file(f"{path}/{name}", data)


def write_to_gcs(url: str, name: str, data: bytes) -> None:
    address = parse_qs(urlsplit(url).query)["endpoint_url"][0]
    key = quote(f"{urlsplit(url).path.strip('/')}/{name}", safe="")
    upload = f"{address}/upload/storage/v1/b/sessions/o?uploadType=media&name={key}"
    urllib.request.urlopen(urllib.request.Request(upload, data, method="POST")).close()


def test_a_session_is_a_file_with_the_document_and_nothing_else(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        await store.put("s1", SESSION)
        await store.put("A", SESSION, owner="ada")
        await store.put("x" * 1000, b"long")
        await store.append("s1", message("more"))

    using(f"fsspec+file://{tmp_path}/here", work)
    found = sorted(
        str(path.relative_to(tmp_path / "here")) for path in (tmp_path / "here").rglob("*") if path.is_file()
    )
    digest = f"~session-sha256-{hashlib.sha256(b'x' * 1000).hexdigest()}"
    assert found == [f".pysession/names/{digest}", "owners/ada/~session-ie.json", "s1.json", f"{digest}.json"]
    assert (tmp_path / "here" / ".pysession/names" / digest).read_bytes() == b"x" * 1000
    assert (tmp_path / "here" / "owners/ada/~session-ie.json").read_bytes() == SESSION
    assert (tmp_path / "here" / "s1.json").read_bytes() == SESSION.replace(b"]}}}", b"," + message("more") + b"]}}}")


def test_what_the_file_store_keeps_plainly_is_read_as_blobs(tmp_path: Path) -> None:
    async def put(store: Store) -> None:
        for session_id, owner in (("s", ""), ("A/b", ""), ("s", "ada")):
            await store.put(session_id, SESSION, owner=owner)

    async def read(store: Store) -> list[tuple[str, str]]:
        assert (await store.get("A/b")).data == SESSION
        return [(entry.owner, entry.id) for entry in await every_entry(store)]

    using(f"file:{tmp_path}", put)
    assert using(f"fsspec+file://{tmp_path}", read) == [("", "A/b"), ("", "s"), ("ada", "s")]


@pytest.mark.parametrize(("server", "write"), [("s3_url", write_to_s3), ("gcs_url", write_to_gcs)])
def test_an_object_that_another_program_wrote_is_a_session(
    server: str, write: Callable[[str, str, bytes], None], request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(server)()
    write(url, "s.json", NO_MESSAGE)

    async def work(store: Store) -> None:
        before = await store.get("s")
        assert before.data == NO_MESSAGE
        assert [(entry.id, entry.etag) for entry in (await store.list()).entries] == [("s", before.etag)]
        assert abs(before.changed - datetime.now(UTC)) < timedelta(minutes=1)
        await store.append("s", message("a"), if_match=before.etag)
        assert (await store.get("s")).data == NO_MESSAGE.replace(b"[]", b"[" + message("a") + b"]")

    using(url, work)


@pytest.mark.parametrize("server", ["s3_url", "gcs_url"])
def test_more_sessions_than_one_answer_lists_are_all_listed(server: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(server)()

    async def work(store: Store) -> list[str]:
        await asyncio.gather(*(store.put(f"{number:03}", b"{}") for number in range(250)))
        return [entry.id for entry in await every_entry(store, limit=120)]

    assert using(url, work) == [f"{number:03}" for number in range(250)]


@pytest.mark.parametrize("asked", [{"expires": datetime(2100, 1, 1, tzinfo=UTC)}, {"immutable": True}])
def test_what_a_file_system_has_no_place_for_is_refused(tmp_path: Path, asked: dict[str, Any]) -> None:
    url = f"fsspec+file://{tmp_path}"
    with pytest.raises(NotSupportedError, match="nothing was changed"):
        using(url, lambda store: store.put("s", SESSION, **asked))
    assert [*tmp_path.iterdir()] == []


def test_without_conditions_less_is_promised(s3_url: Callable[[], str]) -> None:
    with_conditions, without = open_store(s3_url()), open_store(f"{s3_url()}&conditions=off")
    assert with_conditions.capabilities == frozenset(Capability)
    assert not without.capabilities & {
        Capability.CONDITIONS,
        Capability.SHARED,
        Capability.EXPIRY,
        Capability.IMMUTABLE,
    }

    async def work(store: Store) -> None:
        await store.put("s", SESSION)
        assert (await store.get("s")).data == SESSION

    using(f"{s3_url()}&conditions=off", work)


def test_a_server_that_ignores_conditions_is_refused() -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status={"PUT": 200, "DELETE": 204}.get(request.method, 404), headers={"ETag": '"e"'})

    async def run() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        async with open_store(f"s3://b/x?key=k&secret=s&endpoint_url=http%3A%2F%2F127.0.0.1%3A{port}") as store:
            with pytest.raises(
                NotAStoreError, match=r"its server writes whatever the condition is; with \?conditions=off"
            ):
                await store.put("s", SESSION)
        await runner.cleanup()

    asyncio.run(run())


def test_a_write_that_the_driver_sent_twice_is_one() -> None:
    class Deaf(ConditionalBlobs):
        """Whose driver does not hear the answer to what it wrote, and sends it again."""

        def __init__(self) -> None:
            super().__init__(None)
            self.blob: Blob | None = None

        def look(self, path: str) -> Blob | None:
            return self.blob

        def read(self, path: str) -> tuple[Blob, bytes] | None:
            return None

        def _write(self, path: str, data: bytes, before: Blob | None, metadata: dict[str, str]) -> str:
            if self.blob is None:
                self.blob = noted_blob(metadata, "v1", len(data), datetime.now(UTC))
            raise ChangedError

        def remove(self, path: str, before: Blob) -> None:
            pass

    blobs = Deaf()
    assert blobs.write("p", b"x", None, Kept()) == blobs.blob
    with pytest.raises(ChangedError):
        blobs.write("p", b"x", None, Kept())


@pytest.mark.parametrize("server", ["s3_url", "gcs_url"])
def test_a_store_that_was_closed_leaves_no_connection(server: str, request: pytest.FixtureRequest) -> None:
    program = """
import asyncio, gc, sys
from pysession.stores import open_store

async def main():
    for _ in range(3):
        async with open_store(sys.argv[1]) as store:
            await store.put("s", b"x")
        gc.collect()
        await asyncio.sleep(0.01)

asyncio.run(main())
"""
    url = request.getfixturevalue(server)()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, url], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_secret_is_told_and_not_shown(s3_url: Callable[[], str]) -> None:
    url = s3_url().replace("secret=", "secret=s3cret")
    with pytest.raises(NotWritableError) as caught:
        using(url, lambda store: store.put("s", SESSION))
    assert "s3cret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_told(gcs_url: Callable[[], str]) -> None:
    with pytest.raises(NotAStoreError, match="there is no such place"):
        using(gcs_url().replace("sessions/", "none/"), lambda store: store.put("s", SESSION))


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(UnavailableError, match=r"^sftp://127\.0\.0\.1:1/x\?password=\*\*\* does not answer"):
        using("sftp://127.0.0.1:1/x?password=s3cret", lambda store: store.stats())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("fsspec+nothing://x", "nothing"),
        ("fsspec+file:///x?conditions=perhaps", "conditions is on or off"),
        ("https://example.org/x", "it begins with none of"),
    ],
)
def test_what_names_no_file_system_is_a_usage_error(url: str, why: str) -> None:
    with pytest.raises(StoreUrlError, match=why):
        open_store(url)


def test_a_file_system_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dropboxdrivefs", None)
    with pytest.raises(StoreUrlError, match="dropboxdrivefs"):
        open_store("fsspec+dropbox://x")


def test_without_fsspec_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.delitem(sys.modules, "pysession.stores.blob_opening", raising=False)
    with pytest.raises(StoreUrlError, match=r"pip install 'pysession-kit\[fsspec\]'"):
        open_store("s3://bucket")


@pytest.mark.parametrize("url", ["s3://b/x", "gs://b", "az://c/x", "sftp://h/x", "fsspec+memory://x", "FSSPEC+zip://x"])
def test_an_address_of_fsspec_is_the_url_of_a_store(url: str) -> None:
    assert is_store_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://b/x?key=a&secret=b", "s3://b/x?key=***&secret=***"),
        ("az://c/x?account_name=n&account_key=k", "az://c/x?account_name=n&account_key=***"),
        ("az://c/x?connection_string=AccountKey%3Dk", "az://c/x?connection_string=***"),
        ("sftp://ada:pw@host/x?passphrase=p", "sftp://ada:***@host/x?passphrase=***"),
    ],
)
def test_what_a_file_system_is_told_in_confidence_is_masked(url: str, shown: str) -> None:
    assert masked(url) == shown
