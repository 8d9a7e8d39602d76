"""One run of an agent: the model and the tools in turn, until there is an answer or a person has to be asked."""

from __future__ import annotations

import asyncio
import inspect
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pysession.sessions import approvals
from pysession.sessions.agents import injection
from pysession.sessions.context import RunContext
from pysession.sessions.messages import (
    APPROVAL_REQUEST,
    APPROVAL_RESPONSE,
    CALL,
    Content,
    Message,
    approval_request,
    message,
    text,
)
from pysession.sessions.responses import Response, Update, added, as_response, as_update, joined
from pysession.sessions.session import Session
from pysession.sessions.spans import spanning
from pysession.sessions.tools import Tool, not_found, refused

if TYPE_CHECKING:
    from opentelemetry.trace import Span

ChatClient = Callable[..., Any]
"""``client(messages)`` or ``client(messages, options)``: an async function that answers, or an async generator of pieces."""

MAX_TURNS = 40
MAX_FAILURES = 3
"""Turns of the model in one run, and of these in a row with a failing tool; then it is asked once more, without tools."""

_VISIBLE = frozenset({"data", "uri", "error", "hosted_file", "hosted_vector_store"})
_GIVEN_UP = "Function invocation limit reached before a final answer could be produced."
_LOG = logging.getLogger("pysession")


class Run:
    """A run while it lasts. ``produced`` is what it has brought forth so far, in order."""

    def __init__(
        self,
        client: ChatClient,
        session: Session,
        context: RunContext,
        tools: Mapping[str, Tool],
        instructions: str,
        span: Span | None = None,
        *,
        injecting: bool = False,
    ) -> None:
        self.produced: list[Message] = []
        self.conversation_id: str | None = None
        self._client = client
        self._session = session
        self._context = context
        self._tools = tools
        self._instructions = instructions
        self._span = span
        self._injecting = injecting
        self._answer = Response([])
        self._usage: dict[str, int] | None = None

    @property
    def response(self) -> Response:
        return Response(self.produced, self.conversation_id, self._usage)

    async def updates(self) -> AsyncIterator[Update]:
        """Do it all; the pieces as they come. Nothing of the session's history changes meanwhile."""
        shown = [_copied(one) for one in self._context.get_messages(include_input=True)]
        settled, waiting = await self._settle_approvals(shown)
        if settled:
            self.produced.append(message("tool", settled))
            yield Update(settled, "tool")
        if waiting:
            self.produced.append(message("assistant", waiting))
            yield Update(waiting)
            return
        failures = int(_failed(settled))
        for turn in range(MAX_TURNS + 1):
            last = turn == MAX_TURNS or failures == MAX_FAILURES
            with spanning("chat", self._span, gen_ai__operation__name="chat"):
                async for update in self._ask(shown, offered=not last):
                    yield update
            if last:
                self.produced += _last_words(self._answer.messages)
                return
            self.produced += self._answer.messages
            calls = _with_ids(self._answer.messages)
            if not calls:
                if not (self._injecting and injection.queued_messages(self._session)):
                    return
                self._show(shown)
                continue
            if self._asks_a_person(calls):
                yield Update(self._ask_a_person(calls))
                return
            results = await self._carried_out(calls)
            failures = failures + 1 if _failed(results) else 0
            self.produced.append(message("tool", results))
            yield Update(results, "tool")
            self._show(shown, self.produced[-1])

    def _show(self, shown: list[Message], *results: Message) -> None:
        """A service that keeps the conversation has what it answered itself."""
        if self.conversation_id is not None or self._session.service_session_id is not None:
            shown[:] = results
        else:
            shown += [*self._answer.messages, *results]

    async def _ask(self, shown: list[Message], *, offered: bool) -> AsyncIterator[Update]:
        instructions = [message("system", self._instructions)] if self._instructions else []
        options = {
            **self._context.options,
            "tools": list(self._tools.values()),
            "tool_choice": "auto" if offered else "none",
            "conversation_id": self.conversation_id or self._session.service_session_id,
        }
        queued = injection.queued_messages(self._session) if self._injecting else []
        answer = _called(self._client, [*instructions, *shown, *queued], options)
        if inspect.isawaitable(answer):
            answer = await answer
        if hasattr(answer, "__aiter__"):
            pieces: list[Update] = []
            async for piece in answer:
                update = as_update(piece)
                if not offered:
                    update.contents = _without_calls(update.contents)
                pieces.append(update)
                yield update
            if not offered and not any(_is_visible(piece.contents) for piece in pieces):
                pieces.append(Update([text(_GIVEN_UP)]))
                yield pieces[-1]
            self._answer = joined(pieces)
        else:
            self._answer = as_response(answer)
            for one in self._answer.messages:
                yield Update(one["contents"], one["role"], one.get("message_id"), self._answer.conversation_id)
        self._answer.messages = [_copied(one) for one in self._answer.messages]
        self.conversation_id = self._answer.conversation_id or self.conversation_id
        self._usage = added(self._usage, self._answer.usage_details)
        if queued:
            injection.shown(self._session, len(queued))

    def _asks_a_person(self, calls: Sequence[Content]) -> bool:
        return any(self._needs_approval(call) for call in calls)

    def _needs_approval(self, call: Content) -> bool:
        known = self._tools.get(call["name"])
        return known is not None and known.approval_mode == "always_require"

    def _ask_a_person(self, calls: Sequence[Content]) -> list[Content]:
        """The questions, put behind the calls and into the state; calls of unknown tools are asked about too."""
        asked = [call for call in calls if self._needs_approval(call) or call["name"] not in self._tools]
        requests = [approval_request(call) for call in asked]
        hidden = [approval_request(call) for call in calls if call not in asked]
        first = next(one for one in self._answer.messages if one["role"] == "assistant")
        first["contents"] += requests
        approvals.record_pending(self._session.state, requests, hidden, calls)
        return requests

    async def _carried_out(self, calls: Sequence[Content]) -> list[Content]:
        return list(await asyncio.gather(*(self._result(call) for call in calls)))

    async def _result(self, call: Content) -> Content:
        known = self._tools.get(call["name"])
        if known is None:
            return not_found(call)
        named = {"gen_ai__tool__name": known.name, "gen_ai__tool__call__id": call["call_id"]}
        with spanning(f"execute_tool {known.name}", self._span, gen_ai__operation__name="execute_tool", **named):
            return await known.invoke(call, self._session)

    async def _settle_approvals(self, shown: list[Message]) -> tuple[list[Content], list[Content]]:
        """Act on the person's answers in ``shown``: the results, or the requests that still wait for an answer.

        Answers of earlier runs are there as long as they wait for others, and then so does this run.
        """
        batch = approvals.answer(self._session.state, _answers(shown))
        for unknown in batch.unknown & {answer.get("id") for answer in _answers(self._context.input_messages)}:
            _LOG.warning("the approval %r answers nothing that was asked, and is left out", unknown)
        results: list[Content] = []
        if batch.decided:
            results = list(await asyncio.gather(*(self._decided(call, ok) for call, ok in batch.decided)))
        approvals.show_settled(shown, results)
        return results, batch.waiting

    async def _decided(self, call: Content, approved: bool) -> Content:
        return await self._result(call) if approved else refused(call)


