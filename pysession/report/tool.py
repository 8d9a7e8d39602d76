"""Which program wrote a report."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

NAME = "pysession"


@cache
def tool_version() -> str:
    """The version of the installed distribution, or ``0+source`` when the package is used without being installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0+source"
