"""How .NET testees are built and kept, and how their answers are judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pysession.conform import Answer, InstallError, Options, oracle
from pysession.conform.dotnet import (
    VARIABLE,
    DotnetMissingError,
    default_cache,
    executable,
    judge_dotnet,
    program,
)
from pysession.findings import ChangeKind, Verdict
from pysession.readers import UnknownReleaseError
from tests.dotnet import SOURCE, TESTEES, need_dotnet

VERSION = "10.11.0"


def stored(**bag: Any) -> bytes:
    return json.dumps({"stateBag": bag}).encode()


MESSAGES = {"messages": [{"role": "user", "contents": [{"$type": "text", "text": "hi"}]}] * 2}


def test_the_variable_names_the_dotnet_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/some/where/dotnet")
    assert executable() == "/some/where/dotnet"


def test_without_dotnet_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DotnetMissingError, match=r"install \.NET 10, or let PYSESSION_DOTNET name its program"):
        executable()


def test_a_program_that_is_not_there_is_no_dotnet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(DotnetMissingError):
        program(VERSION, SOURCE, tmp_path)


def test_testees_are_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "pysession" / "testees" / "dotnet"


def test_a_testee_is_built_once_for_the_same_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need_dotnet()
    built = program(VERSION, SOURCE, tmp_path)
    assert built.is_file()
    assert [folder.name.split("-")[0] for folder in tmp_path.iterdir()] == [VERSION]
    # Without a dotnet it could not be built again.
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    assert program(VERSION, SOURCE, tmp_path) == built


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("meai@10.12.0", UnknownReleaseError),
        ("dotnet@1.0.0-preview.260128.1", InstallError),
        ("go@latest", InstallError),
    ],
)
def test_what_cannot_be_run_is_said_to_be(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        oracle(name, TESTEES)


def test_a_history_that_stays_unread_is_not_lost() -> None:
    document = stored(mine=MESSAGES)
    recorded = judge_dotnet(document, Answer(1, True, saved=document, messages_restored=0))
    assert (recorded.verdict, recorded.messages_restored) == (Verdict.IDENTICAL, 0)


def test_a_history_that_the_application_names_is_lost_when_its_messages_are_not_restored() -> None:
    document = stored(mine=MESSAGES)
    answer = Answer(1, True, saved=document, messages_restored=1)
    assert judge_dotnet(document, answer, options=Options(history_keys=("mine",))).verdict is Verdict.SILENT_LOSS


def test_a_history_of_another_language_that_is_gone_is_lost() -> None:
    message = {"type": "message", "role": "user", "contents": [{"type": "text", "text": "hi"}]}
    document = json.dumps(
        {"type": "session", "session_id": "s", "state": {"in_memory": {"messages": [message]}}}
    ).encode()
    recorded = judge_dotnet(document, Answer(1, True, saved=b'{"stateBag":{}}', messages_restored=0))
    assert recorded.verdict is Verdict.SILENT_LOSS
    assert ("/stateBag", ChangeKind.APPEARED) in (recorded.changes or ())


def test_numbers_are_the_same_by_value_and_names_without_regard_to_case() -> None:
    document = b'{"stateBag":{},"ConversationId":"c","x":1.0}'
    recorded = judge_dotnet(document, Answer(1, True, saved=b'{"conversationId":"c","stateBag":{},"x":1}'))
    assert recorded.verdict is Verdict.NORMALISED
    assert recorded.changes == (("/ConversationId", ChangeKind.RENAMED),)


def test_a_byte_that_is_no_utf8_is_the_replacement_character_that_net_saves() -> None:
    document, saved = b'{"stateBag":{"k":"a\xff"}}', '{"stateBag":{"k":"a\ufffd"}}'.encode()
    recorded = judge_dotnet(document, Answer(1, True, saved=saved, messages_restored=0))
    assert (recorded.verdict, recorded.same_bytes) == (Verdict.IDENTICAL, False)
