"""Who wrote what the installed release saves, also when it found it written by another one."""

from __future__ import annotations

import asyncio
import json

import agent_framework
import pytest
from agent_framework import AgentSession

from pysession import writers_of
from pysession.wire import Encoding
from tests.documents import stored
from tests.live.agents import SCENARIOS, run

pytestmark = pytest.mark.filterwarnings("default")
INSTALLED = f"python@{agent_framework.__version__}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_release_that_writes_a_session_is_a_candidate_and_likely(name: str) -> None:
    replies, turns, _ = SCENARIOS[name]
    writer = writers_of(json.dumps(asyncio.run(run(replies, *turns)).to_dict()).encode())
    assert INSTALLED in writer.candidates
    assert writer.likely is None or INSTALLED in writer.likely.candidates


def test_the_release_that_saves_again_what_an_older_one_wrote_is_a_candidate() -> None:
    saved = 0
    for entry, record in stored("golden"):
        if entry.dialect == "python" and record.encoding is Encoding.JSON:
            session = AgentSession.from_dict(json.loads(record.data))
            writer = writers_of(json.dumps(session.to_dict()).encode())
            assert INSTALLED in writer.candidates, entry.path
            saved += 1
    assert saved > 100
