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

_EXHAUSTED = """
import sys
import pysession.protobuf
from pysession import from_proto, to_proto
from pysession.findings.failures import ProtobufError

document = (
    b'[{"role":"user","contents":[{"type":"function_result","call_id":"c","items":[{"type":"text","text":"hi","annotations":'
    b'[{"type":"citation","annotated_regions":[{"type":"text_span","start_index":9223372036854775807}]}]}]}],"n":-1}]'
)

def below(depth, convert, given):
    return below(depth - 1, convert, given) if depth else convert(given)

def exhausted(convert, given):
    failed = 0
    for depth in range(sys.getrecursionlimit(), 400, -1):
        try:
            below(depth, convert, given)
        except RecursionError:
            failed += 1
    assert failed
    return convert(given)

print(exhausted(from_proto, exhausted(to_proto, document)) == document)
"""


def _said(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout


def test_a_check_does_not_load_the_library() -> None:
    assert _said(_CHECKS) == "False\n"


def test_who_has_no_library_is_told_how_to_get_it() -> None:
    assert _said(_WITHOUT) == "protobuf is not installed; pip install 'pysession-kit[proto]'\n" * 2


def test_what_has_failed_for_want_of_stack_at_any_point_of_the_first_conversion_works_later() -> None:
    assert _said(_EXHAUSTED) == "True\n"
