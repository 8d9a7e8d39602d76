"""``pysession convert``: what is written where, and how it ends."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from pysession.cli import main
from pysession.schema import shipped
from tests.cli.processes import CLEAN, run

GOLDEN = Path(str(shipped("fixtures"))) / "golden/python/1.22.0/run_tools_stream.json"
HOSTILE = Path(str(shipped("fixtures"))) / "hostile/dialect-mismatch/dotnet-python-history.json"


def session(text: str = "hi", **more: object) -> bytes:
    message = {"role": "user", "contents": [{"type": "text", "text": text, "additional_properties": {}}],
               "additional_properties": {}, "type": "message"}  # fmt: skip
    state = {"in_memory": {"messages": [message]}}
    return json.dumps(
        {"type": "session", "session_id": "s", "service_session_id": None, "state": state, **more}
    ).encode()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three sessions, one of them in a folder of its own."""
    folder = tmp_path / "store"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.json", "b.json", "inner/c.json"):
        (folder / name).write_bytes(session(name))
    return folder


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_one_document_goes_to_standard_output(
    output: list[str], capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_bytes(session())
    assert main(["convert", str(tmp_path / "a.json"), "--to", "dotnet", *output]) == 0
    out, err = capfdbinary.readouterr()
    assert json.loads(out)["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["role"] == "user"
    assert "python → dotnet@1.17.0".encode() in err


def test_a_folder_becomes_a_folder_of_the_same_form(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["convert", str(store), "--to", "go", "-o", str(out)]) == 0
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.json")) == ["a.json", "b.json", "inner/c.json"]
    assert all("State" in json.loads(path.read_bytes()) for path in out.rglob("*.json"))


def test_several_documents_need_a_folder(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(store), "--to", "go"]) == 2
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["dotnet-thread", "agnt5", "cobol", "python@9.9.9", "dotnet@1.0.0-preview.260128.1"])
def test_a_target_that_cannot_be_written_is_a_mistake_of_usage(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_bytes(session())
    assert main(["convert", str(tmp_path / "a.json"), "--to", target, "-o", str(tmp_path / "b.json")]) == 2
    assert not (tmp_path / "b.json").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_a_document_that_its_own_dialect_refuses_is_told_of_with_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(HOSTILE), "--to", "python", "-o", str(tmp_path / "b.json")]) == 1
    out, err = capsys.readouterr()
    assert "dialect-mismatch" in err
    assert not out
    assert list(tmp_path.iterdir()) == []


def test_the_document_must_be_in_the_dialect_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_bytes(session())
    assert main(["convert", str(tmp_path / "a.json"), "--from", "go", "--to", "dotnet"]) == 2
    assert "not go but python" in capsys.readouterr().err


def test_strict_writes_nothing_of_which_something_would_be_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """.NET marks messages of a Python session that it has read; Python has no use for the mark."""
    converted = subprocess.run(
        [sys.executable, "-m", "pysession", "convert", "-", "--to", "dotnet", "-q"],
        input=session(service_session_id="r1"), capture_output=True, check=True,
    )  # fmt: skip
    value = json.loads(converted.stdout)
    mark = {"sourceType": {"value": "ChatHistory"}, "sourceId": "Microsoft.Agents.AI.InMemoryChatHistoryProvider"}
    value["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["additionalProperties"] = {"_attribution": mark}
    (tmp_path / "a.json").write_bytes(json.dumps(value).encode())
    arguments = ["convert", str(tmp_path / "a.json"), "--to", "python", "-o", str(tmp_path / "b.json")]
    assert main([*arguments, "--strict"]) == 1
    assert not (tmp_path / "b.json").exists()
    assert (
        "/stateBag/InMemoryChatHistoryProvider/messages/0/additionalProperties/_attribution" in capsys.readouterr().err
    )
    assert main(arguments) == 0
    assert (
        json.loads((tmp_path / "b.json").read_bytes())["state"]["in_memory"]["messages"][0]["additional_properties"]
        == {}
    )


def test_the_losses_are_a_file_of_their_schema(store: Path, tmp_path: Path) -> None:
    losses = tmp_path / "losses.json"
    assert (
        main(
            [
                "convert",
                str(GOLDEN),
                str(store),
                "--to",
                "dotnet",
                "-o",
                str(tmp_path / "out"),
                "--losses",
                str(losses),
                "-q",
            ]
        )
        == 0
    )
    value = json.loads(losses.read_bytes())
    schema = json.loads((shipped("schema") / "losses/1/losses.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(value)
    assert len(value["documents"]) == 4
    pointers = {loss["pointer"] for loss in value["documents"][0]["losses"]}
    assert "/state/in_memory/messages/1/contents/0/id" in pointers
    assert value["summary"]["parked"] == sum(len(document["losses"]) for document in value["documents"])


def test_a_file_of_documents_a_line_becomes_such_a_file(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_bytes(b"\n".join(session(text) for text in "abc") + b"\n")
    assert (
        main(["convert", str(tmp_path / "all.jsonl"), "--to", "dotnet", "-o", str(tmp_path / "out.jsonl"), "-q"]) == 0
    )
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    texts = [
        json.loads(line)["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["contents"][0]["text"]
        for line in lines
    ]
    assert texts == ["a", "b", "c"]


def test_of_a_file_with_a_refused_document_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_bytes(session("a") + b'\n{"type": "session", "session_id": 5}\n')
    (tmp_path / "out.jsonl").write_text("before")
    assert (
        main(["convert", str(tmp_path / "all.jsonl"), "--to", "dotnet", "-o", str(tmp_path / "out.jsonl"), "-q"]) == 1
    )
    assert (tmp_path / "out.jsonl").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.jsonl", "out.jsonl"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the system refuses the write in the same place."""
    source = tmp_path / "a.json"
    source.write_bytes(session("x" * 100_000))
    target = tmp_path / "b.json"
    target.write_text("before")

    def limited() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "pysession", "convert", str(source), "--to", "dotnet", "-o", str(target)],
        capture_output=True, text=True, preexec_fn=limited, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_device_is_written_to_and_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(GOLDEN), "--to", "dotnet", "-o", "/dev/full"]) == 3
    assert "no space left" in capsys.readouterr().err
    assert Path("/dev/full").is_char_device()


def test_a_folder_that_is_not_there_is_said_and_the_rest_is_done(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(tmp_path / "none"), str(store), "--to", "go", "-o", str(tmp_path / "out")]) == 3
    assert "no such file or directory" in capsys.readouterr().err
    assert len(list((tmp_path / "out").rglob("*.json"))) == 3


def test_no_document_takes_its_own_place(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (store / "a.json").read_bytes()
    assert main(["convert", str(store), "--to", "go", "-o", str(store)]) == 3
    assert "choose another place" in capsys.readouterr().err
    assert (store / "a.json").read_bytes() == before


def test_the_session_may_be_inside_a_record(tmp_path: Path) -> None:
    item = {"id": "1", "payload": json.loads(session()), "_ts": 1}
    (tmp_path / "item.json").write_text(json.dumps(item))
    assert (
        main(
            [
                "convert",
                str(tmp_path / "item.json"),
                "--at",
                "/payload",
                "--to",
                "dotnet",
                "-o",
                str(tmp_path / "b.json"),
                "-q",
            ]
        )
        == 0
    )
    assert "stateBag" in json.loads((tmp_path / "b.json").read_bytes())


def test_losses_that_cannot_be_written_are_an_output_that_cannot(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(CLEAN)
    done = run("convert", "a.json", "--to", "go", "-o", "b.json", "--losses", "gone/l.json", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.decode() == "gone/l.json: cannot be written: no such file or directory\n"
