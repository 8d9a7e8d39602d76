"""What ``docs/ci.md`` and the pre-commit hook tell people to copy does what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pysession.cli import main
from pysession.verbs.baseline import load
from tests.cli.processes import BROKEN, CLEAN, environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def workflow() -> dict[str, Any]:
    (text,) = [block for block in blocks("yaml") if "runs-on:" in block]
    value: dict[str, Any] = yaml.safe_load(text)
    return value


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a store, and programs ``pip`` and ``pysession``: the first only says what it was asked."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.json").write_bytes(CLEAN)
    (tmp_path / "bin").mkdir()
    python = shlex.quote(sys.executable)
    for name, line in {"pip": 'echo "pip $*"', "pysession": f'exec {python} -m pysession "$@"'}.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    return tmp_path


def run_steps(project: Path) -> list[tuple[int, str]]:
    """The exit code and the output of each ``run:`` of the workflow."""
    done = []
    for step in workflow()["jobs"]["check"]["steps"]:
        if "run" in step:
            env = environment()
            env["PATH"] = f"{project / 'bin'}:{env['PATH']}"
            shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
            process = subprocess.run(shell, cwd=project, env=env, capture_output=True, text=True, timeout=60)
            done.append((process.returncode, process.stdout))
    return done


def test_the_workflow_passes_for_sound_sessions_and_writes_its_reports(project: Path) -> None:
    (installed, asked), (checked, _) = run_steps(project)
    assert (installed, asked) == (0, "pip install git+REPOSITORY@v0.1.0\n")
    assert checked == 0
    assert json.loads((project / "pysession.sarif").read_text())["version"] == "2.1.0"
    assert (project / "pysession.xml").read_text().startswith("<?xml")


def test_the_workflow_fails_for_a_broken_session_with_an_annotation_at_its_place(project: Path) -> None:
    (project / "store" / "b.json").write_bytes(BROKEN)
    _, (checked, out) = run_steps(project)
    assert checked == 1
    assert re.search(r"^::error .*file=store/b\.json.*line=1", out, re.M)


def test_the_workflow_uploads_the_report_that_it_writes() -> None:
    (upload,) = [step for step in workflow()["jobs"]["check"]["steps"] if "upload-sarif" in step.get("uses", "")]
    check = next(step["run"] for step in workflow()["jobs"]["check"]["steps"] if step.get("name") == "Check")
    assert f"--report sarif:{upload['with']['sarif_file']}" in check


def test_the_commands_of_the_page_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "store" / "b.json").write_bytes(BROKEN)
    monkeypatch.chdir(project)
    commands = [line for block in blocks("shell") for line in block.splitlines()]
    assert [main(shlex.split(command)[1:]) for command in commands] == [0, 0]


def test_the_configuration_of_the_page_is_accepted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (text,) = blocks("toml")
    Path("pyproject.toml").write_text(text)
    Path("known-sessions.json").write_text('{"format":"pysession-baseline","version":1,"entries":[]}')
    assert main(["check", "store"]) == 0


def test_the_baseline_of_the_page_is_one(tmp_path: Path) -> None:
    (text,) = blocks("json")
    (tmp_path / "known.json").write_text(text)
    assert [entry.rule for entry in load(tmp_path / "known.json").entries] == ["tool-call-unanswered"]


def test_the_hook_takes_the_files_that_can_be_sessions_and_runs_the_check(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["language"]) == ("pysession-check", "python")
    names = ["a.json", "b.jsonl", "c.ndjson", "d.msgpack", "e.json.txt", "json", "f.yaml"]
    assert [name for name in names if re.search(hook["files"], name)] == names[:4]
    monkeypatch.chdir(project)
    assert main([*shlex.split(hook["entry"])[1:], "store/a.json"]) == 0


def test_the_hook_of_the_page_exists() -> None:
    (text,) = [block for block in blocks("yaml") if "repos:" in block]
    (used,) = yaml.safe_load(text)["repos"][0]["hooks"]
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert used["id"] == hook["id"]
