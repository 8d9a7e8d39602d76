"""``postgresql:``: sessions in two tables of a PostgreSQL database, made where they are missing.

The tables are in the first schema of the search path (``?options=-csearch_path%3Dagents`` chooses another). Expiry goes by
the clock of the program that asks.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.failures import NotFoundError, NotServedError
from pysession.stores.postgres_pool import Connection, PostgresDatabase, make_tables, one_row
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire.seam import Seam

_LAYOUT = 1
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
_UPDATE = f"""
UPDATE pysession_session SET ({_COLUMNS}) = ({_NEW})
WHERE owner = %(owner)b AND id = %(id)b AND etag = %(match)s AND {_LIVE}
"""  # noqa: S608
_GROW = _THEN.format(change=_UPDATE)
_REPLACE = _THEN.format(change=f"{_UPDATE} AND NOT immutable")
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


class PostgresStore(BaseStore):
    """Sessions in the PostgreSQL database that ``conninfo``, a URL or a line of libpq, names.

    ``place`` is how messages name it, without the password.
    """

    capabilities = frozenset(Capability)

    def __init__(self, conninfo: str, place: str, max_bytes: int | None = None) -> None:
        super().__init__(max_bytes)
        self._place = place
        self._database = PostgresDatabase(conninfo, place, self._prepare)

    async def _get(self, key: Key) -> Stored:
        async with self._database.connection(reads=True) as connection:
            row = await one_row(connection, _GET, {**_named(key), "now": now()})
        if row is None:
            raise NotFoundError(*key.names)
        *facts, seam, data, messages = row
        document = _seam(seam).join(data, messages) if messages else data
        check_size(key.id.decode(), len(document), self.max_bytes)
        return Facts(*facts).stored(key, document)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        replace = _GROW if condition.grows else _REPLACE
        statement = _CREATE if condition.absent else _PUT if condition.etag is None else replace
        async with self._database.connection() as connection:
            for _ in range(_ATTEMPTS):
                facts = Facts(new_etag(data), len(data), now(), expires, immutable)
                values = {
                    **_named(key),
                    "etag": facts.etag,
                    "size": facts.size,
                    "now": facts.changed,
                    "expires": expires,
                    "immutable": immutable,
                    "data": data,
                    "match": condition.compared,
                }
                row = await one_row(connection, statement, values)
                if row is not None and row[0]:
                    return facts
                condition.check(key, await _look(connection, key))
                # What stood against it has gone in the meantime.
        raise NotServedError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        session_id = key.id.decode()
        async with self._database.connection() as connection, connection.transaction():
            row = await one_row(connection, _LOCK, {**_named(key), "now": now()})
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
        self, connection: Connection, key: Key, session: int, base: str, at: str | None
    ) -> tuple[str, int, bytes]:
        """Make the messages so far part of the document, and find where more go; the new base, their number, the seam."""
        row = await one_row(connection, _GET, {**_named(key), "now": now()})
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
        async with self._database.connection() as connection:
            for _ in range(_ATTEMPTS):
                row = await one_row(connection, _DELETE, {**_named(key), "match": condition.compared, "now": now()})
                if row is not None:
                    return bool(row[0])
                found = await _look(connection, key)
                condition.check(key, found)
                if found is None:
                    return False
        raise NotServedError(self._place, f"the session {key.id.decode()!r} changes all the time")

    async def _list(self, window: Window) -> Found:
        after = window.after or Key(b"", b"")
        conditions = [_LIVE if window.expired is None else "expires <= %(expired)s", "id >= %(low)b"]
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
            "expired": window.expired,
            "low": window.low,
            "high": window.high,
            "owner": window.owner,
            "since": window.since,
            "limit": window.limit,
            "after_owner": after.owner,
            "after_id": after.id,
        }
        async with self._database.connection(reads=True) as connection:
            rows = await (await connection.cursor(binary=True).execute(query.encode(), values)).fetchall()
        return [(Key(owner, session_id), Facts(*facts)) for owner, session_id, *facts in rows]

    async def _sweep(self, moment: int) -> int:
        async with self._database.connection() as connection:
            done = await connection.execute("DELETE FROM pysession_session WHERE expires <= %s", (moment,))
            return int(done.rowcount)

    async def _stats(self) -> Stats:
        query = f"""
        SELECT count(*), count(DISTINCT owner), coalesce(sum(size), 0)::bigint FROM pysession_session WHERE {_LIVE}
        """  # noqa: S608
        async with self._database.connection(reads=True) as connection:
            row = await one_row(connection, query, {"now": now()})
        return Stats(*(row or (0, 0, 0)))

    async def _close(self) -> None:
        await self._database.close()

    async def _prepare(self, connection: Connection) -> None:
        script = ("pysession.stores", "postgres_schema.sql")
        await make_tables(connection, self._place, script, "pysession_layout", _LAYOUT)


async def _look(connection: Connection, key: Key) -> Facts | None:
    row = await one_row(connection, _LOOK, {**_named(key), "now": now()})
    return None if row is None else Facts(*row)


def _named(key: Key) -> dict[str, Any]:
    return {"owner": key.owner, "id": key.id}


def _seam(packed: bytes) -> Seam:
    return msgspec.json.decode(packed, type=Seam)
