"""``StoreHistoryProvider``: histories in a store, each a document of its own to which messages are appended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pysession.findings import format_pointer
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.in_memory import is_excluded
from pysession.sessions.messages import Message, not_yet_stored, settled
from pysession.sessions.providers import HistoryProvider
from pysession.sessions.session import Session
from pysession.sessions.state_values import encoded_message
from pysession.stores import ConflictError, NotFoundError, Store


class StoreHistoryProvider(HistoryProvider):
    """Keeps the messages of each session in ``store`` under the id ``<source_id>:<session_id>``.

    What is there is a session document, with the messages under the source id, so that it can be checked and converted as
    any other. The state of the run's own session is not in it; keep that with :class:`SessionStore`.
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

    def key_of(self, session_id: str | None) -> str:
        """The id in the store; runs without a session share one."""
        return f"{self.source_id}:{session_id or 'default'}"

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        messages = await self._stored(self.key_of(session_id)) or []
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
        stored = await self._stored(key)
        if stored is None and not await self._made(key, session_id):
            stored = await self._stored(key)
        for message in not_yet_stored(stored or [], messages):
            data = json.dumps(encoded_message(settled(message), ("messages",))).encode("ascii")
            await self._store.append(key, data, owner=self._owner, at=format_pointer(self._place))

    async def close(self) -> None:
        """Let go of the store's files and connections."""
        await self._store.close()

    @property
    def _place(self) -> tuple[str, str, str]:
        return ("state", self.source_id, "messages")

    async def _made(self, key: str, session_id: str | None) -> bool:
        """Make an empty history; false where another has made one meanwhile."""
        empty = Session(session_id=session_id or "default")
        empty.state[self.source_id] = {"messages": []}
        try:
            await self._store.put(key, empty.to_bytes(), owner=self._owner, if_absent=True)
        except ConflictError:
            return False
        return True

    async def _stored(self, key: str) -> list[Message] | None:
        try:
            stored = await self._store.get(key, owner=self._owner)
        except NotFoundError:
            return None
        own = Session.from_bytes(stored.data, source=key).state.get(self.source_id)
        if not isinstance(own, dict) or not isinstance(own.get("messages"), list):
            raise CorruptSessionError(f"it has no history under {self.source_id!r}", key)
        return [settled(message) for message in own["messages"]]
