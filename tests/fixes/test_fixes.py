"""Every fix, on every hostile fixture of its rule, on the twins without the fault, and on what real libraries wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from pysession.findings import Finding, Severity, Verdict
from pysession.findings.failures import RefusedError
from pysession.fixes import BYTE_ORDER_MARK, ELSEWHERE, fix_of
from pysession.rules import catalogue
from pysession.verbs.check import check
from pysession.verbs.fixtures import Kind
from pysession.verbs.predict import predict
from pysession.verbs.repair import Repair, repair
from tests.fixes.cases import MENDED, Case, cases, hostile, twins

_WAITS = "hostile/tool-call-unanswered/python-approval-pending.json"
"""A call that waits for its approval: no fault, the rule tells it as an info."""
_NOTHING_LEFT = "hostile/discriminator-missing/dotnet-empty-object.json"
"""A content of which not one member is left, so that nothing tells its kind."""

_READERS = {"python": "python@latest", "dotnet": "dotnet@latest", "go": "go@latest"}


def mended(case: Case, blobs: Path, rules: list[str]) -> Repair:
    return repair(case.record.data, rules, encoding=case.record.encoding, at=case.entry.at, blobs=blobs)


def findings(case: Case, data: bytes) -> list[Finding]:
    report = check(data, encoding=case.record.encoding, at=case.entry.at, profiles=case.entry.profiles)
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


def rule_of(case: Case) -> str:
    assert case.entry.rule is not None
    return case.entry.rule


def can_be_mended(case: Case) -> bool:
    if rule_of(case) == BYTE_ORDER_MARK:
        return case.record.data.startswith(b"\xef\xbb\xbf")
    return case.entry.path not in (_WAITS, _NOTHING_LEFT)


_HOSTILE = hostile()
_MENDABLE = [case for case in _HOSTILE if can_be_mended(case)]


@pytest.mark.parametrize("case", _MENDABLE, ids=lambda case: case.id)
def test_the_fix_takes_the_finding_away_and_brings_no_other(case: Case, tmp_path: Path) -> None:
    before = findings(case, case.record.data)
    done = mended(case, tmp_path, [rule_of(case)])
    after = findings(case, done.data)
    assert done.changes
    assert {one.rule for one in done.changes} == {case.entry.rule}
    assert case.entry.rule not in {one.rule for one in after}
    assert {one.rule for one in after} <= {one.rule for one in before}


@pytest.mark.parametrize("case", _MENDABLE, ids=lambda case: case.id)
def test_what_was_mended_is_not_mended_again(case: Case, tmp_path: Path) -> None:
    once = mended(case, tmp_path, [rule_of(case)])
    how = case.record.encoding
    again = repair(once.data, [rule_of(case)], encoding=how, at=case.entry.at, blobs=tmp_path)
    assert (again.data, again.changes) == (once.data, ())


@pytest.mark.parametrize("case", [case for case in _HOSTILE if case.readable], ids=lambda case: case.id)
def test_the_mending_of_what_is_not_there_leaves_every_byte(case: Case, tmp_path: Path) -> None:
    report = check(case.record.data, encoding=case.record.encoding, at=case.entry.at)
    others = sorted(MENDED - {finding.rule for finding in report.findings})
    assert mended(case, tmp_path, others).data == case.record.data


@pytest.mark.parametrize("case", twins(), ids=lambda case: case.id)
def test_a_twin_without_the_fault_keeps_every_byte(case: Case, tmp_path: Path) -> None:
    assert mended(case, tmp_path, [Path(case.entry.path).parent.name]).data == case.record.data


@pytest.mark.parametrize(
    "case",
    [case for case in _MENDABLE if case.entry.dialect in _READERS and case.entry.at is None],
    ids=lambda case: case.id,
)
def test_the_newest_release_of_its_language_takes_it_no_worse_than_before(case: Case, tmp_path: Path) -> None:
    reader, how = _READERS[case.entry.dialect], case.record.encoding
    before = predict(case.record.data, reader, encoding=how)
    after = predict(mended(case, tmp_path, [rule_of(case)]).data, reader, encoding=how)
    assert after.verdict is not Verdict.REJECTED or before.verdict is Verdict.REJECTED


def test_what_an_ordinary_run_wrote_keeps_every_byte() -> None:
    ordinary = [
        case for case in cases(Kind.GOLDEN) if not {one.rule for one in findings(case, case.record.data)} & MENDED
    ]
    assert len(ordinary) > 300
    for case in ordinary:
        assert repair(case.record.data, encoding=case.record.encoding).data == case.record.data, case.id


def test_every_rule_that_calls_itself_fixable_has_a_fix_or_a_command_that_mends_it() -> None:
    assert {rule.id for rule in catalogue() if rule.fixable} == MENDED | set(ELSEWHERE)
    assert {rule.id for rule in catalogue() if fix_of(rule.id)} == {rule.id for rule in catalogue() if rule.fixable}


def test_bytes_that_are_no_text_are_nobodys_to_guess() -> None:
    latin = b'{"type":"session","session_id":"caf\xe9","service_session_id":null,"state":{}}'
    done = repair(latin, ["json-not-utf8"])
    assert (done.data, done.changes) == (latin, ())


@pytest.mark.parametrize("case", [case for case in _HOSTILE if not case.readable], ids=lambda case: case.id)
def test_what_cannot_be_read_is_refused_with_its_findings(case: Case, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        mended(case, tmp_path, [rule_of(case)])
    assert {one.rule for one in refused.value.findings} >= {finding.rule for finding in case.entry.expect.findings}
