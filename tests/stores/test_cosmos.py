"""What a session is in a Cosmos container, and what is made of the service's refusals.

There is no service here. The driver is the official one; it talks over HTTP to a server of these tests, and the engine
that judges the queries is theirs too: docs/stores.md says what that leaves unverified.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from pysession.stores import (
    NotAStoreError,
    NotFoundError,
    NotServedError,
    NotWritableError,
    Store,
    StoreUrlError,
    UnavailableError,
    open_store,
)
from pysession.stores.base import Key
from pysession.stores.cosmos_items import PART_BYTES, order_of, partition_of
from pysession.testing.store_demands import NO_MESSAGE, SESSION, message
from tests.exchange.certificates import Authority
from tests.stores import servers
from tests.stores.cosmos_query import Query, QueryError
from tests.stores.cosmos_server import IDENTITY
from tests.stores.servers import COSMOS_KEY


def using(url: str, work: Callable[[Store], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_store(url) as store:
            return await work(store)

    return asyncio.run(run())


def server(url: str, path: str, method: str = "GET") -> Any:
    """Ask the server of the tests itself."""
    request = urllib.request.Request(f"http://{urlsplit(url).netloc}/{path}", method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def items(url: str) -> list[dict[str, Any]]:
    """Everything in the containers of the server that belongs to sessions whose ids begin as the URL's container."""
    return [item for item in server(url, "items") if item["partition"] in _partitions]


_partitions: set[str] = set()


def name(session_id: str) -> str:
    """An id that no other test has, with all that an item of Cosmos DB may not have in its id."""
    unique = f"/\\?#{session_id}{time.monotonic_ns()}"
    _partitions.clear()
    _partitions.add(partition_of(Key(b"", unique.encode())))
    return unique


def driven(url: str, work: Callable[[ContainerProxy], Awaitable[None]]) -> None:
    """Do something to the container by the driver alone."""

    async def run() -> None:
        parts = urlsplit(url)
        async with CosmosClient(f"http://{parts.netloc}/", COSMOS_KEY, enable_endpoint_discovery=False) as client:
            database = await client.create_database_if_not_exists("pysession")
            await work(database.get_container_client(parts.path.rpartition("/")[2]))

    asyncio.run(run())


def test_a_session_is_a_head_and_parts_and_each_appended_message_an_item(cosmos_url: Callable[[], str]) -> None:
    url, session_id = cosmos_url(), name("a")

    async def work(store: Store) -> None:
        await store.put(session_id, NO_MESSAGE)
        for text in ("one", "two"):
            await store.append(session_id, message(text))

    using(url, work)
    found = {item["id"].partition("-")[0] + item["id"][-2:]: item for item in items(url)}
    assert sorted(found) == ["message-1", "message-2", "part-0", "sessionon"]
    assert base64.b64decode(found["part-0"]["data"]) == NO_MESSAGE
    assert base64.b64decode(found["message-2"]["data"]) == message("two")
    head = found["sessionon"]
    assert (head["session_id"], head["owner"], head["messages"]) == (session_id, "", 2)
    assert "data" not in head


def written_by_an_append(url: str, history: bytes) -> int:
    """The bytes of the items that one more message changes, in a session with this message."""
    session_id = name("long")

    async def work(store: Store) -> int:
        await store.put(session_id, NO_MESSAGE.replace(b"[]", b"[" + history + b"]"))
        await store.append(session_id, message("first"))
        before = {item["_etag"] for item in items(url)}
        await store.append(session_id, message("second"))
        return sum(len(json.dumps(item)) for item in items(url) if item["_etag"] not in before)

    return int(using(url, work))


def test_to_append_writes_as_much_to_a_long_document_as_to_a_short_one(cosmos_url: Callable[[], str]) -> None:
    short, long = (written_by_an_append(cosmos_url(), history) for history in (b"{}", message("x" * 500_000)))
    assert abs(long - short) < 50


