"""Python releases for tests, really installed. Without them tests are left out: openly, or as a failure where nothing
may be left out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pysession.conform import InstallError, Oracle, interpreter, oracle
from tests.prerequisites import missing, needed

TESTEES = Path(__file__).parent.parent / "testees"


def python_release(name: str) -> Oracle:
    """The release ``name``, ready to be asked."""
    needed("python-releases")
    reason = _why_not(name)
    if reason is not None:
        missing(reason)
    return oracle(name, TESTEES)


@cache
def _why_not(name: str) -> str | None:
    try:
        interpreter(name)
    except InstallError as error:
        return str(error)
    return None
