"""Sessions that the real library writes in this very run, judged.

A scripted model answers; everything else is ``agent-framework-core`` as installed: the agent, tools, approvals, stores.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from agent_framework import (
    Agent,
    AgentSession,
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    Content,
    FileHistoryProvider,
    FileSessionStore,
    FunctionInvocationLayer,
    Message,
    tool,
)

from pysession import check
from pysession.findings import DocumentReport
from pysession.inputs import Record, Source, discover, records
from pysession.wire import DEFAULT_LIMITS

pytestmark = pytest.mark.filterwarnings("default")
"""The library warns of its own experimental parts; its warnings are not this project's."""


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


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_session_of_the_newest_release_is_judged_as_it_is(name: str) -> None:
    replies, turns, expected = SCENARIOS[name]
    session = asyncio.run(run(replies, *turns))
    report = check(json.dumps(session.to_dict()).encode())
    assert report.dialect == "python"
    assert report.session_id == session.session_id
    assert {finding.rule for finding in report.findings} == expected
    assert all(finding.severity == "info" for finding in report.findings)


def test_an_approved_call_leaves_a_clean_session() -> None:
    async def approve() -> AgentSession:
        agent = Agent(Scripted([call("delete", 1, path="/x")], [text("gone")]), tools=[delete], name="helper")
        session = agent.create_session()
        response = await agent.run("delete it", session=session)
        (request,) = response.user_input_requests
        await agent.run(Message("user", [request.to_function_approval_response(approved=True)]), session=session)
        return session

    report = check(json.dumps(asyncio.run(approve()).to_dict()).encode())
    assert report.findings == ()
    assert report.messages >= 4


def test_a_call_whose_result_was_lost_in_a_crash_is_an_error_at_the_call() -> None:
    session = asyncio.run(run([[call("weather", 1, city="Oslo")], [text("sunny")]], "weather?")).to_dict()
    messages = session["state"]["in_memory"]["messages"]
    lost = [message for message in messages if message["role"] != "tool"]
    session["state"]["in_memory"]["messages"] = lost
    (finding,) = check(json.dumps(session).encode()).findings
    assert (finding.rule, finding.severity, finding.pointer) == (
        "tool-call-unanswered",
        "error",
        "/state/in_memory/messages/1/contents/0",
    )


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_the_files_of_the_librarys_own_stores_are_read(tmp_path: Path, form: str) -> None:
    async def write() -> None:
        store = FileSessionStore(tmp_path / "sessions", serialization_format=form)
        replies = [[call("weather", 1, city="Oslo")], [text("sunny")]]
        session = await run(replies, "weather?")
        await store.set(session.session_id, session)
        history = FileHistoryProvider(tmp_path / "histories", serialization_format=form)
        await run(replies[:], "weather?", context_providers=[history])

    asyncio.run(write())
    judged = {record.source: report(record) for record in stored(tmp_path)}
    assert sorted(one.dialect for one in judged.values()) == ["python", "python-history"]
    assert all(one.messages == 4 for one in judged.values()), judged
    assert not [finding for one in judged.values() for finding in one.findings if finding.severity != "info"]


def stored(folder: Path) -> list[Record]:
    found: list[Record] = []
    for source in discover([str(folder)]):
        assert isinstance(source, Source), source
        for record in records(source, DEFAULT_LIMITS):
            assert isinstance(record, Record), record
            found.append(record)
    return found


def report(record: Record) -> DocumentReport:
    return check(record.data, source=record.source, encoding=record.encoding)
