"""The command as a real process, and documents for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pysession

COMMAND = (sys.executable, "-m", "pysession")

# Two turns, in the shape that the Python framework writes; nothing is wrong with it.
CLEAN = (
    b'{"type":"session","session_id":"3b7a2468-86d7-47d9-9843-0ed91b97eb65","service_session_id":null,'
    b'"state":{"in_memory":{"messages":['
    b'{"type":"message","role":"user","contents":[{"type":"text","text":"Remember: my favorite color is teal.",'
    b'"additional_properties":{}}],"additional_properties":{}},'
    b'{"type":"message","role":"assistant","contents":[{"type":"text","text":"Got it! Your favorite color is teal.",'
    b'"additional_properties":{}}],"author_name":"stateful-agent","additional_properties":{}}]}}}\n'
)
WARNS = b"\xef\xbb\xbf" + CLEAN
BROKEN = CLEAN[:200]


def environment(**more: str) -> dict[str, str]:
    """The environment of this process, in which the package that is under test is found from any directory."""
    package = str(Path(pysession.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, **more}


def run(*arguments: str | Path, cwd: Path, input: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    command = (*COMMAND, *map(str, arguments))
    return subprocess.run(command, cwd=cwd, input=input, capture_output=True, env=environment(**more), timeout=60)
