"""What protobuf costs those who do not use it, and what those are told who do not have it."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.processes import environment

_CHECKS = """
import sys, pysession
assert pysession.check(b'{"type":"session","session_id":"s","state":{}}').dialect == "python"
print("google.protobuf" in sys.modules)
"""
_WITHOUT = """
import sys
sys.modules["google.protobuf"] = None
import pysession
from pysession.findings.failures import UsageError
for use in (lambda: pysession.to_proto(b"{}"), lambda: pysession.from_proto(b"")):
    try:
        use()
    except UsageError as missing:
        print(missing)
"""


def _said(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout


def test_a_check_does_not_load_the_library() -> None:
    assert _said(_CHECKS) == "False\n"


def test_who_has_no_library_is_told_how_to_get_it() -> None:
    assert _said(_WITHOUT) == "protobuf is not installed; pip install 'pysession-kit[proto]'\n" * 2
