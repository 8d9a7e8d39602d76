from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft4Validator
from msgspec.structs import replace

from pysession.findings import Report
from pysession.report import RuleText, render
from pysession.report.sarif import artifact_uri
from tests.report.samples import ALICE, BOB, CLEAN, CUT, MIXED, PENDING, REPEATED, UNANSWERED
from tests.report.strategies import reports

SCHEMA = Draft4Validator(json.loads((Path(__file__).parent / "data" / "sarif" / "sarif-2.1.0-rtm.5.json").read_bytes()))


def run(report: Report, **options: Any) -> dict[str, Any]:
    (only,) = json.loads(render(report, "sarif", **options))["runs"]
    assert isinstance(only, dict)
    return only


@given(reports)
def test_every_report_satisfies_the_schema_of_sarif(report: Report) -> None:
    SCHEMA.validate(json.loads(render(report, "sarif")))


def test_a_report_with_rule_texts_satisfies_the_schema_of_sarif() -> None:
    rules = {"json-invalid": RuleText("Not JSON.", "RFC 8259.")}
    SCHEMA.validate(json.loads(render(MIXED, "sarif", rules=rules)))


def test_a_finding_is_a_result_with_its_place_and_fingerprint() -> None:
    (result,) = run(Report((replace(ALICE, findings=(REPEATED,)),)))["results"]
    artifact = {"uri": "store/alice.json", "index": 0}
    assert result == {
        "ruleId": "message-repeated",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "The message 'm-4' is stored twice; drop one."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": {"startLine": 88, "startColumn": 9},
                },
                "logicalLocations": [{"fullyQualifiedName": "/state/in_memory/messages/7", "kind": "value"}],
            }
        ],
        "partialFingerprints": {"pysession/v1": "v1:00bb"},
        "properties": {"fixable": False},
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": {"startLine": 52, "startColumn": 9},
                },
                "logicalLocations": [{"fullyQualifiedName": "/state/in_memory/messages/4", "kind": "value"}],
                "message": {"text": "see also"},
            }
        ],
    }


def test_severities_are_the_levels_error_warning_and_note() -> None:
    results = run(Report((replace(ALICE, findings=(UNANSWERED, REPEATED, PENDING)),)))["results"]
    assert [result["level"] for result in results] == ["error", "warning", "note"]


def test_results_point_at_their_rules() -> None:
    only = run(MIXED)
    rules = [rule["id"] for rule in only["tool"]["driver"]["rules"]]
    assert rules == ["approval-pending", "json-invalid", "message-repeated", "tool-call-unanswered"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in only["results"])


def test_a_rule_has_its_texts_where_they_are_given() -> None:
    report = Report((replace(ALICE, findings=(UNANSWERED, REPEATED)),))
    text = RuleText("A message is stored twice.", "A retry appended it again.")
    assert run(report, rules={"message-repeated": text})["tool"]["driver"]["rules"] == [
        {
            "id": "message-repeated",
            "shortDescription": {"text": "A message is stored twice."},
            "fullDescription": {"text": "A retry appended it again."},
            "help": {"text": "A retry appended it again."},
        },
        {"id": "tool-call-unanswered"},
    ]


def test_the_record_of_a_finding_is_a_property() -> None:
    (result,) = run(Report((CUT,)))["results"]
    assert result["properties"] == {"fixable": False, "record": 17}
    assert "logicalLocations" not in result["locations"][0]


def test_every_document_is_an_artifact_even_a_clean_one() -> None:
    assert [artifact["location"]["uri"] for artifact in run(Report((ALICE, BOB)))["artifacts"]] == [
        "store/alice.json",
        "store/bob.json",
    ]


def test_columns_are_said_to_count_code_points() -> None:
    assert run(CLEAN)["columnKind"] == "unicodeCodePoints"


def test_an_input_that_could_not_be_read_is_a_notification_of_an_unsuccessful_run() -> None:
    (invocation,) = run(MIXED)["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert notification["message"]["text"] == "store/locked.json could not be read: permission denied"
    assert run(CLEAN)["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("store/a.json", "store/a.json"),
        ("./a b#1?.json", "a%20b%231%3F.json"),
        ("c:d.json", "c%3Ad.json"),
        ("été.json", "%C3%A9t%C3%A9.json"),
        ("caf\udce9.json", "caf%E9.json"),
        ("odd\ud800.json", "odd%5Cud800.json"),
        ("/data/a.json", "file:///data/a.json"),
        ("-", "-"),
        ("postgres://host/db?t=a b", "postgres://host/db?t=a%20b"),
    ],
)
def test_a_source_is_this_uri(source: str, uri: str) -> None:
    assert artifact_uri(source) == uri
