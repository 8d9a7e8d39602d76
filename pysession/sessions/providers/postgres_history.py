"""``PostgresHistoryProvider``: histories as rows of two tables, which programs in other languages share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from pysession.findings.failures import RefusedError
from pysession.sessions.errors import CorruptSessionError, HistoryChangedError
from pysession.sessions.messages import Message, not_yet_stored, settled
from pysession.sessions.providers.base import HistoryProvider
from pysession.sessions.providers.in_memory import is_excluded
from pysession.sessions.state_values import encoded_message
from pysession.stores import SessionIdError, StoreUrlError, masked
from pysession.stores.checking import id_bytes, owner_bytes

if TYPE_CHECKING:
    from pysession.pruning import Plan, Pruned, Strategy

_LAYOUT = 1
_PYTHON = "python"
_WRAPPED = {
    "dotnet": '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[%s]}}}',
    "go": '{"State":{"in-memory":{"messages":[%s]}},"ServiceID":""}',
}
"""The smallest session of each other dialect that has these messages."""

# The row of the conversation is locked by its own change until the statement ends, so that writers take turns: positions are
# in the order of commits, and a message that is seen has all those before it.
_APPEND = """
WITH conversation AS (
  INSERT INTO conversations AS c (owner, session_id, source_id, message_count)
  VALUES (%(owner)s, %(session)s, %(source)s, cardinality(%(messages)s::text[]))
  ON CONFLICT (owner, session_id, source_id) DO UPDATE
  SET message_count = c.message_count + cardinality(%(messages)s::text[]), updated_at = clock_timestamp()
  RETURNING id, message_count - cardinality(%(messages)s::text[]) AS before
)
INSERT INTO messages (conversation_id, position, dialect, role, message_id, author_name, message)
SELECT id, before + number, 'python', role, message_id, author_name, message
FROM conversation, unnest(%(roles)s::text[], %(ids)s::text[], %(authors)s::text[], %(messages)s::text[])
  WITH ORDINALITY AS new (role, message_id, author_name, message, number)
"""
_CONVERSATION = """(
  SELECT id FROM conversations WHERE owner = %(owner)s AND session_id = %(session)s AND source_id = %(source)s
)"""
_READ = f"SELECT dialect, message FROM messages WHERE conversation_id = {_CONVERSATION} ORDER BY position"  # noqa: S608
_LAST = f"""
SELECT dialect, message FROM (
  SELECT dialect, message, position FROM messages WHERE conversation_id = {_CONVERSATION}
  ORDER BY position DESC LIMIT %(count)s
) AS last ORDER BY position
"""  # noqa: S608
# Positions are 1, 2, 3 … for whoever reads the tables. They are moved below zero first: the key is looked at row by row.
_LOCK = f"SELECT id FROM conversations WHERE id = {_CONVERSATION} FOR UPDATE"  # noqa: S608
_REMOVE = "DELETE FROM messages WHERE conversation_id = %(id)s AND position = ANY(%(positions)s)"
_MOVE = """
UPDATE messages SET position = -moved.number FROM (
  SELECT position, %(before)s + row_number() OVER (ORDER BY position) AS number FROM messages
  WHERE conversation_id = %(id)s AND position > %(after)s
) AS moved
WHERE conversation_id = %(id)s AND messages.position = moved.position
"""
_SETTLE = "UPDATE messages SET position = -position WHERE conversation_id = %(id)s AND position < 0"
_SUMMARISE = """
INSERT INTO messages (conversation_id, position, dialect, role, message)
VALUES (%(id)s, %(position)s, 'python', %(role)s, %(message)s)
"""
_COUNT = """
UPDATE conversations SET updated_at = clock_timestamp(),
  message_count = (SELECT count(*) FROM messages WHERE conversation_id = %(id)s)
