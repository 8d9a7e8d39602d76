"""``postgresql:``: sessions in two tables of a PostgreSQL database, made where they are missing.

The tables are in the first schema of the search path (``?options=-csearch_path%3Dagents`` chooses another). Expiry goes by
the clock of the program that asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.failures import (
    NotAStoreError,
    NotFoundError,
    NotWritableError,
    StoreError,
    UnavailableError,
)
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire.seam import Seam

try:
    import psycopg
    import psycopg_pool
except ModuleNotFoundError as missing:
    raise ImportError("postgresql: needs a driver: pip install 'pysession-kit[postgres]'") from missing

_LAYOUT = 1
_SETUP_LOCK = 0x50534553
"""The advisory lock under which the tables are made: two programs that start together both find none."""
_CONNECTIONS = 10
_PATIENCE_SECONDS = 10.0
_ATTEMPTS = 10
_FACTS = "etag, size, changed, expires, immutable"
_LIVE = "(expires IS NULL OR expires > %(now)s)"

_COLUMNS = "etag, base, size, changed, expires, immutable, messages, at, seam, data"
_NEW = "%(etag)s, %(etag)s, %(size)s, %(now)s, %(expires)s, %(immutable)s, 0, NULL, NULL, %(data)b"
# What was appended goes with what it was appended to. A message that is appended at this moment, and not seen here, has
# another base than the new document, and goes next time.
_THEN = """
WITH changed AS ({change} RETURNING key),
gone AS (DELETE FROM pysession_message USING changed WHERE session = changed.key)
SELECT count(*) FROM changed
"""
_INSERT = f"""
INSERT INTO pysession_session AS s (owner, id, {_COLUMNS}) VALUES (%(owner)b, %(id)b, {_NEW})
ON CONFLICT (owner, id) DO UPDATE SET ({_COLUMNS}) = ({_NEW})
WHERE {{may}}
"""  # noqa: S608
_PUT = _THEN.format(change=_INSERT.format(may="NOT s.immutable OR s.expires <= %(now)s"))
_CREATE = _THEN.format(change=_INSERT.format(may="s.expires <= %(now)s"))
_REPLACE = _THEN.format(
    change=f"""
    UPDATE pysession_session SET ({_COLUMNS}) = ({_NEW})
    WHERE owner = %(owner)b AND id = %(id)b AND etag = %(match)s AND NOT immutable AND {_LIVE}
    """  # noqa: S608
)
_GET = f"""
SELECT {_FACTS}, seam, data, ARRAY(
  SELECT message FROM pysession_message AS m WHERE m.session = s.key AND m.base = s.base ORDER BY number
)
FROM pysession_session AS s WHERE owner = %(owner)b AND id = %(id)b AND {_LIVE}
"""  # noqa: S608
_LOOK = f"SELECT {_FACTS} FROM pysession_session WHERE owner = %(owner)b AND id = %(id)b AND {_LIVE}"  # noqa: S608
_LOCK = f"""
SELECT {_FACTS}, key, base, messages, at, seam FROM pysession_session
WHERE owner = %(owner)b AND id = %(id)b AND {_LIVE} FOR UPDATE
"""  # noqa: S608
_DELETE = f"""
DELETE FROM pysession_session
WHERE owner = %(owner)b AND id = %(id)b AND (NOT immutable OR expires <= %(now)s)
  AND (%(match)s::text IS NULL OR etag = %(match)s AND {_LIVE})
