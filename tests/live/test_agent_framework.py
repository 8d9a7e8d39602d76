"""Sessions that the real library writes in this very run, judged."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from agent_framework import Agent, AgentSession, FileHistoryProvider, FileSessionStore, Message

from pysession import check
from pysession.findings import DocumentReport
from pysession.inputs import Record, Source, discover, records
from pysession.wire import DEFAULT_LIMITS
from tests.live.agents import SCENARIOS, Scripted, call, delete, run, text

pytestmark = pytest.mark.filterwarnings("default")
"""The library warns of its own experimental parts; its warnings are not this project's."""


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