WHERE id = %(id)s
"""
_CLEAR = """
DELETE FROM conversations WHERE owner = %(owner)s AND session_id = %(session)s AND source_id = %(source)s
"""

_Rows = Iterable[tuple[str, str]]


class PostgresHistoryProvider(HistoryProvider):
    """Keeps each message as a row, in the tables that docs/conversations.md describes; they are made where they are missing.

    To append costs the same however long the history is, and several writers lose nothing. Messages that a .NET or Go
    program wrote stay as they are, and are converted when they are read.
    """

    DEFAULT_SOURCE_ID: ClassVar[str] = "postgres_history"

    def __init__(
        self,
        url: str,
        *,
        source_id: str = DEFAULT_SOURCE_ID,
        owner: str = "",
        skip_excluded: bool = False,
        **switches: Any,
    ) -> None:
        """``url`` is that of the database, ``postgresql://user:password@host/database``. ``switches`` are those of
        HistoryProvider. Nothing is connected to before it is used.

        Raises:
            StoreUrlError: it is no such URL, or there is no driver.
            SessionIdError: ``owner`` can be none.
        """
        super().__init__(source_id, **switches)
        if not url.startswith(("postgresql://", "postgres://")):
            raise StoreUrlError(masked(url), "write postgresql://user:password@host/database")
        try:
            from pysession.stores.postgres_pool import PostgresDatabase
        except ImportError as missing:
            raise StoreUrlError(masked(url), str(missing)) from missing
        owner_bytes(owner)
        self.skip_excluded = skip_excluded
        self._owner = _storable(owner)
        self._database = PostgresDatabase(url, masked(url), self._prepare)

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        messages = await self._rows(_READ, session_id)
        return [message for message in messages if not (self.skip_excluded and is_excluded(message))]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        # As many messages as come, and one more, tell whether they repeat the end of the history.
        stored = await self._rows(_LAST, session_id, count=len(messages) + 1) if messages else []
        new = [encoded_message(settled(one), ("messages",)) for one in not_yet_stored(stored, messages)]
        if not new:
            return
        values = {
            **self._named(session_id),
            "roles": [_copied(one["role"]) for one in new],
            "ids": [_copied(one.get("message_id")) for one in new],
            "authors": [_copied(one.get("author_name")) for one in new],
            "messages": [json.dumps(one) for one in new],
        }
        async with self._database.connection() as connection:
            await connection.execute(_APPEND, values)

    async def prune_by(
        self, session_id: str | None, name: str, strategy: Strategy, state: dict[str, Any] | None = None
    ) -> Pruned:
        from pysession.pruning import Pruned, PruningError, awaited, done
        from pysession.sessions.pruning import planned_for

        named = self._named(session_id)
        async with self._database.connection() as connection:
            before = await (await connection.execute(_READ.encode(), named)).fetchall()
        messages = _messages(before, session_id or "default")
        plan = await awaited(done(planned_for(self.source_id, messages, strategy)))
        if plan.removed:
            if len(messages) != len(before):
                raise PruningError("a row of another language is not one message here; convert the history first")
            await self._shorten(named, before, plan)
        return Pruned(name, (plan.account(),))

    async def _shorten(self, named: dict[str, str], before: Sequence[tuple[str, str]], plan: Plan) -> None:
        """Do what the plan says to the rows, unless those that it was made for are not there any more."""
        from pysession.sessions.pruning import summary_of

        async with self._database.connection() as connection, connection.transaction():
            locked = await (await connection.execute(_LOCK.encode(), named)).fetchone()
            rows = await (await connection.execute(_READ.encode(), named)).fetchall()
            if locked is None or rows[: len(before)] != before:
                raise HistoryChangedError(f"the history of {named['session']!r}")
            values: dict[str, Any] = {"id": locked[0], "positions": [one.index + 1 for one in plan.removed]}
            await connection.execute(_REMOVE, values)
            summarised = plan.summary is not None
            # Where a summary goes all before it are instructions, which stay.
            values |= {"after": plan.place if summarised else 0, "before": plan.place + 1 if summarised else 0}
            await connection.execute(_MOVE, values)
            await connection.execute(_SETTLE, values)
            if summarised:
                one = summary_of(plan)
                await connection.execute(
                    _SUMMARISE,
                    values | {"position": plan.place + 1, "role": one["role"], "message": json.dumps(one)},
                )
            await connection.execute(_COUNT, values)

    async def clear(self, session_id: str | None) -> None:
        """Remove the history of the session, if there is one."""
        async with self._database.connection() as connection:
            await connection.execute(_CLEAR, self._named(session_id))

    async def close(self) -> None:
        """Let go of the connections. They are opened again when they are needed."""
        await self._database.close()

    async def _rows(self, query: str, session_id: str | None, **values: Any) -> list[Message]:
        async with self._database.connection(reads=True) as connection:
            done = await connection.execute(query.encode(), {**self._named(session_id), **values})
            rows = await done.fetchall()
        return _messages(rows, session_id or "default")

    def _named(self, session_id: str | None) -> dict[str, str]:
        """The conversation; runs without a session share one."""
        session = session_id or "default"
        id_bytes(session)
        return {"owner": self._owner, "session": _storable(session), "source": _storable(self.source_id)}

    async def _prepare(self, connection: Any) -> None:
        from pysession.stores.postgres_pool import make_tables

        script = ("pysession.sessions.providers", "conversations.sql")
        await make_tables(connection, self._database.place, script, "conversations_schema_version", _LAYOUT)


def _messages(rows: _Rows, source: str) -> list[Message]:
    found: list[Message] = []
    for dialect, run in groupby(rows, key=lambda row: row[0]):
        texts = [text for _, text in run]
        found += [json.loads(text) for text in texts] if dialect == _PYTHON else _converted(dialect, texts, source)
    return [settled(one) for one in found]


def _converted(dialect: str, texts: Sequence[str], source: str) -> list[Message]:
    """Messages that a program in another language wrote, as those of Python."""
    # Only shared tables need it, and it loads much.
    from pysession.verbs.convert import TargetRefusesError, convert

    document = (_WRAPPED[dialect] % ",".join(texts)).encode()
    try:
        session = json.loads(convert(document, to=_PYTHON, source=dialect).data)
    except (RefusedError, TargetRefusesError) as error:
        raise CorruptSessionError(str(error), source) from error
    messages: list[Message] = session["state"]["in_memory"]["messages"]
    return messages


def _storable(name: str) -> str:
    """``name``, which is to be found again as it is.

    Raises:
        SessionIdError: PostgreSQL has no text with U+0000.
    """
    if "\0" in name:
        raise SessionIdError(name, "PostgreSQL keeps no text with U+0000")
    return name


def _copied(text: object) -> str | None:
    """What a column beside the message shows of one of its members."""
    if text is None:
        return None
    return str(text).replace("\0", "\ufffd").encode("utf-8", "replace").decode()
