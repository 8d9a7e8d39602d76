"""The .NET testee: what it answers, what it refuses, and that it notices when fixtures are not what is recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from pysession.conform import Answer, Form, Options, Testee
from pysession.conform.dotnet import DotnetBuildError, judge_dotnet, program
from pysession.findings import NextTurn, Stage, Verdict
from pysession.schema.shipped import shipped
from tests.dotnet import SOURCE, dotnet_program, dotnet_testee, need_dotnet

NEWEST = "10.11.0"
HISTORY = "InMemoryChatHistoryProvider"
TEXT = '{"$type":"text","text":"hi"}'


@pytest.fixture(scope="module")
def newest() -> Iterator[Testee]:
    with dotnet_testee(NEWEST) as started:
        yield started


def session(*contents: str, key: str = HISTORY) -> bytes:
    message = f'{{"role":"user","contents":[{",".join(contents)}]}}'
    return f'{{"stateBag":{{"{key}":{{"messages":[{message}]}}}}}}'.encode()


def refusal(answer: Answer) -> tuple[Stage | None, str | None]:
    return answer.stage, None if answer.error is None else answer.error.type


@pytest.mark.parametrize("version", ["9.5.0", "9.10.2", "10.3.0", NEWEST])
def test_it_runs_the_release_that_it_was_built_for(version: str) -> None:
    with dotnet_testee(version) as started:
        described = started.describe()
    assert described.reader == f"meai@{version}"
    assert described.environment["Microsoft.Extensions.AI.Abstractions"] == version
    assert described.environment["runtime"].startswith(".NET 10.")
    assert described.forms == (Form.MESSAGES, Form.SESSION)


def test_messages_that_it_wrote_come_back_as_the_same_bytes(newest: Testee) -> None:
    data = '[{"role":"user","contents":[{"$type":"text","text":"é <&> \\uD83D\\uDE00"}],"messageId":"m"}]'.encode()
    assert newest.read(data, Form.MESSAGES).saved == data


def test_a_session_that_it_wrote_comes_back_as_the_same_bytes(newest: Testee) -> None:
    answer = newest.read(session(TEXT), Form.SESSION)
    assert (answer.saved, answer.messages_restored, answer.empty_contents) == (session(TEXT), 1, 0)


def test_what_nobody_reads_in_the_state_bag_keeps_its_text(newest: Testee) -> None:
    data = b'{"stateBag":{"prices":{"a":1.10,"b":1e400,"a":2}}}'
    assert newest.read(data, Form.SESSION).saved == data


@pytest.mark.parametrize(
    ("data", "stage", "error"),
    [
        (b"{", Stage.PARSE, "JsonReaderException"),
        (b"\xef\xbb\xbf{}", Stage.PARSE, "JsonReaderException"),
        (b"[" * 65 + b"]" * 65, Stage.PARSE, "JsonReaderException"),
        (b"[]", Stage.LOAD, "ArgumentException"),
        (b'{"stateBag":1}', Stage.LOAD, "JsonException"),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":null}}', Stage.TOUCH, "NullReferenceException"),
        (session('{"text":"hi","$type":"text"}'), Stage.TOUCH, "JsonException"),
        (session('{"$type":"hologram"}'), Stage.TOUCH, "JsonException"),
        (session('{"$type":"functionCall","name":"f"}'), Stage.TOUCH, "ArgumentNullException"),
        (b'{"stateBag":{"k":"\\ud800"}}', Stage.SAVE, "JsonException"),
    ],
)
def test_it_says_where_the_library_gives_up(newest: Testee, data: bytes, stage: Stage, error: str) -> None:
    assert refusal(newest.read(data, Form.SESSION)) == (stage, error)


def test_the_cause_of_an_exception_is_told(newest: Testee) -> None:
    error = newest.read(b'{"stateBag":{"k":"\\ud800"}}', Form.SESSION).error
    assert error is not None
    assert error.cause == "InvalidOperationException"


def test_contents_without_a_discriminator_are_counted_as_emptied(newest: Testee) -> None:
    data = session('{"type":"text","text":"hi"}')
    answer = newest.read(data, Form.SESSION)
    assert (answer.saved, answer.empty_contents) == (session("{}"), 1)
    assert judge_dotnet(data, answer).verdict is Verdict.SILENT_LOSS


def test_a_bare_content_with_a_payload_is_kept(newest: Testee) -> None:
    data = session('{"additionalProperties":{"parked":1}}')
    answer = newest.read(data, Form.SESSION)
    assert (answer.saved, answer.empty_contents) == (data, 0)


def test_a_python_session_is_read_as_an_empty_one_and_that_is_a_silent_loss(newest: Testee) -> None:
    data = json.dumps(
        {
            "type": "session",
            "session_id": "s",
            "service_session_id": None,
            "state": {
                "in_memory": {
                    "messages": [
                        {"type": "message", "role": "user", "contents": [{"type": "text", "text": "hi"}]},
                    ]
                }
            },
        }
    ).encode()
    answer = newest.read(data, Form.SESSION)
    assert (answer.saved, answer.messages_restored) == (b'{"stateBag":{}}', 0)
    assert judge_dotnet(data, answer).verdict is Verdict.SILENT_LOSS


def test_a_history_under_a_key_of_the_application_is_looked_at_when_the_key_is_named(newest: Testee) -> None:
    data = session('{"$type":"hologram"}', key="mine")
    assert newest.read(data, Form.SESSION).saved == data
    assert judge_dotnet(data, newest.read(data, Form.SESSION)).verdict is Verdict.IDENTICAL
    named = newest.read(data, Form.SESSION, options=Options(history_keys=("mine",)))
    assert refusal(named) == (Stage.TOUCH, "JsonException")


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (Form.SESSION, session(TEXT)),
        (Form.SESSION, b'{"stateBag":{}}'),
        (Form.SESSION, b"{}"),
        (Form.MESSAGES, b"[]"),
    ],
)
def test_a_turn_is_added_and_what_was_there_stays(newest: Testee, form: Form, data: bytes) -> None:
    saved = newest.append(data, form, "and now?").saved
    assert saved is not None
    before, after = messages(json.loads(data)), messages(json.loads(saved))
    assert after[: len(before)] == before
    assert [message["role"] for message in after[len(before) :]] == ["user", "assistant"]
    assert after[len(before)]["contents"] == [{"$type": "text", "text": "and now?"}]


def messages(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return value.get("stateBag", {}).get(HISTORY, {}).get("messages", [])


def test_a_document_that_it_refuses_gets_no_turn(newest: Testee) -> None:
    assert refusal(newest.append(session('{"$type":"hologram"}'), Form.SESSION, "hi")) == (Stage.TOUCH, "JsonException")


def test_the_next_turn_needs_the_framework(newest: Testee) -> None:
    answer = newest.read(session(TEXT), Form.SESSION, next_turn=True)
    assert refusal(answer) == (None, "UnsupportedRequest")
    assert answer.next_turn is None or answer.next_turn.outcome is NextTurn.UNKNOWN


@pytest.mark.parametrize("form", [Form.STORE, Form.HISTORY_MESSAGEPACK, Form.THREAD])
def test_forms_of_other_libraries_are_unsupported(newest: Testee, form: Form) -> None:
    assert refusal(newest.read(b"{}", form)) == (None, "UnsupportedRequest")


@cache
def answer_schema() -> jsonschema_rs.Validator:
    schema = (shipped("schema") / "testee" / "1" / "answer.schema.json").read_bytes()
    return jsonschema_rs.validator_for(json.loads(schema))


def test_lines_that_are_no_requests_are_answered_and_the_next_one_is_served() -> None:
    lines = [
        b"garbage",
        b"[1]",
        b"",
        b'{"id":"x","op":"read"}',
        b'{"id":5,"op":"read","form":"session","document":"?"}',
        b'{"id":6,"op":"dance"}',
        b'{"id":7,"op":"append","form":"messages","document":"W10="}',
        b'{"id":8,"op":"read","form":"messages","document":"W10="}',
        b'{"id":8,"op":"read","form":"messages","document":"e30="}',
        b'{"id":8,"op":"describe"}',
        b'{"id":9,"op":"stop"}',
        b'{"id":10,"op":"describe"}',
    ]
    done = subprocess.run(dotnet_program(NEWEST), input=b"\n".join(lines), capture_output=True, timeout=60, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer_schema().validate(answer)
    assert [answer.get("error", {}).get("type") for answer in answers] == [
        *["UnsupportedRequest"] * 7,
        None,
        "JsonException",
        None,
        None,
    ]
    assert answers[7] == {"id": 8, "ok": True, "saved": "W10=", "messages_restored": 0, "empty_contents": 0}
    assert answers[10] == {"id": 9, "ok": True}
    assert done.stderr == b""


def test_a_release_that_does_not_exist_is_told_by_its_name(tmp_path: Path) -> None:
    need_dotnet()
    with pytest.raises(DotnetBuildError, match=r"meai@0\.0\.1 cannot be built: .*NU1"):
        program("0.0.1", SOURCE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = (*dotnet_program(NEWEST), "verify", str(folder))
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_all_that_is_recorded_of_this_release_holds() -> None:
    done = verify(shipped("fixtures"))
    assert (done.returncode, done.stderr) == (0, "")
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"meai@{NEWEST}: ")
    assert last.endswith(" 0 problems")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with three fixtures and what is recorded of them."""
    source = shipped("fixtures")
    manifest = json.loads((source / "manifest.json").read_bytes())
    listed = [entry for entry in manifest["fixtures"] if entry["path"].startswith("golden/dotnet/1.0.0-rc5/")][:3]
    assert len(listed) == 3
    for entry in listed:
        (tmp_path / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / entry["path"], tmp_path / entry["path"])
    manifest["fixtures"] = listed
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    recorded = json.loads((source / "recorded" / "dotnet.json").read_bytes())
    recorded["cells"] = {entry["path"]: recorded["cells"][entry["path"]] for entry in listed}
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "dotnet.json").write_text(json.dumps(recorded))
    return tmp_path


