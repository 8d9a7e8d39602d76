"""One process is told something and ends. Another one, with an agent of its own, loads the session and knows it.

export MAF_SESSION_BACKEND=sqlite        # or file; postgres, redis and cosmos with MAF_SESSION_URL
python examples/two_processes.py "My name is Ann."
python examples/two_processes.py "What is my name?"
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pysession.sessions import Agent, open_sessions

SESSION = "ann"


async def model(messages: Sequence[Mapping[str, Any]]) -> str:
    """In place of a real one: it repeats what the user has said, as far as it is shown."""
    said = [content["text"] for one in messages if one["role"] == "user" for content in one["contents"]]
    return "You said: " + " ".join(said)


async def main(words: str) -> None:
    agent = Agent("assistant", model, "Be brief.")
    async with open_sessions() as sessions:
        session = await sessions.get_or_new(SESSION)
        response = await agent.run(words, session=session)
        await sessions.set(SESSION, session)
    print(response.text)


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:])))
