"""The options of ``pysession check`` and its exit codes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
import pytest

import pysession.cli.check
from pysession.cli import main
from pysession.findings.failures import DamagedError
from pysession.schema import shipped
from pysession.verbs.run import run
from tests.cli.processes import BROKEN, CLEAN, WARNS
from tests.verbs.judges import obedient


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in {"clean": CLEAN, "warns": WARNS, "broken": BROKEN}.items():
        Path(f"{name}.json").write_bytes(data)
    return tmp_path


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def rules(value: dict[str, Any]) -> list[str]:
    return [finding["rule"] for document in value["documents"] for finding in document["findings"]]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.json"], 0),
        (["warns.json"], 0),
        (["warns.json", "--fail-on", "warning"], 1),
        (["broken.json"], 1),
        (["gone.json"], 3),
        (["gone.json", "broken.json"], 3),
        (["gone.json", "broken.json", "--max-bytes", "0"], 2),
        ([], 2),
        (["clean.json", "--no-such-option"], 2),
        (["clean.json", "--reader", "python@1.24.0"], 2),
        (["clean.json", "--reader", ""], 2),
        (["clean.json", "--reader", "python@latest", "--reader", " , "], 2),
        (["clean.json", "--fail-on", "info"], 2),
        (["clean.json", "--jobs", "0"], 2),
        (["clean.json", "--format", "html"], 2),
        (["clean.json", "--at", "state"], 2),
        (["clean.json", "--select", "json-invalud"], 2),
        (["gone.json", "--ignore", "no-such-rule"], 2),
        (["gone.json", "--profile", "no-such-profile"], 2),
        (["clean.json", "--baseline", "gone.json"], 2),
        (["clean.json", "--report", "sarif"], 2),
        (["clean.json", "--report", "html:a.html"], 2),
        (["clean.json", "--report", "json:nowhere/a.json"], 2),
        (["clean.json", "--config", "gone.toml"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert main(["check", *arguments]) == code


@pytest.mark.parametrize(
    ("documents", "code"),
    [(["{}", "{}"], 0), (["{}", "raise"], 4), (["raise", "{}", "gone"], 4)],
)
def test_an_internal_error_is_exit_code_4_before_all_but_usage(
    documents: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pysession.cli.check, "run", partial(run, judge=obedient))
    paths = []
    for number, content in enumerate(documents):
        paths.append(f"{number}.json")
        if content != "gone":
            Path(paths[-1]).write_text(content)
    assert main(["check", *paths]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_failure_of_the_command_itself_is_exit_code_4_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("hunter2")

    monkeypatch.setattr(pysession.cli.check, "run", fail)
    assert main(["check", "clean.json"]) == 4
    assert capsys.readouterr().err == "internal error: KeyError; 'pysession check --debug' shows where\n"
    assert main(["check", "clean.json", "--debug"]) == 4
    assert "Traceback" in capsys.readouterr().err


def broken_installation(record: object, options: object) -> NoReturn:
    raise DamagedError(Path("tables/python.json"), "truncated")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_damaged_table_is_told_once_and_not_as_a_fault_of_each_document(
    jobs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pysession.cli.check, "run", partial(run, judge=broken_installation))
    assert main(["check", "clean.json", "warns.json", "--jobs", jobs]) == 4
    assert capsys.readouterr().err == "Error: tables/python.json is damaged (truncated); install pysession again\n"


def test_a_damaged_note_of_a_store_of_files_is_exit_code_3_and_the_others_are_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("store").mkdir()
    for name in ("clean.json", "warns.json", "other.json"):
        Path("store", name).write_bytes(CLEAN)
    notes = Path("store/.pysession/notes/~nobody")
    notes.mkdir(parents=True)
    (notes / "clean.json").write_bytes(b"no note")
    assert main(["check", "file:store", "--format", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one["source"] for one in told["documents"]] == ["file:store#other", "file:store#warns"]
    (lost,) = told["not_read"]
    assert lost["source"] == "file:store#clean"
    assert "store/.pysession/notes/~nobody/clean.json is damaged" in lost["reason"]


def test_an_empty_directory_is_exit_code_3_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["check", "empty"]) == 3
    assert "a directory without documents" in capsys.readouterr().out


def test_select_and_ignore_take_rules_families_and_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules(report(capsys, "broken.json", "warns.json")[1]) == ["json-invalid", "json-not-utf8"]
    assert rules(report(capsys, "broken.json", "warns.json", "--select", "json-invalid")[1]) == ["json-invalid"]
    assert rules(report(capsys, "broken.json", "warns.json", "--ignore", "json")[1]) == []
    both = "json-invalid,json-not-utf8"
    assert rules(report(capsys, "broken.json", "warns.json", "--ignore", both)[1]) == []
    assert rules(report(capsys, "broken.json", "--select", "json", "--ignore", "json-invalid")[1]) == []


def test_a_misspelt_rule_is_an_error_that_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "clean.json", "--select", "json-invalud"])
    assert "json-invalid" in capsys.readouterr().err


def test_at_takes_the_session_from_inside_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    Path("item.json").write_bytes(b'{"id":"1","doc":' + CLEAN + b"}")
    code, value = report(capsys, "item.json", "--at", "/doc")
    assert (code, value["documents"][0]["dialect"]) == (0, "python")


def test_limits_are_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, value = report(capsys, "clean.json", "--max-bytes", "100")
    assert (code, rules(value)) == (1, ["limit-exceeded"])
    assert value["documents"][0]["bytes"] == len(CLEAN)
    assert rules(report(capsys, "clean.json", "--max-depth", "3")[1]) == ["limit-exceeded"]


def test_the_input_format_can_be_forced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("export.txt").write_bytes(CLEAN * 2)
    assert len(report(capsys, "export.txt")[1]["documents"]) == 2
    assert rules(report(capsys, "export.txt", "--input-format", "json")[1]) == ["json-invalid"]
    assert report(capsys, "clean.json", "--input-format", "jsonl")[1]["documents"][0]["record"] == 0


def test_reports_go_to_files_beside_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "broken.json", "--report", "json:a.json", "--report", "sarif:a.sarif"]) == 1
    assert "json-invalid" in capsys.readouterr().out
    assert rules(json.loads(Path("a.json").read_text())) == ["json-invalid"]
    assert json.loads(Path("a.sarif").read_text())["version"] == "2.1.0"


def test_streamed_documents_add_up_to_the_same_summary(capsys: pytest.CaptureFixture[str]) -> None:
    paths = ["clean.json", "broken.json", "warns.json", "gone.json"]
    code, value = report(capsys, *paths)
    assert main(["check", *paths, "--format", "ndjson"]) == code
    *documents, closing = map(json.loads, capsys.readouterr().out.splitlines())
    assert documents == value["documents"]
    assert closing == {"not_read": value["not_read"], "summary": value["summary"]}


def test_quiet_says_nothing_of_a_clean_run_and_all_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "clean.json", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", "broken.json", "--quiet"]) == 1
    assert "json-invalid" in capsys.readouterr().out


def test_a_baseline_is_written_and_then_accepts_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    paths = ["broken.json", "warns.json"]
    assert main(["check", *paths, "--write-baseline", "known.json"]) == 0
    assert "known.json: 2 known findings written" in capsys.readouterr().err
    code, value = report(capsys, *paths, "--baseline", "known.json", "--fail-on", "warning")
    assert (code, rules(value), value["summary"]["suppressed"]) == (0, [], 2)


def test_a_written_baseline_satisfies_its_schema() -> None:
    main(["check", "broken.json", "--write-baseline", "known.json"])
    schema = json.loads((shipped("schema") / "baseline" / "1" / "baseline.schema.json").read_text())
    value = json.loads(Path("known.json").read_text())
    jsonschema.validate(value, schema)
    assert len(value["entries"]) == 1


def test_a_baseline_is_not_written_over_unless_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "broken.json", "--write-baseline", "known.json"])
    edited = Path("known.json").read_text().replace("accepted on first adoption", "the outage in March")
    Path("known.json").write_text(edited)
    assert main(["check", "broken.json", "--write-baseline", "known.json"]) == 2
    assert "add --baseline known.json" in capsys.readouterr().err
    assert main(["check", "broken.json", "--baseline", "known.json", "--write-baseline", "known.json"]) == 0
    assert Path("known.json").read_text() == edited


def test_a_baseline_that_is_read_and_written_need_not_be_there_yet() -> None:
    assert main(["check", "broken.json", "--baseline", "known.json", "--write-baseline", "./known.json"]) == 0
    assert main(["check", "broken.json", "--baseline", "known.json"]) == 0


def test_a_report_file_is_not_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "clean.json", "--report", "sarif:-"]) == 2
    assert "use --format sarif" in capsys.readouterr().err
    assert not Path("-").exists()


def test_a_stale_entry_fails_the_run_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "broken.json", "--write-baseline", "known.json"])
    Path("broken.json").write_bytes(CLEAN)
    capsys.readouterr()
    code, value = report(capsys, "broken.json", "--baseline", "known.json")
    assert (code, rules(value)) == (1, ["baseline-stale"])
    assert value["documents"][-1]["source"] == "known.json"
    assert main(["check", "broken.json", "--baseline", "known.json"]) == 1
    assert "known.json:5:5" in capsys.readouterr().out


def test_an_entry_about_a_reader_is_not_stale_where_no_reader_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    reader = ("--reader", "dotnet@1.17.0")
    main(["check", "clean.json", *reader, "--write-baseline", "known.json"])
    assert '"reader-loses-silently"' in Path("known.json").read_text()
    capsys.readouterr()
    assert report(capsys, "clean.json", *reader, "--select", "reader", "--baseline", "known.json")[0] == 0
    assert report(capsys, "clean.json", "--select", "reader", "--baseline", "known.json")[0] == 0
    code, value = report(capsys, "clean.json", "--reader", "python@latest", "--baseline", "known.json")
    assert (code, {*rules(value)}) == (1, {"baseline-stale"})


def test_an_entry_of_a_rule_that_is_not_selected_is_not_stale(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "broken.json", "--write-baseline", "known.json"])
    capsys.readouterr()
    code, value = report(capsys, "broken.json", "--baseline", "known.json", "--select", "history")
    assert (code, rules(value)) == (0, [])


def test_an_expired_entry_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "warns.json", "--write-baseline", "known.json"])
    value = json.loads(Path("known.json").read_text())
    value["entries"][0]["expires"] = "2020-01-01"
    Path("known.json").write_text(json.dumps(value))
    capsys.readouterr()
    code, found = report(capsys, "warns.json", "--baseline", "known.json")
    assert (code, rules(found)) == (1, ["json-not-utf8", "baseline-expired"])


@pytest.mark.parametrize("format", ["text", "json", "ndjson", "junit", "sarif", "github"])
def test_every_format_can_show_a_baseline_that_is_out_of_date(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "broken.json", "--write-baseline", "known.json"])
    Path("broken.json").unlink()
    capsys.readouterr()
    assert main(["check", "clean.json", "--baseline", "known.json", "--format", format]) == 1
    assert "baseline-stale" in capsys.readouterr().out
