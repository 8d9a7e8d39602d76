"""The page on stores: its example runs, and it names what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import pysession
from pysession.cli.store import command
from pysession.stores import Capability, StoreError, failures

PAGE = (Path(__file__).parents[2] / "docs" / "stores.md").read_text(encoding="utf-8")
FAILURES = [name for name, one in vars(failures).items() if isinstance(one, type) and issubclass(one, StoreError)]


def test_the_example_runs_and_leaves_the_session_with_its_message(tmp_path: Path) -> None:
    example = re.findall(r"```python\n(.*?)```", PAGE, re.S)[0]
    (tmp_path / "example.py").write_text(example)
    path = str(Path(pysession.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "sessions.db").exists()


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("capability", Capability)
def test_every_capability_is_on_the_page(capability: str) -> None:
    assert re.search(rf"A store declares capabilities: [^.]*\b{capability}\b", PAGE)


def test_every_command_is_on_the_page() -> None:
    assert isinstance(command, click.Group)
    listed = re.search(r"`pysession store ([a-z |]+)`", PAGE)
    assert listed is not None
    assert sorted(listed[1].split(" | ")) == sorted(command.commands)
