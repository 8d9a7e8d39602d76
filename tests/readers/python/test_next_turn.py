"""What the next run does, held against what was measured on the real releases with a scripted model."""

from __future__ import annotations

from typing import Any

import pytest

from pysession import predict
from pysession.readers import Settings
from tests.readers.python.building import CALL, HOSTED, REQUEST, TEXT, message, session, with_messages


def turn(document: bytes, reader: str, **settings: Any) -> str:
    return predict(document, f"python@{reader}", settings=Settings(**settings)).next_turn.value


def pending(*requests: Any) -> bytes:
    history = {"messages": [message(TEXT), message(CALL, REQUEST, role="assistant")]}
    return session({"in_memory": history, "tool_approval": {"pending_approval_requests": list(requests)}})


def test_a_run_sees_the_history_under_its_releases_key() -> None:
    for reader, key, other in (("1.0.0b260212", "memory", "in_memory"), ("1.0.0rc1", "in_memory", "memory")):
        history = {"messages": [message(TEXT)]}
        assert turn(session({key: history}), reader) == "sees-all"
        assert turn(session({other: history}), reader) == "sees-fewer"


def test_an_application_names_the_keys_of_its_own_histories() -> None:
    document = session({"mine": {"messages": [message(TEXT)]}})
    assert turn(document, "1.23.0") == "sees-fewer"
    assert turn(document, "1.23.0", history_keys=("mine",)) == "sees-all"


@pytest.mark.parametrize(("reader", "expected"), [("1.14.0", "sees-all"), ("1.15.0", "approval-ignored")])
def test_an_approval_counts_only_if_its_request_is_in_the_state_since_1_15_0(reader: str, expected: str) -> None:
    assert turn(with_messages(message(TEXT), message(CALL, REQUEST, role="assistant")), reader) == expected


@pytest.mark.parametrize("reader", ["1.15.0", "1.17.0", "1.21.0", "1.23.0"])
def test_adding_the_request_to_the_state_is_enough(reader: str) -> None:
    assert turn(pending(REQUEST), reader) == "sees-all"


def test_a_pending_request_of_a_newer_release_fails_only_when_it_is_answered() -> None:
    newer = pending({**REQUEST, "function_call": HOSTED})
    assert predict(newer, "python@1.21.0").verdict == "identical"
    assert turn(newer, "1.21.0") == "fails"
    assert turn(newer, "1.22.0") == "sees-all"
    assert predict(newer, "python@1.21.0").outcome == "rejected"


@pytest.mark.parametrize(("number", "expected"), [("r", "fails"), ("", "sees-all")])
def test_the_state_of_approvals_is_looked_at_for_answers_with_an_id(number: str, expected: str) -> None:
    history = {"messages": [message(TEXT), message({**REQUEST, "id": number}, role="assistant")]}
    document = session({"in_memory": history, "tool_approval": []})
    assert turn(document, "1.12.1") == expected
    assert turn(document, "1.8.1") == "sees-all"
    assert turn(document, "1.15.0") == "fails"


def test_so_it_is_for_answers_in_the_history() -> None:
    answer = {"type": "function_approval_response", "id": "r", "approved": True, "function_call": CALL}
    history = {"messages": [message(TEXT), message(answer)]}
    assert turn(session({"in_memory": history, "tool_approval": []}), "1.12.1") == "fails"
    assert turn(session({"in_memory": history, "tool_approval": {}}), "1.12.1") == "sees-all"


def test_a_request_that_nobody_could_be_shown_hides_no_other_of_its_id() -> None:
    nameless = {**REQUEST, "function_call": {"type": "function_call", "call_id": "c"}}
    document = with_messages(message(TEXT), message(nameless, role="assistant"), message(REQUEST, role="assistant"))
    assert turn(document, "1.15.0") == "approval-ignored"


def test_a_service_keeps_its_own_history() -> None:
    document = with_messages(message(TEXT), service_session_id="conv")
    assert turn(document, "1.23.0") == "service-managed"
    structured = with_messages(message(TEXT), service_session_id={"id": "conv"})
    assert [turn(structured, reader) for reader in ("1.10.0", "1.11.0")] == ["service-managed", "fails"]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (None, "fails"),
        (5, "fails"),
        ([{"role": "user"}], "fails"),
        ([], "sees-all"),
        ("", "sees-all"),
    ],
)
def test_a_run_on_something_else_than_messages_fails(messages: Any, expected: str) -> None:
    for reader in ("1.0.0", "1.12.1", "1.23.0"):
        assert turn(session({"in_memory": {"messages": messages}}), reader) == expected


def test_a_kind_that_cannot_be_looked_up_ends_the_run() -> None:
    assert turn(with_messages(message({"type": ["text"], "text": "x"})), "1.23.0") == "fails"
