"""Real releases, each in an environment of its own, installed once and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from pysession.findings.failures import PysessionError
from pysession.readers import release

FOLDER_VARIABLE = "PYSESSION_RELEASES"
"""Names the folder of the environments; without it they are kept in the user's cache."""

_PACKAGES = {"python": "agent-framework-core"}
_PINS = {"python": ("mcp[ws]<1.26",)}
"""What older releases need beside them: the betas up to 1.0.0b260107 import a module that mcp 1.26 moved. Releases that
need no mcp do not use it."""
_NEEDS_PINS_UNTIL = {"python": "1.0.0"}


class InstallError(PysessionError):
    """``name`` could not be installed; ``output`` is what the installer said."""

    def __init__(self, name: str, output: str) -> None:
        last = output.strip().splitlines()[-1] if output.strip() else "no word from the installer"
        super().__init__(f"{name} could not be installed: {last}")
        self.name = name
        self.output = output


def releases_folder() -> Path:
    """Where the environments are."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "pysession" / "releases"


def interpreter(name: str) -> Path:
    """The Python of an environment that has the release ``name`` (``python@1.21.0``), which is installed if need be.

    Raises:
        UnknownReleaseError: the tables do not have it.
        InstallError: it cannot be installed.
    """
    known = release(name)
    if known.family not in _PACKAGES:
        raise InstallError(name, f"releases of {known.family} are not Python packages")
    folder = releases_folder() / str(known)
    if not folder.exists():
        wanted = [f"{_PACKAGES[known.family]}=={known.version}"]
        if known.position < release(f"{known.family}@{_NEEDS_PINS_UNTIL[known.family]}").position:
            wanted += _PINS[known.family]
        _install(str(known), folder, wanted)
    return _python(folder)


def _install(name: str, folder: Path, wanted: list[str]) -> None:
    """Built beside its place and then moved there, so that whoever finds it finds it whole. Its Python can be moved;
    the scripts beside it cannot, and nobody calls them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder.parent))
    try:
        for command in _commands(building, wanted):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise InstallError(name, done.stdout + done.stderr)
        with suppress(OSError):  # another process was faster
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _python(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def _commands(folder: Path, wanted: list[str]) -> list[list[str]]:
    """With uv, which shares files between environments and takes a second; else with what Python brings."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is not None:
        return [
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(_python(folder)), *wanted],
        ]
    return [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
    ]
