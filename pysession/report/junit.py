"""``junit``: XML for the test view of a CI server (Jenkins, GitLab, Azure DevOps and others).

A file is a suite. A rule that fired in a document is a test case with all its findings, so that the name of a case
stays the same from build to build and the server can say since when it fails. An ``error`` finding is a ``failure``.
JUnit has no word for a warning: ``skipped`` is the only state that these servers list together with its text without
failing the build, so a case whose worst finding is a ``warning`` gets that. ``info`` is a passing case with its text in
``system-out``. A clean document is one passing case; an input that could not be read is an ``error``.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from pysession.findings import DocumentReport, Finding, NotRead, Report, Severity
from pysession.report.characters import xml_legal
from pysession.report.options import Options
from pysession.report.tool import NAME
from pysession.report.wording import counted

_CLEAN = "no findings"
_NOT_READ = "could not be read"
_OUTCOME = {Severity.ERROR: "failure", Severity.WARNING: "skipped", Severity.INFO: "system-out"}
# GitLab refuses a file of more than 30 MB; one document can have hundreds of thousands of findings of one rule.
_MOST_LINES = 100
# The attribute of a suite that counts the cases with this outcome.
_COUNTED_AS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(report: Report, options: Options) -> str:
    """The report as an XML document."""
    root = ElementTree.Element("testsuites", {"name": NAME})
    suites: dict[str, list[ElementTree.Element]] = {}
    for document in report.documents:
        suites.setdefault(document.source, []).extend(_cases(document))
    for unread in report.not_read:
        suites.setdefault(unread.source, []).append(_unread_case(unread))
    for source, cases in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": xml_legal(source), **_counts(cases)})
        suite.extend(cases)
    root.attrib.update(_counts(root.iter("testcase")))
    del root.attrib["skipped"]  # The common schemas count skipped cases in a suite only.
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Iterable[ElementTree.Element]) -> dict[str, str]:
    counts = {"tests": 0} | dict.fromkeys(_COUNTED_AS.values(), 0)
    for case in cases:
        counts["tests"] += 1
        for outcome in case:
            if outcome.tag in _COUNTED_AS:
                counts[_COUNTED_AS[outcome.tag]] += 1
    return {name: str(count) for name, count in counts.items()}


def _cases(document: DocumentReport) -> list[ElementTree.Element]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in document.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    if not by_rule:
        return [_case(document.source, document.record, _CLEAN)]
    return [_rule_case(document, rule, findings) for rule, findings in by_rule.items()]


def _case(source: str, record: int | None, name: str) -> ElementTree.Element:
    full_name = name if record is None else f"record {record}: {name}"
    return ElementTree.Element("testcase", {"classname": xml_legal(source), "name": xml_legal(full_name)})


def _rule_case(document: DocumentReport, rule: str, findings: list[Finding]) -> ElementTree.Element:
    case = _case(document.source, document.record, rule)
    worst = next(severity for severity in Severity if any(finding.severity is severity for finding in findings))
    first = next(finding for finding in findings if finding.severity is worst)
    outcome = ElementTree.SubElement(case, _OUTCOME[worst])
    if worst is not Severity.INFO:
        more = f" (and {counted(len(findings) - 1, 'more finding')})" if len(findings) > 1 else ""
        outcome.attrib |= {"type": xml_legal(rule), "message": xml_legal(first.message) + more}
    lines = [_line(document, finding) for finding in findings[:_MOST_LINES]]
    if len(findings) > _MOST_LINES:
        lines.append(f"… and {counted(len(findings) - _MOST_LINES, 'more finding')}")
    outcome.text = xml_legal("\n".join(lines))
    return case


def _line(document: DocumentReport, finding: Finding) -> str:
    place = f"{document.source}:{finding.line}:{finding.column}"
    pointer = f" [{finding.pointer}]" if finding.pointer else ""
    return f"{place}: {finding.severity.value}: {finding.message}{pointer}"


def _unread_case(unread: NotRead) -> ElementTree.Element:
    case = _case(unread.source, None, _NOT_READ)
    outcome = ElementTree.SubElement(case, "error", {"type": "not-read", "message": xml_legal(unread.reason)})
    outcome.text = xml_legal(f"{unread.source}: {unread.reason}")
    return case
