from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from msgspec.structs import replace

from pysession.findings import Finding, NotRead, Report, Severity
from pysession.report import render
from tests.report.samples import ALICE, BOB, CLEAN, CUT, MIXED, PENDING, REPEATED, UNANSWERED
from tests.report.strategies import reports


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render(report, "junit").encode("utf-8"))


def only_case(*findings: Finding) -> ElementTree.Element:
    (case,) = parsed(Report((replace(ALICE, findings=findings),))).iter("testcase")
    return case


def test_a_small_report_is_this_xml() -> None:
    report = Report((replace(ALICE, findings=(UNANSWERED,)), BOB), (NotRead("c.json", "is a directory"),))
    text = UNANSWERED.message
    assert render(report, "junit") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites name="pysession" tests="3" failures="1" errors="1">\n'
        '  <testsuite name="store/alice.json" tests="1" failures="1" errors="0" skipped="0">\n'
        '    <testcase classname="store/alice.json" name="tool-call-unanswered">\n'
        f'      <failure type="tool-call-unanswered" message="{text}">'
        f"store/alice.json:41:13: error: {text} [/state/in_memory/messages/3/contents/0]</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        '  <testsuite name="store/bob.json" tests="1" failures="0" errors="0" skipped="0">\n'
        '    <testcase classname="store/bob.json" name="no findings" />\n'
        "  </testsuite>\n"
        '  <testsuite name="c.json" tests="1" failures="0" errors="1" skipped="0">\n'
        '    <testcase classname="c.json" name="could not be read">\n'
        '      <error type="not-read" message="is a directory">c.json: is a directory</error>\n'
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


@pytest.mark.parametrize(
    ("finding", "outcome"), [(UNANSWERED, "failure"), (REPEATED, "skipped"), (PENDING, "system-out")]
)
def test_the_severity_decides_the_outcome(finding: Finding, outcome: str) -> None:
    assert [child.tag for child in only_case(finding)] == [outcome]


def test_a_rule_with_findings_of_two_severities_has_the_worse_outcome() -> None:
    (outcome,) = only_case(replace(UNANSWERED, severity=Severity.WARNING, message="At the tail."), UNANSWERED)
    assert outcome.tag == "failure"
    assert outcome.attrib["message"] == UNANSWERED.message + " (and 1 more finding)"
    assert len((outcome.text or "").splitlines()) == 2


def test_a_thousand_findings_of_one_rule_are_a_hundred_lines_and_a_count() -> None:
    (outcome,) = only_case(*[UNANSWERED] * 1203)
    lines = (outcome.text or "").splitlines()
    assert len(lines) == 101
    assert lines[-1] == "… and 1,103 more findings"


def test_a_clean_document_is_a_passing_case() -> None:
    (case,) = parsed(CLEAN).iter("testcase")
    assert list(case) == []


def test_records_of_one_file_are_cases_of_one_suite() -> None:
    (suite,) = parsed(Report((CUT, replace(CUT, record=18)))).iter("testsuite")
    assert [case.attrib["name"] for case in suite] == ["record 17: json-invalid", "record 18: json-invalid"]


def test_what_xml_forbids_is_written_out() -> None:
    (outcome,) = only_case(replace(UNANSWERED, message="a\x00b\x1b\ud800\uffff<&]]>\U0001f600"))
    assert outcome.attrib["message"] == "a\\x00b\\x1b\\ud800\\uffff<&]]>\U0001f600"


def test_the_counts_are_those_of_the_whole_report() -> None:
    assert parsed(MIXED).attrib == {"name": "pysession", "tests": "6", "failures": "2", "errors": "1"}


@given(reports)
def test_every_report_is_well_formed_and_its_counts_are_right(report: Report) -> None:
    root = parsed(report)
    for suite in root:
        assert suite.attrib["tests"] == str(len(suite.findall("testcase")))
        for outcome, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.attrib[attribute] == str(len(suite.findall(f"testcase/{outcome}")))
    assert root.attrib["tests"] == str(len(list(root.iter("testcase"))))
