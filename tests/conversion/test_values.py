"""Single facts of conversions: what stands for what, and what becomes of values that one side cannot read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import convert, predict
from pysession.findings import LossKind, Verdict
from pysession.findings.failures import RefusedError, UsageError


def content(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members, "additional_properties": {}}


def session(
    *contents: dict[str, Any], role: str = "assistant", state: dict[str, Any] | None = None, **more: Any
) -> bytes:
    message = {"role": role, "contents": list(contents), "additional_properties": {}, "type": "message"}
    held = {"in_memory": {"messages": [message]}, **(state or {})}
    value = {"type": "session", "session_id": "s", "service_session_id": None, "state": held, **more}
    return json.dumps(value).encode()


def dotnet(**bag: Any) -> bytes:
    return json.dumps({"stateBag": bag}).encode()


def said(data: bytes, to: str, **options: Any) -> Any:
    return json.loads(convert(data, to, **options).data)


def first(data: bytes, to: str) -> dict[str, Any]:
    """The first content of the converted history."""
    value = said(data, to)
    bag = value.get("stateBag") or value.get("State") or value.get("state")
    history = next(bag[key] for key in ("InMemoryChatHistoryProvider", "in-memory", "in_memory") if key in bag)
    message = history["messages"][0]
    found: dict[str, Any] = (message.get("contents") or message.get("Contents"))[0]
    return found


CALL = content("function_call", call_id="c", name="get", arguments='{"city": "Paris"}')


def test_the_discriminator_comes_first_in_dotnet_and_last_in_go() -> None:
    assert next(iter(first(session(CALL), "dotnet"))) == "$type"
    assert list(first(session(CALL), "go"))[-1] == "Type"


def test_arguments_are_an_object_in_dotnet_and_text_in_go() -> None:
    assert first(session(CALL), "dotnet")["arguments"] == {"city": "Paris"}
    assert first(session(CALL), "go")["Arguments"] == '{"city": "Paris"}'


def test_argument_text_that_parsing_would_change_is_parked() -> None:
    call = first(session(CALL), "dotnet")
    assert call["additionalProperties"]["pysession"]["parked"]["arguments"] == '{"city": "Paris"}'
    compact = first(session({**CALL, "arguments": '{"city":"Paris"}', "hosted": False}), "dotnet")
    assert "additionalProperties" not in compact


def test_an_edit_of_the_arguments_wins_over_what_is_parked() -> None:
    value = said(session(CALL), "dotnet")
    value["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["contents"][0]["arguments"] = {"city": "Oslo"}
    back = first(json.dumps(value).encode(), "python")
    assert json.loads(back["arguments"]) == {"city": "Oslo"}


def test_a_kind_that_dotnet_lacks_is_a_content_that_only_carries() -> None:
    shell = content("shell_tool_call", call_id="c", commands=["ls"])
    carrier = first(session(shell), "dotnet")
    assert list(carrier) == ["additionalProperties"]
    assert carrier["additionalProperties"]["pysession"]["parked"] == shell


def test_dotnets_sentinel_is_no_conversation() -> None:
    data = json.dumps({"conversationId": "_agent_local_chat_history", "stateBag": {}}).encode()
    there = convert(data, "python")
    assert json.loads(there.data)["service_session_id"] is None
    assert said(there.data, "dotnet")["conversationId"] == "_agent_local_chat_history"


@pytest.mark.parametrize(
    "ids",
    [
        {"contextId": "x", "taskId": "t", "taskState": "TASK_STATE_WORKING"},
        {"serviceSessionId": "copilot"},
        {"sessionId": "github"},
        {"sessionId": "w", "lastCheckpoint": {"sessionId": "w", "checkpointId": "1"}, "pendingRequests": {}},
    ],
)
def test_ids_of_other_agents_survive_the_way_there_and_back(ids: dict[str, Any]) -> None:
    data = json.dumps({**ids, "stateBag": {}}).encode()
    for away in ("python", "go"):
        assert said(convert(data, away).data, "dotnet") == json.loads(data)


def test_a_history_under_a_key_of_its_own_keeps_it() -> None:
    message = {"role": "user", "contents": [{"$type": "text", "text": "hi"}]}
    there = said(dotnet(Audit={"messages": [message]}), "python")
    assert there["state"]["Audit"]["messages"][0]["contents"][0]["type"] == "text"
    assert said(json.dumps(there).encode(), "dotnet") == {"stateBag": {"Audit": {"messages": [message]}}}


def test_the_history_key_of_the_first_release_with_sessions_is_brought_up_to_date_when_a_release_is_named() -> None:
    data = session(content("text", text="hi"))
    old = data.replace(b'"in_memory"', b'"memory"')
    assert "in_memory" in said(old, "python@1.23.0")["state"]
    assert "memory" in said(data, "python@1.0.0b260212")["state"]


def test_members_that_an_older_python_refuses_are_parked_in_the_whole_state_and_come_back() -> None:
    call = {**CALL, "hosted": True, "merge_mode": "append"}
    request = content("function_approval_request", id="r", function_call=call, user_input_request=True)
    data = session(request, state={"tool_approval": {"pending_approval_requests": [request]}})
    older = said(data, "python@1.21.0")
    assert older["state"]["tool_approval"]["pending_approval_requests"][0]["function_call"].keys() == CALL.keys()
    assert said(json.dumps(older).encode(), "python@1.23.0") == json.loads(data)


def test_hosted_that_says_nothing_is_left_out_for_an_older_python_without_a_loss() -> None:
    assert convert(session({**CALL, "hosted": False}), "python@1.21.0").losses == ()


def test_approvals_have_the_names_of_their_time() -> None:
    request = content("function_approval_request", id="r", function_call=CALL, user_input_request=True)
    assert first(session(request), "dotnet@1.0.0-rc4")["$type"] == "functionApprovalRequest"
    assert first(session(request), "dotnet@1.0.0-rc5")["$type"] == "toolApprovalRequest"
    assert first(session(request), "dotnet@1.0.0-rc5")["toolCall"]["$type"] == "functionCall"


def test_pending_approvals_are_recorded_for_python_on_request_only() -> None:
    call = {"$type": "functionCall", "name": "n", "arguments": {}, "informationalOnly": False, "callId": "c"}
    request = {"$type": "toolApprovalRequest", "toolCall": call, "requestId": "r"}
    history = {"messages": [{"role": "assistant", "contents": [request]}]}
    plain = convert(dotnet(InMemoryChatHistoryProvider=history), "python@1.23.0")
    assert "tool_approval" not in json.loads(plain.data)["state"]
    assert LossKind.CHANGED in {loss.kind for loss in plain.losses}
    recorded = said(dotnet(InMemoryChatHistoryProvider=history), "python@1.23.0", record_approvals=True)
    assert recorded["state"]["tool_approval"]["pending_approval_requests"][0]["id"] == "r"


def test_what_dotnets_own_ledger_vouches_for_is_recorded() -> None:
    call = {"$type": "functionCall", "name": "n", "arguments": {}, "informationalOnly": False, "callId": "c"}
    request = {"$type": "toolApprovalRequest", "toolCall": call, "requestId": "r"}
    ledger = [{"toolCall": call, "requestId": "r"}]
    data = dotnet(
        InMemoryChatHistoryProvider={"messages": [{"role": "assistant", "contents": [request]}]},
        _pendingApprovalRequests=ledger,
    )
    there = convert(data, "python@1.23.0").data
    assert json.loads(there)["state"]["tool_approval"]["pending_approval_requests"][0]["id"] == "r"
    assert said(there, "dotnet") == json.loads(data)


def test_standing_approvals_are_never_handed_over() -> None:
    rules = {"rules": [{"toolName": "delete"}]}
    data = dotnet(toolApprovalState=rules)
    assert "toolApprovalState" not in said(data, "python")["state"]
    assert "toolApprovalState" not in said(data, "go")["State"]
    assert said(convert(data, "go").data, "dotnet")["stateBag"]["toolApprovalState"] == rules


def test_a_null_in_the_state_is_parked_for_readers_that_fail_on_it() -> None:
    data = session(content("text", text="hi"), state={"k": None})
    bag = said(data, "dotnet")["stateBag"]
    assert "k" not in bag
    assert said(convert(data, "dotnet").data, "python")["state"]["k"] is None


def test_an_unpaired_surrogate_is_replaced_and_comes_back() -> None:
    data = session(content("text", text="a\ud800b"))
    assert first(data, "dotnet")["text"] == "a\ufffdb"
    assert said(convert(data, "dotnet").data, "python") == json.loads(data)


def test_nan_is_parked_as_text_and_comes_back() -> None:
    data = session(content("text", text="hi"), state={"app": {"x": float("inf")}})
    converted = convert(data, "dotnet").data
    assert b"Infinity" not in converted.replace(b'"{\\"x\\":Infinity}"', b"")
    assert said(converted, "python")["state"]["app"] == {"x": float("inf")}


def test_what_is_too_deep_for_dotnet_is_parked_as_text() -> None:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    data = session(content("text", text="hi"), state={"app": deep})
    assert "app" not in said(data, "dotnet")["stateBag"]
    assert said(convert(data, "dotnet").data, "python")["state"]["app"] == deep


def test_counts_beyond_64_bits_are_left_out_and_come_back() -> None:
    usage = content("usage", usage_details={"input_token_count": 2**70, "output_token_count": 1})
    assert first(session(usage), "dotnet")["details"] == {"outputTokenCount": 1}
    assert first(convert(session(usage), "dotnet").data, "python")["usage_details"]["input_token_count"] == 2**70


COUNTS = {"inputTokenCount": 3, "inputAudioTokenCount": 1, "inputTextTokenCount": 2, "outputAudioTokenCount": 4}


@pytest.mark.parametrize("target", ["dotnet@1.0.0-rc1", "dotnet@1.1.0"])
def test_counts_that_an_older_release_does_not_know_are_parked_told_and_come_back(target: str) -> None:
    newest = {"$type": "usage", "details": COUNTS | {"additionalCounts": {"own": 5}}}
    message = {"role": "assistant", "contents": [newest]}
    data = json.dumps({"stateBag": {"InMemoryChatHistoryProvider": {"messages": [message]}}}).encode()
    for source in (data, convert(data, "python").data):
        older = convert(source, target)
        older_usage = json.loads(older.data)["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["contents"][0]
        assert older_usage["details"] == {"inputTokenCount": 3, "additionalCounts": {"own": 5}}
        assert predict(older.data, target).verdict is Verdict.IDENTICAL
        usage = "usage_details" if older.source == "python" else "details"
        (loss,) = (one for one in older.losses if one.pointer.rpartition("/")[2] == usage)
        assert (loss.kind, loss.recoverable) == (LossKind.PARKED, True)
        assert said(convert(older.data, "python").data, "dotnet") == json.loads(data)
        assert said(older.data, "dotnet@1.2.0") == json.loads(data)


def test_counts_that_a_release_knows_are_said() -> None:
    usage = content("usage", usage_details={"input_token_count": 3, "output_text_token_count": 1})
    assert convert(session(usage), "dotnet@1.2.0").losses == convert(session(usage), "dotnet").losses
    assert first(session(usage), "dotnet@1.2.0")["details"] == {"inputTokenCount": 3, "outputTextTokenCount": 1}


@pytest.mark.parametrize(
    ("dotnets", "gos"),
    [
        ("2026-01-02T03:04:05.1234567+00:00", "2026-01-02T03:04:05.1234567Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05+02:00"),
    ],
)
def test_times_are_written_as_each_writes_them(dotnets: str, gos: str) -> None:
    message = {"createdAt": dotnets, "role": "user", "contents": []}
    data = dotnet(InMemoryChatHistoryProvider={"messages": [message]})
    assert said(data, "go")["State"]["in-memory"]["messages"][0]["CreatedAt"] == gos
    assert said(convert(data, "go").data, "dotnet") == json.loads(data)


def test_a_time_without_an_offset_gets_one() -> None:
    message = {"Role": "user", "Contents": [], "ID": "", "CreatedAt": "2026-01-02T03:04:05Z"}
    there = said(json.dumps({"State": {"in-memory": {"messages": [message]}}, "ServiceID": ""}).encode(), "dotnet")
    assert there["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["createdAt"] == "2026-01-02T03:04:05+00:00"


def test_names_that_differ_by_case_only_are_not_lost_in_dotnet() -> None:
    text = {**content("text", text="hi"), "additional_properties": {"a": 1, "A": 2}}
    assert first(session(text), "dotnet")["additionalProperties"]["a"] == 1
    assert first(convert(session(text), "dotnet").data, "python")["additional_properties"] == {"a": 1, "A": 2}


def test_a_content_whose_address_dotnet_refuses_is_parked_whole() -> None:
    data = session(content("data", uri="data:image/png;base64,!!!", media_type="image/png"))
    assert list(first(data, "dotnet")) == ["additionalProperties"]
    assert said(convert(data, "dotnet").data, "python") == json.loads(data)


def test_application_data_that_python_would_take_for_a_message_is_parked_as_text() -> None:
    data = dotnet(app={"type": "message", "body": "x"})
    assert "app" not in said(data, "python")["state"]
    assert said(convert(data, "python").data, "dotnet") == json.loads(data)


def test_reasoning_that_a_durable_entity_wraps_is_unwrapped() -> None:
    wrapped = {"$type": "unknown", "content": {"type": "text_reasoning", "text": "hm", "additional_properties": {}}}
    entry = {"$type": "response", "correlationId": "1", "createdAt": "2026-01-02T03:04:05+00:00",
             "messages": [{"role": "assistant", "contents": [wrapped]}]}  # fmt: skip
    data = json.dumps({"schemaVersion": "1.1.0", "data": {"conversationHistory": [entry]}}).encode()
    assert first(data, "python") == {"type": "text_reasoning", "text": "hm", "additional_properties": {}}


def test_a_memory_of_agnt5_keeps_its_times() -> None:
    data = json.dumps({"session_id": "s", "agent_name": "a", "created_at": 1.0, "last_message_time": 2.0, "message_count": 1,
                       "messages": [{"role": "user", "content": "hi", "timestamp": 1767323045.5}]}).encode()  # fmt: skip
    message = said(data, "dotnet")["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]
    assert message["createdAt"] == "2026-01-02T03:04:05.5+00:00"
    assert message["contents"] == [{"$type": "text", "text": "hi"}]


def test_messages_in_another_languages_words_are_refused() -> None:
    message = {"role": "user", "contents": [{"$type": "text", "text": "hi"}]}
    data = json.dumps(
        {
            "type": "session",
            "session_id": "s",
            "service_session_id": None,
            "state": {"in_memory": {"messages": [message]}},
        }
    )
    with pytest.raises(RefusedError) as refused:
        convert(data.encode(), "dotnet")
    assert {finding.rule for finding in refused.value.report.findings} >= {"dialect-mismatch"}


def test_a_message_without_type_comes_back_with_it_because_python_would_fail_on_it() -> None:
    message = {"role": "user", "contents": [content("text", text="hi")], "additional_properties": {}}
    source = session(content("text", text="hi"), state={"in_memory": {"messages": [message]}})
    back = convert(convert(source, "dotnet").data, "python")
    assert json.loads(back.data)["state"]["in_memory"]["messages"][0]["type"] == "message"
    assert [loss.kind for loss in back.losses].count(LossKind.DEFAULTED) == 1


@pytest.mark.parametrize("release", ["dotnet@1.0.0-rc4", "dotnet@1.0.0", "go"])
def test_an_answer_about_a_server_says_what_it_granted_after_the_way_over_any_release(release: str) -> None:
    """Up to 1.0.0-rc4 an answer of .NET did not hold the call."""
    call = content("mcp_server_tool_call", call_id="m", tool_name="t", server_name="s", arguments={"a": 1})
    request = content("function_approval_request", id="a", function_call=call, user_input_request=True)
    answer = content("function_approval_response", id="a", approved=False, function_call=call)
    before = session(request, answer)
    assert said(convert(before, release).data, "python") == json.loads(before)


def test_a_target_that_is_nearly_right_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean dotnet"):
        convert(session(CALL), "dtnet@1.17.0")


def test_what_dotnet_takes_for_nothing_or_writes_anyway_is_said_as_dotnet_writes_it() -> None:
    message = {"type": "message", "role": "tool", "author_name": " ", "additional_properties": {}}
    none = content("function_result", call_id="c", result=None)
    source = session(state={"in_memory": {"messages": [message, {**message, "contents": [none]}]}})
    there = said(source, "dotnet")
    first_message, second = there["stateBag"]["InMemoryChatHistoryProvider"]["messages"]
    assert first_message["contents"] == []
    assert "authorName" not in first_message
    assert "result" not in second["contents"][0]
    assert said(json.dumps(there).encode(), "python") == json.loads(source)


def test_members_of_the_envelope_that_nobody_knows_keep_their_place_when_converted_again() -> None:
    source = json.dumps({"type": "session", "mine": 1, "state": {}, "session_id": "s"}).encode()
    once = convert(source, "dotnet").data
    assert convert(once, "dotnet").data == once
