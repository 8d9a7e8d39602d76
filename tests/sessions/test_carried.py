"""What a session keeps beyond the framework's own, in the hands of the real frameworks: they carry it untouched."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import agent_framework as maf
import pytest

from pysession import anonymise, check, convert, repair
from pysession.anonymising.words import is_public_text
from pysession.conform import Form, Options
from pysession.conform.dotnet import observe_dotnet
from pysession.findings import Verdict
from pysession.sessions import Agent, EventKind, Session, SessionStore, function_call
from pysession.sessions.record import KEY
from pysession.stores import open_store
from tests.dotnet import dotnet_testee
from tests.live.agents import Scripted
from tests.live.agents import text as said
from tests.python_releases import python_release

pytestmark = pytest.mark.filterwarnings("default")

UNCHANGED = (Verdict.IDENTICAL, Verdict.EQUIVALENT)


def weather(city: str) -> str:
    """What the weather is like."""
    return f"sunny in {city}"


def whole() -> Session:
    """A session that uses everything: two agents, a tool, state in every scope, metadata, retention, an export."""

    def answering(*replies: Any) -> Any:
        left = list(replies)

        async def model(messages: Any) -> Any:
            return left.pop(0)

        return model

    async def main() -> Session:
        session = Session(
            id="conv-2024-001",
            app_name="research_assistant",
            user_id="user-123",
            metadata={"project": "ai-safety", "started": datetime(2024, 1, 1, tzinfo=UTC), "rate": 1.0, "none": None},
            retention={"ttl_days": 30},
        )
        researcher = Agent(
            "researcher", answering([function_call("c1", "weather", '{"city": "Oslo"}')], "sunny"), tools=[weather]
        )
        writer = Agent("writer", answering("It is sunny."))
        await researcher.run("Weather?", session=session)
        session.handoff(writer)
        await writer.run("Write it down.", session=session)
        session.set_state("topic", {"messages": ["no history"], "role": "user"})
        session.set_state("when", datetime(2024, 1, 2, tzinfo=UTC))
        session.set_state("theme", "dark", scope="user")
        session.set_state("limit", 3, scope="app")
        session.export()
        return session

    return asyncio.run(main())


def record(data: bytes) -> Any:
    return json.loads(data)["state"][KEY]


def test_a_check_finds_nothing_in_it_and_there_is_nothing_to_repair() -> None:
    data = whole().to_bytes()
    assert check(data, profiles=("postgres-jsonb",)).findings == ()
    assert repair(data).changes == ()


def test_the_real_agent_goes_on_with_it_and_saves_the_record_as_it_was() -> None:
    data = whole().to_bytes()

    async def main() -> bytes:
        theirs = maf.AgentSession.from_dict(json.loads(data))
        await maf.Agent(Scripted([said("Done.")]), name="writer").run("And now?", session=theirs)
        return json.dumps(theirs.to_dict()).encode()

    saved = asyncio.run(main())
    assert json.dumps(record(saved)) == json.dumps(record(data))
    assert check(saved).findings == ()
    session = Session.from_bytes(saved)
    assert session.to_bytes() == saved
    assert [one["content"] for one in asyncio.run(session.history(limit=2))] == ["And now?", "Done."]
    assert session.events() == whole_trail(data)


def whole_trail(data: bytes) -> tuple[Any, ...]:
    return tuple(Session.from_bytes(data).events())


def test_what_the_real_agent_did_meanwhile_is_saved_in_the_store() -> None:
    data = whole().to_bytes()

    async def main() -> None:
        sessions = SessionStore(open_store("memory:"))
        await sessions.set("s", Session.from_bytes(data))
        session = await sessions.get("s")
        assert session is not None
        theirs = maf.AgentSession.from_dict(session.to_dict())
        await maf.Agent(Scripted([said("Done.")]), name="writer").run("And now?", session=theirs)
        await sessions.set("s", Session.from_dict(theirs.to_dict()))
        again = await sessions.get("s")
        assert again is not None
        assert again.get_state("theme", "user") == "dark"
        assert (await again.history(limit=1))[0]["content"] == "Done."

    asyncio.run(main())


@pytest.mark.parametrize("name", ["python@1.0.0", "python@1.12.1", "python@1.21.0", "python@1.23.0"])
def test_every_class_of_python_release_saves_it_unchanged(name: str) -> None:
    oracle = python_release(name)
    try:
        seen = oracle.observe(convert(whole().to_bytes(), to=name).data)
    finally:
        oracle.testee.close()
    assert seen is not None
    assert seen.verdict in UNCHANGED, seen


@pytest.mark.parametrize(
    ("version", "target"), [("10.3.0", "dotnet@1.0.0-rc4"), ("10.11.0", "dotnet@HEAD-5eb3eb745+meai-10.11.0")]
)
def test_dotnet_reads_adds_a_turn_and_saves_and_nothing_of_it_is_lost(version: str, target: str) -> None:
    session = whole()
    converted = convert(session.to_bytes(), to=target)
    with dotnet_testee(version) as testee:
        seen = observe_dotnet(testee, converted.data, Form.SESSION, Options())
        answer = testee.append(converted.data, Form.SESSION, "and now?")
    assert seen.verdict in UNCHANGED, seen
    assert answer.saved is not None
    for data, more in ((converted.data, 0), (answer.saved, 2)):
        again = Session.from_bytes(convert(data, to="python").data)
        assert again.to_dict()["state"][KEY] == session.to_dict()["state"][KEY]
        assert len(asyncio.run(again.history())) == len(asyncio.run(session.history())) + more
        times = [one["timestamp"] for one in asyncio.run(again.history())]
        assert times[: len(times) - more] == [one["timestamp"] for one in asyncio.run(session.history())]
    assert all(loss.recoverable for loss in converted.losses)


@pytest.mark.parametrize("target", ["dotnet", "go"])
def test_it_comes_back_from_every_dialect_as_it_was(target: str) -> None:
    data = whole().to_bytes()
    converted = convert(data, to=target)
    assert check(converted.data).findings == ()
    assert json.loads(convert(converted.data, to="python").data) == json.loads(data)


@pytest.mark.parametrize("target", ["python", "dotnet"])
def test_a_copy_for_a_bug_report_is_such_a_session_too_and_says_nothing_of_it(target: str) -> None:
    session = whole()
    data = convert(session.to_bytes(), to=target).data
    copy = anonymise(data)
    assert len(copy) == len(data)
    assert check(copy).findings == ()
    again = Session.from_bytes(convert(copy, to="python").data)
    assert [(event.sequence, event.kind) for event in again.events()] == [
        (event.sequence, event.kind) for event in session.events()
    ]
    said = ("research_assistant", "user-123", "ai-safety", "topic", "no history", "theme", "dark", "writer", "Oslo")
    assert [word for word in said if word in copy.decode()] == []


def test_the_words_of_a_record_are_words_of_a_format() -> None:
    assert [kind for kind in EventKind if not is_public_text("kind", kind)] == []
    assert [scope for scope in ("session", "user", "app") if not is_public_text("scope", scope)] == []
    assert [name for name in ("n\u00e4me", "hunter2") if is_public_text("kind", name)] == []
