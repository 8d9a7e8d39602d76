"""The programs that read ``.proto`` files, in the versions that ``pyproject.toml`` pins.

They get an environment of their own, because ``grpcio-tools`` of the version that we generate with wants an older ``protobuf``
than the tests run with. uv makes it in a third of a second once its cache has the packages.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GROUP = "proto"


def pinned() -> tuple[str, ...]:
    """The requirements of the dependency group ``proto``, each with one version."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return tuple(groups[GROUP])


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command where the pinned programs, and a ``python`` that has them, come first on the path.

    Raises:
        FileNotFoundError: there is no uv.
        RuntimeError: uv could not install the programs; the message is what it said.
    """
    path = os.pathsep.join([str(_programs()), os.environ.get("PATH", "")])
    found = shutil.which(command[0], path=path) or command[0]
    environment = {**os.environ, "PATH": path}
    return subprocess.run([found, *command[1:]], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def uv() -> str:
    """The installer.

    Raises:
        FileNotFoundError: there is none beside this Python, nor on the path.
    """
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError("uv is needed to install the pinned protoc and buf: python -m pip install uv")
    return found


@cache
def _programs() -> Path:
    """The folder of the programs, which lasts as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="pysession-protos-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    for arguments in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        ["pip", "install", "--quiet", "--python", str(binaries / "python"), *pinned()],
    ):
        done = subprocess.run([uv(), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
    return binaries
