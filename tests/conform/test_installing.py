"""Environments of real releases: whole or not there, and what goes wrong is said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pysession.conform import FOLDER_VARIABLE, InstallError, interpreter
from pysession.readers import UnknownReleaseError
from tests.python_releases import python_release


def test_a_release_is_installed_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python_release("python@1.21.0").testee.close()  # leaves the test out where nothing can be installed
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    python = interpreter("python@1.21.0")
    assert python.is_relative_to(tmp_path / "python@1.21.0")
    told = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('agent-framework-core'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "1.21.0"
    assert [path.name for path in tmp_path.iterdir()] == ["python@1.21.0"]
    assert interpreter("python@1.21.0") == python


def test_an_installation_that_fails_leaves_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    for variable in ("UV_OFFLINE", "PIP_NO_INDEX"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(InstallError, match=r"python@1\.21\.0 could not be installed: .+"):
        interpreter("python@1.21.0")
    assert not [path for path in tmp_path.iterdir() if "python@" in path.name]


def test_what_is_no_python_release_is_not_installed() -> None:
    with pytest.raises(InstallError, match="are not Python packages"):
        interpreter("dotnet@1.17.0")
    with pytest.raises(UnknownReleaseError):
        interpreter("python@9.9.9")
