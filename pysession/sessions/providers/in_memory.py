"""``InMemoryHistoryProvider``: the history is in the session itself, and saved with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.messages import InputError, Message, not_yet_stored, settled
from pysession.sessions.providers.base import HistoryProvider

if TYPE_CHECKING:
    from pysession.pruning import Pruned, Strategy


class InMemoryHistoryProvider(HistoryProvider):
    """Keeps the messages under ``state[source_id]["messages"]``. What an agent uses when it is given nothing else."""

    DEFAULT_SOURCE_ID: ClassVar[str] = "in_memory"

    def __init__(self, source_id: str | None = None, *, skip_excluded: bool = False, **switches: Any) -> None:
        """``skip_excluded``: leave out messages that compaction marked. ``switches`` are those of HistoryProvider."""
        super().__init__(source_id or self.DEFAULT_SOURCE_ID, **switches)
        self.skip_excluded = skip_excluded

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        messages = [] if state is None else self._stored(state)
        return [message for message in messages if not (self.skip_excluded and is_excluded(message))]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if state is None or not messages:
            return
        stored = self._stored(state)
        # A new list: whoever holds the old one has the history as it was.
        state["messages"] = [*stored, *not_yet_stored(stored, messages)]

    async def prune_by(
        self, session_id: str | None, name: str, strategy: Strategy, state: dict[str, Any] | None = None
    ) -> Pruned:
        from pysession.pruning import Pruned, awaited, done
        from pysession.sessions.pruning import check_unchanged, planned_for, shortened

        before = list((state or {}).get("messages", []))
        plan = await awaited(done(planned_for(self.source_id, self._stored(state or {}), strategy)))
        if state is not None and plan.removed:
            check_unchanged(state, before, (self.source_id, "messages"))
            state["messages"] = shortened(state["messages"], plan)
        return Pruned(name, (plan.account(),))

    def _stored(self, state: dict[str, Any]) -> list[Message]:
        if not isinstance(state.get("messages", []), list):
            raise CorruptSessionError(f"the history under {self.source_id!r} is no list of messages")
        try:
            return [message if type(message) is dict else settled(message) for message in state.get("messages", [])]
        except InputError as error:
            raise CorruptSessionError(
                f"the history under {self.source_id!r} holds what is no message: {error}"
            ) from None


def is_excluded(message: Message) -> bool:
    """Whether compaction has taken the message out of what the model is shown."""
    return bool((message.get("additional_properties") or {}).get("_excluded", False))
