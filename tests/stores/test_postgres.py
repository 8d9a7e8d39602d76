"""The tables of a PostgreSQL store, and how its failures are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from pysession.stores import (
    NotAStoreError,
    NotReadableError,
    NotServedError,
    NotWritableError,
    Store,
    UnavailableError,
    open_store,
)
from pysession.testing.store_demands import NO_MESSAGE, SESSION, message


def using(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_store(url) as store:
            await work(store)

    asyncio.run(run())


async def put(store: Store) -> None:
    await store.put("s", SESSION)


async def get(store: Store) -> None:
    await store.get("s")


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(query.encode())
        return done.fetchall() if done.description else []


def test_the_document_is_bytes_as_it_was_put(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, put)
    assert rows(url, "SELECT owner, id, data, pg_typeof(data)::text FROM pysession_session") == [
        (b"", b"s", SESSION, "bytea")
    ]


def test_an_appended_message_leaves_the_document_alone_and_goes_with_it(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def append(store: Store) -> None:
        await store.put("s", NO_MESSAGE)
        for number in range(3):
            await store.append("s", message(str(number)))

    async def replace(store: Store) -> None:
        await store.put("s", SESSION)

    using(url, append)
    assert rows(url, "SELECT data FROM pysession_session") == [(NO_MESSAGE,)]
    assert rows(url, "SELECT number FROM pysession_message ORDER BY number") == [(1,), (2,), (3,)]
    using(url, replace)
    assert rows(url, "SELECT count(*) FROM pysession_message") == [(0,)]


def test_two_programs_that_start_together_make_the_tables_once(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def run() -> None:
        stores = [open_store(url) for _ in range(8)]
        await asyncio.gather(*(store.put(f"s{number}", b"{}") for number, store in enumerate(stores)))
        assert (await stores[0].stats()).sessions == 8
        for store in stores:
            await store.close()

    asyncio.run(run())


def test_tables_of_a_later_layout_are_refused(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, put)
    rows(url, "UPDATE pysession_layout SET version = 2")
    with pytest.raises(NotAStoreError, match="of a later pysession"):
        using(url, put)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(UnavailableError) as caught:
        using("postgresql://ada:s3cret@127.0.0.1:1/app", put)
    assert str(caught.value).startswith("postgresql://ada:***@127.0.0.1:1/app does not answer")
    assert "s3cret" not in str(caught.value)


def test_a_database_that_is_read_only_is_told(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    using(url, put)
    with pytest.raises(NotWritableError, match="read-only transaction; nothing was changed; name the primary server"):
        using(f"{url}%20-cdefault_transaction_read_only%3Don", put)


def test_a_role_without_rights_is_told_which_it_needs(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    guest = url.replace("pysession@", "guest@")
    schema = url.rpartition("%3D")[2]
    rows(url, "DROP ROLE IF EXISTS guest")
    rows(url, "CREATE ROLE guest LOGIN")
    try:
        rows(url, f"GRANT USAGE ON SCHEMA {schema} TO guest")
        with pytest.raises(
            NotWritableError, match="its tables are missing: let a role that may create them open it once"
        ):
            using(guest, get)
        using(url, put)
        rows(url, f"GRANT SELECT ON {schema}.pysession_layout TO guest")
        with pytest.raises(NotReadableError, match="cannot be read: permission denied for table"):
            using(guest, get)
        with pytest.raises(NotWritableError, match="let its role select, insert, update and delete in its tables"):
            using(guest, put)
    finally:
        rows(url, "DROP OWNED BY guest")
        rows(url, "DROP ROLE guest")


def test_a_server_that_answers_and_refuses_is_not_said_to_be_silent(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    with pytest.raises(NotServedError, match=r'refuses: .*database "elsewhere" does not exist'):
        using(url.replace("/postgres?", "/elsewhere?"), put)
    using(url, put)
    rows(url, "ALTER TABLE pysession_session ADD CHECK (size < 0) NOT VALID")
    with pytest.raises(NotServedError, match=r"refuses: .*violates check constraint") as caught:
        using(url, put)
    assert "does not answer" not in str(caught.value)


def test_a_connection_that_was_cut_is_opened_again(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()

    async def work(store: Store) -> None:
        await put(store)
        await asyncio.to_thread(
            rows,
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        assert (await store.get("s")).data == SESSION

    using(url, work)
