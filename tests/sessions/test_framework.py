"""Our providers in the real ``agent_framework.Agent``, as installed, with a scripted model."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import agent_framework as maf
import pytest

from pysession.sessions import (
    ContextProvider,
    CosmosHistoryProvider,
    FileHistoryProvider,
    HistoryProvider,
    InMemoryHistoryProvider,
    PostgresHistoryProvider,
    RedisHistoryProvider,
    RunContext,
    Session,
    SqliteHistoryProvider,
    StoreHistoryProvider,
    Tool,
    ToolContext,
    ToolError,
    agent_framework_provider,
    message,
)
from pysession.sessions.messages import text_of
from pysession.stores import open_store
from tests.live.agents import Scripted, call, text, weather

pytestmark = pytest.mark.filterwarnings("default")


class Listening(Scripted):
    """A scripted model that keeps what it is shown, and is told to be."""

    def __init__(self, *replies: Any) -> None:
        super().__init__(*replies)
        self.shown: list[list[Any]] = []
        self.options: list[Any] = []

    def _inner_get_response(self, *, messages: Any, options: Any, **kwargs: Any) -> Any:
        self.shown.append(list(messages))
        self.options.append(options)
        return super()._inner_get_response(messages=messages, options=options, **kwargs)


REPLIES = ([call("weather", 1, city="Oslo")], [text("sunny")], [text("bye")])


def stored(url: Any) -> StoreHistoryProvider:
    return StoreHistoryProvider(open_store(str(url)))


HISTORIES: dict[str, tuple[Callable[[Any], HistoryProvider], str]] = {
    "in the session": (lambda _: InMemoryHistoryProvider(), ""),
    "a file of JSON Lines": (FileHistoryProvider, "{folder}"),
    "a file of MessagePack": (lambda at: FileHistoryProvider(at, serialization_format="msgpack"), "{folder}"),
    "a store in memory": (stored, "memory:"),
    "a store in files": (stored, "file:{folder}/store"),
    "a store in SQLite": (stored, "sqlite:///{folder}/sessions.db"),
    "a store in PostgreSQL": (stored, "postgres_url"),
    "a store in Redis": (stored, "redis_url"),
    "SQLite": (SqliteHistoryProvider, "{folder}/a b?.db"),
    "PostgreSQL": (PostgresHistoryProvider, "postgres_url"),
    "Redis": (RedisHistoryProvider, "redis_url"),
    "Cosmos DB": (CosmosHistoryProvider, "cosmos_url"),
}
"""What makes a history, and where: a path, a URL, or the fixture that gives one."""


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_of_ours_serves_the_real_agent_over_a_restart(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    make, where = HISTORIES[name]
    server = where.endswith("_url")
    history = make(request.getfixturevalue(where)() if server else where.replace("{folder}", str(tmp_path)))
    model = Listening(*REPLIES)

    async def main() -> dict[str, Any]:
        session = maf.AgentSession(session_id="s")
        for words in ("weather?", "thanks"):
            agent = maf.Agent(model, tools=[weather], context_providers=[agent_framework_provider(history)])
            await agent.run(words, session=session)
            session = maf.AgentSession.from_dict(json.loads(json.dumps(session.to_dict())))
        state = session.state[history.source_id]
        found = {"stored": await history.get_messages("s", state=state), "session": session.to_dict()}
        if isinstance(history, StoreHistoryProvider | PostgresHistoryProvider):
            await history.close()
        return found

    found = asyncio.run(main())
    roles = ["user", "assistant", "tool", "assistant", "user", "assistant"]
    assert [one["role"] for one in found["stored"]] == roles
    assert [one.role for one in model.shown[2]] == roles[:5]
    assert Session.from_dict(found["session"]).session_id == "s"


def test_the_switches_are_those_of_the_provider(tmp_path: Path) -> None:
    history = StoreHistoryProvider(open_store("memory:"), load_messages=False, store_inputs=False)
    model = Listening([text("a")], [text("b")])

    async def main() -> list[dict[str, Any]]:
        agent = maf.Agent(model, context_providers=[agent_framework_provider(history)])
        session = agent.create_session(session_id="s")
        await agent.run("one", session=session)
        await agent.run("two", session=session)
        return await history.get_messages("s")

    assert [text_of(one) for one in asyncio.run(main())] == ["a", "b"]


def tick() -> str:
    """Ticks."""
    return "tock"


class Notes(ContextProvider):
    async def before_run(self, *, agent: Any, session: Any, context: RunContext, state: dict[str, Any]) -> None:
        context.extend_messages(self, [message("user", f"noted {state.get('last')}")])
        context.extend_instructions(self.source_id, "be kind")
        context.extend_tools(self.source_id, [tick])

    async def after_run(self, *, agent: Any, session: Any, context: RunContext, state: dict[str, Any]) -> None:
        assert context.response is not None
        state["last"] = [text_of(one) for one in (*context.input_messages, *context.response.messages)]


def test_a_context_provider_of_ours_serves_the_real_agent() -> None:
    model = Listening([call("tick", 1)], [text("done")], [text("bye")])

    async def main() -> maf.AgentSession:
        agent = maf.Agent(model, context_providers=[agent_framework_provider(Notes("notes"))])
        session = agent.create_session()
        await agent.run("go", session=session)
        await agent.run("again", session=session)
        return session

    session = asyncio.run(main())
    assert [one.text for one in model.shown[0]] == ["noted None", "go"]
    assert model.shown[0][0].additional_properties["_attribution"] == {"source_id": "notes", "source_type": "Notes"}
    assert model.options[0]["instructions"] == "be kind"
    assert model.shown[1][-1].contents[0].result == "tock"
    assert model.shown[2][0].text == "noted ['go', '', '', 'done']"
    assert session.state["notes"]["last"] == ["again", "bye"]


def test_a_tool_that_takes_our_context_is_refused() -> None:
    def asks(context: ToolContext) -> str:
        """Asks."""
        return context.session.session_id

    class Brings(ContextProvider):
        async def before_run(self, *, agent: Any, session: Any, context: RunContext, state: dict[str, Any]) -> None:
            context.extend_tools(self.source_id, [Tool(asks)])

    agent = maf.Agent(Listening(), context_providers=[agent_framework_provider(Brings("b"))])
    with pytest.raises(ToolError, match="asks"):
        asyncio.run(agent.run("go", session=agent.create_session()))


def test_without_the_framework_it_is_said_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['agent_framework'] = None\n"
        "from pysession.sessions import InMemoryHistoryProvider, agent_framework_provider\n"
        "try:\n    agent_framework_provider(InMemoryHistoryProvider())\nexcept Exception as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'pysession-kit[maf]'" in done.stdout
