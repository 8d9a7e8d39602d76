"""What belongs together, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from pysession import Session
from tests.rules.conversations import assistant, call, message, request, response, result, text, user

Json = dict[str, Any]

THOUGHT = {"type": "text_reasoning", "id": "rs_1", "text": "hm"}
HOSTED = call("h1", "search", hosted=True)
CALL = call("c1", "delete")


def left(history: list[Json], strategy: str, **options: Any) -> list[int]:
    """The places in ``history`` of the messages that stay."""
    session = Session(session_id="s")
    session.state["in_memory"] = {"messages": list(history)}
    session.prune(strategy, **options)
    kept = session.state["in_memory"]["messages"]
    return [place for place, one in enumerate(history) if any(one is other for other in kept)]


def test_results_over_several_messages_stay_with_their_calls() -> None:
    calls = [call("c1"), call("c2"), call("c3")]
    history = [
        user(),
        message("assistant", *calls),
        *(message("tool", result(f"c{n}")) for n in (1, 2, 3)),
        assistant(),
    ]
    assert left(history, "keep_last_5") == [1, 2, 3, 4, 5]
    assert left(history, "keep_last_4") == [5]


def test_an_approval_that_was_given_much_later_stays_with_its_request_and_result() -> None:
    history = [
        *(user("delete it"), message("assistant", CALL, request("ask", CALL)), user("wait"), assistant("well")),
        *(message("user", response("ask", CALL)), message("tool", result("c1")), assistant("done")),
    ]
    assert left(history, "keep_last_4") == [1, 4, 5, 6]
    assert left(history, "keep_last_3") == [6]


def test_reasoning_in_a_message_of_its_own_stays_with_the_call_it_led_to() -> None:
    history = [user(), message("assistant", THOUGHT), message("assistant", CALL), message("tool", result("c1"))]
    assert left(history, "keep_last_2") == [1, 2, 3]
    assert left([*history, user("z")], "keep_last_3") == [4]


def test_a_hosted_call_has_its_result_in_the_same_message() -> None:
    own = {"type": "mcp_server_tool_result", "call_id": "h1", "output": "found"}
    search = {"type": "mcp_server_tool_call", "call_id": "h1", "tool_name": "search", "arguments": "{}"}
    assert left([user(), message("assistant", search, own, text("found")), user("z")], "keep_last_2") == [1, 2]


@pytest.mark.parametrize("asked", [CALL, HOSTED], ids=["ours", "hosted"])
def test_a_pending_approval_stays_and_so_does_what_passed_it_by(asked: Json) -> None:
    history = [user("a"), message("assistant", asked, request("ask", asked)), user("b"), assistant("c"), user("d")]
    assert left(history, "keep_last_1") == [1, 2, 4]
    assert left(history, "keep_important", scorer=lambda one: 0) == [1, 2, 4]
    assert left(history, "summarize_old", threshold=2, summariser=lambda old: "x") == [1, 2, 4]


def test_an_answer_on_which_a_call_still_waits_stays() -> None:
    asked = [CALL, call("c2", "delete")]
    history = [
        message("assistant", *asked, *(request(f"ask {one['call_id']}", one) for one in asked)),
        *(message("user", response(f"ask {one['call_id']}", one)) for one in asked),
        *(user(str(number)) for number in range(9)),
    ]
    assert left(history, "keep_last_1")[:3] == [0, 1, 2]
    answered = [*history[:3], message("tool", result("c1"), result("c2")), *history[3:]]
    assert left(answered, "keep_last_1") == [12]


def test_two_messages_that_would_look_stored_twice_are_kept_apart() -> None:
    history = [user("a"), assistant("b"), user("a"), assistant("between"), assistant("b")]
    assert left(history, "keep_important", scorer=lambda one: one["contents"][0]["text"] in "ab") == [0, 1, 2, 3, 4]


def test_two_responses_are_kept_apart_when_one_of_them_has_reasoning() -> None:
    history = [user("a"), message("assistant", THOUGHT, text("b")), user("c"), assistant("d"), user("e")]
    assert left(history, "keep_important", scorer=lambda one: one["role"] == "assistant") == [1, 2, 3, 4]
    plain = [user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    assert left(plain, "keep_important", scorer=lambda one: one["role"] == "assistant") == [1, 3, 4]


def test_what_was_stored_under_the_id_of_a_message_that_asks_stays_with_it() -> None:
    history = [
        message("assistant", CALL, request("ask", CALL), message_id="m1"),
        message("user", response("ask", CALL)),
        message("tool", result("c1")),
        assistant("again", message_id="m1"),
        assistant("and again", message_id="m1"),
        user("z"),
    ]
    assert left(history, "keep_last_3") == [5]
    assert left(history, "keep_last_6") == [0, 1, 2, 3, 4, 5]


def test_instructions_in_the_middle_are_messages_like_others() -> None:
    history = [
        message("system", text("s")),
        message("developer", text("d")),
        user(),
        message("system", text("m")),
        user("z"),
    ]
    assert left(history, "keep_last_3") == [0, 1, 4]
