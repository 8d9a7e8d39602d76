"""Python releases for tests, really installed. Without them tests are left out: openly, or as a failure where nothing
may be left out."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from pysession.conform import InstallError, Oracle, interpreter, oracle

TESTEES = Path(__file__).parent.parent / "testees"
LEFT_OUT = "PYSESSION_WITHOUT"


def python_release(name: str) -> Oracle:
    """The release ``name``, ready to be asked."""
    reason = _why_not(name)
    if reason is not None:
        pytest.skip(reason)
    return oracle(name, TESTEES)


@cache
def _why_not(name: str) -> str | None:
    if "python-releases" in os.environ.get(LEFT_OUT, "").split(","):
        return f"{LEFT_OUT}=python-releases"
    try:
        interpreter(name)
    except InstallError as error:
        if os.environ.get("PYSESSION_STRICT") == "1":
            pytest.fail(str(error))
        return str(error)
    return None
