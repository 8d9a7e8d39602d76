"""Borders of the rules on formats, and what they must leave alone; the fixtures show each violation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.conversations import assistant, findings, found, net, net_message, net_text, python, user

NET = (net_message("user", net_text("Hi?")), net_message("assistant", net_text("Hi.")))
GO = [
    {"Contents": [{"Text": "Hi?", "Type": "text"}], "Role": "user", "ID": ""},
    {"Contents": [{"Text": "Hi.", "Type": "text"}], "Role": "assistant", "ID": ""},
]


def durable(**members: Any) -> dict[str, Any]:
    return {"schemaVersion": "1.1.0", "data": {"conversationHistory": []}, **members}


# --- which dialect ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [{"a": {"b": {"c": python(user())}}}, {"rows": {"7": net(*NET)}}])
def test_an_unknown_document_tells_where_a_session_is_inside(value: Any) -> None:
    (finding,) = findings("dialect-unknown", value)
    inside = "/a/b/c" if "a" in value else "/rows/7"
    assert f"--at {inside}" in finding.message


def test_the_reason_repeats_no_member_name_that_may_be_data() -> None:
    (finding,) = findings("dialect-unknown", {"AKIAFIXTUREFIXTURE00": 1, "user 17": 2, "title": 3})
    assert '"title"' in finding.message
    assert "AKIA" not in finding.message
    assert "17" not in finding.message


@pytest.mark.parametrize("kind", ["session", "Session", 5, None])
def test_only_a_session_that_says_session_is_one_to_a_store(kind: Any) -> None:
    session = python(user(), assistant()) | {"type": kind}
    assert found("envelope-type", session) == ([] if kind == "session" else [("error", "/type")])


# --- history ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "session",
    [
        python(),
        python(service="resp_1"),
        python(service={"id": "a"}),
        net(),
        {"stateBag": {}, "conversationId": "conv_1"},
        {"stateBag": {}, "contextId": "ctx_1"},
        {"taskId": "task_1", "stateBag": {}},
        {"State": {}, "ServiceID": "resp_1"},
        {"State": {"in-memory": {"messages": []}}, "ServiceID": ""},
        {"type": "session", "session_id": "s-1", "service_session_id": None, "state": {"mine": {"messages": [user()]}}},
    ],
)
def test_a_history_under_any_key_or_an_id_of_the_service_is_enough(session: Any) -> None:
    assert found("history-missing", session) == []


# --- mixtures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        {"support": {"messages": [user(), assistant()]}},
        {"in-memory": {"pages": 3}},
        {"InMemoryChatHistoryProvider": {"messages": []}},
        {"notes": {"messages": [{"$type": "note"}, {"$type": "note"}]}},
        {"stateBag": {"anything": 1}},
    ],
)
def test_what_an_application_keeps_in_a_python_state_is_no_foreign_history(state: dict[str, Any]) -> None:
    assert found("dialect-mismatch", python(user(), assistant(), **state)) == []


def test_go_takes_a_state_in_small_letters_for_its_own() -> None:
    assert found("dialect-mismatch", {"state": {"in-memory": {"messages": GO}}, "ServiceID": ""}) == []


def test_a_second_state_in_small_letters_is_another_languages() -> None:
    session = {
        "State": {"in-memory": {"messages": GO}},
        "ServiceID": "",
        "state": {"in_memory": {"messages": [user()]}},
    }
    assert found("dialect-mismatch", session) == [("error", "/state")]


def test_empty_members_of_another_envelope_lose_nothing() -> None:
    assert found("dialect-mismatch", net(*NET) | {"state": {}, "State": {}}) == []


def test_a_history_without_any_contents_is_of_the_envelopes_language() -> None:
    assert found("dialect-mismatch", python({"role": "user", "contents": []})) == []


def test_a_live_history_beside_an_empty_foreign_one_is_not_blamed() -> None:
    session = python(user(), assistant(), InMemoryChatHistoryProvider={"messages": []})
    assert found("dialect-mismatch", session) == []


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.1.0", "1.2.0", "1.99.0"])
def test_any_schema_version_of_the_first_major_is_read_by_durable_agents(version: str) -> None:
    assert found("version-unsupported", durable(schemaVersion=version)) == []


@pytest.mark.parametrize(
    "version", ["1", "01.0", "1.", "1.0-beta", "v1.0", " 1.0", "1.0\n", "2.0.0", "11.0.0", "", 1, None]
)
def test_no_other_text_is_a_version_of_durable_state(version: Any) -> None:
    assert found("version-unsupported", durable(schemaVersion=version)) == [("error", "/schemaVersion")]


# --- unknown members --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Text", "TEXT", "AdditionalProperties"])
def test_dotnet_knows_its_members_under_any_case(name: str) -> None:
    content = {"$type": "text", name: {} if name.startswith("Add") else "Hi."}
    assert found("field-unknown", net(net_message("user", content))) == []


def test_python_knows_its_members_as_they_are_spelled() -> None:
    content = {"type": "text", "text": "Hi.", "Text": "Hi."}
    session = python({"type": "message", "role": "user", "contents": [content]})
    assert found("field-unknown", session) == [("warning", "/0/contents/0/Text")]


def test_the_name_of_an_unknown_member_is_cut_and_a_secret_one_left_out() -> None:
    session = python(user(), assistant()) | {"n" * 200: 1, "AKIAFIXTUREFIXTURE00": 2}
    messages = [one.message for one in findings("field-unknown", session)]
    assert len(messages) == 2
    assert all(len(message) < 200 and "AKIA" not in message for message in messages)


def test_what_stands_beside_the_messages_of_an_applications_own_provider_is_its_own() -> None:
    session = {"stateBag": {"Mine": {"messages": list(NET), "cursor": 7}}}
    assert found("field-unknown", session) == []


# --- schema -----------------------------------------------------------------------------------------------------------


def test_each_fault_of_a_message_is_told_at_its_own_place() -> None:
    broken = {"type": "message", "role": 5, "contents": [{"type": "text", "text": 5}, {"type": "uri", "uri": []}]}
    assert found("schema-violation", python(broken)) == [
        ("error", "/0/role"),
        ("error", "/0/contents/0/text"),
        ("error", "/0/contents/1/uri"),
    ]
