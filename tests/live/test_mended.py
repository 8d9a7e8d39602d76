"""What was mended, given to the real libraries: they keep it, and the next run sees all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pysession.conform import Form, Oracle, Testee
from pysession.conform.dotnet import judge_dotnet
from pysession.findings import NextTurn, Verdict
from pysession.verbs.repair import repair
from tests.dotnet import dotnet_testee
from tests.fixes.cases import Case, hostile
from tests.python_releases import python_release

_HISTORY = frozenset({"tool-call-unanswered", "tool-result-orphan", "approval-unresolved", "message-repeated"})
_KEPT = frozenset({Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.NORMALISED})


def damaged(dialect: str, rules: frozenset[str]) -> list[Case]:
    """Hostile fixtures of a dialect, without those whose call only waits for its approval."""
    return [
        case
        for case in hostile()
        if case.entry.dialect == dialect
        and case.entry.rule in rules
        and case.entry.at is None
        and "approval-pending" not in case.entry.path
    ]


@pytest.fixture(scope="module")
def newest_python() -> Iterator[Oracle]:
    with python_release("python@1.23.0") as started:
        yield started


@pytest.fixture(scope="module")
def newest_dotnet() -> Iterator[Testee]:
    with dotnet_testee("10.11.0") as started:
        yield started


@pytest.mark.parametrize("case", damaged("python", _HISTORY), ids=lambda case: case.id)
def test_python_keeps_a_mended_history_and_its_next_run_sees_all_of_it(newest_python: Oracle, case: Case) -> None:
    mended = repair(case.record.data, [case.entry.rule or ""], encoding=case.record.encoding).data
    observed = newest_python.observe(mended, case.record.encoding, next_turn=True)
    assert observed is not None
    assert observed.verdict in _KEPT
    assert observed.next_turn is NextTurn.SEES_ALL


@pytest.mark.parametrize(
    "case",
    damaged("dotnet", _HISTORY | {"discriminator-not-first", "discriminator-renamed", "string-not-portable"}),
    ids=lambda case: case.id,
)
def test_dotnet_reads_every_message_of_a_mended_session(newest_dotnet: Testee, case: Case) -> None:
    mended = repair(case.record.data, [case.entry.rule or ""], encoding=case.record.encoding).data
    observed = judge_dotnet(mended, newest_dotnet.read(mended, Form.SESSION))
    assert observed.verdict in _KEPT
    assert observed.messages_restored == mended.lower().count(b'"role"')
