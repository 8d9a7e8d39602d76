"""What a repair does to histories, said in examples; and the laws that hold for any session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysession
from pysession.findings import NotRead
from pysession.findings.failures import RefusedError, UnknownRuleError, UsageError
from pysession.testing import sessions
from pysession.verbs.repair import FileRepair, Options, Repair, repair, repair_files
from pysession.wire import Encoding
from tests.rules.conversations import assistant, call, message, python, request, response, result, user


def mended(document: Any, *rules: str, **wishes: Any) -> Any:
    return json.loads(repair(json.dumps(document).encode(), rules or None, **wishes).data)


def history(document: Any) -> list[Any]:
    return document["state"]["in_memory"]["messages"]  # type: ignore[no-any-return]


def acts(document: Any) -> list[tuple[str, list[str]]]:
    return [(each["role"], [content["type"] for content in each["contents"]]) for each in history(document)]


def test_an_interrupted_call_gets_a_result_that_says_so() -> None:
    after = mended(python(user(), message("assistant", call("c1")), user("Hello?")))
    assert acts(after)[2] == ("tool", ["function_result"])
    assert history(after)[2]["contents"][0]["call_id"] == "c1"
    assert "was interrupted" in history(after)[2]["contents"][0]["result"]


def test_the_results_of_calls_made_together_stay_together() -> None:
    after = mended(python(user(), message("assistant", call("c1"), call("c2")), message("tool", result("c1")), user()))
    assert acts(after)[2] == ("tool", ["function_result", "function_result"])
    assert [content["call_id"] for content in history(after)[2]["contents"]] == ["c1", "c2"]


def test_a_result_that_came_too_late_moves_behind_its_call() -> None:
    after = mended(python(user(), message("assistant", call("c1")), user(), message("tool", result("c1", "rain"))))
    assert acts(after) == [
        ("user", ["text"]),
        ("assistant", ["function_call"]),
        ("tool", ["function_result"]),
        ("user", ["text"]),
    ]
    assert history(after)[2]["contents"][0]["result"] == "rain"


def test_calls_that_wait_for_an_approval_are_left_waiting() -> None:
    waiting = python(user(), message("assistant", call("c1"), call("c2"), request("r1", call("c1"))))
    assert mended(waiting) == waiting


def test_an_approval_that_was_passed_by_is_answered_no_and_its_call_did_not_run() -> None:
    after = mended(python(user(), message("assistant", call("c1"), request("r1", call("c1"))), user("Hello?")))
    assert acts(after)[2:4] == [("user", ["function_approval_response"]), ("tool", ["function_result"])]
    assert history(after)[2]["contents"][0]["approved"] is False
    assert "did not run" in history(after)[3]["contents"][0]["result"]


def test_what_grants_another_call_than_was_asked_for_grants_nothing() -> None:
    asked, granted = call("c1", arguments='{"path": "/tmp"}'), call("c1", arguments='{"path": "/"}')
    after = mended(
        python(user(), message("assistant", asked, request("r1", asked)), message("user", response("r1", granted)))
    )
    answer = history(after)[2]["contents"][0]
    assert (answer["approved"], answer["function_call"]["arguments"]) == (False, '{"path": "/tmp"}')
    assert "did not run" in history(after)[3]["contents"][0]["result"]


def test_an_orphan_goes_or_is_told_as_a_text() -> None:
    torn = python(user(), message("tool", result("gone", "42")), assistant())
    assert acts(mended(torn)) == [("user", ["text"]), ("assistant", ["text"])]
    told = mended(torn, orphans_as_text=True)
    assert acts(told)[1] == ("assistant", ["text"])
    assert history(told)[1]["contents"][0]["text"].endswith("42")


def test_a_pending_approval_is_recorded_only_when_somebody_says_that_it_is_genuine() -> None:
    waiting = python(user(), message("assistant", call("c1"), request("r1", call("c1"))))
    assert mended(waiting) == waiting
    after = mended(waiting, "approval-not-recorded")
    assert after["state"]["tool_approval"]["pending_approval_requests"] == [history(waiting)[1]["contents"][1]]


def test_a_secret_is_masked_and_the_text_around_it_stays() -> None:
    document = python(user("Use Bearer abcdef0123456789abcdef, please"), api_key="sk-abcdefghijklmnop1234567890")
    after = mended(document, "secret-shaped")
    assert history(after)[0]["contents"][0]["text"] == "Use Bearer [redacted], please"
    assert after["state"]["api_key"] == "[redacted]"


def test_a_secret_inside_arguments_leaves_them_json() -> None:
    arguments = '{"password": "hunter2hunter2", "n": 1e2}'
    after = mended(python(user(), message("assistant", call("c", arguments=arguments))), "secret-shaped")
    assert history(after)[1]["contents"][0]["arguments"] == '{"password": "[redacted]", "n": 1e2}'


def test_numbers_white_space_and_escapes_elsewhere_stay_as_they_were_written() -> None:
    document = b'{"session_id" : "s",  "state": {"n": [1.0, 1e2, -0, 12345678901234567890], "t": "\\u00e9\\/" }}'
    assert repair(document).data == b'{"type": "session",  ' + document[1:]


def test_a_session_inside_a_record_is_mended_where_it_is() -> None:
    record = b'{"id": 1e0, "session": {"session_id": "s", "state": {}}}'
    assert repair(record, at="/session").data == record.replace(b'{"session_id"', b'{"type": "session", "session_id"')


def test_a_session_that_is_stored_as_text_stays_text() -> None:
    record = json.dumps({"id": 1, "body": json.dumps({"session_id": "s", "state": {}})}).encode()
    after = json.loads(repair(record, at="/body").data)
    assert json.loads(after["body"]) == {"type": "session", "session_id": "s", "state": {}}


def test_messagepack_is_mended_too() -> None:
    stored = msgspec.msgpack.encode(python(user(), message("assistant", call("c1")), user()))
    after = msgspec.msgpack.decode(repair(stored, encoding=Encoding.MESSAGEPACK).data)
    assert [role for role, _ in acts(after)] == ["user", "assistant", "tool", "user"]


def dotnet(*contents: Any) -> bytes:
    """A .NET history in which the user goes on after ``contents``, each a message of its own."""
    messages = [{"role": "assistant", "contents": [each]} for each in contents]
    later = {"role": "user", "contents": [{"$type": "text", "text": "And now?"}]}
    return json.dumps({"stateBag": {"InMemoryChatHistoryProvider": {"messages": [*messages, later]}}}).encode()


def asked(id_: str, call: Any) -> Any:
    return {"$type": "toolApprovalRequest", "toolCall": call, "requestId": id_}


def test_two_requests_for_one_call_are_both_answered_and_the_call_has_one_result() -> None:
    """As workflows of .NET write them."""
    wanted = {"$type": "functionCall", "name": "f", "arguments": {}, "informationalOnly": False, "callId": "c"}
    data = dotnet(asked("w:c", wanted), asked("c", wanted))
    done = repair(data)
    said = [
        one["$type"]
        for each in json.loads(done.data)["stateBag"]["InMemoryChatHistoryProvider"]["messages"]
        for one in each["contents"]
    ]
    assert said.count("toolApprovalResponse") == 2
    assert said.count("functionResult") == said.count("functionCall") == 1
    assert repair(done.data).changes == ()


def test_a_bare_list_of_messages_is_not_emptied() -> None:
    """Nobody could say any more what it is."""
    lonely = {"role": "tool", "contents": [{"$type": "functionResult", "callId": "c", "result": "x"}]}
    done = repair(json.dumps([lonely]).encode())
    assert json.loads(done.data) == [lonely]
    assert [one.rule for one in done.left] == ["tool-result-orphan"]
    said = {"role": "user", "contents": [{"$type": "text", "text": "hi"}]}
    assert json.loads(repair(json.dumps([said, lonely]).encode()).data) == [said]


def test_only_calls_of_functions_are_marked_as_dealt_with() -> None:
    wanted = {"$type": "mcpServerToolCall", "name": "f", "serverName": "s", "callId": "c"}
    done = repair(dotnet(asked("r", wanted)))
    assert b"toolApprovalResponse" in done.data
    assert b"informationalOnly" not in done.data


def test_a_call_whose_id_a_service_used_again_gets_its_result_all_the_same() -> None:
    again = {**call("c1"), "informational_only": True}
    after = mended(python(user(), message("assistant", call("c1")), message("assistant", again), user()))
    assert acts(after)[2] == ("tool", ["function_result"])


def test_what_cannot_be_read_is_refused_with_the_place() -> None:
    with pytest.raises(RefusedError, match="line 1, column 10") as refused:
        repair(b'{"type": nope}')
    assert [one.rule for one in refused.value.findings] == ["json-invalid"]


@pytest.mark.parametrize(
    ("rule", "error", "says"),
    [
        ("no-such-rule", UnknownRuleError, "there is no rule"),
        ("tool-call-repeated", UsageError, "has no fix; those that have one are"),
        ("legacy-thread", UsageError, "mended by 'pysession convert'"),
    ],
)
def test_a_rule_that_cannot_be_mended_is_a_usage_error(rule: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        repair(b"{}", [rule])


# --- many files -------------------------------------------------------------------------------------------------------


def done(outcomes: list[FileRepair | NotRead]) -> list[FileRepair]:
    assert all(isinstance(one, FileRepair) for one in outcomes)
    return [one for one in outcomes if isinstance(one, FileRepair)]


def test_in_a_file_of_many_documents_each_line_is_mended_and_the_others_keep_their_bytes(tmp_path: Path) -> None:
    sound = b'{"type":"session", "session_id":"a","service_session_id":null,"state":{"n":1.0}}'
    torn = b'{"session_id":"b","state":{}}'
    file = tmp_path / "rows.jsonl"
    file.write_bytes(sound + b"\r\n\n" + torn + b"\n" + b"{nope\n" + torn)
    (outcome,) = done(list(repair_files([str(file)], Options())))
    assert outcome.repair.data == file.read_bytes().replace(b'{"session_id"', b'{"type":"session","session_id"')
    assert [change.record for change in outcome.repair.changes] == [1, 3]
    assert [finding.rule for finding in outcome.refused] == ["json-invalid"]


def test_a_history_file_is_one_document_whose_lines_come_and_go(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    lines = [user(), message("assistant", call("c1")), user("Hello?")]
    file.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    (outcome,) = done(list(repair_files([str(file)], Options())))
    assert [json.loads(line)["role"] for line in outcome.repair.data.splitlines()] == [
        "user",
        "assistant",
        "tool",
        "user",
    ]


def test_what_is_not_there_is_told_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"session_id":"b","state":{}}')
    missing, mended_file = repair_files([str(tmp_path / "gone.json"), str(tmp_path / "a.json")], Options())
    assert isinstance(missing, NotRead)
    assert isinstance(mended_file, FileRepair)


# --- laws -------------------------------------------------------------------------------------------------------------


_SHOWN = {"turn-truncated", "role-misplaced"}
"""What is true of a history once what hid it is gone: it ends early, a tool message has no result any more."""


def torn(draw: st.DrawFn) -> bytes:
    """A session with a few messages taken away or stored again, as crashes leave it."""
    document = draw(sessions())
    for entry in document.get("state", {}).values():
        messages = entry.get("messages") if isinstance(entry, dict) else None
        if isinstance(messages, list) and messages:
            index = draw(st.integers(0, len(messages) - 1))
            if draw(st.booleans()):
                del messages[index]
            else:
                messages[index:index] = messages[max(0, index - 2) : index]
    return json.dumps(document).encode("utf-8", "surrogatepass")


@given(st.composite(torn)())
def test_a_repair_is_the_same_twice_and_leaves_no_error_of_its_rules(data: bytes) -> None:
    first = repair(data)
    assert repair(first.data) == Repair(first.data, (), first.left)
    before = {one.rule for one in pysession.check(data).findings}
    assert {one.rule for one in pysession.check(first.data).findings} <= before | _SHOWN
    assert bool(first.changes) is (first.data != data)
