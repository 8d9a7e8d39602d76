"""Threads of the previews before AgentSession, held against what was measured on the real releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import predict
from tests.readers.python.building import changed, message, told, with_messages

ROLE = {"type": "role", "value": "user"}
TEXT = {"type": "text", "annotations": None, "text": "hi"}
STORE = "/chat_message_store_state"


def thread(*messages: Any, **members: Any) -> bytes:
    store = {"type": "chat_message_store_state", "messages": list(messages)}
    whole = {"type": "agent_thread_state", "service_thread_id": None, "chat_message_store_state": store}
    return json.dumps({**whole, **members}).encode()


def stored(*contents: Any, **members: Any) -> dict[str, Any]:
    return {
        "type": "chat_message",
        "role": ROLE,
        "contents": list(contents),
        "author_name": None,
        "message_id": None,
        "additional_properties": {},
        **members,
    }


@pytest.mark.parametrize("reader", ["1.0.0b251016", "1.0.0b251105", "1.0.0b260107", "1.0.0b260114"])
def test_releases_with_a_class_for_each_content_write_back_their_own(reader: str) -> None:
    assert told(predict(thread(stored(TEXT)), f"python@{reader}")) == ("identical",)


def test_1_0_0b251001_takes_no_messages_from_json_and_nothing_else_amiss() -> None:
    reader = "python@1.0.0b251001"
    assert told(predict(thread(stored(TEXT)), reader)) == ("rejected", "load", "ValidationError")
    reading = predict(with_messages(message()), reader)
    assert (reading.verdict, reading.messages_restored) == ("silent-loss", 0)
    assert changed(reading)["/state"] == "vanished"


def test_a_session_is_refused_by_the_other_releases_with_threads() -> None:
    for reader in ("1.0.0b251016", "1.0.0b260210"):
        assert told(predict(with_messages(message()), f"python@{reader}")) == ("rejected", "load", "TypeError")


@pytest.mark.parametrize("reader", ["1.0.0b251105", "1.0.0b260210"])
def test_a_thread_has_a_service_or_a_store(reader: str) -> None:
    both = thread(service_thread_id="t")
    assert told(predict(both, f"python@{reader}")) == ("rejected", "load", "AgentThreadException")
    neither = thread(chat_message_store_state=None)
    assert told(predict(neither, f"python@{reader}")) == ("identical",)
    service = predict(thread(service_thread_id="t", chat_message_store_state=None), f"python@{reader}")
    assert (service.verdict, service.next_turn) == ("identical", "service-managed")


def test_contents_of_unknown_kinds_are_left_out_by_the_first_classes() -> None:
    reading = predict(thread(stored(TEXT, {"type": "hologram"})), "python@1.0.0b251105")
    assert changed(reading) == {f"{STORE}/messages/0/contents": "changed"}


def test_members_that_a_class_does_not_know_stay_beside_those_it_knows() -> None:
    content = {**TEXT, "colour": "red"}
    assert told(predict(thread(stored(content)), "python@1.0.0b260107")) == ("identical",)
    assert told(predict(thread(stored(content)), "python@1.0.0b260130")) == ("rejected", "load", "TypeError")


def test_the_one_class_writes_every_member_with_its_nulls() -> None:
    changes = changed(predict(thread(stored(TEXT)), "python@1.0.0b260130"))
    assert changes[f"{STORE}/messages/0/contents/0/approved"] == "appeared"
    assert changes[f"{STORE}/messages/0/contents/0/annotations"] == "vanished"


def test_a_role_without_a_value_is_lost_on_the_way_to_the_file() -> None:
    nobody = stored(TEXT, role={"type": "role", "value": None})
    assert told(predict(thread(nobody), "python@1.0.0b260107")) == ("rejected", "save", "TypeError")


@pytest.mark.parametrize(("reader", "refused"), [("1.0.0b251211", True), ("1.0.0b251218", False)])
def test_data_could_be_text_since_1_0_0b251218(reader: str, refused: bool) -> None:
    data = stored({"type": "data", "data": "aGk=", "media_type": "text/plain"})
    reading = predict(thread(data), f"python@{reader}")
    assert (reading.verdict == "rejected") is refused


def test_a_data_uri_must_be_of_a_known_media_type() -> None:
    for uri, expected in (("data:text/plain;base64,aGk=", "normalised"), ("data:x/y;base64,aGk=", "rejected")):
        content = {"type": "data", "uri": uri}
        assert predict(thread(stored(content)), "python@1.0.0b251105").verdict == expected


@pytest.mark.parametrize(
    ("reader", "failing"),
    [
        ("1.0.0b251016", ["approved, no content", "refused, no content"]),
        ("1.0.0b251223", ["approved, no content", "refused, no content"]),
        ("1.0.0b260114", ["refused, no content"]),
        ("1.0.0b260123", ["approved, no content", "refused, no content", "approved, no call", "refused, no call"]),
        ("1.0.0b260210", ["refused, no content", "refused, no call"]),
    ],
)
def test_a_run_stumbles_over_answers_without_the_call_that_was_asked_for(reader: str, failing: list[str]) -> None:
    calls = {
        "a call": {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
        "no content": [],
        "no call": None,
    }
    seen = []
    for name, call in calls.items():
        for approved in (True, False):
            answer = {"type": "function_approval_response", "id": "r", "approved": approved, "function_call": call}
            reading = predict(thread(stored(answer)), f"python@{reader}")
            if reading.verdict != "rejected" and reading.next_turn == "fails":
                seen.append(f"{'approved' if approved else 'refused'}, {name}")
    assert seen == failing
