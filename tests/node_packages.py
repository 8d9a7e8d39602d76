"""Packages of Node.js that tests need, of the lock file beside their ``package.json``."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from tests.prerequisites import missing


def node_packages(folder: Path) -> Path:
    """The folder ``node_modules`` in ``folder``, filled once; processes that want it at the same time take turns."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        missing("node and npm are not both on the path")
    packages = folder / "node_modules"
    with (folder / "package-lock.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (packages / ".package-lock.json").is_file():  # npm writes it last
            subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return packages
