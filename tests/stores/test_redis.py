"""The keys of a Redis store, and how its failures are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from pysession.stores import (
    ConflictError,
    NotServedError,
    NotWritableError,
    Store,
    StoreUrlError,
    UnavailableError,
    open_store,
)
from pysession.stores.base import Key
from pysession.stores.redis_store import _key, _member
from pysession.testing.store_demands import NO_MESSAGE, SESSION, message
from tests.stores import servers


def using(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_store(url) as store:
            await work(store)

    asyncio.run(run())


@pytest.fixture
def server(redis_server: str) -> Iterator[Redis]:
    with Redis.from_url(redis_server) as client:
        client.flushall()
        yield client
        client.config_set("maxmemory", 0)
        client.flushall()


def test_the_document_is_a_field_as_it_was_put(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        await store.put("s", SESSION)
        await store.put("t", NO_MESSAGE, owner="ada")

    using(redis_server, work)
    assert sorted(server.keys()) == [b"pysession:index", b"pysession:session:616461:t", b"pysession:session::s"]
    assert server.hget("pysession:session::s", "data") == SESSION


def test_an_appended_message_leaves_the_document_alone_and_goes_with_it(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        await store.put("s", NO_MESSAGE)
        for number in range(3):
            await store.append("s", message(str(number)))
        assert server.hget("pysession:session::s", "data") == NO_MESSAGE
        assert server.llen("pysession:messages::s") == 3
        await store.put("s", NO_MESSAGE)
        assert server.llen("pysession:messages::s") == 0

    using(redis_server, work)


def test_the_server_lets_go_of_what_has_expired_and_a_sweep_of_its_name(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        await store.put("s", NO_MESSAGE, expires=datetime.now(UTC) + timedelta(seconds=0.2))
        await store.append("s", message("a"))
        await asyncio.sleep(1.5)
        assert server.keys() == [b"pysession:index"]
        assert await store.sweep() == 1
        assert server.keys() == []

    using(redis_server, work)


def test_stores_with_different_prefixes_share_nothing(redis_server: str, server: Redis) -> None:
    async def put(store: Store) -> None:
        await store.put("s", SESSION)

    async def is_empty(store: Store) -> None:
        assert (await store.stats()).sessions == 0

    using(f"{redis_server}?prefix=a", put)
    using(f"{redis_server}?prefix=b", is_empty)


def test_more_sessions_than_are_read_at_once_are_all_listed(redis_server: str, server: Redis) -> None:
    async def work(store: Store) -> None:
        for number in range(1203):
            await store.put(f"{number:04}", b"{}", owner="ada" if number % 2 else "bob")
        for owner, expected in ((None, 1203), ("ada", 601), ("bob", 602), ("ad", 0)):
            page, found = None, 0
            while True:
                entries = await store.list(owner=owner, limit=500, page=page)
                found, page = found + len(entries.entries), entries.next
                if page is None:
                    break
            assert found == expected

    using(redis_server, work)


@pytest.mark.parametrize("owner", [b"", b"a", b"\x00", b"a\x00", b"a\x00\x00b", "é\x00".encode()])
@pytest.mark.parametrize("session_id", [b"s", b"\x00", b"\x00s\x00"])
def test_a_name_in_the_index_is_read_back(owner: bytes, session_id: bytes) -> None:
    assert _key(_member(Key(owner, session_id))) == (owner, session_id)


def test_names_in_the_index_are_in_the_order_of_owners_and_ids() -> None:
    keys = [
        Key(owner, name) for owner in (b"", b"\x00", b"a", b"a\x00", b"a\x00b", b"ab", b"b") for name in (b"\x00", b"s")
    ]
    assert sorted(keys, key=_member) == sorted(keys)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    async def put(store: Store) -> None:
        await store.put("s", SESSION)

    with pytest.raises(UnavailableError) as caught:
        using("redis://:s3cret@127.0.0.1:1/0", put)
    assert str(caught.value).startswith("redis://:***@127.0.0.1:1/0 does not answer")
    assert "s3cret" not in str(caught.value)


def test_a_server_without_memory_is_told_and_changes_nothing(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        await store.put("s", SESSION)
        server.config_set("maxmemory", 1)
        with pytest.raises(NotWritableError, match=r"nothing was changed; give it more memory \(maxmemory\)"):
            await store.put("s", NO_MESSAGE)
        with pytest.raises(NotWritableError):
            await store.append("s", message("a"))
        assert (await store.get("s")).data == SESSION

    using(redis_server, work)


def test_a_replica_says_that_it_is_one_and_not_that_it_does_not_answer(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        await store.put("s", SESSION)
        server.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(
                NotWritableError, match="nothing was changed; name the primary server: this is a replica"
            ):
                await store.put("s", NO_MESSAGE)
        finally:
            server.replicaof("NO", "ONE")
        assert (await store.get("s")).data == SESSION

    using(redis_server, work)


def test_a_server_that_wants_more_replicas_is_told(server: Redis, redis_server: str) -> None:
    async def work(store: Store) -> None:
        server.config_set("min-replicas-to-write", 1)
        try:
            with pytest.raises(NotWritableError, match="start its replicas again"):
                await store.put("s", SESSION)
        finally:
            server.config_set("min-replicas-to-write", 0)

    using(redis_server, work)


def test_a_server_that_refuses_who_asks_is_not_said_to_be_silent(server: Redis, redis_server: str) -> None:
    async def put(store: Store) -> None:
        await store.put("s", SESSION)

    with pytest.raises(NotServedError, match="refuses: ") as caught:
        using(redis_server.replace("redis://", "redis://ada:s3cret@"), put)
    assert "s3cret" not in str(caught.value)
    server.acl_setuser("guest", enabled=True, nopass=True, keys=["*"], commands=["+ping"])
    try:
        with pytest.raises(NotWritableError, match="let its user run scripts on the keys of this prefix"):
            using(redis_server.replace("redis://", "redis://guest:any@"), put)
    finally:
        server.acl_deluser("guest")


def test_a_url_without_a_host_is_refused() -> None:
    with pytest.raises(StoreUrlError, match="redis://host"):
        open_store("redis:")


@pytest.fixture(scope="module")
def nodes() -> Iterator[tuple[str, str]]:
    with servers.redis_cluster() as urls:
        yield urls


class TestCluster:
    def test_all_of_a_store_is_on_one_node_which_is_found_from_any(self, nodes: tuple[str, str]) -> None:
        async def fill(store: Store) -> None:
            for owner in ("", "ada", "{bob}"):
                for number in range(3):
                    await store.put(f"{{{number}}}", NO_MESSAGE, owner=owner)
            await store.append("{1}", message("hi"), owner="ada")
            await store.delete("{2}")

        async def read(store: Store) -> None:
            assert [entry.owner for entry in (await store.list()).entries] == ["", "", *["ada"] * 3, *["{bob}"] * 3]
            assert b"hi" in (await store.get("{1}", owner="ada")).data
            assert (await store.stats()).sessions == 8
            with pytest.raises(ConflictError):
                await store.put("{1}", SESSION, owner="ada", if_absent=True)

        one, other = (f"{url.removesuffix('/0')}?cluster=yes" for url in nodes)
        using(one, fill)
        using(other, read)
        sizes = []
        for url in nodes:
            with Redis.from_url(url) as client:
                sizes.append(client.dbsize())
        assert sorted(sizes) == [0, 10]

    def test_a_node_that_is_taken_for_a_server_of_its_own_says_what_to_do(self, nodes: tuple[str, str]) -> None:
        async def put(store: Store) -> None:
            await store.put("s", SESSION)

        with pytest.raises(UnavailableError, match=r"add \?cluster=yes"):
            using(nodes[0], put)

    def test_a_cluster_that_is_not_there_is_told(self) -> None:
        async def put(store: Store) -> None:
            await store.put("s", SESSION)

        with pytest.raises(UnavailableError, match="does not answer"):
            using("redis://127.0.0.1:1?cluster=yes", put)

    def test_another_word_than_yes_or_no_is_refused(self) -> None:
        with pytest.raises(StoreUrlError, match="yes or no"):
            open_store("redis://127.0.0.1:1?cluster=true")
