"""``pysession/v1/`` is what the pinned protoc writes from the definitions, which are sound, and it runs without a warning."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor

from protos import definitions, generated, stale
from protos.environment import uv
from pysession.v1 import exchange_pb2, report_pb2, session_pb2, value_pb2
from tests.proto.conftest import ROOT


def check() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "build_protos.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nothing_differs_and_nothing_is_unsound() -> None:
    done = check()
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_file_that_was_edited_added_or_removed_is_named(tmp_path: Path) -> None:
    files = {"a_pb2.py": b"a", "b_pb2.py": b"b", "c_pb2.py": b"c"}
    for name, content in (files | {"b_pb2.py": b"edited", "d_pb2.py": b"d"}).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "c_pb2.py").unlink()
    assert stale(files, tmp_path) == ("b_pb2.py", "c_pb2.py", "d_pb2.py")


def test_a_definition_that_protoc_refuses_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "pysession" / "v1" / "wrong.proto"
    file.parent.mkdir(parents=True)
    file.write_text('syntax = "proto3";\npackage pysession.v1;\nmessage Wrong { strin name = 1; }\n')
    with pytest.raises(ValueError, match=r'pysession/v1/wrong\.proto:3:17: "strin" is not defined'):
        generated(tmp_path)


def test_every_definition_has_its_code_and_its_types() -> None:
    names = {file.stem for file in definitions()}
    assert names == {"exchange", "report", "session", "value"}
    there = {file.name for file in (ROOT / "pysession" / "v1").iterdir() if file.is_file()}
    assert {f"{name}_pb2{ending}" for name in names for ending in (".py", ".pyi")} <= there
    assert {"exchange_pb2_grpc.py", "exchange_pb2_grpc.pyi"} <= there


PROGRAM = """
from pysession.v1 import exchange_pb2, exchange_pb2_grpc, report_pb2, session_pb2, value_pb2
blob = session_pb2.Session(session_id="s").SerializeToString()
assert session_pb2.Session.FromString(blob).session_id == "s"
"""


@pytest.mark.parametrize(
    "runtime", [("protobuf==6.31.1", "grpcio==1.74.0"), ("protobuf", "grpcio")], ids=["oldest", "newest"]
)
def test_it_runs_with_the_oldest_and_the_newest_runtime_without_a_warning(runtime: tuple[str, ...]) -> None:
    wanted = [part for requirement in runtime for part in ("--with", requirement)]
    start = [uv(), "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable, *wanted]
    done = subprocess.run(
        [*start, "--", "python", "-W", "error", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def messages(found: Iterable[Descriptor]) -> Iterator[Descriptor]:
    for message in found:
        yield message
        yield from messages(message.nested_types)


def test_every_field_that_holds_one_value_says_whether_it_is_set() -> None:
    files = (exchange_pb2, report_pb2, session_pb2, value_pb2)
    fields = [
        field
        for file in files
        for message in messages(file.DESCRIPTOR.message_types_by_name.values())
        for field in message.fields
    ]
    assert len(fields) > 300
    assert [field.full_name for field in fields if not field.is_repeated and not field.has_presence] == []
