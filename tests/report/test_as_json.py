from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, ValidationError
from msgspec.structs import replace

from pysession.findings import Report
from pysession.report import document_to_json, render, to_json
from tests.report.samples import ALICE, BOB, CUT, MIXED, UNANSWERED, UNWRITTEN, WRITER
from tests.report.strategies import reports

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schema" / "report" / "1" / "report.schema.json").read_bytes()
)
VALIDATOR = Draft202012Validator(SCHEMA)

# The example of the contract, with the members that a check with readers adds.
CONTRACT: dict[str, Any] = {
    "format": "pysession-report",
    "version": 1,
    "tool": {"name": "pysession", "version": "1.0"},
    "documents": [
        {
            "source": "store/a.json",
            "bytes": 1834,
            "sha256": "0" * 64,
            "dialect": "python",
            "dialect_reason": "type is session",
            "session_id": "s-1",
            "messages": 12,
            "writer": {"candidates": ["python@1.22.0"], "evidence": ["/state/hosted"]},
            "readings": [
                {
                    "reader": "python@1.21.0",
                    "verdict": "rejected",
                    "stage": "load",
                    "error": {"type": "ValueError", "cause": "TypeError", "message": "refused"},
                    "messages_restored": 0,
                    "next_turn": "fails",
                    "same_bytes": False,
                    "changes": [{"pointer": "/state/hosted", "kind": "vanished"}],
                }
            ],
            "findings": [],
        }
    ],
    "not_read": [{"source": "b.json", "reason": "permission denied"}],
    "summary": {"documents": 1, "error": 0, "warning": 0, "info": 0, "verdicts": {"rejected": 1}, "not_read": 1},
}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_accepts_the_example_of_the_contract() -> None:
    VALIDATOR.validate(CONTRACT)


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ((), "extra"),
        (("tool",), "extra"),
        (("documents", 0), "extra"),
        (("documents", 0, "writer"), "extra"),
        (("documents", 0, "readings", 0), "extra"),
        (("documents", 0, "readings", 0, "changes", 0), "extra"),
        (("not_read", 0), "extra"),
        (("summary",), "extra"),
        (("summary", "verdicts"), "splendid"),
    ],
)
def test_the_schema_refuses_a_member_it_does_not_name(path: tuple[str | int, ...], member: str) -> None:
    report = json.loads(json.dumps(CONTRACT))
    target = report
    for step in path:
        target = target[step]
    target[member] = 1
    with pytest.raises(ValidationError):
        VALIDATOR.validate(report)


@given(reports)
def test_every_rendered_report_satisfies_the_schema(report: Report) -> None:
    VALIDATOR.validate(json.loads(render(report, "json")))


@given(reports)
def test_the_rendered_text_is_the_json_value(report: Report) -> None:
    assert json.loads(render(report, "json")) == to_json(report)


def test_a_document_has_the_members_of_the_contract_in_its_order() -> None:
    value = document_to_json(replace(ALICE, findings=(UNANSWERED,), writer=WRITER))
    assert json.dumps(value) == json.dumps(
        {
            "source": "store/alice.json",
            "bytes": 1834,
            "sha256": "a" * 64,
            "dialect": "python",
            "dialect_reason": "type is session",
            "session_id": "s-1",
            "messages": 12,
            "writer": {
                "candidates": ["python@1.21.0", "python@1.22.0", "python@1.23.0"],
                "evidence": ["/version"],
                "reasons": ['"version" is written by FileSessionStore'],
                "likely": {
                    "candidates": ["python@1.22.0", "python@1.23.0"],
                    "evidence": ["/state/in_memory/messages/0"],
                    "reasons": ["a message of their own"],
                },
                "seen": {"first": "2026-10-01T08:00:00Z", "last": "2026-10-02T09:30:00Z", "by": "messages"},
            },
            "findings": [
                {
                    "rule": "tool-call-unanswered",
                    "severity": "error",
                    "message": "The tool call 'call_9' has no result before the next user message; "
                    "add its result, or drop the call.",
                    "pointer": "/state/in_memory/messages/3/contents/0",
                    "line": 41,
                    "column": 13,
                    "fixable": True,
                    "fingerprint": "v1:00aa",
                    "related": [],
                }
            ],
        }
    )


def test_record_and_writer_are_left_out_where_there_is_none() -> None:
    assert not {"record", "writer"} & document_to_json(BOB).keys()
    assert document_to_json(CUT)["record"] == 17
    assert document_to_json(CUT)["findings"][0]["record"] == 17


def test_the_summary_counts_documents_findings_and_inputs() -> None:
    assert to_json(MIXED)["summary"] == {
        "documents": 3,
        "error": 2,
        "warning": 1,
        "info": 1,
        "verdicts": {},
        "not_read": 1,
        "suppressed": 2,
    }
    assert "suppressed" not in to_json(replace(MIXED, suppressed=0))["summary"]


def test_the_summary_counts_the_documents_of_each_set_of_writers() -> None:
    report = Report((replace(CUT, writer=UNWRITTEN), replace(ALICE, writer=WRITER), replace(BOB, writer=WRITER)))
    assert to_json(report)["summary"]["writers"] == [
        {
            "candidates": ["python@1.21.0", "python@1.22.0", "python@1.23.0"],
            "documents": 2,
            "first_seen": "2026-10-01T08:00:00Z",
            "last_seen": "2026-10-02T09:30:00Z",
            "seen_by": {"messages": 2},
        },
        {
            "candidates": [],
            "documents": 1,
            "first_seen": "2026-10-03T00:00:00Z",
            "last_seen": "2026-10-03T00:00:00Z",
            "seen_by": {"file": 1},
        },
    ]


def test_a_document_that_no_release_wrote_says_why() -> None:
    writer = document_to_json(replace(ALICE, writer=UNWRITTEN))["writer"]
    assert (writer["candidates"], writer["remark"]) == ([], "its dialect is not known")


def test_a_lone_surrogate_is_written_out_as_text() -> None:
    rendered = render(Report((replace(BOB, source="caf\udce9 \U0001f600.json"),)), "json")
    assert json.loads(rendered)["documents"][0]["source"] == "caf\\udce9 \U0001f600.json"


@given(reports)
def test_the_text_is_indented_as_the_standard_library_does_it(report: Report) -> None:
    assert render(report, "json") == json.dumps(to_json(report), ensure_ascii=False, indent=2) + "\n"


def test_odd_characters_stand_as_they_are() -> None:
    odd = 'a"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é\U0001f600<&>'
    report = Report((replace(ALICE, session_id=odd, dialect_reason=odd),))
    assert render(report, "json") == json.dumps(to_json(report), ensure_ascii=False, indent=2) + "\n"