RETURNING {_LIVE}
"""  # noqa: S608

_Connection: TypeAlias = "psycopg.AsyncConnection[tuple[Any, ...]]"
_NOT_WRITABLE = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.DiskFull,
)


class PostgresStore(BaseStore):
    """Sessions in the PostgreSQL database that ``conninfo``, a URL or a line of libpq, names.

    ``place`` is how messages name it, without the password.
    """

    capabilities = frozenset(Capability)

    def __init__(self, conninfo: str, place: str, max_bytes: int | None = None) -> None:
        super().__init__(max_bytes)
        self._conninfo = conninfo
        self._place = place
        self._pool: psycopg_pool.AsyncConnectionPool[_Connection] | None = None
        self._opening = asyncio.Lock()

    async def _get(self, key: Key) -> Stored:
        async with self._connection() as connection:
            row = await _one(connection, _GET, {**_named(key), "now": now()})
        if row is None:
            raise NotFoundError(*key.names)
        *facts, seam, data, messages = row
        document = _seam(seam).join(data, messages) if messages else data
        check_size(key.id.decode(), len(document), self.max_bytes)
        return Facts(*facts).stored(key, document)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        statement = _CREATE if condition.absent else _PUT if condition.etag is None else _REPLACE
        async with self._connection() as connection:
            for _ in range(_ATTEMPTS):
                facts = Facts(new_etag(), len(data), now(), expires, immutable)
                values = {
                    **_named(key),
                    "etag": facts.etag,
                    "size": facts.size,
                    "now": facts.changed,
                    "expires": expires,
                    "immutable": immutable,
                    "data": data,
                    "match": condition.etag,
                }
                row = await _one(connection, statement, values)
                if row is not None and row[0]:
                    return facts
                condition.check(key, await _look(connection, key))
                # What stood against it has gone in the meantime.
        raise UnavailableError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        session_id = key.id.decode()
        async with self._connection() as connection, connection.transaction():
            row = await _one(connection, _LOCK, {**_named(key), "now": now()})
            if row is None:
                raise NotFoundError(*key.names)
            *found, session, base, messages, pointer, packed = row
            before = Facts(*found)
            condition.check(key, before, may_replace=False)
            if packed is None or pointer != at:
                base, messages, packed = await self._find_seam(connection, key, session, base, at)
            seam = _seam(packed)
            message = checked_message(session_id, message, seam.encoding)
            size = before.size + seam.growth(messages, len(message))
            check_size(session_id, size, self.max_bytes)
            facts = Facts(new_etag(), size, now(), before.expires, before.immutable)
            await connection.execute(
                "INSERT INTO pysession_message (session, base, number, message) VALUES (%s, %s, %s, %b)",
                (session, base, messages + 1, message),
            )
            await connection.execute(
                "UPDATE pysession_session SET etag = %s, size = %s, changed = %s, messages = %s WHERE key = %s",
                (facts.etag, facts.size, facts.changed, messages + 1, session),
            )
        return facts

    async def _find_seam(
        self, connection: _Connection, key: Key, session: int, base: str, at: str | None
    ) -> tuple[str, int, bytes]:
        """Make the messages so far part of the document, and find where more go; the new base, their number, the seam."""
        row = await _one(connection, _GET, {**_named(key), "now": now()})
        if row is None:
            raise NotFoundError(*key.names)
        packed, data, messages = row[-3:]
        if messages:
            data, base = _seam(packed).join(data, messages), new_etag()
            await connection.execute("DELETE FROM pysession_message WHERE session = %s", (session,))
            await connection.execute("UPDATE pysession_session SET data = %b WHERE key = %s", (data, session))
        packed = msgspec.json.encode(seam_of(key.id.decode(), data, at))
        await connection.execute(
            "UPDATE pysession_session SET base = %s, messages = 0, at = %s, seam = %b WHERE key = %s",
            (base, at, packed, session),
        )
        return base, 0, packed

    async def _delete(self, key: Key, condition: Condition) -> bool:
        async with self._connection() as connection:
            for _ in range(_ATTEMPTS):
                row = await _one(connection, _DELETE, {**_named(key), "match": condition.etag, "now": now()})
                if row is not None:
                    return bool(row[0])
                found = await _look(connection, key)
                condition.check(key, found)
                if found is None:
                    return False
        raise UnavailableError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _list(self, window: Window) -> Found:
        after = window.after or Key(b"", b"")
        conditions = [_LIVE, "id >= %(low)b"]
        conditions += ["id < %(high)b"] if window.high is not None else []
        conditions += ["owner = %(owner)b"] if window.owner is not None else []
        conditions += ["changed >= %(since)s"] if window.since is not None else []
        conditions += ["(owner, id) > (%(after_owner)b, %(after_id)b)"] if window.after is not None else []
        query = (
            f"SELECT owner, id, {_FACTS} FROM pysession_session WHERE {' AND '.join(conditions)} "  # noqa: S608
            "ORDER BY owner, id LIMIT %(limit)s"
        )
        values = {
            "now": now(),
            "low": window.low,
            "high": window.high,
            "owner": window.owner,
            "since": window.since,
            "limit": window.limit,
            "after_owner": after.owner,
            "after_id": after.id,
        }
        async with self._connection() as connection:
            rows = await (await connection.cursor(binary=True).execute(query.encode(), values)).fetchall()
        return [(Key(owner, session_id), Facts(*facts)) for owner, session_id, *facts in rows]

    async def _sweep(self) -> int:
        async with self._connection() as connection:
            done = await connection.execute("DELETE FROM pysession_session WHERE expires <= %s", (now(),))
            return int(done.rowcount)

    async def _stats(self) -> Stats:
        query = f"""
        SELECT count(*), count(DISTINCT owner), coalesce(sum(size), 0)::bigint FROM pysession_session WHERE {_LIVE}
        """  # noqa: S608
        async with self._connection() as connection:
            row = await _one(connection, query, {"now": now()})
        return Stats(*(row or (0, 0, 0)))

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """A connection to the store, and what goes wrong with it in the words of stores."""
        try:
            async with (await self._opened()).connection() as connection:
                yield connection
        except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed) as failure:
            raise self._told(failure) from failure

    async def _opened(self) -> psycopg_pool.AsyncConnectionPool[_Connection]:
        async with self._opening:
            if self._pool is None:
                # One connection first: a pool tries again for its whole patience, whatever is wrong.
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await _prepare(self._place, connection)
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

    def _told(self, failure: Exception) -> StoreError:
        reason = " ".join(str(failure).split()) or type(failure).__name__
        if isinstance(failure, _NOT_WRITABLE):
            return NotWritableError(self._place, reason)
        if isinstance(failure, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            return NotAStoreError(self._place, reason)
        return UnavailableError(self._place, reason)


async def _prepare(place: str, connection: _Connection) -> None:
    """Make the tables where there are none.

    Raises:
        NotAStoreError: they are of a later layout.
    """
    async with connection.transaction():
        if not await _has_tables(connection):
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SETUP_LOCK,))
            if not await _has_tables(connection):
                await connection.execute((files("pysession.stores") / "postgres_schema.sql").read_bytes())
        row = await _one(connection, "SELECT max(version) FROM pysession_layout", {})
    if row is None or row[0] != _LAYOUT:
        raise NotAStoreError(place, "its tables are of a later pysession, which can open it")


async def _has_tables(connection: _Connection) -> bool:
    # Not to_regclass: a server process remembers that a name was not there, also when another has made it since.
    query = "SELECT 1 FROM pg_class WHERE relname = 'pysession_layout' AND pg_table_is_visible(oid)"
    return await _one(connection, query, {}) is not None


async def _one(connection: _Connection, query: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    # The queries are those of this module.
    done = await connection.cursor(binary=True).execute(query.encode(), values)
    row: tuple[Any, ...] | None = await done.fetchone()
    return row


async def _look(connection: _Connection, key: Key) -> Facts | None:
    row = await _one(connection, _LOOK, {**_named(key), "now": now()})
    return None if row is None else Facts(*row)


def _named(key: Key) -> dict[str, Any]:
    return {"owner": key.owner, "id": key.id}


def _seam(packed: bytes) -> Seam:
    return msgspec.json.decode(packed, type=Seam)
