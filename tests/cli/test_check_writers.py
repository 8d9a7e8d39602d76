"""``pysession check --writers``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pysession.cli import main
from pysession.schema import shipped
from tests.cli.processes import CLEAN

OCTOBER = 1_790_812_800  # 2026-10-01T00:00:00Z
TIMED = (
    b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"user","contents":[{"$type":"text","text":"hi"}]},'
    b'{"createdAt":"2026-03-01T10:00:00.5+02:00","role":"assistant","contents":[{"$type":"text","text":"ho"}]},'
    b'{"createdAt":"2026-03-02T10:00:00+00:00","role":"assistant","contents":[]}]}}}'
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        Path(f"{number}.json").write_bytes(CLEAN)
        os.utime(f"{number}.json", (0, OCTOBER + 86_400 * number))
    Path("3.json").write_bytes(TIMED)
    return tmp_path


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["check", *arguments, "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    schema = json.loads((shipped("schema") / "report/1/report.schema.json").read_bytes())
    jsonschema.validate(value, schema)
    return value  # type: ignore[no-any-return]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_document_has_its_writers_and_the_summary_counts_them(
    capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    value = report(capsys, ".", "--writers", "--jobs", jobs)
    writers = [document["writer"] for document in value["documents"]]
    assert [writer["candidates"][-1] for writer in writers[:2]] == ["python@1.12.1"] * 2
    assert writers[0]["evidence"] == ["/state/in_memory/messages/0/type"]
    assert value["summary"]["writers"] == [
        {
            "candidates": writers[0]["candidates"],
            "documents": 2,
            "first_seen": "2026-10-02T00:00:00Z",
            "last_seen": "2026-10-03T00:00:00Z",
            "seen_by": {"file": 2},
        },
        {
            "candidates": writers[2]["candidates"],
            "documents": 1,
            "first_seen": "2026-03-01T08:00:00Z",
            "last_seen": "2026-03-02T10:00:00Z",
            "seen_by": {"messages": 1},
        },
    ]


def test_nobody_pays_for_it_who_does_not_ask(capsys: pytest.CaptureFixture[str]) -> None:
    value = report(capsys, ".")
    assert all("writer" not in document for document in value["documents"])
    assert "writers" not in value["summary"]


def test_ndjson_has_the_writers_of_each_document_and_the_counts_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--writers", "--format", "ndjson"]) == 0
    *documents, closing = map(json.loads, capsys.readouterr().out.splitlines())
    assert all(document["writer"]["candidates"] for document in documents)
    assert [row["documents"] for row in closing["summary"]["writers"]] == [2, 1]


def test_the_text_says_which_releases_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "1.json", "2.json", "--writers"]) == 0
    assert capsys.readouterr().out == (
        "Written by:\n"
        "  python@1.0.0b260212 … 1.12.1: 2 documents, from 2026-10-02 to 2026-10-03 by the files' last change\n"
        "\n"
        "2 documents: nothing wrong\n"
    )


def test_quiet_keeps_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "1.json", "--writers", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("Written by:")


def test_the_configuration_can_ask_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pysession.toml").write_text("[check]\nwriters = true\n")
    assert "writer" in report(capsys, "1.json")["documents"][0]
