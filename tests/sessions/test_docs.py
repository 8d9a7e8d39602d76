"""The page on sessions: what it shows runs, and it names what there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pysession
from pysession.sessions import EventKind, ExportFormat, Scope, Session
from pysession.sessions.record import KEY

PAGE = (Path(__file__).parents[2] / "docs" / "sessions.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_example_of_a_session_with_an_owner_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", section("Whose it is, scopes, trail"), re.S)
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(pysession.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, *events = done.stdout.splitlines()
    assert first == "user What are the challenges of AI alignment?"
    assert [event.split()[-1] for event in events] == ["created", "message_added", "state_set", "state_set"]


def test_the_record_on_the_page_is_one() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", section("Whose it is, scopes, trail"), re.S)
    record = json.loads(shown)
    session = Session.from_dict({"session_id": "s", "state": {KEY: record}})
    assert session.to_dict()["state"][KEY] == record
    assert (session.user_id, session.get_state("language", "user"), len(session.events())) == ("ann", "en", 2)


@pytest.mark.parametrize("word", [*EventKind, *Scope, *ExportFormat])
def test_every_event_scope_and_format_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE or f'"{word}"' in PAGE
