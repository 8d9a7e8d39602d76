"""What a test needs and a machine may not have: said aloud, and a failure where nothing may be left out.

``PYSESSION_STRICT=1`` makes a failure of what is missing. ``PYSESSION_WITHOUT=NAME,…`` leaves out, in any mode, what somebody has
named as not to be tried.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

LEFT_OUT = "PYSESSION_WITHOUT"


def needed(name: str) -> None:
    """Leave the test out when ``name`` is among what is not to be tried."""
    if name in os.environ.get(LEFT_OUT, "").split(","):
        pytest.skip(f"{LEFT_OUT}={name}")


def missing(reason: str) -> NoReturn:
    """Leave the test out because of what this machine has not, or fail it in strict mode."""
    if os.environ.get("PYSESSION_STRICT") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
