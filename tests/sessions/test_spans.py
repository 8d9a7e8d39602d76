from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pysession.sessions import Agent, Session, SessionStore, function_call
from pysession.stores import open_store


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def ended(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def tick() -> str:
    """Ticks."""
    return "tock"


def test_a_run_and_what_it_is_made_of_are_spans(spans: InMemorySpanExporter) -> None:
    replies = iter([[function_call("c1", "tick", "{}")], "a secret answer"])

    async def model(messages: Sequence[Mapping[str, Any]]) -> Any:
        return next(replies)

    async def main() -> None:
        async with SessionStore(open_store("memory:")) as sessions:
            session = await sessions.get_or_new("s")
            await Agent("helper", model, tools=[tick]).run("a secret question", session=session)
            await sessions.set("s", session)

    asyncio.run(main())
    found = ended(spans)
    assert [span.name for span in spans.get_finished_spans()] == [
        *("load_session", "chat", "execute_tool tick", "chat", "invoke_agent helper", "update_session", "save_session")
    ]
    whole = found["invoke_agent helper"]
    assert whole.attributes is not None
    assert whole.attributes["gen_ai.conversation.id"] == "s"
    for name in ("chat", "execute_tool tick"):
        parent = found[name].parent
        assert parent is not None
        assert parent.span_id == whole.context.span_id
    assert "secret" not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.parametrize("given_up", [False, True])
def test_a_span_ends_with_its_stream(spans: InMemorySpanExporter, given_up: bool) -> None:
    async def model(messages: Sequence[Mapping[str, Any]]) -> AsyncIterator[str]:
        yield "a"
        yield "b"

    async def main() -> None:
        updates = Agent("helper", model).run("hi", session=Session(), stream=True).__aiter__()
        await updates.__anext__()
        if given_up:
            await updates.aclose()  # type: ignore[attr-defined]
        else:
            async for _ in updates:
                pass

    asyncio.run(main())
    assert {"chat", "invoke_agent helper"} <= ended(spans).keys()
    assert ("update_session" in ended(spans)) is not given_up


def test_a_failure_is_told_by_its_type(spans: InMemorySpanExporter) -> None:
    async def model(messages: Sequence[Mapping[str, Any]]) -> str:
        raise RuntimeError("a secret")

    with pytest.raises(RuntimeError):
        asyncio.run(_run(Agent("helper", model)))
    status = ended(spans)["invoke_agent helper"].status
    assert (status.status_code, status.description) == (trace.StatusCode.ERROR, "RuntimeError")


async def _run(agent: Agent) -> None:
    await agent.run("hi")


def test_without_opentelemetry_an_agent_runs_all_the_same() -> None:
    program = (
        "import sys, asyncio; sys.modules['opentelemetry'] = None\n"
        "from pysession.sessions import Agent\n"
        "async def model(messages): return 'ok'\n"
        "async def main(): print((await Agent('a', model).run('hi')).text)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ok\n", "")