async def finished(updates: AsyncIterator[Update]) -> None:
    """Take all of ``updates``."""
    async for _ in updates:
        pass


def _called(client: ChatClient, messages: list[Message], options: Mapping[str, Any]) -> Awaitable[Any] | Any:
    return client(messages, options) if _takes_options(client) else client(messages)


def _takes_options(client: ChatClient) -> bool:
    parameters = inspect.signature(client).parameters.values()
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 or any(one.kind is one.VAR_POSITIONAL for one in parameters)


def _copied(one: Message) -> Message:
    return one | {
        "contents": [dict(content) for content in one["contents"]],
        "additional_properties": dict(one["additional_properties"]),
    }


def _with_ids(messages: Sequence[Message]) -> list[Content]:
    """The calls that are ours to carry out, each given an id of its own as the framework does from 1.18.0 on."""
    calls: list[Content] = []
    for one in messages:
        for place, content in enumerate(one["contents"]):
            if content["type"] == CALL and not content.get("hosted") and not content.get("informational_only"):
                if content.get("id") is None:
                    properties = content.pop("additional_properties", {})
                    content["id"] = f"af-call-{uuid.uuid4().hex}"
                    content["additional_properties"] = properties
                one["contents"][place] = content
                calls.append(content)
    return calls


def _answers(messages: Sequence[Message]) -> list[Content]:
    """A person's answers to what we asked; those to a service's questions are the service's."""
    return [
        content
        for one in messages
        for content in one["contents"]
        if content["type"] == APPROVAL_RESPONSE and not content["function_call"].get("hosted")
    ]


def _failed(results: Sequence[Content]) -> bool:
    return any("exception" in result for result in results)


def _without_calls(contents: Sequence[Content]) -> list[Content]:
    """Calls that nobody will answer would make every later request to the model an error."""
    return [content for content in contents if content["type"] not in (CALL, APPROVAL_REQUEST)]


def _last_words(messages: Sequence[Message]) -> list[Message]:
    """An answer that was to have no calls, without those that it has all the same."""
    left = [one | {"contents": kept} for one in messages if (kept := _without_calls(one["contents"]))]
    return left if any(_is_visible(one["contents"]) for one in left) else [*left, message("assistant", _GIVEN_UP)]


def _is_visible(contents: Sequence[Content]) -> bool:
    """Whether there is something for a person among them."""
    return any(one["type"] in _VISIBLE or (one["type"] == "text" and one["text"].strip()) for one in contents)
