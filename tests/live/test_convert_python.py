"""Converted sessions in the hands of real releases of Python: they load them, save them, and run the next turn."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pysession import convert
from pysession.conform import Options, Oracle
from pysession.findings import NextTurn, Verdict
from tests.conversion.documents import goldens
from tests.python_releases import python_release

RELEASES = ("python@1.0.0", "python@1.12.1", "python@1.21.0", "python@1.23.0")
HOMES = ("python", "dotnet", "go", "python-thread", "dotnet-thread", "python-history")


@pytest.fixture(params=RELEASES, scope="module")
def release(request: pytest.FixtureRequest) -> Iterator[tuple[str, Oracle]]:
    name: str = request.param
    oracle = python_release(name)
    yield name, oracle
    oracle.testee.close()


@pytest.mark.parametrize("home", HOMES)
def test_what_a_release_saves_of_a_golden_that_was_written_for_it_is_the_same(
    release: tuple[str, Oracle], home: str
) -> None:
    """From 1.19.0 on a release replaces the text of exceptions by a constant; from 1.22.0 on it takes a label of a server
    for a server's name. Nothing else may change."""
    name, oracle = release
    for entry, record in goldens(home):
        converted = convert(record.data, name, encoding=record.encoding).data
        seen = oracle.observe(converted, options=Options(history_keys=histories(converted)))
        assert seen is not None
        if seen.verdict in (Verdict.IDENTICAL, Verdict.EQUIVALENT):
            continue
        changed = {pointer.rpartition("/")[2] for pointer, _ in seen.changes}
        assert seen.verdict in (Verdict.LOSSY, Verdict.NORMALISED), (entry.path, seen)
        assert changed <= {"exception"} or changed <= {"hosted", "server_name"}, (entry.path, seen.changes)


@pytest.mark.parametrize("home", ["dotnet", "go", "dotnet-thread"])
def test_the_next_run_sees_every_message_that_came_from_another_language(
    release: tuple[str, Oracle], home: str
) -> None:
    name, oracle = release
    for entry, record in goldens(home):
        converted = convert(record.data, name, encoding=record.encoding).data
        seen = oracle.observe(converted, next_turn=True, options=Options(history_keys=histories(converted)))
        assert seen is not None
        if "Approval" not in entry.path:  # a message alone: Python drops answers and requests that nothing goes with
            assert seen.next_turn not in (NextTurn.FAILS, NextTurn.SEES_FEWER), (entry.path, seen)


@pytest.mark.parametrize("name", ["python@1.15.0", "python@1.23.0"])
def test_pending_approvals_of_other_languages_count_when_they_are_recorded(name: str) -> None:
    with python_release(name) as oracle:
        waiting = 0
        for entry, record in goldens("dotnet", "go", "python"):
            if "mcp" in entry.path or "approval_always" in entry.path:
                continue  # the service runs calls of MCP servers; Go answers for ever in a kind of its own
            plain = convert(record.data, name, encoding=record.encoding)
            if oracle.observe(plain.data, next_turn=True).next_turn is not NextTurn.APPROVAL_IGNORED:  # type: ignore[union-attr]
                continue
            recorded = convert(record.data, name, encoding=record.encoding, record_approvals=True)
            seen = oracle.observe(recorded.data, next_turn=True)
            assert seen is not None
            waiting += 1
            assert seen.next_turn is not NextTurn.APPROVAL_IGNORED, (entry.path, seen)
        assert waiting > 10


def histories(data: bytes) -> tuple[str, ...]:
    """The state keys that hold messages: what an application would tell its history providers."""
    state = json.loads(data)["state"]
    return tuple(
        key for key, entry in state.items() if isinstance(entry, dict) and isinstance(entry.get("messages"), list)
    )
