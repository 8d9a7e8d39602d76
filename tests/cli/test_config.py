"""Defaults from a configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pysession.cli import main
from pysession.cli.config import find
from tests.cli.processes import CLEAN, WARNS


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a session that gives a warning; tests run in a folder of it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "warns.json").write_bytes(WARNS)
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


def check(*arguments: str) -> int:
    return main(["check", "warns.json", *arguments])


def test_without_a_file_the_defaults_hold() -> None:
    assert check() == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pysession.toml", '[check]\nfail-on = "warning"\n'),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.pysession.check]\nfail-on = "warning"\n'),
    ],
)
@pytest.mark.parametrize("folder", [".", ".."])
def test_the_nearest_file_upward_gives_defaults_and_the_command_line_wins(name: str, text: str, folder: str) -> None:
    Path(folder, name).write_text(text)
    assert check() == 1
    assert check("--fail-on", "error") == 0


def test_a_project_file_without_our_table_is_passed_over(here: Path) -> None:
    Path("pyproject.toml").write_text('[project]\nname = "uses-pysession"\n')
    (here / "pysession.toml").write_text('[check]\nfail-on = "warning"\n')
    assert check() == 1


def test_nothing_above_the_repository_is_looked_at(here: Path) -> None:
    (here / "sub" / ".git").mkdir()
    (here / "pysession.toml").write_text('[check]\nfail-on = "warning"\n')
    assert find(here / "sub") is None
    assert check() == 0


def test_our_own_file_wins_over_the_project_file(here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.pysession.check]\nfail-on = "warning"\n')
    (here / "pysession.toml").write_text('[check]\nfail-on = "error"\n')
    assert find(here) == here / "pysession.toml"


def test_a_file_can_be_named(here: Path) -> None:
    Path("pysession.toml").write_text("nonsense")
    (here / "other.toml").write_text('[check]\nfail-on = "warning"\n')
    assert check("--config", "../other.toml") == 1


@pytest.mark.parametrize(
    "text",
    [
        'ignore = "json-not-utf8"',
        'ignore = ["json-invalid", "json-not-utf8"]',
        'ignore = "json-invalid, json-not-utf8"',
        "quiet = true\nignore = ['json']",
        "jobs = 1\nmax-depth = 50\nselect = ['history']",
        "profile = ['postgres-jsonb']\nselect = 'history'",
    ],
)
def test_values_are_as_on_the_command_line(text: str) -> None:
    Path("pysession.toml").write_text(f'[check]\nfail-on = "warning"\n{text}\n')
    assert check() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[check]\nfial-on = 'error'", "there is no key check.fial-on; did you mean check.fail-on?"),
        ("[chekc]\n", "there is no key chekc; did you mean check?"),
        ("[check]\nconfig = 'a'", "there is no key check.config"),
        ("[check]\njobs = 'two'", "check.jobs: 'two' is not an integer"),
        ("[check]\njobs = 0", "check.jobs: 0 is not in the range x>=1"),
        ("[check]\nquiet = 1", "check.quiet: 1 is not true or false"),
        ("[check]\nselect = [1]", "check.select: 1 is not a string"),
        ("[check]\nformat = 'html'", "check.format: 'html' is not one of"),
        ("[check]\nfail-on = true", "check.fail-on: True is not a string"),
        ("[check]\nat = 'session'", "check.at: 'session' is not a JSON Pointer"),
        ("[check]\nreport = 'html:a'", "check.report: 'html:"),
        ("check = 1", "check must be a table"),
        ("[check", "is not TOML"),
    ],
)
def test_a_mistake_is_a_usage_error_that_names_the_file_and_the_place(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pysession.toml").write_text(text)
    assert check() == 2
    error = capsys.readouterr().err
    assert "pysession.toml" in error
    assert said in error


def test_a_mistake_in_a_project_file_names_the_whole_key(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.pysession.chekc]\n")
    assert check() == 2
    assert "there is no key tool.pysession.chekc; did you mean tool.pysession.check?" in capsys.readouterr().err


def test_a_named_file_that_is_missing_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--config", "gone.toml") == 2
    assert "gone.toml cannot be read: no such file or directory" in capsys.readouterr().err


def test_paths_are_relative_to_the_file(here: Path) -> None:
    assert check("--write-baseline", "../known.json") == 0
    (here / "pysession.toml").write_text(
        '[check]\nfail-on = "warning"\nbaseline = "known.json"\nreport = "json:out.json"\n'
    )
    assert check() == 0
    assert (here / "out.json").exists()
    (here / "sub" / "warns.json").write_bytes(CLEAN)
    assert check() == 1
