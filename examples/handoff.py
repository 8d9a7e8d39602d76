"""Two agents work in one session: the first hands it over, the trail says who did what.

python examples/handoff.py
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pysession.sessions import Agent, Session, ToolContext, function_call


async def look_up(context: ToolContext, topic: str) -> str:
    """Looks something up, and keeps what it found for whoever goes on."""
    context.session.set_state("finding", f"{topic} is hard")
    return "found"


async def researching(messages: Sequence[Mapping[str, Any]]) -> Any:
    """In place of a real model: it looks up what it was asked about, and says so."""
    if messages[-1]["role"] == "user":
        return [function_call("call-1", "look_up", {"topic": "AI alignment"})]
    return "I have looked it up."


def writing(session: Session) -> Any:
    async def model(messages: Sequence[Mapping[str, Any]]) -> str:
        return f"Dear reader, {session.get_state('finding')}."

    return model


async def main() -> None:
    session = Session(id="conv-2024-001", app_name="research_assistant", user_id="ann", metadata={"project": "safety"})
    researcher = Agent("researcher", researching, "Look things up.", tools=[look_up])
    writer = Agent("writer", writing(session), "Write clearly.")

    await researcher.run("What are the challenges of AI alignment?", session=session)
    session.handoff(writer)  # from now on the writer goes on with it
    response = await writer.run("Write it down.", session=session)

    print(response.text)
    for event in session.events():
        print(f"{event.sequence:2} {event.kind:14} {event.actor or '-':11} {dict(event.detail)}")


if __name__ == "__main__":
    asyncio.run(main())
