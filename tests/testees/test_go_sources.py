"""Go sources as text. The testee of the SDK is not built here: the module proxy does not serve the SDK that it drives."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pysession import readers
from pysession.conform import Form, Operation
from tests.prerequisites import missing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "testees" / "go"
SOURCES = sorted(
    file
    for folder in (FOLDER, ROOT / "testees" / "proto" / "go", ROOT / "examples" / "exchange" / "go")
    for file in folder.rglob("*.go")
    if "generated" not in file.parts
)


@pytest.fixture
def gofmt() -> str:
    found = shutil.which("gofmt")
    if found is None:
        missing("gofmt is not on the path")
    return found


def test_the_sources_are_as_gofmt_writes_them(gofmt: str) -> None:
    done = subprocess.run([gofmt, "-l", *map(str, SOURCES)], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_the_module_requires_the_commit_that_is_the_latest_release() -> None:
    commit = readers.latest("go").partition("@")[2]
    assert re.search(rf"^require \S+/agent-framework-go v\S+-{commit}$", (FOLDER / "go.mod").read_text(), re.M)


def test_every_operation_and_the_one_form_are_spelled_as_in_the_protocol() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.go"))
    assert {f'"{operation}"' for operation in Operation} <= set(re.findall(r'"[a-z-]+"', text))
    assert f'sessionForm = "{Form.SESSION}"' in text


def test_the_readme_names_every_commit_that_was_run() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {f"go@{commit}" for commit in re.findall(r"^\| `([0-9a-f]{12})`", readme, re.M)} == set(
        readers.releases("go")
    )
