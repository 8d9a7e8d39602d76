"""What the next run does; each line follows what was seen in a run with a scripted model."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import NextTurn
from pysession.readers import Settings
from tests.readers.dotnet.sessions import HELLO, LATEST, call, holding, request, response, session

MCP = '{"$type":"mcpServerToolCall","name":"f","callId":"m"}'
OLD_CALL = '{"callId":"c","name":"f","informationalOnly":true}'
OLD_REQUEST = f'{{"$type":"functionApprovalRequest","functionCall":{OLD_CALL},"id":"i"}}'
OLD_RESULT = '{"$type":"functionResult","callId":"c","result":"ok"}'
OLD_RESPONSE = f'{{"$type":"functionApprovalResponse","approved":true,"functionCall":{OLD_CALL},"id":"i"}}'


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([request(call("c"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c", done=True))], NextTurn.SEES_ALL),
        ([request(call("c", done=True)), response(call("c", done=True))], NextTurn.SEES_ALL),
        ([request(MCP)], NextTurn.SEES_ALL),
        ([response(call("c")), request(call("c"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c")), response(call("d"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c")), response(call("c"))], NextTurn.SEES_ALL),
        ([call("c"), "null"], NextTurn.SEES_ALL),
    ],
)
def test_an_approval_that_waits_for_its_answer_blocks_the_run(contents: list[str], expected: NextTurn) -> None:
    assert predict(session(HELLO, holding(*contents)), LATEST).next_turn is expected


def test_an_answer_that_was_carried_out_is_left_out_with_its_request() -> None:
    asked, answered = holding(request(call("c"))), holding(response(call("c")), role="user")
    result = holding('{"$type":"functionResult","result":"ok","callId":"c"}', role="tool")
    assert predict(session(HELLO, asked, answered), LATEST).next_turn is NextTurn.SEES_ALL
    assert predict(session(HELLO, asked, answered, result), LATEST).next_turn is NextTurn.SEES_FEWER


def test_a_message_without_contents_is_left_out_only_when_there_are_approvals() -> None:
    done = holding(request(call("c", done=True)), response(call("c", done=True)))
    assert predict(session(HELLO, holding()), LATEST).next_turn is NextTurn.SEES_ALL
    assert predict(session(HELLO, holding(), done), LATEST).next_turn is NextTurn.SEES_FEWER


def test_two_requests_of_one_id_fail_the_run() -> None:
    assert predict(session(holding(request(call("c")), request(call("d")))), LATEST).next_turn is NextTurn.FAILS


def test_releases_before_rc5_leave_out_every_approval_that_was_answered() -> None:
    document = session(HELLO, holding(OLD_REQUEST), holding(OLD_RESPONSE), holding(OLD_RESULT))
    assert predict(document, "dotnet@1.0.0-rc4").next_turn is NextTurn.SEES_FEWER
    assert predict(session(HELLO, holding(OLD_REQUEST)), "dotnet@1.0.0-rc4").next_turn is NextTurn.APPROVAL_BLOCKS


def test_rc1_and_rc2_do_not_send_what_was_stored_unless_they_were_given_the_provider() -> None:
    for release in ("1.0.0-rc1", "1.0.0-rc2"):
        assert predict(session(HELLO), f"dotnet@{release}").next_turn is NextTurn.SEES_FEWER
        assert predict(session(), f"dotnet@{release}").next_turn is NextTurn.SEES_ALL
        own = Settings(history_keys=("mine",))
        assert predict(session(HELLO, key="mine"), f"dotnet@{release}", settings=own).next_turn is NextTurn.SEES_ALL
    assert predict(session(HELLO), "dotnet@1.0.0-rc3").next_turn is NextTurn.SEES_ALL


def test_with_a_conversation_of_the_service_only_the_new_message_is_sent() -> None:
    assert predict(session(HELLO, before='"conversationId":"c",'), LATEST).next_turn is NextTurn.SERVICE_MANAGED
    assert predict(session(before='"conversationId":"c",'), LATEST).next_turn is NextTurn.SEES_ALL


def test_a_history_under_another_key_is_not_seen() -> None:
    assert predict(session(HELLO, key="my_history"), LATEST).next_turn is NextTurn.SEES_FEWER


def test_a_null_message_fails_the_run_that_reads_it() -> None:
    assert predict(session("null", HELLO), LATEST).next_turn is NextTurn.FAILS
    assert predict(session("null", HELLO), "dotnet@1.0.0-rc2").next_turn is NextTurn.SEES_FEWER


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("[]", NextTurn.SEES_ALL),
        ("null", NextTurn.FAILS),
        ('{"a":1}', NextTurn.FAILS),
        ('[{"requestId":"r"}]', NextTurn.FAILS),
        (f"[{request(call('c'))}]", NextTurn.SEES_ALL),
    ],
)
def test_since_1_14_0_each_run_reads_the_pending_approvals(entry: str, expected: NextTurn) -> None:
    document = session(HELLO, beside=f'"_pendingApprovalRequests":{entry},')
    assert predict(document, "dotnet@1.14.0").next_turn is expected
    assert predict(document, "dotnet@1.13.0").next_turn is NextTurn.SEES_ALL
