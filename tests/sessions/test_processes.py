"""A fact crosses from one process to another through each backend."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import agent_framework as maf
import pytest

from pysession import check
from pysession.sessions import Session, open_sessions
from tests.live.agents import Scripted
from tests.live.agents import text as said

pytestmark = pytest.mark.filterwarnings("default")

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_processes.py"
LOCAL = ("file", "sqlite")
SERVERS = ("postgres", "redis", "cosmos")


@pytest.fixture(params=[*LOCAL, *SERVERS, "s3"])
def backend(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment that names a backend, empty yet. Blob storage has no name of its own there: its URL says it all."""
    if request.param == "s3":
        return {"MAF_SESSION_URL": request.getfixturevalue("s3_url")()}
    if request.param in LOCAL:
        return {"MAF_SESSION_BACKEND": request.param}
    url = request.getfixturevalue(f"{request.param}_url")
    return {"MAF_SESSION_BACKEND": request.param, "MAF_SESSION_URL": url()}


def tell(words: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_one_process_was_told_another_ones_model_is_shown(tmp_path: Path, backend: dict[str, str]) -> None:
    tell("My name is Ann.", tmp_path, **backend)
    assert tell("What is my name?", tmp_path, **backend) == "You said: My name is Ann. What is my name?"


def test_the_readme_shows_what_happens(tmp_path: Path) -> None:
    repository = EXAMPLE.parents[1]
    shown = re.findall(r"```console\n(.*?)```", (repository / "README.md").read_text(encoding="utf-8"), re.S)
    (example,) = (block for block in shown if EXAMPLE.name in block)
    typed = "\n".join(line[2:] for line in example.splitlines() if line.startswith("$ "))
    printed = [line for line in example.splitlines() if not line.startswith("$ ")]
    (tmp_path / "examples").symlink_to(EXAMPLE.parent)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e"], input=typed, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, printed), done.stderr
    assert (tmp_path / "sessions.db").exists()


def test_what_is_in_memory_ends_with_its_process(tmp_path: Path) -> None:
    tell("My name is Ann.", tmp_path, MAF_SESSION_BACKEND="memory")
    assert tell("What is my name?", tmp_path, MAF_SESSION_BACKEND="memory") == "You said: What is my name?"


def test_the_real_agent_goes_on_where_the_other_process_ended(
    tmp_path: Path, backend: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("My name is Ann.", tmp_path, **backend)
    monkeypatch.chdir(tmp_path)
    shown: list[Any] = []

    class Listening(Scripted):
        def _inner_get_response(self, *, messages: Any, **kwargs: Any) -> Any:
            shown.extend(messages)
            return super()._inner_get_response(messages=messages, **kwargs)

    async def go_on() -> Session:
        async with open_sessions(environment=backend) as sessions:
            session = await sessions.get("ann")
            assert session is not None
            theirs = maf.AgentSession.from_dict(json.loads(session.to_bytes()))
            await maf.Agent(Listening([said("Ann")]), name="assistant").run("What is my name?", session=theirs)
            changed = Session.from_dict(theirs.to_dict())
            await sessions.set("ann", changed)
            return changed

    session = asyncio.run(go_on())
    assert [one.text for one in shown] == ["My name is Ann.", "You said: My name is Ann.", "What is my name?"]
    assert check(session.to_bytes()).findings == ()
    assert tell("Thanks.", tmp_path, **backend) == ("You said: My name is Ann. What is my name? Thanks.")
