"""A session that stays short and forgets nothing important, one that nobody can change, and what is left of it in the end.

python examples/retention.py
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pysession.sessions import Agent, SessionStore, removals, summarised_by, sweep
from pysession.stores import ImmutableError, open_store


async def answering(messages: Sequence[Mapping[str, Any]]) -> str:
    """In place of a real model."""
    return f"You said: {messages[-1]['contents'][0]['text']}"


async def summarising(messages: Sequence[Mapping[str, Any]]) -> str:
    """In place of a real model: it is shown what is old, between two lines of dashes."""
    return f"{len(messages[-1]['contents'][0]['text'].splitlines()) - 2} messages about the weather"


async def main() -> None:
    store = open_store("memory:")
    sessions = SessionStore(store)

    short = {"auto_prune": True, "prune_strategy": "summarize_old", "max_messages": 6}
    async with sessions.opened("short", retention=short) as session:
        session.summariser = summarised_by(summarising)
        for day in range(10):
            await Agent("helper", answering).run(f"It rains on day {day}.", session=session)
    print(f"{len(await session.history())} messages are left, the first one says:")
    print((await session.history())[0]["content"])

    second = 1 / 86_400
    async with sessions.opened("kept", retention={"immutable": True, "ttl_days": second}) as session:
        await session.send_message({"role": "user", "content": "This is evidence."})
    session.state["in_memory"]["messages"][0]["contents"][0]["text"] = "This is not."
    try:
        await sessions.set("kept", session)
    except ImmutableError as refusal:
        print(refusal)

    await asyncio.sleep(1.2)
    print(f"{(await sweep(store)).count} session has expired")
    for event in await removals(store):
        print(event.kind, event.detail["session_id"])


if __name__ == "__main__":
    asyncio.run(main())
