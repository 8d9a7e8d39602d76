"""``pysession anonymise`` as a process: where copies go, what they are called, what is told, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pysession.schema.shipped import shipped
from tests.cli.processes import BROKEN, CLEAN, run

WRONG = CLEAN.replace(b'"type":"session",', b"")
NO_TEXT = b"\x1f\x8b\x08\x00" + bytes(range(200))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    (folder / "anna").mkdir(parents=True)
    (folder / "3b7a2468-86d7-47d9-9843-0ed91b97eb65.json").write_bytes(CLEAN)
    (folder / "anna" / "wrong.json").write_bytes(WRONG)
    return folder


def test_one_copy_goes_to_standard_output_and_the_account_to_standard_error(store: Path) -> None:
    done = run("anonymise", "anna/wrong.json", cwd=store)
    assert done.returncode == 0
    assert len(done.stdout) == len(WRONG)
    assert b"teal" not in done.stdout
    assert done.stderr.decode().splitlines() == ["anna/wrong.json: 1 finding as before"]


def test_standard_input_is_copied_too(store: Path) -> None:
    done = run("anonymise", "-", "-q", cwd=store, input=CLEAN)
    assert (done.returncode, len(done.stdout), done.stderr) == (0, len(CLEAN), b"")


def test_a_folder_becomes_one_in_which_files_and_folders_have_other_names(store: Path, tmp_path: Path) -> None:
    assert run("anonymise", "store", "-o", "out", cwd=tmp_path).returncode == 0
    copies = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.json"))
    assert [len(path.parts) for path in copies] in ([1, 2], [2, 1])
    assert not any("anna" in str(path) or "wrong" in str(path) for path in copies)


def test_a_file_that_is_called_by_the_id_of_its_session_still_is(store: Path, tmp_path: Path) -> None:
    assert run("anonymise", "store", "-o", "out", cwd=tmp_path).returncode == 0
    (copy,) = (tmp_path / "out").glob("*.json")
    assert json.loads(copy.read_bytes())["session_id"] == copy.stem


def test_what_is_equal_in_two_files_is_equal_in_their_copies(store: Path, tmp_path: Path) -> None:
    assert run("anonymise", "store", "-o", "out", cwd=tmp_path).returncode == 0
    first, second = (json.loads(path.read_bytes()) for path in (tmp_path / "out").rglob("*.json"))
    assert first["state"] == second["state"]
    assert first["session_id"] == second["session_id"]


def test_without_a_seed_every_run_draws_anew_and_with_one_the_same(store: Path) -> None:
    drawn = [run("anonymise", "anna/wrong.json", *more, cwd=store).stdout for more in ((), (), ("--seed", "x"))]
    again = run("anonymise", "anna/wrong.json", "--seed", "x", cwd=store).stdout
    assert len({*drawn}) == 3
    assert again == drawn[2]


def test_verdicts_are_compared_when_releases_are_named(store: Path) -> None:
    arguments = (
        "anonymise",
        "anna/wrong.json",
        "-o",
        "copy.json",
        "--reader",
        "python@latest",
        "--reader",
        "dotnet@latest",
    )
    assert run(*arguments, cwd=store).returncode == 0
    assert run("anonymise", "anna/wrong.json", "--reader", "python@9.9.9", cwd=store).returncode == 2


def test_json_lines_keep_their_lines(store: Path) -> None:
    (store / "two.jsonl").write_bytes(CLEAN + WRONG)
    done = run("anonymise", "two.jsonl", cwd=store)
    assert done.returncode == 0
    assert [*map(len, done.stdout.splitlines())] == [*map(len, (CLEAN + WRONG).splitlines())]


def test_what_is_cut_off_is_copied_cut_off(store: Path) -> None:
    (store / "cut.json").write_bytes(BROKEN)
    done = run("anonymise", "cut.json", cwd=store)
    assert (done.returncode, len(done.stdout)) == (0, len(BROKEN))
    assert done.stderr.decode().splitlines() == ["cut.json: 1 finding as before"]


def test_what_is_no_text_is_refused_and_the_others_are_copied(store: Path, tmp_path: Path) -> None:
    (store / "packed.json").write_bytes(NO_TEXT)
    done = run("anonymise", "store", "-o", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "packed.json: no copy can be made: json-invalid" in done.stderr.decode()
    assert len([*(tmp_path / "out").rglob("*.json")]) == 2


def test_a_document_is_never_written_over(store: Path) -> None:
    done = run("anonymise", "anna/wrong.json", "-o", "anna/wrong.json", cwd=store)
    assert done.returncode == 3
    assert (store / "anna" / "wrong.json").read_bytes() == WRONG


def test_several_copies_cannot_go_to_standard_output(store: Path) -> None:
    assert run("anonymise", ".", cwd=store).returncode == 2


def test_no_input_at_all_is_a_failure_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("anonymise", "empty", "-o", "out", cwd=tmp_path).returncode == 3
    assert run("anonymise", "missing.json", "-o", "out", cwd=tmp_path).returncode == 3


def test_the_account_as_json_satisfies_its_schema(store: Path) -> None:
    (store / "packed.json").write_bytes(NO_TEXT)
    done = run("anonymise", ".", "-o", "../out", "--format", "json", cwd=store)
    schema = json.loads((shipped("schema") / "anonymise" / "1" / "anonymise.schema.json").read_bytes())
    account = json.loads(done.stdout)
    Draft202012Validator(schema).validate(account)
    assert sorted(bool(one["refused"]) for one in account["documents"]) == [False, False, True]
