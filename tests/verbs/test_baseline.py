"""The file of known findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pysession.findings.failures import UsageError
from pysession.schema import shipped
from pysession.verbs.baseline import Entry, load, write

A, B = "v1:aa", "v1:bb"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(fingerprint: str = A, rule: str = "r-a", reason: str = "known", **more: Any) -> dict[str, Any]:
    return {"fingerprint": fingerprint, "rule": rule, "reason": reason, **more}


def test_a_baseline_in_another_directory_names_documents_from_there(here: Path) -> None:
    (here / "conf").mkdir()
    write("conf/known.json", [Entry(A, "r-a", "known", str(here / "s/a.json"))])
    assert json.loads(Path("conf/known.json").read_text())["entries"][0]["source"] == "../s/a.json"
    assert load("conf/known.json").entries[0].source == str(here / "s/a.json")


def test_writing_leaves_no_draft_behind(here: Path) -> None:
    write("known.json", [])
    assert [path.name for path in here.iterdir()] == ["known.json"]
    with pytest.raises(UsageError, match="cannot be written"):
        write("nowhere/known.json", [])


_GOOD = {"format": "pysession-baseline", "version": 1, "entries": []}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {**_GOOD, "version": 2},
        {**_GOOD, "format": "other"},
        {**_GOOD, "more": 1},
        {"format": "pysession-baseline", "version": 1},
        {**_GOOD, "entries": [entry(reason="")]},
        {**_GOOD, "entries": [entry(reason="  \n")]},
        {**_GOOD, "entries": [entry(fingerprint="aa")]},
        {**_GOOD, "entries": [entry(expires="next year")]},
        {**_GOOD, "entries": [entry(expires="2026-02-30")]},
        {**_GOOD, "entries": [entry(expires="2026-05-31T00:00:00")]},
        {**_GOOD, "entries": [entry(because="x")]},
        {**_GOOD, "entries": [{"fingerprint": A, "rule": "r-a"}]},
        {**_GOOD, "entries": [entry(rule="")]},
        {**_GOOD, "entries": [entry(source="")]},
    ],
)
def test_reader_and_schema_refuse_the_same_files(here: Path, value: object) -> None:
    Path("known.json").write_text(json.dumps(value))
    with pytest.raises(UsageError, match=r"known\.json"):
        load("known.json")
    assert list(schema().iter_errors(value))


@pytest.mark.parametrize(
    "value",
    [
        _GOOD,
        {**_GOOD, "$schema": "urn:pysession:schema:baseline:1"},
        {**_GOOD, "entries": [entry(), entry(B, source="a.json", expires="2028-02-29")]},
    ],
)
def test_reader_and_schema_accept_the_same_files(here: Path, value: object) -> None:
    Path("known.json").write_text(json.dumps(value))
    load("known.json")
    assert not list(schema().iter_errors(value))


def schema() -> jsonschema.Draft202012Validator:
    text = (shipped("schema") / "baseline" / "1" / "baseline.schema.json").read_text()
    value = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(value)
    return jsonschema.Draft202012Validator(value, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_a_missing_baseline_is_an_error_with_a_remedy(here: Path) -> None:
    with pytest.raises(UsageError, match="--write-baseline"):
        load("known.json")
    Path("broken.json").write_text("{")
    with pytest.raises(UsageError, match="not a baseline"):
        load("broken.json")
