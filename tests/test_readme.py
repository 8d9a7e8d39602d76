"""What the README and the pages in docs/ claim."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pysession.dialects import DIALECTS
from pysession.readers.recorded import load
from pysession.rules import catalogue
from pysession.verbs.fixtures import entries
from tests.cli.processes import environment, run
from tests.exchange.serving import serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_main_job_passes_on_the_goldens_and_explains_every_error() -> None:
    command = [sys.executable, "-P", "-m", "pysession", "check", "fixtures/golden"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^544 documents: .* known findings left out", done.stdout.splitlines()[-1])
    assert not re.search(r"^  error", done.stdout, re.M)


def test_the_numbers_in_the_readme_are_those_of_the_project() -> None:
    goldens = [entry for entry in entries() if entry.kind == "golden"]
    releases = {writer for entry in goldens for writer in entry.writers}
    assert f"{len(catalogue())} rules in six families" in README
    assert len({rule.family for rule in catalogue()}) == 6
    assert f"judges {len(goldens)} documents" in README
    assert len([release for release in releases if release.startswith("python@")]) == 39
    assert len([release for release in releases if release.startswith("dotnet@")]) == 42
    assert len([release for release in releases if release.startswith("meai@")]) == 13
    assert len([release for release in releases if release.startswith("go@")]) == 3
    assert "Eight dialects" in README
    assert len(DIALECTS) == 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_room_table_lists_the_rooms_that_exist() -> None:
    listed = set(re.findall(r"^\| `(\w+)/` \|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.M))
    rooms = {folder.name for folder in (ROOT / "pysession").iterdir() if (folder / "__init__.py").is_file()}
    assert listed == rooms


@pytest.mark.parametrize("page", ["README.md", "docs/agreement.md"])
def test_the_cells_that_a_page_counts_are_those_that_are_recorded(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for family in ("python", "dotnet", "meai", "go"):
        recording = load(ROOT / "fixtures" / "recorded" / f"{family}.json")
        readers = [column.reader for column in recording.readers]
        cells = sum(recording.of(path, reader) is not None for path in recording.cells for reader in readers)
        assert f"{cells:,}" in text, family


def commands(beginning: str) -> list[str]:
    """The lines of the README's block of commands in which a line begins so, prompts and remarks taken off."""
    (block,) = [block for block in re.findall(r"```console\n(.*?)```", README, re.S) if f"$ {beginning}" in block]
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]


def test_two_processes_share_a_session_as_the_readme_shows(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    told = environment()
    lines = iter(commands("python examples/two_processes.py"))
    variable, value = next(lines).removeprefix("$ export ").split("=")
    told[variable] = value
    for typed in lines:
        python, *arguments = shlex.split(typed.removeprefix("$ "))
        assert python == "python"
        done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, env=told, capture_output=True, check=False)
        assert done.stdout.decode().strip() == next(lines), os.fsdecode(done.stderr)


def test_a_session_goes_between_services_as_the_readme_shows(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    _, serve, *others = (shlex.split(line.removeprefix("$ ")) for line in commands("pysession serve"))
    assert serve == ["pysession", "serve"]
    with serving(tmp_path) as served:
        for _, *arguments in others:
            done = run(*(served.address if part == "localhost:50051" else part for part in arguments), cwd=tmp_path)
            assert done.returncode == 0, done.stderr.decode()
    golden = ROOT / "fixtures/golden/dotnet/1.17.0/streaming_tools.json"
    assert json.loads(done.stdout) == json.loads(golden.read_bytes())
