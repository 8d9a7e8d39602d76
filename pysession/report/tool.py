"""Which program wrote a report."""

from __future__ import annotations

from functools import cache

NAME = "pysession"
DISTRIBUTION = "pysession-kit"
"""The name of the package that is installed; ``pysession`` belongs to somebody else."""


@cache
def tool_version() -> str:
    """The version of the installed distribution, or ``0+source`` when the package is used without being installed."""
    # Not at the top: it is one of the slowest modules of the standard library to import.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+source"
