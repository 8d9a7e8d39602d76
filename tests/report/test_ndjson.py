from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from pysession.findings import Report
from pysession.report import document_to_json, render, render_document
from tests.report.samples import ALICE, BOB, MIXED
from tests.report.strategies import reports

_FOLDER = Path(__file__).parents[2] / "schema" / "report" / "1"
_REPORT = Resource.from_contents(json.loads((_FOLDER / "report.schema.json").read_bytes()))
LINE = Draft202012Validator(
    json.loads((_FOLDER / "ndjson-line.schema.json").read_bytes()), registry=_REPORT @ Registry()
)


@given(reports)
def test_each_document_is_one_line_and_the_run_is_the_last(report: Report) -> None:
    # splitlines() also breaks at U+0085, U+2028 and others: no reader may see more lines than there are.
    lines = [json.loads(line) for line in render(report, "ndjson").splitlines()]
    assert lines[:-1] == [document_to_json(document) for document in report.documents]
    assert lines[-1].keys() == {"not_read", "summary"}


@given(reports)
def test_every_line_satisfies_the_schema_of_a_line(report: Report) -> None:
    for line in render(report, "ndjson").splitlines():
        LINE.validate(json.loads(line))


def test_documents_rendered_one_by_one_are_the_lines_of_the_report() -> None:
    assert render(MIXED, "ndjson").startswith(render_document(ALICE) + render_document(BOB))


def test_the_last_line_has_what_was_not_read_and_the_counts() -> None:
    assert json.loads(render(MIXED, "ndjson").splitlines()[-1]) == {
        "not_read": [{"source": "store/locked.json", "reason": "permission denied"}],
        "summary": {
            "documents": 3,
            "error": 2,
            "warning": 1,
            "info": 1,
            "verdicts": {},
            "not_read": 1,
            "suppressed": 2,
        },
    }
