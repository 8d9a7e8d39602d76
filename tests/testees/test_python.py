"""The Python testee: real releases do through it what they do for an application."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from pysession.conform import Form, Options, Oracle, Testee, interpreter
from pysession.conform.protocol import UNSUPPORTED
from pysession.findings import NextTurn, Stage
from tests.python_releases import python_release

NEWEST, OLDER, THREADS = "python@1.23.0", "python@1.12.1", "python@1.0.0b260210"
Testees = Callable[[str], Testee]


@pytest.fixture(scope="module")
def testees() -> Iterator[Testees]:
    started: dict[str, Oracle] = {}

    def testee(name: str) -> Testee:
        if name not in started:
            started[name] = python_release(name)
        return started[name].testee

    yield testee
    for one in started.values():
        one.testee.close()


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "additional_properties": {}}


def message(role: str, *contents: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": role, "contents": list(contents), "additional_properties": {}, "type": "message", **more}


def session(*messages: Any, key: str = "in_memory", service: Any = None, **state: Any) -> bytes:
    state = {key: {"messages": list(messages)}, **state}
    return json.dumps({"type": "session", "session_id": "s", "service_session_id": service, "state": state}).encode()


CALL = {"type": "function_call", "call_id": "c", "name": "delete", "arguments": "{}", "additional_properties": {}}
REQUEST = {
    "type": "function_approval_request",
    "function_call": CALL,
    "user_input_request": True,
    "id": "c",
    "additional_properties": {},
}
PENDING = session(message("user", text("delete it")), message("assistant", CALL, REQUEST))
TURN = session(message("user", text("hi")), message("assistant", text("hello")))


def outcome(testee: Testee, document: bytes, form: Form = Form.SESSION) -> NextTurn:
    turn = testee.read(document, form, next_turn=True).next_turn
    assert turn is not None
    return turn.outcome


def test_it_says_what_is_installed(testees: Testees) -> None:
    described = testees(NEWEST).describe()
    assert described.reader == NEWEST
    assert described.environment["python"].startswith("3.")
    assert {"pydantic", "msgspec"} <= set(described.environment)


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        (THREADS, {Form.THREAD}),
        ("python@1.0.0", {Form.SESSION}),
        (OLDER, {Form.SESSION, Form.HISTORY}),
        (NEWEST, {Form.SESSION, Form.STORE, Form.STORE_MESSAGEPACK, Form.HISTORY, Form.HISTORY_MESSAGEPACK}),
    ],
)
def test_it_has_the_forms_that_its_release_has(testees: Testees, name: str, forms: set[Form]) -> None:
    assert set(testees(name).describe().forms) == forms


def test_what_it_cannot_do_is_said_and_ends_nothing(testees: Testees) -> None:
    answer = testees(THREADS).read(TURN, Form.STORE)
    assert answer.error is not None
    assert answer.error.type == UNSUPPORTED
    assert testees(THREADS).read(b"{}", Form.THREAD).ok


def test_a_session_is_restored_and_saved(testees: Testees) -> None:
    answer = testees(NEWEST).read(TURN, Form.SESSION)
    assert answer.saved is not None
    assert json.loads(answer.saved) == json.loads(TURN)
    assert answer.messages_restored == 2


@pytest.mark.parametrize(
    ("document", "stage", "type", "cause"),
    [
        (b"{", Stage.PARSE, "JSONDecodeError", None),
        (b"{}", Stage.LOAD, "KeyError", None),
        (session(message("user", {"type": "text", "sparkle": 1})), Stage.LOAD, "ValueError", "TypeError"),
        (b"[" * 2000, Stage.PARSE, "RecursionError", None),
    ],
)
def test_a_refusal_has_stage_and_exception(
    testees: Testees, document: bytes, stage: Stage, type: str, cause: str | None
) -> None:
    answer = testees(NEWEST).read(document, Form.SESSION)
    assert answer.error is not None
    assert (answer.stage, answer.error.type, answer.error.cause) == (stage, type, cause)


def test_files_keep_their_bytes(testees: Testees) -> None:
    newest = testees(NEWEST)
    stored = {**json.loads(TURN), "version": "1.0"}
    for form, data in (
        (Form.STORE, msgspec.json.encode(stored)),
        (Form.STORE_MESSAGEPACK, msgspec.msgpack.encode(stored)),
        (Form.HISTORY, b'{"type":"message","role":"user","contents":[],"additional_properties":{}}\n' * 2),
    ):
        assert newest.read(data, form).saved == data


def test_a_file_that_is_damaged_is_refused_when_it_is_decoded_and_one_that_is_wrong_when_it_is_loaded(
    testees: Testees,
) -> None:
    newest = testees(NEWEST)
    assert newest.read(b'{"type":', Form.STORE).stage is Stage.PARSE
    assert newest.read(b'{"type":"session"}', Form.STORE).stage is Stage.LOAD
    assert newest.read(b"{\n", Form.HISTORY).stage is Stage.PARSE
    assert newest.read(b'{"role":"user","x":1}\n', Form.HISTORY).stage is Stage.LOAD
    # The root of this is a TypeError of the encoder of data, which the decoder of a file raises for other reasons.
    assert newest.read(b'{"role":"user","contents":[{"type":"data","data":"x"}]}\n', Form.HISTORY).stage is Stage.LOAD


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        (NEWEST, TURN, NextTurn.SEES_ALL),
        (NEWEST, session(message("user", text("hi")), key="memory"), NextTurn.SEES_FEWER),
        (NEWEST, session(message("user", text("hi")), service="thread_1"), NextTurn.SERVICE_MANAGED),
        (NEWEST, session({"type": "chat_message", "role": "user", "contents": []}), NextTurn.FAILS),
        (NEWEST, PENDING, NextTurn.APPROVAL_IGNORED),
        (OLDER, PENDING, NextTurn.SEES_ALL),
        (
            NEWEST,
            session(
                message("user", text("delete it")),
                message("assistant", CALL, REQUEST),
                tool_approval={"pending_approval_requests": [REQUEST]},
            ),
            NextTurn.SEES_ALL,
        ),
    ],
)
def test_the_next_turn_is_really_run(testees: Testees, name: str, document: bytes, expected: NextTurn) -> None:
    assert outcome(testees(name), document) is expected


def test_a_thread_goes_on_with_its_messages(testees: Testees) -> None:
    messages = [message("user", text("hi"))]
    state = {"service_thread_id": None, "chat_message_store_state": {"messages": messages}}
    answer = testees(THREADS).read(json.dumps(state).encode(), Form.THREAD, next_turn=True)
    assert answer.next_turn is not None
    assert (answer.next_turn.outcome, answer.next_turn.sent, answer.messages_restored) == (NextTurn.SEES_ALL, 2, 1)


def test_a_provider_with_a_key_of_its_own_finds_its_history(testees: Testees) -> None:
    document = session(message("user", text("hi")), key="mine")
    answer = testees(NEWEST).read(document, Form.SESSION, next_turn=True, options=Options(history_keys=("mine",)))
    assert answer.next_turn is not None
    assert answer.next_turn.outcome is NextTurn.SEES_ALL


def test_a_registered_type_is_known_for_one_document_only(testees: Testees) -> None:
    newest = testees(NEWEST)
    document = session(order={"type": "message_order", "rank": 1})
    known = newest.read(document, Form.SESSION, options=Options(registered_types=("message_order",)))
    assert known.saved is not None
    assert list(json.loads(known.saved)["state"]["order"]) == ["rank", "type"]
    unknown = newest.read(document, Form.SESSION)
    assert unknown.saved is not None
    assert list(json.loads(unknown.saved)["state"]["order"]) == ["type", "rank"]


def test_appending_is_saved_behind_what_was_there(testees: Testees) -> None:
    answer = testees(NEWEST).append(TURN, Form.SESSION, "and now?")
    assert answer.saved is not None
    messages = json.loads(answer.saved)["state"]["in_memory"]["messages"]
    assert [one["role"] for one in messages] == ["user", "assistant", "user", "assistant"]
    assert messages[2]["contents"][0]["text"] == "and now?"


DEEPEST = """
import json, warnings
from agent_framework import AgentSession
warnings.simplefilter("ignore")
levels = 400
try:
    while levels < 900:
        nested = '{"a":' * levels + "1" + "}" * levels
        AgentSession.from_dict(json.loads('{"session_id": "s", "state": {"deep": ' + nested + "}}")).to_dict()
        levels += 1
except RecursionError:
    print(levels - 1)
"""


def test_the_stack_is_as_deep_as_for_a_program_that_calls_the_library_itself(testees: Testees) -> None:
    testee = testees(NEWEST)
    told = subprocess.run([interpreter(NEWEST), "-c", DEEPEST], capture_output=True, text=True, check=True)
    deepest = int(told.stdout)
    for levels, ok in ((deepest, True), (deepest + 1, False)):
        nested = json.loads('{"a":' * levels + "1" + "}" * levels)
        assert testee.read(session(deep=nested), Form.SESSION).ok is ok
