"""``Agent``: the smallest agent that treats a session as the framework's does. For scenarios and tests, not a product."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from pysession.dialects.python import HISTORY_KEYS
from pysession.sessions.agents.runs import ChatClient, Run, finished
from pysession.sessions.agents.services import family_of, why_another_service
from pysession.sessions.context import RunContext
from pysession.sessions.errors import CorruptSessionError, SessionError
from pysession.sessions.messages import Input, Message, normalised
from pysession.sessions.providers.base import ContextProvider, HistoryProvider, distinct
from pysession.sessions.providers.in_memory import InMemoryHistoryProvider
from pysession.sessions.responses import Response, ResponseStream, Update
from pysession.sessions.session import Session
from pysession.sessions.spans import spanning
from pysession.sessions.tools import as_tool, by_name

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class MismatchError(SessionError):
    """A session was written by another agent, or with other providers or another service, than the one to go on with it."""


class MismatchWarning(UserWarning):
    """What :class:`MismatchError` says, where the agent is not strict."""


class Call(msgspec.Struct):
    """A run as middleware has it. Set ``response`` instead of proceeding to end it early; it is kept all the same."""

    agent: Agent
    session: Session
    messages: list[Message]
    response: Response | None = None


Middleware = Callable[[Call, Callable[[], Awaitable[None]]], Awaitable[None]]


class Agent:
    """An agent with a name, a model, what it is told to be, and tools.

    ``model`` is any async function of the messages (and, if it takes a second argument, of the options of the run: the
    tools, the service's conversation id), or an async generator of pieces of an answer. Without ``context_providers`` that
    load a history, one in the session itself is used. ``session`` is that of runs that are given none.
    ``message_injection``: what :func:`enqueue_messages` queued in a session is shown when the model is next asked.
    ``service`` is a name for the service behind the model; with one, each session says which service it was last written
    with. ``strict``: refuse to go on with a session that another agent wrote, or with another service, or whose history no
    provider here would load.
    """

    def __init__(
        self,
        name: str | None,
        model: ChatClient,
        instructions: str | None = None,
        tools: Sequence[Any] = (),
        *,
        session: Session | None = None,
        context_providers: Sequence[ContextProvider] = (),
        middleware: Sequence[Middleware] = (),
        message_injection: bool = False,
        service: str | None = None,
        strict: bool = False,
    ) -> None:
        """
        Raises:
            DuplicateSourceError: two providers have one source id.
            ToolError: a tool is none, or two have one name.
        """
        self.name = name
        self.model = model
        self.instructions = instructions
        self.tools = [as_tool(one) for one in tools]
        self.context_providers = distinct(context_providers)
        self.middleware = tuple(middleware)
        self.message_injection = message_injection
        self.service = service
        self.strict = strict
        self._family: str | None = None
        self.session = session or Session()
        by_name(self.tools)

    def create_session(
        self,
        *,
        session_id: str | None = None,
        app_name: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retention: Mapping[str, Any] | None = None,
    ) -> Session:
        """A fresh session. It is not bound to the agent."""
        return Session(
            session_id=session_id, app_name=app_name, user_id=user_id, metadata=metadata, retention=retention
        )

    def get_session(self, service_session_id: str | Mapping[str, Any], *, session_id: str | None = None) -> Session:
        """A session that goes on with a conversation which a service keeps."""
        return Session(session_id=session_id, service_session_id=service_session_id)

    @overload
    def run(
        self,
        messages: Input = None,
        *,
        session: Session | None = None,
        stream: Literal[False] = False,
        options: Mapping[str, Any] | None = None,
    ) -> Awaitable[Response]: ...

    @overload
    def run(
        self,
        messages: Input = None,
        *,
        session: Session | None = None,
        stream: Literal[True],
        options: Mapping[str, Any] | None = None,
    ) -> ResponseStream: ...

    def run(
        self,
        messages: Input = None,
        *,
        session: Session | None = None,
        stream: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> Awaitable[Response] | ResponseStream:
        """Tell the agent ``messages``: its answer, or with ``stream`` the answer as it comes.

        The session is changed when the whole answer is there. A run that raises, and a stream that is given up, leave its
        history as it was.

        Raises:
            MismatchError: the agent is strict and the session is not its own.
        """
        call = Call(self, session or self.session, normalised(messages))
        self._check(call.session)
        if stream:
            streamed = _Streamed(call, dict(options or {}))
            return ResponseStream(streamed.updates(), streamed.finish)
        return self._run(call, dict(options or {}))

    async def _run(self, call: Call, options: Mapping[str, Any]) -> Response:
        streamed = _Streamed(call, options)
        await finished(streamed.updates())
        return await streamed.finish()

    def answered_by(self, session: Session, conversation_id: object) -> None:
        """Take note of the service that answered in ``session``, by the id that it gave the conversation.

        Raises:
            MismatchError: the agent is strict and it is another than the one that keeps the session.
        """
        family = family_of(conversation_id)
        if self._family is None:  # else it was told before the run
            self._tell(why_another_service(session, None, family))
        self._family = family or self._family
        if self.service is not None:
            session.record.service = self.service

    def providers_for(self, session: Session) -> tuple[ContextProvider, ...]:
        """The providers of a run with ``session``: those configured and, where the framework adds it, the in-memory one.

        It is added when none loads a history and no service keeps the conversation.
        """
        loads = any(isinstance(one, HistoryProvider) and one.load_messages for one in self.context_providers)
        if loads or session.service_session_id:
            return self.context_providers
        return distinct((*self.context_providers, InMemoryHistoryProvider()))

    def _check(self, session: Session) -> None:
        for why in self._mismatches(session):
            self._tell(why)

    def _tell(self, why: str | None) -> None:
        if why is not None and self.strict:
            raise MismatchError(why)
        if why is not None:
            warnings.warn(why, MismatchWarning, stacklevel=4)

    def _mismatches(self, session: Session) -> list[str]:
        found: list[str] = []
        is_handed_over = session.record.events.handed_to() == self.name and not session.service_session_id
        if not is_handed_over and (why := why_another_service(session, self.service, self._family)) is not None:
            found.append(why)
        own = {provider.source_id for provider in self.providers_for(session)}
        if session.service_session_id:
            own |= HISTORY_KEYS  # from before the service kept the conversation: not shown, and that is as it should be
        for key, entry in session.state.items():
            messages = entry.get("messages") if isinstance(entry, dict) else None
            if not isinstance(messages, list) or not messages:
                continue
            if key not in own:
                found.append(
                    f"the session {session.session_id!r} has a history under {key!r}, which no provider here loads"
                )
            authors = {one["author_name"] for one in messages if isinstance(one, dict) and one.get("author_name")}
            if authors and self.name not in authors and session.record.events.handed_to() != self.name:
                found.append(
                    f"the session {session.session_id!r} was written by {', '.join(sorted(authors))}, not {self.name}"
                )
        return found


class _Streamed:
    """A run, from the providers before it to the providers after it."""

    def __init__(self, call: Call, options: Mapping[str, Any]) -> None:
        self._call = call
        self._agent = call.agent
        self._options = options
        self._providers = call.agent.providers_for(call.session)
        self._run: Run | None = None
        self._invocation = ExitStack()
        self._context = RunContext(
            session_id=call.session.session_id,
            service_session_id=call.session.service_session_id,
            input_messages=call.messages,
            options=options,
        )

    async def updates(self) -> AsyncIterator[Update]:
        named = {"gen_ai__agent__name": self._agent.name, "gen_ai__conversation__id": self._call.session.session_id}
        with (
            self._invocation,
            spanning(f"invoke_agent {self._agent.name}", gen_ai__operation__name="invoke_agent", **named) as span,
        ):
            self._invocation.enter_context(self._call.session.invoked_by(self._agent.name))
            async for update in self._updates(span):
                yield update
            # It goes on until the providers are told; a run that fails or is given up ends here.
            self._invocation = self._invocation.pop_all()

    async def _updates(self, span: Span | None) -> AsyncIterator[Update]:
        session, context = self._call.session, self._context
        for provider in self._providers:
            if isinstance(provider, HistoryProvider) and not provider.load_messages:
                continue
            await provider.before_run(agent=self._agent, session=session, context=context, state=self._state(provider))
        tools = by_name([*self._agent.tools, *context.tools])
        told = "\n".join(part for part in (self._agent.instructions, *context.instructions) if part)
        injecting = self._agent.message_injection
        self._run = Run(self._agent.model, session, context, tools, told, span, injecting=injecting)
        if not self._agent.middleware:
            async for update in self._run.updates():
                yield update
            return
        # Middleware sees the whole answer and may put another in its place, so nothing is shown before it has.
        await self._through(0)
        for one in self._response().messages:
            yield Update(one["contents"], one["role"], one.get("message_id"))

    async def finish(self) -> Response:
        """Tell the providers, in the reverse order: here the session is changed."""
        with self._invocation:
            return await self._finish()

    async def _finish(self) -> Response:
        session, response = self._call.session, self._response()
        for one in response.messages:
            if one.get("author_name") is None and self._agent.name is not None:
                _name(one, self._agent.name)
        self._agent.answered_by(session, response.conversation_id)
        if response.conversation_id:
            session.service_session_id = response.conversation_id
        self._context.response = response
        session.added([*self._context.input_messages, *response.messages], self._agent.name)
        with spanning("update_session", gen_ai__conversation__id=session.session_id):
            for provider in reversed(self._providers):
                await provider.after_run(
                    agent=self._agent, session=session, context=self._context, state=self._state(provider)
                )
            await session.prune_if_due(
                provider
                for provider in self._providers
                if isinstance(provider, HistoryProvider) and provider.load_messages
            )
        return response

    def _state(self, provider: ContextProvider) -> dict[str, Any]:
        state = self._call.session.state.setdefault(provider.source_id, {})
        if not isinstance(state, dict):
            raise CorruptSessionError(
                f"the state under {provider.source_id!r} is no object, and a provider keeps its own there"
            )
        return state

    def _response(self) -> Response:
        if self._call.response is not None:
            return self._call.response
        return self._run.response if self._run is not None else Response([])

    async def _through(self, place: int) -> None:
        if place < len(self._agent.middleware):
            await self._agent.middleware[place](self._call, lambda: self._through(place + 1))
        elif self._run is not None:
            await finished(self._run.updates())
            self._call.response = self._run.response


def _name(one: Message, author: str) -> None:
    """Put the author where the framework writes it, behind the contents."""
    behind = {name: one.pop(name) for name in [*one] if name not in ("role", "contents")}
    one["author_name"] = author
    one.update(behind)
