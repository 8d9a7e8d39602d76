"""Three validators that others use give the same verdict on every fixture, in both forms."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pysession.schema import FORMS, schema_text, validator
from schemas.fixtures import Fixture
from tests.node_packages import node_packages

INFINITE = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity)')
AJV = Path(__file__).with_name("ajv")
Verdicts = dict[tuple[str, str, int], bool]
"""(form, path of the fixture, number of the document in it) → accepted."""


@pytest.fixture(scope="module")
def ours(judged: tuple[Fixture, ...]) -> Verdicts:
    found: Verdicts = {}
    for form in FORMS:
        for fixture in judged:
            judge = validator(fixture.dialect, form)
            found |= {(form, fixture.path, index): judge.is_valid(value) for index, value in enumerate(fixture.values)}
    return found


def test_both_verdicts_occur(ours: Verdicts) -> None:
    assert set(ours.values()) == {True, False}


def test_jsonschema_agrees(judged: tuple[Fixture, ...], ours: Verdicts) -> None:
    theirs: Verdicts = {}
    for form in FORMS:
        judges = {
            fixture.dialect: jsonschema.Draft202012Validator(json.loads(schema_text(fixture.dialect, form)))
            for fixture in judged
        }
        for fixture in judged:
            judge = judges[fixture.dialect]
            theirs |= {(form, fixture.path, index): judge.is_valid(value) for index, value in enumerate(fixture.values)}
    assert _different(ours, theirs) == {}


def test_ajv_agrees(judged: tuple[Fixture, ...], ours: Verdicts) -> None:
    node_packages(AJV)
    jobs: list[dict[str, Any]] = []
    keys: list[list[tuple[str, str, int]]] = []
    for form in FORMS:
        for dialect in sorted({fixture.dialect for fixture in judged}):
            chosen = [fixture for fixture in judged if fixture.dialect == dialect]
            instances = [
                (fixture.path, index, value) for fixture in chosen for index, value in enumerate(fixture.values)
            ]
            keys.append([(form, path, index) for path, index, _ in instances])
            texts = [_json(value) for _, _, value in instances]
            jobs.append({"schema": json.loads(schema_text(dialect, form)), "instances": texts})
    run = subprocess.run(
        ["node", "run.mjs"], cwd=AJV, input=json.dumps(jobs), capture_output=True, text=True, check=True
    )
    theirs = {
        key: verdict
        for job, verdicts in zip(keys, json.loads(run.stdout), strict=True)
        for key, verdict in zip(job, verdicts, strict=True)
    }
    assert _different(ours, theirs) == {}


def _json(value: Any) -> str:
    """JSON text; a number too large for a float, which ``json`` writes as Infinity, as a number too large."""
    return INFINITE.sub(
        lambda found: found[0].replace("Infinity", "1e999") if found[1] else found[0], json.dumps(value)
    )


def _different(ours: Verdicts, theirs: Verdicts) -> dict[tuple[str, str, int], tuple[bool, bool | None]]:
    return {key: (verdict, theirs.get(key)) for key, verdict in ours.items() if theirs.get(key) is not verdict}
