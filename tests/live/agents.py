"""Agents of ``agent-framework-core`` as installed, with a scripted model: everything else about them is real."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from agent_framework import (
    Agent,
    AgentSession,
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, BaseChatClient):  # type: ignore[misc]
    """A model that says, one after the other, what it was told to."""

    def __init__(self, *replies: Sequence[Content]) -> None:
        super().__init__()
        self._replies = list(replies)

    def _inner_get_response(
        self, *, messages: Sequence[Message], stream: bool, options: Mapping[str, Any], **kwargs: Any
    ) -> Awaitable[ChatResponse]:
        async def respond() -> ChatResponse:
            return ChatResponse(messages=[Message("assistant", list(self._replies.pop(0)))])

        return respond()


@tool(approval_mode="never_require")
def weather(city: str) -> str:
    """What the weather is like."""
    return f"sunny in {city}"


@tool(approval_mode="never_require")
def broken(city: str) -> str:
    """Always fails."""
    raise RuntimeError(city)


@tool(approval_mode="always_require")
def delete(path: str) -> str:
    """Deletes a file."""
    return f"deleted {path}"


def call(name: str, number: int, **arguments: Any) -> Content:
    return Content.from_function_call(f"call_{number}", name, arguments=json.dumps(arguments))


def text(words: str) -> Content:
    return Content.from_text(words)


async def run(replies: Sequence[Sequence[Content]], *turns: Any, **kwargs: Any) -> AgentSession:
    agent = Agent(Scripted(*replies), tools=[weather, broken, delete], name="helper", **kwargs)
    session = agent.create_session()
    for turn in turns:
        await agent.run(turn, session=session)
    return session


SCENARIOS: dict[str, tuple[Sequence[Sequence[Content]], Sequence[Any], set[str]]] = {
    "plain turns": ([[text("hello")], [text("bye")]], ["hi", "see you"], set()),
    "a tool": ([[call("weather", 1, city="Oslo")], [text("sunny")]], ["weather?"], set()),
    "tools in parallel": (
        [[call("weather", 1, city="Oslo"), call("weather", 2, city="Rome")], [text("both sunny")]],
        ["weather?"],
        set(),
    ),
    "a failing tool": ([[call("broken", 1, city="Oslo")], [text("sorry")]], ["go"], set()),
    "a pending approval": (
        [[call("delete", 1, path="/x")]],
        ["delete it"],
        {"approval-pending", "tool-call-unanswered"},
    ),
    "reasoning": (
        [[Content.from_text_reasoning(id="rs_1", text="hm", protected_data="enc"), text("done")]],
        ["think"],
        set(),
    ),
}
