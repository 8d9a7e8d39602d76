"""What brings context into a run, and what keeps the messages of it: the base classes to derive from.

Their words are those of Agent Framework for Python, so that a provider is moved from one to the other by changing what
it derives from; :func:`pysession.sessions.agent_framework_provider` puts one of ours into a real agent as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from pysession.sessions.approvals import without_settled_approvals
from pysession.sessions.context import RunContext
from pysession.sessions.errors import DuplicateSourceError
from pysession.sessions.messages import Message
from pysession.sessions.session import Session

if TYPE_CHECKING:
    from pysession.pruning import Options, Pruned, Strategy


class ContextProvider:
    """Takes part in every run of an agent: before the model is asked, and after it has answered.

    ``state`` is the provider's own part of ``session.state``, under its ``source_id``; it is saved with the session.
    """

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id

    async def before_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        """Add messages, instructions or tools to ``context``. Providers are asked in their order."""

    async def after_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        """Keep what is worth it of ``context.response``. Providers are told in the reverse order."""


class HistoryProvider(ContextProvider, ABC):
    """Keeps the messages of sessions: give it :meth:`get_messages` and :meth:`save_messages`.

    ``load_messages``: show the model the history (without it this is a log). ``store_inputs``, ``store_outputs``: keep what
    the agent was told, and what it answered. ``store_context_messages``: keep also what other providers brought in, of
    ``store_context_from`` only when given.
    """

    def __init__(
        self,
        source_id: str,
        *,
        load_messages: bool = True,
        store_inputs: bool = True,
        store_context_messages: bool = False,
        store_context_from: set[str] | None = None,
        store_outputs: bool = True,
    ) -> None:
        super().__init__(source_id)
        self.load_messages = load_messages
        self.store_inputs = store_inputs
        self.store_context_messages = store_context_messages
        self.store_context_from = store_context_from
        self.store_outputs = store_outputs

    @abstractmethod
    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        """The messages of the session, oldest first."""

    @abstractmethod
    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append ``messages`` to those of the session."""

    async def prune(
        self, session_id: str | None, strategy: str, *, state: dict[str, Any] | None = None, **options: Unpack[Options]
    ) -> Pruned:
        """Shorten the history that is kept of the session, by a strategy and with the options of :meth:`Session.prune`.

        Messages that others add meanwhile stay. ``state`` is needed where the history is in the session.

        Raises:
            PruningError: there is no such strategy, it cannot be with these options, or the provider cannot prune.
            HistoryChangedError: the history was rewritten meanwhile; nothing was removed.
            ImmutableError: the history only grows.
        """
        # Loaded on first use, as by a session.
        from pysession.pruning import strategy_named

        return await self.prune_by(session_id, strategy, strategy_named(strategy, **options), state)

    async def prune_by(
        self, session_id: str | None, name: str, strategy: Strategy, state: dict[str, Any] | None = None
    ) -> Pruned:
        """The same by a strategy whose options were looked at already; a provider that can prune overrides this."""
        from pysession.pruning import PruningError

        raise PruningError(f"{type(self).__name__} only adds messages; it has no way to take any out")

    async def before_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        if self.load_messages:
            stored = await self.get_messages(context.session_id, state=state)
            context.extend_messages(self, without_settled_approvals(stored))

    async def after_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        if messages := self._worth_keeping(context):
            await self.save_messages(context.session_id, messages, state=state)

    def _worth_keeping(self, context: RunContext) -> list[Message]:
        kept: list[Message] = []
        if self.store_context_messages and self.store_context_from is not None:
            kept += context.get_messages(sources=self.store_context_from)
        elif self.store_context_messages:
            kept += context.get_messages(exclude_sources={self.source_id})
        if self.store_inputs:
            kept += context.input_messages
        if self.store_outputs and context.response is not None:
            kept += context.response.messages
        return kept


def distinct(providers: Iterable[ContextProvider]) -> tuple[ContextProvider, ...]:
    """``providers`` in their order.

    Raises:
        DuplicateSourceError: two of them have the same source id.
    """
    found = tuple(providers)
    seen: set[str] = set()
    for provider in found:
        if provider.source_id in seen:
            raise DuplicateSourceError(provider.source_id)
        seen.add(provider.source_id)
    return found
