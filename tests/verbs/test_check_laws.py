"""What holds for the check of any bytes whatever."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pysession import check
from pysession.findings import DocumentReport, parse_pointer
from pysession.rules import find, profiles
from pysession.wire import Encoding, read
from tests.documents import stored, values
from tests.mutating import mutations

GOLDENS = [value for _, value in values()]
STORED = [(record.data, record.encoding) for _, record in stored("golden", "constructed", "documented", "hostile")]


def assert_well_formed(report: DocumentReport, data: bytes, value: Any) -> None:
    """Every finding is of a known rule, at a place that exists, and can be printed."""
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for finding in report.findings:
        assert find(finding.rule).id == finding.rule
        assert 1 <= finding.line <= lines
        assert finding.column >= 1
        assert finding.fingerprint.startswith("v1:")
        assert finding.message.endswith((".", "?"))
        assert len(finding.message) < 1000
        for step in parse_pointer(finding.pointer):
            if isinstance(value, dict) and step in value:
                value = value[step]
    assert list(report.findings) == sorted(report.findings, key=lambda one: (one.line, one.column))


@given(st.binary(max_size=200), st.sampled_from(list(Encoding)))
def test_arbitrary_bytes_give_findings_and_never_an_exception(data: bytes, encoding: Encoding) -> None:
    assert_well_formed(check(data, encoding=encoding), data, None)


@given(st.sampled_from(STORED), st.data())
def test_a_document_with_broken_bytes_gives_findings_and_never_an_exception(
    document: tuple[bytes, Encoding], data: st.DataObject
) -> None:
    whole, encoding = document
    start = data.draw(st.integers(0, max(0, len(whole) - 1)))
    stop = data.draw(st.integers(start, min(len(whole), start + 8)))
    broken = whole[:start] + data.draw(st.binary(max_size=6)) + whole[stop:]
    assert_well_formed(check(broken, encoding=encoding), broken, None)


@given(mutations(st.sampled_from(GOLDENS)), st.sets(st.sampled_from(sorted(profiles())), max_size=2))
def test_a_mutated_golden_gives_findings_and_never_an_exception(value: Any, chosen: set[str]) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert_well_formed(check(data, profiles=sorted(chosen)), data, value)


@given(mutations(st.sampled_from(GOLDENS)))
def test_the_same_bytes_give_the_same_report_again(value: Any) -> None:
    data = json.dumps(value).encode()
    assert check(data) == check(data)


@given(mutations(st.sampled_from(GOLDENS)))
def test_white_space_moves_findings_and_changes_nothing_else(value: Any) -> None:
    def essence(report: DocumentReport) -> list[tuple[str, ...]]:
        return sorted((one.rule, one.severity, one.pointer, one.message, one.fingerprint) for one in report.findings)

    compact = check(json.dumps(value, separators=(",", ":")).encode())
    indented = check(json.dumps(value, indent=2).encode())
    assert essence(compact) == essence(indented)


@given(mutations(st.sampled_from(GOLDENS)))
def test_every_finding_points_at_the_value_it_names(value: Any) -> None:
    data = json.dumps(value, indent=1).encode()
    if not read(data).readable:
        return
    lines = data.split(b"\n")
    for finding in check(data).findings:
        here: Any = value
        for step in parse_pointer(finding.pointer):
            here = here[int(step)] if isinstance(here, list) else here.get(step)
        begins = lines[finding.line - 1].decode()[finding.column - 1 :]
        assert begins[:1] == json.dumps(here)[:1], (finding, begins[:40])