def test_a_small_folder_is_verified(small: Path) -> None:
    done = verify(small)
    assert (done.returncode, done.stdout) == (0, f"meai@{NEWEST}: 3 expectations, 0 problems\n")


def test_other_bytes_than_the_manifest_lists_are_noticed(small: Path) -> None:
    file = sorted(small.rglob("golden/**/*.json"))[0]
    file.write_bytes(file.read_bytes().replace(b"user", b"uzer"))
    done = verify(small)
    assert done.returncode == 1
    assert f"{file.relative_to(small)}: not the bytes that the manifest lists" in done.stdout


def test_a_verdict_that_is_not_the_librarys_is_noticed(small: Path) -> None:
    path = small / "recorded" / "dotnet.json"
    recorded = json.loads(path.read_bytes())
    recorded["readings"] = [{"verdict": "rejected", "stage": "touch", "error": {"type": "JsonException"}}] * len(
        recorded["readings"]
    )
    path.write_text(json.dumps(recorded))
    done = verify(small)
    assert done.returncode == 1
    assert "accepted, expected refused at touch with JsonException" in done.stdout


def test_changes_that_do_not_happen_are_noticed(small: Path) -> None:
    path = small / "recorded" / "dotnet.json"
    recorded = json.loads(path.read_bytes())
    recorded["readings"] = [
        {"verdict": "normalised", "changes": [["/stateBag/x", "appeared"]]} for _ in recorded["readings"]
    ]
    path.write_text(json.dumps(recorded))
    done = verify(small)
    assert done.returncode == 1
    assert "expected (/stateBag/x, appeared)" in done.stdout


def test_nothing_to_expect_is_a_failure(small: Path) -> None:
    (small / "recorded" / "dotnet.json").unlink()
    done = verify(small)
    assert done.returncode == 1
    assert f"nothing is recorded of meai@{NEWEST}" in done.stdout


def test_a_folder_without_a_manifest_is_a_mistake_of_use(tmp_path: Path) -> None:
    done = verify(tmp_path)
    assert done.returncode == 2
    assert "no folder of fixtures" in done.stderr
