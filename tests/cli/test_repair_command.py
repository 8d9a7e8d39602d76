"""``pysession repair`` as a process: where the result goes, what is told, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pysession.schema.shipped import shipped
from tests.cli.processes import BROKEN, CLEAN, run

TORN = b'{"session_id":"s","service_session_id":null,"state":{}}'
MENDED = b'{"type":"session","session_id":"s","service_session_id":null,"state":{}}'
HOPELESS = CLEAN.replace(b"stateful-agent", b"caf\xe9")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "clean.json").write_bytes(CLEAN)
    (folder / "torn.json").write_bytes(TORN)
    return folder


def test_one_document_goes_to_standard_output_and_its_account_to_standard_error(store: Path) -> None:
    done = run("repair", "torn.json", cwd=store)
    assert (done.returncode, done.stdout) == (0, MENDED)
    assert done.stderr.decode().splitlines() == [
        "torn.json",
        '  mended   envelope-type  (the document): the session says "type": "session"',
    ]
    assert (store / "torn.json").read_bytes() == TORN


def test_standard_input_is_mended_too(store: Path) -> None:
    assert run("repair", "-", "-q", cwd=store, input=TORN).stdout == MENDED


def test_in_place_the_old_bytes_are_kept_beside_it_and_what_is_sound_is_not_touched(store: Path) -> None:
    before = (store / "clean.json").stat().st_mtime_ns
    done = run("repair", ".", "--in-place", cwd=store)
    assert done.returncode == 0
    assert (store / "torn.json").read_bytes() == MENDED
    assert (store / "torn.json.bak").read_bytes() == TORN
    assert (store / "clean.json").stat().st_mtime_ns == before
    assert {each.name for each in store.iterdir()} == {"clean.json", "torn.json", "torn.json.bak"}
    assert done.stderr.decode().splitlines()[-1] == "2 documents: 1 mended"


def test_a_folder_gets_all_documents_the_sound_ones_too(store: Path, tmp_path: Path) -> None:
    assert run("repair", "store", "-o", "out", cwd=tmp_path).returncode == 0
    assert {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()} == {
        "clean.json": CLEAN,
        "torn.json": MENDED,
    }


def test_in_the_folder_for_the_results_subfolders_stay_subfolders(store: Path, tmp_path: Path) -> None:
    (store / "a").mkdir()
    (store / "a" / "torn.json").write_bytes(TORN.replace(b'"s"', b'"other"'))
    assert run("repair", "store", "-o", "out", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out" / "torn.json").read_bytes() == MENDED
    assert (tmp_path / "out" / "a" / "torn.json").read_bytes() == MENDED.replace(b'"s"', b'"other"')


def test_a_dry_run_shows_the_difference_and_writes_nothing(store: Path) -> None:
    done = run("repair", "torn.json", "--dry-run", cwd=store)
    assert done.returncode == 0
    assert '+{"type":"session","session_id":"s"' in done.stdout.decode()
    assert {each.name for each in store.iterdir()} == {"clean.json", "torn.json"}


def test_the_account_as_json(store: Path) -> None:
    done = run("repair", ".", "--dry-run", "--format", "json", "-q", cwd=store)
    account = json.loads(done.stdout[done.stdout.index(b'{\n "format"') :])
    assert [(each["source"], each["changed"]) for each in account["documents"]] == [
        ("./clean.json", False),
        ("./torn.json", True),
    ]
    schema = json.loads((shipped("schema") / "repair" / "1" / "repair.schema.json").read_bytes())
    Draft202012Validator(schema).validate(account)
    assert account["documents"][1]["changes"] == [
        {"rule": "envelope-type", "pointer": "", "what": 'the session says "type": "session"'}
    ]


def test_what_cannot_be_read_is_refused_and_nothing_is_written(store: Path) -> None:
    (store / "broken.json").write_bytes(BROKEN)
    done = run("repair", "broken.json", "-o", "out.json", cwd=store)
    assert done.returncode == 1
    assert b"refused  json-invalid  1:201" in done.stderr
    assert not (store / "out.json").exists()


def test_what_no_fix_can_mend_is_told_and_ends_with_one(store: Path) -> None:
    (store / "hopeless.json").write_bytes(HOPELESS)
    done = run("repair", "hopeless.json", cwd=store)
    assert (done.returncode, done.stdout) == (1, HOPELESS)
    assert b"left     json-not-utf8  1:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["."], "several documents cannot all go to standard output"),
        (["torn.json", "--in-place", "--dry-run"], "give one of --output, --in-place and --dry-run"),
        (["torn.json", "--rule", "nope"], "there is no rule 'nope'"),
        (["torn.json", "--rule", "inline-binary"], "give --blobs DIR"),
        (["-", "--in-place"], "standard input has no place to be mended in"),
        (["torn.json", "--restore-blobs", ".", "--rule", "state-null"], "--restore-blobs mends nothing"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(store: Path, arguments: list[str], says: str) -> None:
    done = run("repair", *arguments, cwd=store, input=TORN)
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_an_output_that_cannot_be_written_is_told_and_leaves_nothing(store: Path) -> None:
    done = run("repair", "torn.json", "-o", "gone/out.json", cwd=store)
    assert done.returncode == 3
    assert b"gone/out.json: cannot be written: no such file or directory" in done.stderr
    assert {each.name for each in store.iterdir()} == {"clean.json", "torn.json"}


@pytest.mark.parametrize(
    "arguments",
    [["-o", "taken"], ["--rule", "inline-binary", "--blobs", "taken/blobs", "--in-place"]],
    ids=["output", "blobs"],
)
def test_a_folder_that_cannot_be_made_is_told_and_nothing_is_mended(
    store: Path, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    inline = CLEAN.replace(
        b'"contents":[', b'"contents":[{"type":"data","uri":"data:a/b;base64,%s"},' % (b"AAAA" * 300_000), 1
    )
    (store / "torn.json").write_bytes(inline)
    done = run("repair", "store", *arguments, cwd=tmp_path)
    assert done.returncode == 3
    assert b"cannot be written" in done.stderr
    assert b"internal error" not in done.stderr
    assert (store / "torn.json").read_bytes() == inline
    assert {each.name for each in store.iterdir()} == {"clean.json", "torn.json"}


def test_where_there_is_no_session_nothing_passes_for_sound(store: Path) -> None:
    (store / "other.json").write_bytes(b'{"a": 1}')
    for arguments in (["other.json"], ["torn.json", "--at", "/nope"]):
        done = run("repair", *arguments, cwd=store)
        assert done.returncode == 1
        assert b"left     dialect-unknown  1:1" in done.stderr


def test_the_input_is_replaced_only_on_request(store: Path) -> None:
    done = run("repair", "torn.json", "-o", "torn.json", cwd=store)
    assert done.returncode == 3
    assert b"--in-place" in done.stderr
    assert (store / "torn.json").read_bytes() == TORN


def test_no_document_at_all_is_a_failure_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("repair", "empty", "--in-place", cwd=tmp_path).returncode == 3
