"""A built Go testee is asked and judged in Go's manner."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from pysession.conform import TesteeNotStartedError, go
from pysession.findings import ChangeKind, Verdict
from pysession.readers import UnknownReleaseError

PROGRAM = """#!{python}
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "stop":
        break
    if asked["op"] == "describe":
        said = {{"reader": "{reader}", "forms": ["session"]}}
    else:
        said = {{"saved": "eyJTdGF0ZSI6e30sIlNlcnZpY2VJRCI6IiJ9", "messages_restored": 0}}
    print(json.dumps({{"id": asked["id"], "ok": True, **said}}), flush=True)
"""


def program(folder: Path, reader: str) -> Path:
    path = folder / "testee"
    path.write_text(PROGRAM.format(python=sys.executable, reader=reader))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_program_says_which_release_it_is_and_names_are_compared_without_case(tmp_path: Path) -> None:
    with go.start(program(tmp_path, "go@5b27c979abb4")) as asked:
        assert asked.reader == "go@5b27c979abb4"
        recorded = asked.observe(b'{"state":{},"ServiceID":""}')
    assert recorded is not None
    assert (recorded.verdict, recorded.changes) == (Verdict.NORMALISED, (("/state", ChangeKind.RENAMED),))
    assert recorded.same_bytes is False


def test_the_bytes_of_a_session_are_the_sdks_own(tmp_path: Path) -> None:
    with go.start(program(tmp_path, "go@5b27c979abb4")) as asked:
        recorded = asked.observe(b'{"State":{},"ServiceID":""}')
    assert recorded is not None
    assert (recorded.verdict, recorded.same_bytes) == (Verdict.IDENTICAL, True)


def test_a_program_that_names_no_release_in_the_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownReleaseError):
        go.start(program(tmp_path, "go@000000000000"))
    with pytest.raises(TesteeNotStartedError):
        go.start(tmp_path / "nothing")
