"""Testees of .NET for tests. Without .NET they are left out: openly, or as a failure where nothing may be left out."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from pysession.conform import Testee
from pysession.conform.dotnet import DotnetMissingError, executable, program, start

TESTEES = Path(__file__).parent.parent / "testees"
SOURCE = TESTEES / "dotnet"
LEFT_OUT = "PYSESSION_WITHOUT"


@cache
def _reason_without_dotnet() -> str | None:
    if "dotnet" in os.environ.get(LEFT_OUT, "").split(","):
        return f"{LEFT_OUT}=dotnet"
    try:
        executable()
    except DotnetMissingError as error:
        if os.environ.get("PYSESSION_STRICT") == "1":
            pytest.fail(str(error))
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
    reason = _reason_without_dotnet()
    if reason is not None:
        pytest.skip(reason)
