"""Finding the data that a distribution carries: the folders ``schema``, ``proto`` and ``fixtures`` of the repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def shipped(folder: str) -> Path:
    """The folder ``schema``, ``proto`` or ``fixtures``: inside the package as installed, beside it in a source checkout.

    Raises:
        FileNotFoundError: this installation carries no such folder.
    """
    for place in (PACKAGE / "data" / folder, PACKAGE.parent / folder):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"this installation of pysession carries no folder {folder!r}")
