"""The command as the operating system and a terminal see it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import BROKEN, CLEAN, COMMAND, WARNS, environment, run


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "a.json").write_bytes(CLEAN)
    (folder / "b.json").write_bytes(BROKEN)
    (folder / "c.json").write_bytes(WARNS)
    return tmp_path


def test_results_go_to_standard_output_and_nothing_else_is_said(store: Path) -> None:
    done = run("check", "store", cwd=store)
    assert done.returncode == 1
    assert b"store/b.json:1:" in done.stdout
    assert b"json-invalid" in done.stdout
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout


def test_several_processes_say_what_one_says(store: Path) -> None:
    one = run("check", "store", "gone.json", "--format", "json", cwd=store)
    two = run("check", "store", "gone.json", "--format", "json", "--jobs", "2", cwd=store)
    assert (two.returncode, two.stdout) == (one.returncode, one.stdout)
    assert one.returncode == 3


def test_standard_input_is_a_path(store: Path) -> None:
    done = run("check", "-", "--format", "json", cwd=store, input=CLEAN)
    assert done.returncode == 0
    assert json.loads(done.stdout)["documents"][0]["source"] == "<stdin>"


def test_lines_from_standard_input_are_a_document_each(store: Path) -> None:
    done = run("check", "-", "--format", "ndjson", cwd=store, input=CLEAN * 3)
    *documents, closing = map(json.loads, done.stdout.splitlines())
    assert [document["record"] for document in documents] == [0, 1, 2]
    assert closing["summary"]["documents"] == 3


def test_a_byte_order_mark_does_not_hide_that_there_are_lines(store: Path) -> None:
    done = run("check", "-", "--format", "ndjson", cwd=store, input=WARNS + CLEAN)
    *documents, _ = map(json.loads, done.stdout.splitlines())
    found = [[finding["rule"] for finding in document["findings"]] for document in documents]
    assert found == [["json-not-utf8"], []]


def test_two_gigabytes_are_a_finding_and_not_a_lot_of_memory(store: Path) -> None:
    with (store / "big.json").open("wb") as stream:
        stream.truncate(2 << 30)
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from pysession.cli import main\n"
        "sys.exit(main(['check', 'big.json', '--format', 'json']))\n"
    )
    done = subprocess.run((COMMAND[0], "-c", program), cwd=store, capture_output=True, env=environment(), timeout=120)
    assert done.returncode == 1, done.stderr
    (document,) = json.loads(done.stdout)["documents"]
    assert [finding["rule"] for finding in document["findings"]] == ["limit-exceeded"]
    assert document["bytes"] == 2 << 30


def test_a_name_that_is_not_utf8_reaches_the_report_escaped(store: Path) -> None:
    Path(os.fsdecode(os.fsencode(store) + b"/caf\xe9.json")).write_bytes(BROKEN)
    command = (*map(os.fsencode, COMMAND), b"check", b"caf\xe9.json")
    done = subprocess.run(command, cwd=store, capture_output=True, env=environment(), timeout=60)
    assert done.returncode == 1
    assert b"caf\\xe9.json:1:" in done.stdout


def test_a_terminal_without_unicode_still_gets_its_report(store: Path) -> None:
    (store / "é.json").write_bytes(BROKEN)
    done = run("check", "é.json", cwd=store, PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert done.returncode == 1
    assert b"json-invalid" in done.stdout


def test_a_reader_that_stops_reading_ends_the_run_quietly(store: Path) -> None:
    (store / "many.jsonl").write_bytes(CLEAN * 3000)
    command = (*COMMAND, "check", "many.jsonl", "--format", "ndjson")
    with subprocess.Popen(
        command, cwd=store, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_the_run_with_one_line(store: Path, jobs: str) -> None:
    # The first line comes when all is loaded; then standard input is waited for.
    documents = [] if jobs == "2" else ["store/a.json"]
    command = (*COMMAND, "check", *documents, "-", "--format", "ndjson", "--jobs", jobs)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=store, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if documents:
            process.stdout.readline()
        else:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b"interrupted\n"


def on_terminal(*arguments: str, cwd: Path, stream: str, **more: str) -> bytes:
    """What the command writes to ``stream`` (``stdout`` or ``stderr``) when that is a terminal."""
    ours, theirs = pty.openpty()
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    files = {stream: theirs, other: subprocess.DEVNULL}
    process = subprocess.Popen((*COMMAND, *arguments), cwd=cwd, env=environment(TERM="xterm", **more), **files)  # type: ignore[call-overload]
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # Linux ends a terminal whose other side is closed with EIO
        pass
    os.close(ours)
    process.wait(60)
    return written


def test_a_terminal_gets_colour_unless_it_asks_for_none(store: Path) -> None:
    assert b"\x1b[" in on_terminal("check", "store", cwd=store, stream="stdout")
    assert b"\x1b[" not in on_terminal("check", "store", cwd=store, stream="stdout", NO_COLOR="1")


def test_progress_is_shown_on_a_terminal_for_several_documents_only(store: Path) -> None:
    assert b"3/3" in on_terminal("check", "store", cwd=store, stream="stderr")
    assert on_terminal("check", "store/a.json", cwd=store, stream="stderr") == b""
    assert on_terminal("check", "store", "--quiet", cwd=store, stream="stderr") == b""


def test_progress_is_drawn_now_and_then_and_ends_at_all(store: Path) -> None:
    for number in range(250):
        (store / "store" / f"{number}.json").write_bytes(CLEAN)
    shown = on_terminal("check", "store", cwd=store, stream="stderr")
    assert b"253/253" in shown
    assert shown.count(b"checking") < 110


def test_an_explanation_fits_the_terminal(store: Path) -> None:
    shown = on_terminal("rules", "explain", "tool-call-unanswered", cwd=store, stream="stdout", COLUMNS="60")
    prose = shown.decode().partition("## Examples")[0]
    assert max(len(line) for line in prose.splitlines() if "https://" not in line) <= 60


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told_as_such(store: Path) -> None:
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            (*COMMAND, "check", "store"), cwd=store, env=environment(), stdout=full, stderr=subprocess.PIPE
        )
    assert (process.returncode, process.stderr) == (
        2,
        b"Error: standard output cannot be written: no space left on device\n",
    )


def test_the_package_runs_as_a_module(store: Path) -> None:
    module = (sys.executable, "-m", "pysession", "--version")
    assert subprocess.check_output(module, cwd=store, env=environment()).startswith(b"pysession ")


def test_a_check_loads_nothing_that_it_does_not_need(store: Path) -> None:
    program = (
        "import sys\n"
        "from pysession.cli import main\n"
        "assert main(['check', 'store/a.json', '--quiet']) == 0\n"
        "print(*sorted(sys.modules))\n"
    )
    done = subprocess.run((COMMAND[0], "-c", program), cwd=store, capture_output=True, env=environment(), timeout=60)
    loaded = set(done.stdout.decode().split())
    unwanted = {
        "pydantic", "jsonschema", "agent_framework", "tomllib", "multiprocessing", "concurrent.futures",
        "pysession.model", "pysession.verbs.baseline", "pysession.report.sarif", "pysession.report.junit",
    }  # fmt: skip
    assert "pysession.verbs.check" in loaded
    assert loaded & unwanted == set()
