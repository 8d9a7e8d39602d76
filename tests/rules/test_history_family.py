"""Borders of the rules on histories, and what they must leave alone; the fixtures show each violation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.conversations import (
    agnt5,
    assistant,
    call,
    findings,
    found,
    message,
    net,
    net_message,
    net_text,
    python,
    request,
    response,
    result,
    text,
    user,
)

RULES = (
    "tool-call-unanswered",
    "tool-result-orphan",
    "tool-call-repeated",
    "approval-pending",
    "approval-unresolved",
    "approval-not-recorded",
    "message-repeated",
    "history-two-owners",
    "role-misplaced",
    "turn-truncated",
)

DELETE = call("c1", "delete_file", '{"path": "/data/x"}')
OTHER = call("c2", "delete_file", '{"path": "/data/y"}')
MCP_CALL = {"type": "mcp_server_tool_call", "call_id": "m1", "tool_name": "search", "arguments": "{}"}
MCP_RESULT = {"type": "mcp_server_tool_result", "call_id": "m1", "output": []}
THOUGHT = {"type": "text_reasoning", "text": "Look outside.", "id": "rs_1"}


def tool(*contents: Any) -> dict[str, Any]:
    return message("tool", *contents)


def recorded(*requests: Any) -> dict[str, Any]:
    return {"tool_approval": {"pending_approval_requests": list(requests)}}


# --- ordinary conversations -------------------------------------------------------------------------------------------

ORDINARY: dict[str, dict[str, Any]] = {
    "no messages": python(),
    "instructions first": python(
        message("system", text("Be brief.")), message("developer", text("x")), user(), assistant()
    ),
    "parallel calls, one tool message": python(
        user(), message("assistant", call("c1"), call("c2")), tool(result("c2"), result("c1")), assistant()
    ),
    "parallel calls, a tool message each": python(
        user(), message("assistant", call("c1"), call("c2")), tool(result("c1")), tool(result("c2")), assistant()
    ),
    "a call after another": python(
        user(),
        message("assistant", text("Let me see."), call("c1")),
        tool(result("c1")),
        message("assistant", call("c2")),
        tool(result("c2")),
        assistant(),
    ),
    "a hosted call": python(
        user(), message("assistant", call("c1", hosted=True), text("Sunny.")), user(), assistant("x")
    ),
    "a call for information": python(user(), message("assistant", call("c1", informational_only=True)), assistant()),
    "an MCP server": python(
        user(), message("assistant", MCP_CALL, MCP_RESULT, text("Found.")), user("x"), assistant("y")
    ),
    "an MCP result in pieces": python(user(), message("assistant", MCP_CALL, MCP_RESULT, MCP_RESULT, text("Found."))),
    "reasoning": python(user(), message("assistant", THOUGHT, call("c1")), tool(result("c1")), assistant()),
    "an approval": python(
        user(),
        message("assistant", DELETE, request("c1", DELETE)),
        message("user", response("c1", DELETE)),
        tool(result("c1")),
        assistant(),
    ),
    "a rejection": python(
        user(),
        message("assistant", DELETE, request("c1", DELETE)),
        message("user", response("c1", DELETE, approved=False)),
        tool(result("c1", "rejected")),
        assistant(),
    ),
    "an approval of which Python before 1.13.0 kept the result alone": python(
        user(), message("assistant", DELETE, request("c1", DELETE)), tool(result("c1")), assistant()
    ),
    "two approvals answered one after the other": python(
        user(),
        message("assistant", DELETE, OTHER, request("r1", DELETE), request("r2", OTHER)),
        message("user", response("r1", DELETE)),
        message("user", response("r2", OTHER)),
        tool(result("c1"), result("c2")),
        assistant(),
    ),
    "arguments in another spelling": python(
        user(),
        message("assistant", DELETE, request("c1", DELETE)),
        message("user", response("c1", {**DELETE, "arguments": {"path": "/data/x"}})),
        tool(result("c1")),
        assistant(),
    ),
    "compacted": python(
        user("a", additional_properties={"_excluded": True}),
        assistant("b", additional_properties={"_excluded": True}),
        message("assistant", text("Summary."), additional_properties={"_group": {"kind": "summary"}}),
        user("c"),
        assistant("d"),
    ),
    "several agents": python(user(), assistant("x", author_name="writer"), assistant("y", author_name="critic")),
    "the same question again": python(user("Status?"), assistant("Up."), user("Status?"), assistant("Down.")),
    "yes again and again": python(
        user("yes"), assistant("1"), user("yes"), assistant("2"), user("yes"), assistant("3")
    ),
    "one question to two agents": python(user(), assistant("x"), critic={"messages": [user(), assistant("y")]}),
    "a second history of other messages": python(user(), assistant(), notes={"messages": [user("n"), assistant("m")]}),
    ".NET roles in any case": net(net_message("User", net_text("a")), net_message("ASSISTANT", net_text("b"))),
    ".NET without a role": net(net_message(None, net_text("a")), net_message("assistant", net_text("b"))),
    "AGNT5": agnt5(("system", "Be brief.", 1.5), ("user", "a", 2.5), ("tool", "sunny", 3.5), ("assistant", "b", 4.5)),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_conversation_violates_no_rule_of_histories(name: str) -> None:
    assert {rule: found(rule, ORDINARY[name]) for rule in RULES if found(rule, ORDINARY[name])} == {}


# --- calls and results ------------------------------------------------------------------------------------------------


def test_an_id_that_is_used_again_is_judged_by_each_use() -> None:
    round_one = (user(), message("assistant", call("c1")), tool(result("c1")), assistant())
    session = python(*round_one, user("Rome?"), message("assistant", call("c1")), assistant("Rain."))
    assert found("tool-call-unanswered", session) == [("error", "/5/contents/0")]
    assert found("tool-call-repeated", session) == [("error", "/5/contents/0")]


def test_the_tools_name_as_the_id_of_a_complete_round_is_only_a_warning() -> None:
    first = (user(), message("assistant", call("get_weather")), tool(result("get_weather")), assistant())
    second = (
        user("Rome?"),
        message("assistant", call("get_weather")),
        tool(result("get_weather", "rain")),
        assistant("x"),
    )
    assert found("tool-call-repeated", python(*first, *second)) == [("warning", "/5/contents/0")]
    together = message("assistant", call("get_weather"), call("get_weather"))
    assert found("tool-call-repeated", python(user(), together, tool(result("get_weather")))) == [
        ("error", "/1/contents/1")
    ]


def test_the_call_inside_a_request_is_a_call_for_its_result() -> None:
    session = net(
        net_message("user", net_text("a")),
        net_message(
            "assistant",
            {
                "$type": "toolApprovalRequest",
                "requestId": "r",
                "toolCall": {"$type": "functionCall", "callId": "c", "name": "f"},
            },
        ),
        net_message("tool", {"$type": "functionResult", "callId": "c", "result": 1}),
        net_message("assistant", net_text("b")),
    )
    assert found("tool-result-orphan", session) == []


def test_a_message_without_a_role_is_the_users_in_dotnet() -> None:
    call_ = {"$type": "functionCall", "callId": "c", "name": "f", "informationalOnly": True}
    session = net(net_message("user", net_text("a")), net_message("assistant", call_), net_message(None, net_text("b")))
    assert found("tool-call-unanswered", session) == [("error", "/1/contents/0")]


def test_an_id_longer_than_a_name_is_cut_in_the_message() -> None:
    (finding,) = findings("tool-call-unanswered", python(user(), message("assistant", call("c" * 5000))))
    assert len(finding.message) < 300


# --- approvals --------------------------------------------------------------------------------------------------------


def test_a_request_that_is_recorded_waits_and_nothing_else() -> None:
    pending = request("c1", DELETE)
    session = python(user(), message("assistant", DELETE, pending), **recorded(pending))
    assert found("approval-pending", session) == [("info", "/1/contents/1")]
    assert found("approval-not-recorded", session) == []
    assert found("tool-call-unanswered", session) == [("info", "/1/contents/0")]


def test_of_several_requests_each_is_told() -> None:
    asked = message("assistant", DELETE, OTHER, request("r1", DELETE), request("r2", OTHER))
    assert found("approval-pending", python(user(), asked)) == [("info", "/1/contents/2"), ("info", "/1/contents/3")]


def test_a_response_before_its_request_answers_nothing() -> None:
    session = python(
        user(), message("user", response("c1", DELETE)), message("assistant", DELETE, request("c1", DELETE))
    )
    assert found("approval-unresolved", session) == [("error", "/1/contents/0")]
    assert found("approval-pending", session) == [("info", "/2/contents/1")]


@pytest.mark.parametrize(
    ("asked", "granted"), [('{"all": true}', '{"all": 1}'), ('{"n": 1}', '{"n": 2}'), ("{}", "[]")]
)
def test_arguments_are_compared_as_json_values(asked: str, granted: str) -> None:
    one, other = call("c1", arguments=asked), call("c1", arguments=granted)
    session = python(user(), message("assistant", one, request("r", one)), message("user", response("r", other)))
    assert found("approval-unresolved", session) == [("error", "/2/contents/0")]


@pytest.mark.parametrize(
    ("asked", "granted"), [('{"n": 1}', '{"n":1.0}'), ('{"a":1,"b":2}', '{"b":2,"a":1}'), ("", "{}"), (None, "{}")]
)
def test_spelling_and_order_of_arguments_do_not_matter(asked: Any, granted: str) -> None:
    one, other = call("c1", arguments=asked), call("c1", arguments=granted)
    session = python(user(), message("assistant", one, request("r", one)), message("user", response("r", other)))
    assert found("approval-unresolved", session) == []


def test_the_same_answer_twice_is_no_contradiction() -> None:
    answers = message("user", response("c1", DELETE), response("c1", DELETE))
    session = python(
        user(), message("assistant", DELETE, request("c1", DELETE)), answers, tool(result("c1")), assistant()
    )
    assert found("approval-unresolved", session) == []


# --- repetitions ------------------------------------------------------------------------------------------------------


def go_results(*values: str) -> dict[str, Any]:
    """A Go session with one call after the other, whose results all stand under one message id."""
    messages: list[Any] = []
    for number, value in enumerate(values):
        call_id = f"call_{number}"
        asked = {"Arguments": "{}", "CallID": call_id, "Name": "f", "InformationalOnly": True, "Type": "functionCall"}
        answer = {"CallID": call_id, "Result": value, "Type": "functionResult"}
        messages += [
            {"Contents": [asked], "Role": "assistant", "ID": ""},
            {"Contents": [answer], "Role": "tool", "ID": "generated-1"},
        ]
    return {"State": {"in-memory": {"messages": messages}}, "ServiceID": ""}


def test_the_results_of_one_go_run_share_an_id() -> None:
    assert found("message-repeated", go_results("a", "b")) == []


def test_a_go_result_that_is_stored_twice_is_repeated() -> None:
    session = go_results("a")
    messages = session["State"]["in-memory"]["messages"]
    messages.append(messages[1])
    assert [finding.pointer for finding in findings("message-repeated", session)] == ["/State/in-memory/messages/2"]


def test_a_block_with_ids_is_told_once() -> None:
    block = [user("a", message_id="m1"), assistant("b", message_id="m2"), user("c", message_id="m3"), assistant("d")]
    assert found("message-repeated", python(*block, *block)) == [("warning", "/4")]


def test_a_block_is_recognised_under_other_ids_marks_and_usage() -> None:
    usage = {"type": "usage", "usage_details": {"total_token_count": 12}}
    first = [user("a", message_id="m1"), message("assistant", text("b"), usage), user("c"), assistant("d")]
    marks = {"_attribution": {"source_id": "in_memory"}}
    again = [user("a", message_id="n1", additional_properties=marks), assistant("b")]
    assert found("message-repeated", python(*first, *again, user("e"), assistant("f"))) == [("warning", "/4")]


def test_messages_that_only_begin_alike_are_no_block() -> None:
    said = [message(role, text("x"), text(str(n))) for n in range(4) for role in ("user", "assistant")]
    assert found("message-repeated", python(*said)) == []


def test_a_block_is_found_though_an_earlier_place_begins_alike() -> None:
    decoy = [message("user", text("a"), text("1")), message("assistant", text("b"), text("1"))]
    block = [message("user", text("a"), text("2")), message("assistant", text("b"), text("2"))]
    assert found("message-repeated", python(*decoy, *block, user("c"), assistant("d"), *block)) == [("warning", "/6")]


def test_one_message_said_twice_in_a_row_is_no_block() -> None:
    assert found("message-repeated", python(user("Hello?"), user("Hello?"), assistant())) == []


# --- owners -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [None, ""])
def test_no_service_id_means_no_second_owner(service: Any) -> None:
    assert found("history-two-owners", python(user(), assistant(), service=service)) == []


def test_a_service_that_keeps_an_empty_session_is_its_only_owner() -> None:
    assert found("history-two-owners", python(service="conv_1")) == []


# --- reasoning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("profiles", "count"), [((), 0), (("openai-responses",), 1)])
def test_reasoning_alone_matters_to_the_responses_api_only(profiles: tuple[str, ...], count: int) -> None:
    session = python(user(), message("assistant", THOUGHT), user("x"), assistant())
    assert len(found("reasoning-unpaired", session, *profiles)) == count


def test_reasoning_and_what_it_led_to_may_be_two_messages_of_one_response() -> None:
    session = python(
        user(), message("assistant", THOUGHT), message("assistant", call("c1")), tool(result("c1")), assistant()
    )
    assert found("reasoning-unpaired", session, "openai-responses") == []


# --- ends -------------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_plain_text_is_no_empty_answer() -> None:
    assert found("turn-truncated", agnt5(("user", "a", 1.5), ("assistant", "b", 2.5))) == []


@pytest.mark.parametrize("members", [{}, {"contents": None}, {"contents": []}, {"Contents": []}])
def test_an_assistant_message_without_contents_is_cut_off(members: dict[str, Any]) -> None:
    session = net(net_message("user", net_text("a")), {"role": "assistant"} | members)
    assert found("turn-truncated", session) == [("info", "/1")]
