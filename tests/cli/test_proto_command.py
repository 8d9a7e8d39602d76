"""``pysession proto``: the definitions, and documents as protobuf, as a real process."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from pysession.v1.session_pb2 import Session
from tests.cli.processes import BROKEN, CLEAN, COMMAND, environment, run


def test_list_names_every_definition_and_what_it_is(tmp_path: Path) -> None:
    done = run("proto", "list", cwd=tmp_path)
    assert done.returncode == 0
    lines = dict(line.split(None, 1) for line in done.stdout.decode().splitlines())
    assert {"pysession/v1/session.proto", "pysession/v1/value.proto"} <= set(lines)
    assert all(lines.values())


def test_export_writes_them_where_they_import_each_other(tmp_path: Path) -> None:
    done = run("proto", "export", "out", cwd=tmp_path)
    assert done.returncode == 0
    session = (tmp_path / "out" / "pysession" / "v1" / "session.proto").read_text("utf-8")
    assert 'import "pysession/v1/value.proto";' in session
    (tmp_path / "file").write_text("")
    refused = run("proto", "export", "file", cwd=tmp_path)
    assert refused.returncode == 2
    assert b"cannot be written" in refused.stderr


def test_verify_sends_every_fixture_there_and_back(tmp_path: Path) -> None:
    done = run("proto", "verify", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    carried, _, refused, *_ = done.stdout.decode().replace(",", "").split()[0:4]
    assert int(carried) > 1900
    assert done.stdout.decode().endswith("0 problems\n"), refused


def test_encode_and_decode_give_the_document_back(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_bytes(CLEAN)
    done = run("proto", "encode", "session.json", "-o", "s.binpb", "--writer", "python@1.12.1", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    session = Session.FromString((tmp_path / "s.binpb").read_bytes())
    assert session.writer.release == "python@1.12.1"
    assert run("proto", "decode", "s.binpb", cwd=tmp_path).stdout == CLEAN.strip()


def test_standard_input_and_output_are_taken(tmp_path: Path) -> None:
    blob = run("proto", "encode", "-", cwd=tmp_path, input=CLEAN).stdout
    assert run("proto", "decode", "-", cwd=tmp_path, input=blob).stdout == CLEAN.strip()


def test_what_cannot_be_carried_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(BROKEN)
    done = run("proto", "encode", "broken.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"broken.json: line 1, column " in done.stderr
    done = run("proto", "decode", "broken.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"broken.json: this is not a session as pysession.v1 has it")


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_bytes(CLEAN)
    assert run("proto", "encode", "missing.json", cwd=tmp_path).returncode == 3
    done = run("proto", "encode", "session.json", "-o", "no/folder/s.binpb", cwd=tmp_path)
    assert done.returncode == 3
    assert b"cannot be written" in done.stderr


def test_what_is_binary_does_not_go_to_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_bytes(CLEAN)
    ours, theirs = pty.openpty()
    command = [*COMMAND, "proto", "encode", "session.json"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, env=environment())
    os.close(theirs)
    _, told = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 2
    assert b"give --output OUT" in told


def test_a_writer_is_named_as_a_release(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_bytes(CLEAN)
    done = run("proto", "encode", "session.json", "--writer", "python", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"write it like python@" in done.stderr


def test_a_dash_in_place_of_a_file_is_standard_output_as_everywhere(tmp_path: Path) -> None:
    packed = run("proto", "encode", "-", "-o", "-", cwd=tmp_path, input=CLEAN)
    assert packed.returncode == 0
    assert run("proto", "decode", "-", "-o", "-", cwd=tmp_path, input=packed.stdout).stdout == CLEAN.strip()
    assert list(tmp_path.iterdir()) == []
