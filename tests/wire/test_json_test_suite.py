"""The public JSON parsing test suite, and the page that states what is done where RFC 8259 leaves a choice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pysession.wire import read

SUITE = sorted((Path(__file__).parent / "json_test_suite").glob("*.json"))
PAGE = Path(__file__).parents[2] / "docs" / "json-conformance.md"
REFUSALS = {"json-invalid", "json-not-utf8", "number-not-json", "limit-exceeded"}


def _of(kind: str) -> list[Path]:
    return [path for path in SUITE if path.name.startswith(kind)]


def _stated() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `(i_[^`]+)` \| (\S+) \| ([^|]+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: (read_or_refused, findings) for name, read_or_refused, findings in rows}


def test_the_suite_is_complete() -> None:
    assert {kind: len(_of(kind)) for kind in ("y_", "n_", "i_")} == {"y_": 95, "n_": 188, "i_": 35}


@pytest.mark.parametrize("path", _of("n_"), ids=lambda path: path.name)
def test_what_must_be_refused_is(path: Path) -> None:
    reading = read(path.read_bytes())
    assert REFUSALS & {fault.rule for fault in reading.faults if not fault.warning}


@pytest.mark.parametrize("path", _of("y_"), ids=lambda path: path.name)
def test_what_must_be_accepted_is(path: Path) -> None:
    reading = read(path.read_bytes())
    assert reading.readable
    assert not REFUSALS & {fault.rule for fault in reading.faults}


def test_the_page_states_what_is_done_for_each_file_that_leaves_a_choice() -> None:
    assert sorted(_stated()) == [path.name for path in _of("i_")]


@pytest.mark.parametrize("path", _of("i_"), ids=lambda path: path.name)
def test_what_the_page_states_is_done(path: Path) -> None:
    reading = read(path.read_bytes())
    rules = ", ".join(f"`{fault.rule}`" + (" (warning)" if fault.warning else "") for fault in reading.faults)
    assert _stated()[path.name] == ("read" if reading.readable else "refused", rules or "none")
