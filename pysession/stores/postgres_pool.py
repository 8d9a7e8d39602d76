"""Connections to a PostgreSQL database, opened when they are first needed; what fails is told in the words of stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, TypeAlias

from pysession.stores.failures import (
    NotAStoreError,
    NotReadableError,
    NotServedError,
    NotWritableError,
    StoreError,
    UnavailableError,
)

try:
    import psycopg
    import psycopg_pool
except ModuleNotFoundError as missing:
    raise ImportError("postgresql: needs a driver: pip install 'pysession-kit[postgres]'") from missing

Connection: TypeAlias = "psycopg.AsyncConnection[tuple[Any, ...]]"

_CONNECTIONS = 10
_PATIENCE_SECONDS = 10.0
_NOT_WRITABLE: Mapping[type[psycopg.Error], str] = {
    psycopg.errors.InsufficientPrivilege: "let its role select, insert, update and delete in its tables",
    psycopg.errors.ReadOnlySqlTransaction: "name the primary server, or a role that is not read-only",
    psycopg.errors.DiskFull: "make room on the server's disk",
}
_NO_TABLES = "its tables are missing: let a role that may create them open it once"
_ANSWERED = "FATAL:"
"""What libpq tells of a server that took the connection and refused it, where it gives no code."""
_OTHER_TABLES = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)


class PostgresDatabase:
    """The database that ``conninfo``, a URL or a line of libpq, names; ``place`` is that without the password.

    ``prepare`` is given the first connection, and makes or checks the tables.
    """

    def __init__(self, conninfo: str, place: str, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        self.place = place
        self._conninfo = conninfo
        self._prepare = prepare
        self._pool: psycopg_pool.AsyncConnectionPool[Connection] | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self, *, reads: bool = False) -> AsyncIterator[Connection]:
        """A connection in autocommit mode; ``reads``: nothing is changed with it.

        Raises:
            StoreError: the server does not answer, or refuses what is done with the connection.
        """
        try:
            async with (await self._opened()).connection() as connection:
                yield connection
        except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed) as failure:
            raise self._told(failure, reads=reads) from failure

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _opened(self) -> psycopg_pool.AsyncConnectionPool[Connection]:
        async with self._opening:
            if self._pool is None:
                # One connection first: a pool tries again for its whole patience, whatever is wrong.
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await self._prepare(connection)
                pool = psycopg_pool.AsyncConnectionPool(
                    self._conninfo,
                    connection_class=psycopg.AsyncConnection[tuple[Any, ...]],
                    kwargs={"autocommit": True},
                    min_size=1,
                    max_size=_CONNECTIONS,
                    timeout=_PATIENCE_SECONDS,
                    open=False,
                    check=psycopg_pool.AsyncConnectionPool.check_connection,
                )
                await pool.open()
                self._pool = pool
            return self._pool

    def _told(self, failure: Exception, *, reads: bool) -> StoreError:
        # The server's details of a failure can hold the row that it refused.
        primary = failure.diag.message_primary if isinstance(failure, psycopg.Error) else None
        reason = " ".join((primary or str(failure)).split()) or type(failure).__name__
        if reads and isinstance(failure, psycopg.errors.InsufficientPrivilege):
            return NotReadableError(self.place, reason)
        remedy = next((remedy for kind, remedy in _NOT_WRITABLE.items() if isinstance(failure, kind)), None)
        if remedy is not None:
            return NotWritableError(self.place, reason, remedy)
        if isinstance(failure, _OTHER_TABLES):
            return NotAStoreError(self.place, reason)
        answered = primary is not None or _ANSWERED in reason
        return (NotServedError if answered else UnavailableError)(self.place, reason)


async def one_row(connection: Connection, query: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """The first row of what ``query``, a text of this package, gives."""
    done = await connection.cursor(binary=True).execute(query.encode(), values)
    row: tuple[Any, ...] | None = await done.fetchone()
    return row


async def make_tables(connection: Connection, place: str, script: tuple[str, str], table: str, layout: int) -> None:
    """Run ``script``, a file of a package, unless there is a ``table`` with the version of the layout already.

    Two programs that start together both find none, so it is made under an advisory lock; its number is the layout's name.

    Raises:
        NotAStoreError: the tables are of another layout than ``layout``.
        NotWritableError: there are none, and none may be made.
    """
    async with connection.transaction():
        if not await _is_there(connection, table):
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (table,))
            if not await _is_there(connection, table):
                package, name = script
                try:
                    await connection.execute((files(package) / name).read_bytes())
                except tuple(_NOT_WRITABLE) as failure:
                    raise NotWritableError(place, str(failure.diag.message_primary), _NO_TABLES) from failure
        row = await one_row(connection, f"SELECT max(version) FROM {table}", {})  # noqa: S608
    if row is None or row[0] != layout:
        raise NotAStoreError(place, "its tables are of a later pysession, which can open it")


async def _is_there(connection: Connection, table: str) -> bool:
    # Not to_regclass: a server process remembers that a name was not there, also when another has made it since.
    query = "SELECT 1 FROM pg_class WHERE relname = %(table)s AND pg_table_is_visible(oid)"
    return await one_row(connection, query, {"table": table}) is not None
