"""``sqlite:``: sessions in one database file, for any number of processes of one machine.

The database is in WAL mode with ``synchronous=NORMAL``: an acknowledged write outlives the process being killed; a power
cut may take the last ones, and tears none. ``synchronous=full`` keeps those too, for an fsync a write.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.failures import (
    NotAStoreError,
    NotFoundError,
    NotReadableError,
    NotServedError,
    NotWritableError,
    StoreError,
)
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.stores.worker import Worker
from pysession.wire.seam import Seam

_Result = TypeVar("_Result")
_LAYOUT = 2
"""The layout before had no pieces."""
_APPLICATION = 0x50534553
"""Tells a database of sessions from any other ("PSES", in the header field for that)."""
_BUSY_SECONDS = 30.0
_LIVE = "(expires IS NULL OR expires > ?)"
_FACTS = "etag, size, changed, expires, immutable"

_GROW = """
INSERT INTO session (owner, id, etag, size, changed, expires, immutable, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (owner, id) DO UPDATE SET
  etag = excluded.etag, size = excluded.size, changed = excluded.changed, expires = excluded.expires,
  immutable = excluded.immutable, data = excluded.data
"""
_PUT = f"{_GROW} WHERE NOT session.immutable OR session.expires <= excluded.changed"

_PUT_PIECE = """
INSERT INTO piece (session, number, data) VALUES (?, ?, ?)
ON CONFLICT (session, number) DO UPDATE SET data = excluded.data
"""

_READ_AS_PUT = f"""
SELECT CAST(data AS BLOB), {_FACTS} FROM session
WHERE owner = ? AND id = ? AND {_LIVE} AND size <= ? AND NOT EXISTS (SELECT 1 FROM message WHERE session = key)
"""  # noqa: S608

_NOT_WRITABLE: Mapping[str, str] = {
    "SQLITE_READONLY": "let this user write the file and its folder",
    "SQLITE_PERM": "let this user write the file and its folder",
    "SQLITE_FULL": "make room on its file system",
}
_NOT_OPENED = frozenset({"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"})
"""What the first look at a database may end with that this process is not allowed to write."""
_NO_STORE = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN", "SQLITE_ERROR"})


_PIECE_BYTES = 2**20
"""What of a document stands in its row; the rest is in pieces as large. The triggers know it too."""
_PAGE_BYTES = 8 * 1024
"""Of a new database. The system is called for each page: a megabyte is written in half the time that SQLite's 4 KiB take, and
read in a third. With 16 KiB a small session would take a third longer, as the whole page is written that it stands in."""
_NEAR_BYTES = 64 * 1024
"""What the near connection writes at once, or puts together."""
_NEAR_READ_BYTES = 2**20
"""What it reads at once: a third of a millisecond, which is less than a thread takes for it."""
_LOG_BYTES = 4 * 2**20
"""After what the near connection wrote, the far one is to write: it then writes the log back (from 1,000 pages on)."""


class _TooMuchError(Exception):
    """The work is not for the near connection."""


class _Row(msgspec.Struct, frozen=True):
    """A session that is there: its key in the database, its facts, and how many messages were appended."""

    key: int
    facts: Facts
    messages: int


class SqliteStore(BaseStore):
    """Sessions in the SQLite database ``path``, which is made when it is first used.

    There are two connections. What may wait (for another process, for the disk, for megabytes) is done by the *far* one,
    in a thread. A small write in WAL mode waits for none of these: it is a copy in memory of 20 microseconds, and to have
    a thread do it takes five times as long. It is done at once by the *near* one, which never waits for a lock and never
    writes the log back into the database, and leaves to the far one what it would have to wait for.
    """

    capabilities = frozenset(Capability)
    often_at_once = True

    def __init__(self, path: Path, max_bytes: int | None = None, synchronous: str = "normal") -> None:
        super().__init__(max_bytes)
        self.path = path
        self._synchronous = synchronous
        self._far: sqlite3.Connection | None = None
        self._near: sqlite3.Connection | None = None
        self._near_lock = threading.Lock()
        self._near_bytes = 0
        self._worker = Worker(f"pysession {path.name}", self._disconnect)

    async def _get(self, key: Key) -> Stored:
        return await self._run(0, self._read, key)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        return await self._run(len(data), self._write, key, data, condition, expires, immutable)

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        return await self._run(len(message), self._extend, key, message, at, condition)

    async def _delete(self, key: Key, condition: Condition) -> bool:
        return await self._in_worker(self._remove, key, condition)

    async def _list(self, window: Window) -> Found:
        return await self._in_worker(self._page, window)

    async def _sweep(self, moment: int) -> int:
        return await self._in_worker(self._clear, moment)

    async def _stats(self) -> Stats:
        return await self._in_worker(self._count)

    async def _close(self) -> None:
        await self._worker.run(self._disconnect)

    async def _run(self, size: int, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Do ``work``, which writes about ``size`` bytes, by the near connection if that need not wait."""
        self._near_bytes += size
        # Two event loops in two threads may share a store, and the worker closes it.
        if size <= _NEAR_BYTES and self._near_bytes <= _LOG_BYTES and self._near_lock.acquire(blocking=False):
            try:
                if self._near is not None:
                    return work(self._near, *arguments)
            except (sqlite3.Error, _TooMuchError):
                pass  # The far connection waits, or says what is wrong.
            finally:
                self._near_lock.release()
        return await self._in_worker(work, *arguments)

    async def _in_worker(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        return await self._worker.run(self._do, work, arguments)

    # --- in the worker's thread -----------------------------------------------------------------------------------------

    def _do(self, work: Callable[..., _Result], arguments: tuple[Any, ...]) -> _Result:
        """Do ``work`` with the far connection, and say what went wrong in the words of stores."""
        try:
            if self._far is None:
                self._far = _connect(self.path, self._synchronous)
            if self._near is None and self._synchronous == "normal":
                self._near = _connect_near(self.path)
            self._near_bytes = 0
            return work(self._far, *arguments)
        except sqlite3.Error as failure:
            if self._far is None and _code(failure) in _NOT_OPENED and self.path.is_file():
                return self._do_reading(work, arguments)
            raise _told(str(self.path), failure) from failure

    def _do_reading(self, work: Callable[..., _Result], arguments: tuple[Any, ...]) -> _Result:
        """Do ``work`` on a database that this process may not write: a copy, or one of somebody else."""
        try:
            self.path.open("rb").close()
        except PermissionError as failure:
            raise NotReadableError(str(self.path), "permission denied") from failure
        try:
            with contextlib.closing(_connect_to_read(self.path)) as connection:
                return work(connection, *arguments)
        except sqlite3.Error as failure:
            raise _told(str(self.path), failure) from failure

    def _disconnect(self) -> None:
        with self._near_lock:
            for connection in (self._near, self._far):
                if connection is not None:
                    connection.close()
            self._near = self._far = None

    # --- with either connection -----------------------------------------------------------------------------------------

    def _read(self, connection: sqlite3.Connection, key: Key) -> Stored:
        # One statement takes half the time of a transaction with three, and most sessions are as they were put.
        most = _NEAR_READ_BYTES if connection is self._near else min(_PIECE_BYTES, self.max_bytes)
        found = connection.execute(_READ_AS_PUT, (*key, now(), most)).fetchone()
        if found is not None:
            return _facts(*found[1:]).stored(key, found[0])
        with _reading(connection):
            row = _row(connection, key)
            if row is None:
                raise NotFoundError(*key.names)
            self._check_near(connection, row)
            data = _document(connection, row)
        check_size(key.id.decode(), len(data), self.max_bytes)
        return row.facts.stored(key, data)

    def _write(
        self,
        connection: sqlite3.Connection,
        key: Key,
        data: bytes,
        condition: Condition,
        expires: int | None,
        immutable: bool,
    ) -> Facts:
        facts = Facts(new_etag(data), len(data), now(), expires, immutable)
        values = (*key, facts.etag, facts.size, facts.changed, expires, immutable, data[:_PIECE_BYTES])
        is_small = len(data) <= _PIECE_BYTES
        # One statement is a transaction of its own, and takes half the time of one with three.
        if is_small and condition == _UNCONDITIONAL and connection.execute(_PUT, values).rowcount:
            return facts
        with _writing(connection):
            row = _row(connection, key)
            condition.check(key, None if row is None else row.facts)
            connection.execute(_GROW if condition.grows else _PUT, values)
            if not is_small:
                found = connection.execute("SELECT key FROM session WHERE owner = ? AND id = ?", key)
                _write_pieces(connection, found.fetchone()[0], data)
        return facts

    def _extend(
        self, connection: sqlite3.Connection, key: Key, message: bytes, at: str | None, condition: Condition
    ) -> Facts:
        session_id = key.id.decode()
        with _writing(connection):
            row = _row(connection, key)
            if row is None:
                raise NotFoundError(*key.names)
            condition.check(key, row.facts, may_replace=False)
            seam, number = self._seam(connection, session_id, row, at)
            message = checked_message(session_id, message, seam.encoding)
            size = row.facts.size + seam.growth(number, len(message))
            check_size(session_id, size, self.max_bytes)
            facts = Facts(new_etag(), size, now(), row.facts.expires, row.facts.immutable)
            connection.execute(
                "INSERT INTO message (session, number, etag, size, changed, message) VALUES (?, ?, ?, ?, ?, ?)",
                (row.key, number + 1, facts.etag, facts.size, facts.changed, message),
            )
        return facts

    def _seam(self, connection: sqlite3.Connection, session_id: str, row: _Row, at: str | None) -> tuple[Seam, int]:
        """Where the message goes, and how many are there already; found anew when it goes to another place."""
        found = connection.execute("SELECT at, seam FROM seam WHERE session = ?", (row.key,)).fetchone()
        if found is not None and found[0] == at:
            return msgspec.json.decode(found[1], type=Seam), row.messages
        self._check_near(connection, row)
        data = _document(connection, row)
        if row.messages:
            # The messages so far become part of the bytes; the trigger removes them and their place.
            values = (data[:_PIECE_BYTES], len(data), row.key)
            connection.execute("UPDATE session SET data = ?, size = ? WHERE key = ?", values)
            _write_pieces(connection, row.key, data)
        seam = seam_of(session_id, data, at)
        place = (row.key, at, msgspec.json.encode(seam))
        connection.execute("INSERT OR REPLACE INTO seam (session, at, seam) VALUES (?, ?, ?)", place)
        return seam, 0

    def _check_near(self, connection: sqlite3.Connection, row: _Row) -> None:
        """Raises _TooMuchError when the near connection would have to go through a large document."""
        if connection is self._near and row.facts.size > _NEAR_BYTES:
            raise _TooMuchError

    def _remove(self, connection: sqlite3.Connection, key: Key, condition: Condition) -> bool:
        with _writing(connection):
            row = _row(connection, key)
            condition.check(key, None if row is None else row.facts)
            connection.execute("DELETE FROM session WHERE owner = ? AND id = ?", key)
        return row is not None

    def _page(self, connection: sqlite3.Connection, window: Window) -> Found:
        shown = (_LIVE, now()) if window.expired is None else ("expires <= ?", window.expired)
        conditions, values = [shown[0], "id >= ?"], [shown[1], window.low]
        for condition, value in (
            ("id < ?", window.high),
            ("owner = ?", window.owner),
            ("changed >= ?", window.since),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if window.after is not None:
            conditions.append("(owner, id) > (?, ?)")
            values += window.after
        chosen = " AND ".join(conditions)
        query = f"SELECT owner, id, {_FACTS} FROM current WHERE {chosen} ORDER BY owner, id LIMIT ?"  # noqa: S608
        rows = connection.execute(query, (*values, window.limit))
        return [(Key(owner, session_id), _facts(*rest)) for owner, session_id, *rest in rows]

    def _clear(self, connection: sqlite3.Connection, moment: int) -> int:
        return connection.execute("DELETE FROM session WHERE expires <= ?", (moment,)).rowcount

    def _count(self, connection: sqlite3.Connection) -> Stats:
        query = f"SELECT count(*), count(DISTINCT owner), coalesce(sum(size), 0) FROM current WHERE {_LIVE}"  # noqa: S608
        return Stats(*connection.execute(query, (now(),)).fetchone())


_UNCONDITIONAL = Condition()


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """A connection to the store at ``path``, which is made where there is none.

    Raises:
        NotAStoreError: it is a database of something else, or of a later layout.
    """
    if not path.parent.is_dir():
        raise NotAStoreError(str(path), f"there is no folder {path.parent}")
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _prepare(path, connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection to a store that is there and may only be read.

    Where not even SQLite's own files beside it can be made, it is read as one that nobody changes meanwhile. That is so
    as long as there is no log beside it: who writes, makes one. The connection is for one look only.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        return _open_to_read(path, "mode=ro")
    except sqlite3.OperationalError:
        if log.exists():
            raise
        return _open_to_read(path, "mode=ro&immutable=1")


def _open_to_read(path: Path, options: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?{options}"
    connection = sqlite3.connect(
        address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if not _layout(path, connection):
            raise NotAStoreError(str(path), "it is an empty database")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_near(path: Path) -> sqlite3.Connection:
    """A connection that waits for nothing, to a store that is there."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = normal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        # Not before: another program may be at the beginning or the end of its work with the store.
        connection.execute("PRAGMA busy_timeout = 0")
    except BaseException:
        connection.close()
        raise
    return connection


_OF_PIECES = re.compile(r"^CREATE (TABLE piece|TRIGGER session_shortened|TRIGGER large_session_deleted) ", re.MULTILINE)
"""What a database of the layout before lacks."""


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    if _layout(path, connection) == _LAYOUT:
        return
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a database that is there already it stays as it is
    _use_wal(connection)
    with _writing(connection):
        # Another process may have been first.
        layout = _layout(path, connection)
        if layout == _LAYOUT:
            return
        for statement in _statements():
            if not layout or _OF_PIECES.search(statement):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")


_WHAT_IT_IS = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version
"""


def _layout(path: Path, connection: sqlite3.Connection) -> int:
    """The layout of the store in the database; 0 when it is empty."""
    # Looked at in one statement: another process may make the store between two of them.
    application, layout, tables = connection.execute(_WHAT_IT_IS).fetchone()
    if application == _APPLICATION and layout > _LAYOUT:
        raise NotAStoreError(str(path), f"its layout {layout} is of a later pysession, which can open it")
    if application != _APPLICATION:
        if application or layout or tables:
            raise NotAStoreError(str(path), "it is the database of another program")
        return 0
    return int(layout)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change to WAL. SQLite does not wait for another process that does the same, so that is done here."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as failure:
            if _code(failure) != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _statements() -> Iterator[str]:
    text = (files("pysession.stores") / "sqlite_schema.sql").read_text(encoding="utf-8")
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is alone in writing from its beginning, so that what it has seen still holds when it writes."""
    with _transaction(connection, "BEGIN IMMEDIATE"):
        yield


@contextlib.contextmanager
def _reading(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which all that is read is of one moment."""
    with _transaction(connection, "BEGIN"):
        yield


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _row(connection: sqlite3.Connection, key: Key) -> _Row | None:
    query = f"SELECT key, messages, {_FACTS} FROM current WHERE owner = ? AND id = ? AND {_LIVE}"  # noqa: S608
    found = connection.execute(query, (*key, now())).fetchone()
    return None if found is None else _Row(found[0], _facts(*found[2:]), found[1])


def _facts(etag: str, size: int, changed: int, expires: int | None, immutable: int) -> Facts:
    return Facts(etag, size, changed, expires, bool(immutable))


def _write_pieces(connection: sqlite3.Connection, session: int, data: bytes) -> None:
    """Write what of ``data`` does not stand in the session's row; pieces beyond it the trigger has removed."""
    view = memoryview(data)
    for number, start in enumerate(range(_PIECE_BYTES, len(data), _PIECE_BYTES), 1):
        piece = (session, number, view[start : start + _PIECE_BYTES])
        connection.execute(_PUT_PIECE, piece)


def _bytes_of(connection: sqlite3.Connection, session: int) -> bytes:
    """What was put."""
    query = "SELECT CAST(data AS BLOB), size FROM session WHERE key = ?"
    data, size = connection.execute(query, (session,)).fetchone()
    if len(data) >= size:
        return bytes(data)
    # Gives its bytes away without a copy of them.
    whole = BytesIO()
    whole.write(data)
    query = "SELECT CAST(data AS BLOB) FROM piece WHERE session = ? ORDER BY number"
    for (piece,) in connection.execute(query, (session,)):
        whole.write(piece)
    return whole.getvalue()


def _document(connection: sqlite3.Connection, row: _Row) -> bytes:
    data = _bytes_of(connection, row.key)
    if not row.messages:
        return data
    (seam,) = connection.execute("SELECT seam FROM seam WHERE session = ?", (row.key,)).fetchone()
    messages = connection.execute("SELECT message FROM message WHERE session = ? ORDER BY number", (row.key,))
    return msgspec.json.decode(seam, type=Seam).join(data, [message for (message,) in messages])


def _told(place: str, failure: sqlite3.Error) -> StoreError:
    code = _code(failure)
    if code in _NOT_WRITABLE:
        return NotWritableError(place, str(failure), _NOT_WRITABLE[code])
    if code == "SQLITE_CANTOPEN" and not Path(place).exists():
        return NotWritableError(place, str(failure), "let this user make files in its folder")
    if code in _NO_STORE:
        return NotAStoreError(place, str(failure))
    if code == "SQLITE_BUSY":
        return NotServedError(place, f"another program has been writing for {_BUSY_SECONDS:.0f} seconds; try again")
    return NotServedError(place, str(failure))


def _code(failure: sqlite3.Error) -> str:
    """The name of the primary result code, without what some extended codes add ("SQLITE_READONLY_DBMOVED")."""
    name = getattr(failure, "sqlite_errorname", "SQLITE_ERROR")
    return "_".join(name.split("_")[:2])
