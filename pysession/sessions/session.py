"""``Session``: what an agent keeps of a conversation between runs, as ``AgentSession`` of Agent Framework has it.

And what AGNT5's has beside: whose it is, state in scopes, messages added by hand, an audit trail, an export. All of that is
in one :class:`~pysession.sessions.record.Record`, and in the document only when it is used.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

from pysession.findings import format_pointer
from pysession.findings.failures import UsageError
from pysession.sessions import conversation
from pysession.sessions.conversation import BoundAgent, MessageView
from pysession.sessions.document import Document
from pysession.sessions.envelopes import checked
from pysession.sessions.errors import CorruptSessionError, NotYoursError, SessionError
from pysession.sessions.events import EventKind, Events, Scalar, Since, check_limit
from pysession.sessions.exporting import Export, ExportFormat, exported
from pysession.sessions.memory import Memory
from pysession.sessions.record import PLACE, Record, taken_from
from pysession.sessions.retention import Retention, RetentionError
from pysession.sessions.scoped_state import Scope, ScopedState
from pysession.sessions.state_values import (
    Unregistered,
    decoded_state,
    encoded_message,
    encoded_service_id,
    encoded_state,
    encoded_values,
)
from pysession.stores.failures import ImmutableError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pysession.pruning import Options, OptionsAtOnce, Pruned, Scorer, Summariser
    from pysession.sessions.messages import Message
    from pysession.sessions.providers.base import HistoryProvider
    from pysession.sessions.responses import Response


class Session(Document):
    """The ids of a conversation and the state that its providers and tools share.

    ``session_id`` (or ``id``, which is the same) is generated unless given. ``service_session_id`` is the id of the
    conversation at a service that keeps it itself: a text, or an object where the service has ids of several parts. ``state``
    is one dictionary for all; a provider has the part under its source id. Its values are JSON, registered types
    (:func:`pysession.sessions.register_state_type`), and ``datetime``, ``date``, ``UUID``, ``Decimal``, ``bytes``, ``set``.
    Messages in it are dictionaries, as they stand in the document.

    ``app_name`` and ``user_id`` say whose session it is; state in the scopes ``app`` and ``user`` is shared by those that say
    the same. ``metadata`` is the application's, ``retention`` how long the session is kept and in what form.

    ``unregistered`` are the values of the loaded document whose type nobody registered; they were kept as they were.

    >>> session = Session(session_id="s1")
    >>> session.state["city"] = "Oslo"
    >>> Session.from_bytes(session.to_bytes()).state
    {'city': 'Oslo'}
    """

    def __init__(
        self,
        id: str | None = None,
        *,
        session_id: str | None = None,
        service_session_id: str | Mapping[str, Any] | None = None,
        app_name: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retention: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Raises:
            UsageError: ``id`` and ``session_id`` are two different ids, or an argument is not what it should be.
        """
        if id is not None and session_id is not None and id != session_id:
            raise UsageError(f"a session has one id, not {id!r} and {session_id!r}")
        self._session_id = session_id or id or str(uuid.uuid4())
        self.service_session_id = service_session_id
        self.state: dict[str, Any] = {}
        self.unregistered: tuple[Unregistered, ...] = ()
        self.record = Record(app_name=_name(app_name, "app_name"), user_id=_name(user_id, "user_id"))
        self.record.metadata.update(metadata or {})
        self.record.retention.update(Retention.of(retention).stored())
        self.scorer: Scorer | None = None
        self.summariser: Summariser | None = None
        self._scopes = ScopedState(self.record)
        self._created: datetime | None = datetime.now(UTC)
        self._beside: dict[str, Any] = {}
        self._agent: BoundAgent | None = None
        self._acting: list[tuple[str | None]] = []
        if self.record.is_used:
            self.record.begin(self._created)

    @property
    def session_id(self) -> str:
        return self._session_id

    @property
    def id(self) -> str:
        """The same as ``session_id``."""
        return self._session_id

    @property
    def app_name(self) -> str | None:
        """The application that the session is one of."""
        return self.record.app_name

    @property
    def user_id(self) -> str | None:
        """The user who talks in it."""
        return self.record.user_id

    @property
    def metadata(self) -> dict[str, Any]:
        """What the application says about the session; stored with it."""
        return self.record.metadata

    @metadata.setter
    def metadata(self, metadata: Mapping[str, Any]) -> None:
        self.record.metadata = dict(metadata)

    def claim(self, *, app_name: str | None = None, user_id: str | None = None) -> None:
        """Say whose the session is, which is nobody's yet: one that the framework saved, for example.

        Raises:
            NotYoursError: it is somebody's.
        """
        if self.app_name is not None or self.user_id is not None:
            raise NotYoursError(self.id, "application" if self.user_id is None else "user")
        self.record.app_name = _name(app_name, "app_name")
        self.record.user_id = _name(user_id, "user_id")
        self._begin()
        self.note(EventKind.CLAIMED)

    @property
    def retention(self) -> Retention:
        """How long the session is kept, how much of it, and whether anything of it may change. May be set to a mapping too.

        Setting it raises RetentionError where it cannot be, and ImmutableError on an immutable session.
        """
        return Retention.of(self.record.retention, later=True)

    @retention.setter
    def retention(self, retention: Mapping[str, Any] | None) -> None:
        said = Retention.of(retention).stored()
        self._check_mutable("its retention cannot be changed")
        self.record.retention = said
        self._begin()
        self.note(EventKind.RETENTION_SET)

    @property
    def memory(self) -> Memory:
        """What is remembered of the user, across sessions."""
        return Memory(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(session_id={self._session_id!r})"

    # --- the conversation ---------------------------------------------------------------------------------------------

    def bind(self, agent: BoundAgent | None) -> None:
        """From now on ``agent`` answers what the user says by :meth:`send_message`; None: nobody does. It is not stored."""
        self._agent = agent

    async def send_message(self, message: Any) -> MessageView | Response:
        """Add a message: ``{"role": "user", "content": "…"}``, a text of the user's, or a message in the framework's words.

        It goes behind the last of the history that is in the session, with the time. It is given back as it stands there.
        When the session is bound to an agent, a user's message is told to the agent instead, and the response is given
        back; both are then in the history, by the agent's providers.

        Raises:
            InputError: it is no message.
            SessionError: a service keeps the conversation, and no agent is bound that could tell it.
            StateValueError: something in it is no JSON.
        """
        told = encoded_message(conversation.as_message(message), ("messages",))
        if self._agent is not None and told["role"] == "user":
            self._begin()
            return await self._agent.run(told, session=self)  # type: ignore[no-any-return]
        if self.service_session_id is not None:
            raise SessionError(
                "a service keeps this conversation, and a message added here it would never see; bind an agent"
            )
        conversation.append(self.state, told)
        self._begin()
        self.added([told], self._actor())
        await self.prune_if_due()
        return MessageView(told)

    async def history(self, limit: int | None = None) -> list[MessageView]:
        """The last ``limit`` messages (None: all), oldest first.

        They are those of the history in the session; with an agent bound that keeps its history elsewhere, those.

        Raises:
            UsageError: ``limit`` is negative.
            CorruptSessionError: what stands there is no history.
        """
        check_limit(limit)
        found = await self._messages()
        return [MessageView(one) for one in (found if limit is None else found[len(found) - min(limit, len(found)) :])]

    async def _messages(self) -> list[Message]:
        from pysession.sessions.providers.base import HistoryProvider

        for provider in getattr(self._agent, "context_providers", ()):
            if isinstance(provider, HistoryProvider) and provider.load_messages:
                return await provider.get_messages(self.id, state=self.state.get(provider.source_id, {}))
        return conversation.stored_messages(self.state, conversation.history_key(self.state))

    def export(self, format: str = ExportFormat.JSONL) -> Export:
        """The history in the session as text: ``jsonl``, one message a line, or ``json``, one object.

        Each message has ``timestamp``, ``role``, ``message`` (its text), ``metadata`` (in lines: the session's, and the
        message's own) and ``tool_calls``, and ``tool_results`` where it has some. There is no line break at the end.

        Raises:
            UsageError: there is no such format.
            CorruptSessionError: what stands there is no history.
        """
        messages = conversation.stored_messages(self.state, conversation.history_key(self.state))
        head = {"session_id": self.id, "app_name": self.app_name, "user_id": self.user_id}
        said = exported(head | {"metadata": encoded_values(self.metadata, (*PLACE, "metadata"))}, messages, format)
        self.note(EventKind.EXPORTED, format=str(format), messages=len(messages))
        return said

    # --- state in scopes ----------------------------------------------------------------------------------------------

    def set_state(self, key: str, value: Any, scope: str = Scope.SESSION) -> None:
        """Put ``value`` under ``key`` in ``scope``: ``session``, ``user``, ``app`` or ``temp``.

        Raises:
            ScopeError: there is no such scope, or the key is no text.
            StateValueError: the value has no JSON form (in ``temp`` it needs none); nothing was changed.
            ImmutableError: the session only grows, and has another value under ``key``.
        """
        if scope == Scope.SESSION and self._scopes.values(scope).get(key, value) != value:
            self._check_mutable(f"its state has another value under {key!r} already")
        self._scopes.set(key, value, scope)
        if scope != Scope.TEMP:
            self._begin()
            self.note(EventKind.STATE_SET, key=key, scope=str(scope))

    def get_state(self, key: str, scope: str = Scope.SESSION, default: Any = None) -> Any:
        """What is under ``key`` in ``scope``, or ``default``.

        Raises:
            ScopeError: there is no such scope.
        """
        return self._scopes.values(scope).get(key, default)

    def delete_state(self, key: str, scope: str = Scope.SESSION) -> bool:
        """Remove what is under ``key`` in ``scope``; whether there was anything.

        Raises:
            ScopeError: there is no such scope.
            ImmutableError: the session only grows, and has it.
        """
        if scope == Scope.SESSION and key in self._scopes.values(scope):
            self._check_mutable(f"what its state has under {key!r} cannot be deleted")
        found = self._scopes.delete(key, scope)
        if found and scope != Scope.TEMP:
            self._begin()
            self.note(EventKind.STATE_DELETED, key=key, scope=str(scope))
        return found

    def state_keys(self, scope: str = Scope.SESSION) -> list[str]:
        """The keys in ``scope``, in the order in which they were set."""
        return list(self._scopes.values(scope))

    # --- the audit trail ----------------------------------------------------------------------------------------------

    def events(self, since: Since = None, limit: int | None = None) -> Events:
        """The last ``limit`` events (None: all) not earlier than ``since``, oldest first.

        ``since`` is a date or a time, as text (ISO 8601) or object; without a time zone it is in UTC.

        Raises:
            UsageError: ``since`` is neither, or ``limit`` is negative.
        """
        return self.record.events.since(since, limit)

    def note(self, kind: str, **detail: Scalar) -> None:
        """Append an event to the trail, if the session keeps one; its actor is the agent that acts."""
        if self.record.is_begun:
            self.record.events.note(kind, self._actor(), detail)

    def handoff(self, to: BoundAgent | str) -> None:
        """Record that the conversation is handed to another agent, which then goes on with it without a warning.

        An agent, not only its name, is bound too where one was bound before.
        """
        name = to if isinstance(to, str) else to.name
        self._begin()
        before = self.record.events.last_agent()
        self.record.events.note(EventKind.HANDOFF, self._actor() or before, {"from": before, "to": name})
        if self._agent is not None and not isinstance(to, str):
            self._agent = to

    @contextmanager
    def invoked_by(self, agent: str | None) -> Iterator[None]:
        """While an agent runs: it is the actor of what happens. When the outermost run ends, so does the scope ``temp``."""
        own = (agent,)
        last = self.record.events.last_agent()
        if agent is not None and last not in (None, agent):
            self.record.events.note(EventKind.HANDOFF, agent, {"from": last, "to": agent})
        self._acting.append(own)
        try:
            yield
        finally:
            # By identity: of runs at the same time the first to begin may end last.
            self._acting = [one for one in self._acting if one is not own]
            if not self._acting:
                self._scopes.end_invocation()

    def added(self, messages: Sequence[Message], agent: str | None) -> None:
        """Record that ``messages`` were added, and stamp each with the time; ``agent`` ran, or added them.

        A user's message is the user's doing, any other that of its author or the agent.
        """
        if not self.record.is_begun:
            return
        for one in messages:
            user = self.user_id or "user"
            actor = user if one["role"] == "user" else one.get("author_name") or agent
            detail = {"role": one["role"], "agent": agent, "message_id": one.get("message_id")}
            event = self.record.events.note(EventKind.MESSAGE_ADDED, actor, detail)
            conversation.stamp(one, event.timestamp)

    def _hold(self, record: Record) -> None:
        """Be the session of a document."""
        try:
            Retention.of(record.retention, later=True)
        except (RetentionError, TypeError) as error:
            raise CorruptSessionError(f"{format_pointer((*PLACE, 'retention'))}: {error}") from None
        self.record = record
        self._scopes = ScopedState(record)
        self._created = None

    def _begin(self) -> None:
        self.record.begin(self._created)

    def _check_mutable(self, why: str) -> None:
        if self.record.retention.get("immutable") is True:
            raise ImmutableError(self.id, why=why)

    def _actor(self) -> str | None:
        if self._acting:
            return self._acting[-1][0]
        return self._agent.name if self._agent is not None else None

    # --- the document -------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The session as JSON values in the framework's order, sharing nothing with it.

        Raises:
            StateValueError: a value has no JSON form; it says where.
        """
        return {
            "type": "session",
            "session_id": self._session_id,
            "service_session_id": encoded_service_id(self.service_session_id),
            "state": self.record.within(encoded_state(self.state)),
            **self._beside,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The session that ``data`` describes, sharing nothing with it.

        Raises:
            NotASessionError: another kind of document, or a version that is not known.
            CorruptSessionError: a part of the session is missing or is not what it should be.
        """
        envelope = checked(data)
        session = cls(session_id=envelope.session_id, service_session_id=envelope.service_session_id)
        record, unknown = taken_from(envelope.state)
        session.state, session.unregistered = decoded_state(envelope.state)
        session.unregistered += unknown
        session._hold(record)
        session._beside = envelope.beside
        return session

    @classmethod
    def load_or_new(cls, path: str | os.PathLike[str], *, session_id: str | None = None) -> Self:
        """The session in the file at ``path``, or a fresh one (with ``session_id``) when there is no such file.

        A file that is there but cannot be restored raises: a fresh session in its place would be saved over it.
        """
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            return cls(session_id=session_id)
        session = cls.from_bytes(data, source=os.fspath(path))
        if session_id is not None and session.session_id != session_id:
            why = f"it is the session {session.session_id!r} and not {session_id!r}"
            raise CorruptSessionError(why, os.fspath(path))
        return session

    @overload
    def prune(
        self, strategy: str | None = None, *, source_id: str | None = None, **options: Unpack[OptionsAtOnce]
    ) -> Pruned: ...

    @overload
    def prune(
        self, strategy: str | None = None, *, source_id: str | None = None, **options: Unpack[Options]
    ) -> Awaitable[Pruned]: ...

    def prune(
        self, strategy: str | None = None, *, source_id: str | None = None, **options: Unpack[Options]
    ) -> Pruned | Awaitable[Pruned]:
        """Shorten the histories in the state, or the one under ``source_id``, and say what was removed.

        ``keep_last_50`` (any number), ``sliding_window`` with ``window_size``, ``keep_important`` with ``scorer`` (of a message a
        number), ``max_messages`` and ``threshold`` (the least score), ``summarize_old`` with ``summariser`` (of messages a text)
        (or ``summarizer``) and ``threshold`` (messages). Without a strategy that of the retention. No message is changed; what
        belongs together stays or goes together. Metadata and the other state stay. ``session.scorer`` and
        ``session.summariser`` are taken where none is given, also when the session is pruned by itself; they are not stored.

        It is done when this returns, and may be awaited too. Where the scorer or summariser is asynchronous (a model) it has
        to be, and is done then.

        >>> session = Session(session_id="s1")
        >>> session.state["in_memory"] = {"messages": [{"role": "user", "contents": [str(n)]} for n in range(9)]}
        >>> session.prune("keep_last_2").removed
        7

        Raises:
            PruningError: there is no such strategy, or it cannot be with these options.
            UsageError: there is no history under ``source_id``.
            ImmutableError: the session only grows.
            HistoryChangedError: a history was rewritten while a scorer or summariser was awaited; nothing was removed.
        """
        # Loaded on first use: most sessions are never pruned, and the rules that it goes by load much.
        from pysession.pruning import strategy_named, with_deciders
        from pysession.sessions.pruning import prune_session

        self._check_mutable("nothing of it can be pruned")
        if strategy is None and not options:
            strategy, chosen = self.retention.strategy_name, self.retention.strategy(self.scorer, self.summariser)
        else:
            strategy = strategy or self.retention.strategy_name
            chosen = strategy_named(strategy, **with_deciders(strategy, options, self.scorer, self.summariser))
        return prune_session(self, strategy, chosen, source_id)

    async def prune_if_due(self, providers: Iterable[HistoryProvider] = ()) -> None:
        """Prune the histories that have more messages than the retention allows, if it says ``auto_prune``: those in the
        session, and those that ``providers`` keep elsewhere.

        An agent does it after a run, and a SessionStore before it saves. What cannot be pruned stays, with a RetentionWarning.
        """
        if self.record.retention.get("auto_prune") is True:
            from pysession.sessions.pruning import prune_providers, prune_when_due

            await prune_when_due(self)
            await prune_providers(
                self, [one for one in providers if "messages" not in self.state.get(one.source_id, {})]
            )

    def _before_saving(self) -> None:
        if self.record.retention.get("auto_prune") is True:
            from pysession.sessions.pruning import prune_before_saving

            prune_before_saving(self)

    def clear(self) -> None:
        """Forget the conversation: the state is emptied and the service's id dropped; the session keeps its own id.

        So it does whose it is, its metadata and retention, what it shares with others, and the trail, which says so.

        Raises:
            ImmutableError: the session only grows.
        """
        self._check_mutable("nothing of it can be forgotten")
        self.state.clear()
        self.service_session_id = None
        self.unregistered = ()
        self._beside = {}
        self.record.state.clear()
        self.record.service = None
        self._scopes.end_invocation()
        self.note(EventKind.CLEARED)


def _name(value: str | None, what: str) -> str | None:
    """Raises UsageError when the name of a user or an application is none."""
    if value is not None and (not isinstance(value, str) or not value):
        raise UsageError(f"{what} is a text that is not empty; this is {value!r}")
    return value
