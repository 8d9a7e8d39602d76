"""``sarif``: SARIF 2.1.0 (OASIS), for code scanning services and editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pysession.findings import DocumentReport, Finding, NotRead, Report, Severity
from pysession.report.characters import encodable
from pysession.report.options import Options, RuleText
from pysession.report.tool import NAME, tool_version

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "pysession/v1"

# A SARIF artifactLocation: the URI of a file, and its index in ``artifacts``.
Artifact = dict[str, str | int]


def render(report: Report, options: Options) -> str:
    """The report as a SARIF log with one run, on one line: logs of many findings are large, and uploads have limits."""
    return json.dumps(_log(report, options.rules), ensure_ascii=False, separators=(",", ":")) + "\n"


def _log(report: Report, texts: Mapping[str, RuleText]) -> dict[str, Any]:
    rules = dict.fromkeys(finding.rule for document in report.documents for finding in document.findings)
    rule_index = {rule: index for index, rule in enumerate(sorted(rules))}
    # Several records of one file are several documents in one artifact.
    artifacts: dict[str, Artifact] = {}
    results: list[dict[str, Any]] = []
    for document in report.documents:
        uri = artifact_uri(document.source)
        artifact = artifacts.setdefault(uri, {"uri": uri, "index": len(artifacts)})
        results += [_result(document, finding, rule_index[finding.rule], artifact) for finding in document.findings]
    run = {
        "tool": {
            "driver": {
                "name": NAME,
                "version": tool_version(),
                "rules": [_rule(rule, texts.get(rule)) for rule in rule_index],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.not_read,
                "toolExecutionNotifications": [_notification(unread) for unread in report.not_read],
            }
        ],
        "artifacts": [{"location": {"uri": uri}, "roles": ["analysisTarget"]} for uri in artifacts],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def artifact_uri(source: str) -> str:
    """``source`` as a URI reference: a relative path stays relative, a store URL stays as it is.

    Bytes of a file name that are not UTF-8 (surrogate escapes) are percent-encoded as the bytes they are.
    """
    if "://" in source:
        return quote(_utf8(source), safe="/:?#[]@!$&'()*+,;=%~")
    path = PurePath(source)
    name = _utf8(path.as_posix())
    if not path.is_absolute():
        return quote(name)
    # A Windows path starts with its drive, not with a slash.
    return f"file:///{quote(name, safe='/:').removeprefix('/')}"


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return encodable(text).encode("utf-8")


def _rule(rule: str, text: RuleText | None) -> dict[str, Any]:
    if text is None:
        return {"id": encodable(rule)}
    explanation = {"text": encodable(text.explanation)}
    return {
        "id": encodable(rule),
        "shortDescription": {"text": encodable(text.summary)},
        "fullDescription": explanation,
        "help": explanation,
    }


def _result(document: DocumentReport, finding: Finding, rule_index: int, artifact: Artifact) -> dict[str, Any]:
    record = document.record if finding.record is None else finding.record
    properties: dict[str, Any] = {"fixable": finding.fixable}
    if record is not None:
        properties["record"] = record
    if finding.help is not None:
        properties["help"] = encodable(finding.help)
    result: dict[str, Any] = {
        "ruleId": encodable(finding.rule),
        "ruleIndex": rule_index,
        "level": _LEVEL[finding.severity],
        "message": {"text": encodable(finding.message)},
        "locations": [_location(artifact, finding.pointer, finding.line, finding.column)],
        "partialFingerprints": {_FINGERPRINT: encodable(finding.fingerprint)},
        "properties": properties,
    }
    if finding.related:
        result["relatedLocations"] = [
            # Code scanning views only show a related location that has a message.
            {
                "id": number,
                **_location(artifact, place.pointer, place.line, place.column),
                "message": {"text": "see also"},
            }
            for number, place in enumerate(finding.related, start=1)
        ]
    return result


def _location(artifact: Artifact, pointer: str, line: int, column: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": artifact,
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if pointer:  # The root has no name, and the physical location says it already.
        location["logicalLocations"] = [{"fullyQualifiedName": encodable(pointer), "kind": "value"}]
    return location


def _notification(unread: NotRead) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": f"{encodable(unread.source)} could not be read: {encodable(unread.reason)}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": artifact_uri(unread.source)}}}],
    }
