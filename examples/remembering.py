"""What one session learns of a user, another session of the same user knows, in another process too.

export MAF_SESSION_BACKEND=sqlite        # or file; postgres, redis and cosmos with MAF_SESSION_URL
python examples/remembering.py ann "I like tea."
python examples/remembering.py ann
python examples/remembering.py bob
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pysession.sessions import Agent, open_sessions


async def model(messages: Sequence[Mapping[str, Any]]) -> str:
    return "Noted."


async def main(user: str, said: str | None) -> None:
    conversation = str(uuid.uuid4())  # each time a new one
    async with (
        open_sessions() as sessions,
        sessions.opened(conversation, app_name="assistant", user_id=user) as session,
    ):
        if said is not None:
            session.bind(Agent("helper", model))
            await session.send_message({"role": "user", "content": said})
            await session.memory.store("said", said)
        session.set_state(f"met {user}", True, scope="app")  # a key for each: those of others are kept
        print(f"{user} once said: {await session.memory.recall('said', 'nothing')}")
        print(", ".join(sorted(session.state_keys(scope="app"))))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], " ".join(sys.argv[2:]) or None))
