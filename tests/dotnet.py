"""Testees of .NET for tests. Without .NET they are left out: openly, or as a failure where nothing may be left out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pysession.conform import Testee
from pysession.conform.dotnet import DotnetMissingError, executable, program, start
from tests.prerequisites import missing, needed

TESTEES = Path(__file__).parent.parent / "testees"
SOURCE = TESTEES / "dotnet"


@cache
def _why_not() -> str | None:
    try:
        executable()
    except DotnetMissingError as error:
        return str(error)
    return None


def dotnet_testee(version: str) -> Testee:
    """The testee for ``meai@<version>``."""
    need_dotnet()
    return start(version, SOURCE)


def dotnet_program(version: str) -> tuple[str, str]:
    """The command that runs it."""
    need_dotnet()
    return executable(), str(program(version, SOURCE))


def need_dotnet() -> None:
    """Skip the test that asks for it where there is no .NET."""
    needed("dotnet")
    reason = _why_not()
    if reason is not None:
        missing(reason)
