"""``StoreHistoryProvider``: histories in a store, each a document of its own to which messages are appended."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from pysession.findings import format_pointer
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.messages import Message, first_new, identity, needed, settled
from pysession.sessions.providers.base import HistoryProvider
from pysession.sessions.providers.in_memory import is_excluded
from pysession.sessions.session import Session
from pysession.sessions.state_values import encoded_message
from pysession.stores import Capability, ConflictError, ImmutableError, NotFoundError, Store
from pysession.stores.appending import checked_message, seam_of

if TYPE_CHECKING:
    from pysession.pruning import Pruned, Strategy

_REMEMBERED_MESSAGES = 100
"""At the end of a history: more than a run adds, or the history is read once more."""
_AT_ONCE = 32
"""From so many on new messages are written together with the history, in one step: more than a run adds, and quicker than an
append for each (10,000 in one call to PostgreSQL: 1 s, and not 20)."""
_REMEMBERED_HISTORIES = 1_000
"""The latest used; each takes 10 KB at most."""


class _End(msgspec.Struct, frozen=True):
    """The end of a history that has the etag: the identities of its last messages, and whether these are all."""

    etag: str
    identities: tuple[bytes, ...]
    whole: bool

    def tells(self, incoming: Sequence[Message]) -> bool:
        """Whether it is enough to see what of ``incoming`` is new."""
        return self.whole or len(self.identities) >= needed(incoming)

    def grown(self, etag: str, *messages: Message) -> _End:
        last = (*self.identities, *map(identity, messages[-_REMEMBERED_MESSAGES:]))[-_REMEMBERED_MESSAGES:]
        whole = self.whole and len(self.identities) + len(messages) <= _REMEMBERED_MESSAGES
        return _End(etag, last, whole=whole)


class StoreHistoryProvider(HistoryProvider):
    """Keeps the messages of each session in ``store`` under the id ``<source_id>:<session_id>``.

    What is there is a session document, with the messages under the source id, so that it can be checked and converted as
    any other. The state of the run's own session is not in it; keep that with :class:`SessionStore`.

    A history is read when it is loaded. To save, its end is enough, which is remembered with the etag that it had: what
    a run adds costs the same however long the history is, as long as nobody else has changed it meanwhile.
    """

    DEFAULT_SOURCE_ID: ClassVar[str] = "store_history"

    def __init__(
        self,
        store: Store,
        *,
        source_id: str = DEFAULT_SOURCE_ID,
        owner: str = "",
        skip_excluded: bool = False,
        **switches: Any,
    ) -> None:
        """``switches`` are those of HistoryProvider."""
        super().__init__(source_id, **switches)
        self.skip_excluded = skip_excluded
        self._store = store
        self._owner = owner
        self._ends: dict[str, _End] = {}

    def key_of(self, session_id: str | None) -> str:
        """The id in the store; runs without a session share one."""
        return f"{self.source_id}:{session_id or 'default'}"

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        key = self.key_of(session_id)
        messages, end = await self._read(key) or ([], None)
        self._remember(key, end)
        return [message for message in messages if not (self.skip_excluded and is_excluded(message))]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not messages:
            return
        key = self.key_of(session_id)
        left, end = await self._begun(key, session_id, messages)
        for message in left:
            # What another appends meanwhile may stand between; only the end of the history is not known then.
            end = (end and await self._appended(key, message, end)) or await self._appended(key, message)
        self._remember(key, end)

    async def prune_by(
        self, session_id: str | None, name: str, strategy: Strategy, state: dict[str, Any] | None = None
    ) -> Pruned:
        from pysession.pruning import Pruned, PrunedHistory
        from pysession.verbs.prune import pruned_by

        key = self.key_of(session_id)
        while True:
            try:
                stored = await self._store.get(key, owner=self._owner)
            except NotFoundError:
                return Pruned(name, (PrunedHistory(self.source_id, 0, 0),))
            done = await pruned_by(stored.data, name, strategy)
            if stored.immutable and done.pruned.removed:
                raise ImmutableError(key, self._owner, "nothing of it can be pruned")
            self._ends.pop(key, None)
            with contextlib.suppress(ConflictError):  # another has appended meanwhile
                if done.pruned.removed:
                    await self._store.put(
                        key, done.data, owner=self._owner, if_match=stored.etag, expires=stored.expires
                    )
                return done.pruned

    async def close(self) -> None:
        """Let go of the store's files and connections."""
        await self._store.close()

    @property
    def _place(self) -> tuple[str, str, str]:
        return ("state", self.source_id, "messages")

    async def _begun(
        self, key: str, session_id: str | None, messages: Sequence[Message]
    ) -> tuple[list[Message], _End | None]:
        """Append the first message that is new: those that are left, and the end of the history then.

        What is new depends on that end, so it has to be the same still when the first is appended. Many are appended all
        at once.
        """
        while True:
            remembered = self._ends.pop(key, None)
            end = remembered if remembered is not None and remembered.tells(messages) else None
            end = end or await self._read_end(key, session_id)
            new = messages[first_new(end.identities, messages) :]
            if len(new) >= _AT_ONCE and Capability.CONDITIONS in self._store.capabilities:
                if grown := await self._written(key, new, end):
                    return [], grown
            elif new and (grown := await self._appended(key, new[0], end)):
                return list(new[1:]), grown
            if not new and end is not remembered:
                return [], end

    async def _appended(self, key: str, message: Message, end: _End | None = None) -> _End | None:
        """The end of the history with ``message`` behind it, or None where that was not to ``end``.

        Where ``end`` is given nothing is appended to another.
        """
        encoded = encoded_message(settled(message), ("messages",))
        data, at = json.dumps(encoded).encode("ascii"), format_pointer(self._place)
        if end is None:
            await self._store.append(key, data, owner=self._owner, at=at)
            return None
        try:
            entry = await self._store.append(key, data, owner=self._owner, at=at, if_match=end.etag)
        except (ConflictError, NotFoundError):
            return None
        return end.grown(entry.etag, encoded)

    async def _written(self, key: str, messages: Sequence[Message], end: _End) -> _End | None:
        """The end of the history with all ``messages`` behind it, in one change of the document, or None where ``end`` has
        passed.
        """
        encoded = [encoded_message(settled(message), ("messages",)) for message in messages]
        try:
            stored = await self._store.get(key, owner=self._owner)
            seam = seam_of(key, stored.data, format_pointer(self._place))
            added = [checked_message(key, json.dumps(one).encode("ascii"), seam.encoding) for one in encoded]
            entry = await self._store.put(
                key,
                seam.join(stored.data, added),
                owner=self._owner,
                if_match=end.etag,
                expires=stored.expires,
                immutable=stored.immutable,
            )
        except (ConflictError, NotFoundError):
            return None
        return end.grown(entry.etag, *encoded)

    async def _read_end(self, key: str, session_id: str | None) -> _End:
        while True:
            if found := await self._read(key):
                return found[1]
            empty = Session(session_id=session_id or "default")
            empty.state[self.source_id] = {"messages": []}
            with contextlib.suppress(ConflictError):  # another has made one meanwhile
                entry = await self._store.put(key, empty.to_bytes(), owner=self._owner, if_absent=True)
                return _End(entry.etag, (), whole=True)

    async def _read(self, key: str) -> tuple[list[Message], _End] | None:
        """The messages that are stored, and what stands at their end."""
        try:
            stored = await self._store.get(key, owner=self._owner)
        except NotFoundError:
            return None
        own = Session.from_bytes(stored.data, source=key).state.get(self.source_id)
        if not isinstance(own, dict) or not isinstance(own.get("messages"), list):
            raise CorruptSessionError(f"it has no history under {self.source_id!r}", key)
        messages = [settled(message) for message in own["messages"]]
        last = tuple(identity(message) for message in messages[-_REMEMBERED_MESSAGES:])
        return messages, _End(stored.etag, last, whole=len(last) == len(messages))

    def _remember(self, key: str, end: _End | None) -> None:
        self._ends.pop(key, None)
        if end is not None:
            self._ends[key] = end
        if len(self._ends) > _REMEMBERED_HISTORIES:
            del self._ends[next(iter(self._ends))]
