"""What the next run does about approvals; each expectation was seen in a run behind the SDK's tool calling middleware."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import NextTurn
from tests.readers.go.sessions import HELLO, LATEST, call, holding, request, response, session

SERVER_CALL = '{"Arguments":"{}","CallID":"m","Name":"f","Type":"mcpServerToolCall"}'


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([request(call("c"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c")), response(call("c"))], NextTurn.SEES_ALL),
        ([response(call("c")), request(call("c"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c")), response(call("d"))], NextTurn.APPROVAL_BLOCKS),
        ([request(call("c", done=True))], NextTurn.SEES_ALL),
        ([request(call("c")), response(call("c", done=True))], NextTurn.SEES_ALL),
        ([request(SERVER_CALL)], NextTurn.SEES_ALL),
        ([request("null")], NextTurn.SEES_ALL),
        ([response(call("c"))], NextTurn.SEES_ALL),
        ([call("c")], NextTurn.SEES_ALL),
    ],
)
def test_a_request_for_a_call_of_a_local_tool_needs_a_response_after_it(
    contents: list[str], expected: NextTurn
) -> None:
    assert predict(session(HELLO, holding(*contents)), LATEST).next_turn is expected


def test_a_null_among_the_messages_is_a_panic_only_when_there_are_approvals_to_look_at() -> None:
    assert predict(session("null", HELLO), LATEST).next_turn is NextTurn.SEES_ALL
    assert predict(session("null", holding(request(call("c")))), LATEST).next_turn is NextTurn.FAILS