@pytest.mark.parametrize("size", [0, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 17])
def test_a_document_of_any_size_is_in_parts_and_goes_as_a_whole(cosmos_url: Callable[[], str], size: int) -> None:
    url, session_id = cosmos_url(), name("parts")
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    async def work(store: Store) -> None:
        await store.put(session_id, data)
        assert (await store.get(session_id)).data == data
        assert len(items(url)) == 1 + max(1, -(-size // PART_BYTES))
        await store.put(session_id, b"small")
        assert len(items(url)) == 2
        await store.put(session_id, data)
        assert await store.delete(session_id)
        assert items(url) == []

    using(url, work)


def test_more_messages_than_fit_into_a_batch_go_with_their_document(cosmos_url: Callable[[], str]) -> None:
    url, session_id = cosmos_url(), name("many")

    async def work(store: Store) -> None:
        await store.put(session_id, b"")
        for number in range(130):
            await store.append(session_id, message(str(number)))
        assert len((await store.get(session_id)).data.splitlines()) == 130
        await store.put(session_id, SESSION)
        assert len(items(url)) == 2
        assert (await store.get(session_id)).data == SESSION

    using(url, work)


def test_a_message_larger_than_an_item_becomes_part_of_the_document(cosmos_url: Callable[[], str]) -> None:
    url, session_id = cosmos_url(), name("large")
    large = message("x" * (2 * PART_BYTES))

    async def work(store: Store) -> None:
        await store.put(session_id, NO_MESSAGE)
        for one in (message("a"), large, message("b")):
            await store.append(session_id, one)
        expected = b",".join((message("a"), large, message("b")))
        assert (await store.get(session_id)).data == NO_MESSAGE.replace(b"[]", b"[" + expected + b"]")

    using(url, work)


def test_lines_stay_lines_when_one_is_larger_than_an_item(cosmos_url: Callable[[], str]) -> None:
    lines = [b'{"n":1}', b'{"n":"%b"}' % (b"x" * PART_BYTES), b'{"n":3}', b'{"n":"%b"}' % (b"y" * PART_BYTES)]

    async def work(store: Store) -> None:
        await store.put("s", b"")
        for line in lines:
            await store.append("s", line)
        assert (await store.get("s")).data.splitlines() == lines

    using(cosmos_url(), work)


def test_what_a_killed_program_left_is_swept_when_it_is_old(
    cosmos_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, session_id = cosmos_url(), name("left")
    key = Key(b"", session_id.encode())

    async def put(store: Store) -> None:
        await store.put(session_id, SESSION)

    async def leave(container: ContainerProxy) -> None:
        for number in range(3):
            item = {"id": f"part-left-{number}", "kind": "part", "base": "left", "number": number, "data": "eA=="}
            await container.create_item({**item, "partition": partition_of(key)})

    async def sweep(store: Store) -> None:
        assert await store.sweep() == 0
        assert (await store.get(session_id)).data == SESSION

    using(url, put)
    driven(url, leave)
    using(url, sweep)
    assert len(items(url)) == 5  # it may belong to what is being written at this moment
    monkeypatch.setattr("pysession.stores.cosmos._ABANDONED_SECONDS", -10)
    using(url, sweep)
    assert sorted(item["kind"] for item in items(url)) == ["part", "session"]


def test_the_service_lets_go_of_what_expires_an_hour_after_it(cosmos_url: Callable[[], str]) -> None:
    url, session_id = cosmos_url(), name("ttl")

    async def work(store: Store) -> None:
        await store.put(session_id, NO_MESSAGE, expires=datetime.now(UTC) + timedelta(seconds=100))
        await store.append(session_id, message("a"))

    using(url, work)
    lives = [item["ttl"] for item in items(url)]
    assert len(lives) == 3
    assert all(3600 + 90 <= life <= 3600 + 100 for life in lives)


def test_a_container_with_another_partition_key_is_no_store(cosmos_url: Callable[[], str]) -> None:
    url = cosmos_url()

    async def make(container: ContainerProxy) -> None:
        async with CosmosClient(
            f"http://{urlsplit(url).netloc}/", COSMOS_KEY, enable_endpoint_discovery=False
        ) as client:
            database = client.get_database_client("pysession")
            await database.create_container(container.id, PartitionKey("/session_id"))

    driven(url, make)
    with pytest.raises(NotAStoreError, match=r"its partition key is /session_id and not /partition"):
        using(url, lambda store: store.stats())


def test_two_programs_that_start_together_make_the_container_once(cosmos_url: Callable[[], str]) -> None:
    url = cosmos_url()

    async def run() -> None:
        stores = [open_store(url) for _ in range(5)]
        await asyncio.gather(*(store.put(f"s{number}", b"{}") for number, store in enumerate(stores)))
        assert (await stores[0].stats()).sessions == 5
        for store in stores:
            await store.close()

    asyncio.run(run())


def test_requests_over_the_throughput_are_sent_again(cosmos_url: Callable[[], str]) -> None:
    url = cosmos_url()

    async def work(store: Store) -> None:
        await store.put("s", SESSION)
        server(url, "throttle/3", "POST")
        assert (await store.get("s")).data == SESSION
        server(url, "throttle/3", "POST")
        await store.append("s", message("a"))
        server(url, "throttle/1000", "POST")
        with pytest.raises(NotServedError, match=r"refuses: it takes no more requests at its throughput \(HTTP 429\)"):
            await store.get("s")
        server(url, "throttle/0", "POST")
        assert len((await store.get("s")).data) > len(SESSION)

    using(url, work)


@pytest.mark.parametrize("where", ["url", "environment"])
def test_a_wrong_key_is_told_and_never_shown(
    cosmos_url: Callable[[], str],
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "c2VjcmV0K3NlY3JldC9zZWNyZXQ="
    url = cosmos_url().partition("?")[0]
    if where == "environment":
        monkeypatch.setenv("AZURE_COSMOS_KEY", wrong)
    with pytest.raises(NotServedError, match=r"it refuses the key") as caught:
        using(f"{url}?key={wrong}" if where == "url" else url, lambda store: store.stats())
    assert wrong not in f"{caught.value}{caplog.text}{''.join(capfd.readouterr())}"


def test_the_key_may_be_in_the_environment(cosmos_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_COSMOS_KEY", COSMOS_KEY)
    assert using(cosmos_url().partition("?")[0], lambda store: store.stats()).sessions == 0


@pytest.mark.parametrize("escaped", [COSMOS_KEY.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")])
def test_a_key_may_be_written_with_or_without_escapes(cosmos_url: Callable[[], str], escaped: str) -> None:
    assert "+" in COSMOS_KEY
    url = cosmos_url().partition("?")[0]
    for key in (COSMOS_KEY, escaped):
        assert using(f"{url}?key={key}", lambda store: store.stats()).sessions == 0


def test_a_server_that_is_not_there_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnavailableError, match=r"^cosmos\+http://127.0.0.1:1/d/c\?key=\*\*\* does not answer"):
        using(f"cosmos+http://127.0.0.1:1/d/c?key={COSMOS_KEY}", lambda store: store.stats())


class Identity:
    """In place of what azure-identity finds on a machine in Azure."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(IDENTITY, int(time.time()) + 3600)

    async def close(self) -> None:
        pass


def test_with_tls_the_key_and_an_identity_are_both_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Authority(tmp_path).server()  # the driver trusts whatever this machine itself shows
    monkeypatch.setitem(
        sys.modules, "azure.identity.aio", cast("Any", SimpleNamespace(DefaultAzureCredential=Identity))
    )
    with servers.cosmos(files.certificate, files.key) as running:
        without_key = running.url.partition("?")[0]
        with pytest.raises(NotWritableError, match="forbidden to this key or identity"):
            using(without_key, lambda store: store.stats())  # it may not make the container
        using(running.url, lambda store: store.put("s", SESSION))
        assert using(without_key, lambda store: store.get("s")).data == SESSION


def test_without_a_key_and_an_identity_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    with pytest.raises(UnavailableError, match=r"add \?key=…, set AZURE_COSMOS_KEY, or pip install azure-identity"):
        using("cosmos://localhost:1/d/c", lambda store: store.stats())


@pytest.mark.parametrize(
    "url",
    [
        "cosmos:",
        "cosmos://account",
        "cosmos://account/database",
        "cosmos://account/a/b/c?key=s3cret",
        "cosmos://key:s3cret@account/a/b",
        "cosmos://account/a/b?keys=s3cret",
    ],
)
def test_what_names_no_container_is_a_usage_error(url: str) -> None:
    with pytest.raises(StoreUrlError) as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)


def test_a_session_that_is_deleted_while_it_is_read_is_not_found(cosmos_url: Callable[[], str]) -> None:
    url = cosmos_url()

    async def run() -> None:
        async with open_store(url) as store, open_store(url) as other:
            for _ in range(20):
                await store.put("s", b"x" * (2 * PART_BYTES))
                read, _ = await asyncio.gather(store.get("s"), other.delete("s"), return_exceptions=True)
                assert isinstance(read, NotFoundError) or len(read.data) == 2 * PART_BYTES

    asyncio.run(run())


@pytest.mark.parametrize("owner", [b"", b"a", b"\x00", b"a\x00", b"a\x00\x00b", "é\x00".encode()])
def test_sessions_of_different_names_are_in_different_partitions(owner: bytes) -> None:
    keys = [Key(owner, b"s"), Key(owner + b"s", b"s"), Key(b"", owner + b"s" + b"s"), Key(owner, b"S")]
    assert len({partition_of(key) for key in keys}) == 4


def test_the_order_of_sessions_is_that_of_owners_and_ids() -> None:
    owners = (b"", b"\x00", b"a", b"a\x00", b"a\x00b", b"ab", b"b")
    keys = [Key(owner, session_id) for owner in owners for session_id in (b"\x00", b"s", b"\xf0\x9f\x98\x80")]
    assert sorted(keys, key=order_of) == sorted(keys)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("c.a = @one", [1]),
        ("c.a < @two AND c.b = @x", [1]),
        ("c.a < @x", []),
        ("c.none = @one OR c.a = @two", [2]),
        ("(c.a = @one OR c.a = @two) AND c.b <> @x", [2]),
        ("IS_NULL(c.b)", [3]),
        ("STARTSWITH(c.b, @x)", [1]),
    ],
)
def test_the_servers_queries_go_by_the_rules_of_the_language(condition: str, found: list[int]) -> None:
    values = [{"name": "@one", "value": 1}, {"name": "@two", "value": 2}, {"name": "@x", "value": "x"}]
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": None}]
    assert [row["a"] for row in Query(f"SELECT c.a FROM c WHERE {condition} ORDER BY c.a", values).run(rows)] == found  # noqa: S608


@pytest.mark.parametrize(
    "text", ["SELECT c.a FROM d", "SELECT c.a FROM c WHERE c.a LIKE @x", "SELECT c.a FROM c WHERE (c.a = @none"]
)
def test_a_query_that_the_server_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        Query(text, [])
