"""The rules that organisations add: modules named by installed packages under the entry point group ``pysession.rules``."""

from __future__ import annotations

import sys
from pathlib import Path

GROUP = "pysession.rules"


def load_extensions() -> None:
    """Import every module that an installed package names under :data:`GROUP`; they register their rules themselves."""
    if not _announced():
        return
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        entry.load()


def _announced() -> bool:
    """Whether any installed package could have such an entry point.

    Reading the few files is ten times as fast as importing ``importlib.metadata``, which a command for a single document
    would feel. What is not a plain directory (a zip archive) is left to it.
    """
    for entry in sys.path:
        folder = Path(entry or ".")
        if folder.is_file():
            return True
        for file in (*folder.glob("*.dist-info/entry_points.txt"), *folder.glob("*.egg-info/entry_points.txt")):
            try:
                if GROUP.encode() in file.read_bytes():
                    return True
            except OSError:
                return True
    return False
