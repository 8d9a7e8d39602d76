"""A session that a release keeps in another file is told: its store finds nothing and begins anew, without an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

import pysession
from pysession.findings import Verdict
from tests.rules.conversations import assistant, python, user


def told(session_id: str, source: str, reader: str, **options: Any) -> list[str]:
    document = python(user(), assistant()) | {"session_id": session_id, "version": "1.0"}
    report = pysession.check(json.dumps(document).encode(), source=source, readers=[reader], **options)
    return [finding.message for finding in report.findings if finding.rule == "reader-loses-silently"]


@pytest.mark.parametrize(
    ("session_id", "source", "reader", "wanted"),
    [
        ("MySession", "store/MySession.json", "python@1.18.0", "~session-jv4vgzltonuw63q.json"),
        ("MySession", "store/~session-jv4vgzltonuw63q.json", "python@1.17.0", "MySession.json"),
    ],
)
def test_a_file_of_another_naming_is_not_found(session_id: str, source: str, reader: str, wanted: str) -> None:
    (message,) = told(session_id, source, reader)
    assert f'looks for this session in "{wanted}"' in message


@pytest.mark.parametrize(
    ("session_id", "source", "reader"),
    [
        ("MySession", "store/MySession.json", "python@1.17.0"),
        ("0f8c-lower", "store/0f8c-lower.json", "python@1.23.0"),
        ("MySession", "backup/of-monday.json", "python@1.23.0"),
        ("MySession", "store/MySession.json", "python@1.12.1"),
        ("MySession", "store/MySession.json", "dotnet@1.17.0"),
    ],
)
def test_names_that_are_no_naming_of_a_store_and_those_that_are_found_say_nothing(
    session_id: str, source: str, reader: str
) -> None:
    assert [message for message in told(session_id, source, reader) if "FileSessionStore" in message] == []


def test_where_any_loss_is_accepted_it_is_not_told() -> None:
    assert told("MySession", "store/MySession.json", "python@1.18.0", accept=Verdict.REJECTED) == []
