"""The public functions of the schema room, and what the two forms say of small documents."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pysession import schema

MESSAGE = {"type": "message", "role": "user", "contents": [], "additional_properties": {}}
SESSION = {"type": "session", "session_id": "s", "service_session_id": None, "state": {}}


def _text(text: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "additional_properties": {}}


def test_importing_the_room_does_not_import_the_validator() -> None:
    code = "import sys, pysession.schema; sys.exit('jsonschema_rs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_validator_is_compiled_once() -> None:
    assert schema.validator("python", "open") is schema.validator("python", "open")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("pyhton", "open"), "did you mean 'python'"),
        (("python", "tight"), "known are open, closed"),
        (("python", "open", "contents"), "did you mean 'content'"),
    ],
)
def test_an_unknown_schema_is_refused_with_a_hint(arguments: tuple[str, ...], hint: str) -> None:
    with pytest.raises(schema.UnknownSchemaError, match=hint):
        schema.validator(*arguments)


def test_an_error_is_at_the_deepest_place() -> None:
    document = SESSION | {"state": {"in_memory": {"messages": [MESSAGE | {"contents": [_text(5)]}]}}}
    path, keyword, _ = schema.errors(schema.validator("python", "open"), document)[0]
    assert (path, keyword) == (("state", "in_memory", "messages", 0, "contents", 0, "text"), "type")


@pytest.mark.parametrize(
    ("dialect", "definition", "value"),
    [
        ("python", "content", {"type": "hologram", "x": 1}),
        ("python", "content", {"text": "no kind"}),
        ("python", "content", _text("x") | {"later": 1, "annotations": None}),
        ("python", "content", {"type": "mcp_server_tool_result", "call_id": "c", "output": {"any": ["thing"]}}),
        ("python", "message", {"role": "user"}),
        ("python", "state", {"in_memory": {}, "memory": "mine", "x": {"messages": ["not", "messages"]}}),
        ("dotnet", "content", {"$type": "functionCall", "CallId": "c", "NAME": "n"}),
        ("dotnet", "content", {"$type": "mcpServerToolCall", "callId": "c", "toolName": "old"}),
        (
            "dotnet",
            "content",
            {"$type": "functionApprovalRequest", "id": "r", "functionCall": {"callId": "c", "name": "n"}},
        ),
        ("dotnet", "state_bag", {"InMemoryChatHistoryProvider": None}),
        ("go", "content", {"Type": "functionCall"}),
        ("python-thread", "store_state", {"redis_url": "redis://x", "messages": "kept elsewhere"}),
    ],
)
def test_open_form_is_tolerant(dialect: str, definition: str, value: Any) -> None:
    assert schema.errors(schema.validator(dialect, "open", definition), value) == []


@pytest.mark.parametrize(
    ("dialect", "definition", "value"),
    [
        ("python", "content", {"type": "function_call", "name": "n"}),
        ("python", "content", {"type": "function_call", "call_id": None, "name": "n"}),
        ("python", "content", {"type": "function_call", "call_id": "c", "name": "n", "hosted": None}),
        ("python", "content", {"type": 5}),
        ("python", "content", {"type": "image_generation_tool_result", "outputs": {"type": "text", "text": 5}}),
        ("python", "message", {"contents": []}),
        ("python", "message", {"role": "user", "contents": {}}),
        ("python", "state", {"in_memory": {"messages": ["not", "messages"]}}),
        ("python", "state", {"mine": {"messages": [{"role": 5, "contents": []}]}}),
        ("dotnet", "content", {"$type": "functionCall", "callId": "c"}),
        ("dotnet", "content", {"$type": "functionCall", "callId": "c", "name": "n", "arguments": "{}"}),
        ("dotnet", "content", {"$type": "mcpServerToolCall", "callId": "c"}),
        ("dotnet", "state_bag", {"_pendingApprovalRequests": [{"requestId": "r"}]}),
        ("go", "content", {"Type": "functionCall", "Arguments": {}}),
        ("durable", "content", {"$type": "usage", "details": {}}),
    ],
)
def test_open_form_refuses_what_a_reader_cannot_take(dialect: str, definition: str, value: Any) -> None:
    assert not schema.validator(dialect, "open", definition).is_valid(value)


@pytest.mark.parametrize(
    ("dialect", "definition", "value"),
    [
        ("python", "content", _text("x") | {"later": 1}),
        ("python", "content", {"type": "text", "text": "x"}),
        ("python", "content", _text("x") | {"annotations": None}),
        ("python", "content", {"type": "hologram", "additional_properties": {}}),
        ("python", "envelope", SESSION | {"type": "thread"}),
        ("python", "usage", {"input_token_count": 1, "cached": "2"}),
        ("dotnet", "content", {"text": "no kind"}),
        ("dotnet", "content", {"$type": "functionCall", "CallId": "c", "Name": "n"}),
        ("dotnet", "envelope", {"sessionId": "s", "stateBag": {}, "conversationId": "c"}),
    ],
)
def test_closed_form_refuses_what_no_writer_writes(dialect: str, definition: str, value: Any) -> None:
    assert not schema.validator(dialect, "closed", definition).is_valid(value)


def test_a_bare_array_of_messages_is_a_document_where_writers_write_one() -> None:
    message = {"role": "user", "contents": [{"$type": "text", "text": "hi"}]}
    assert schema.validator("dotnet", "closed").is_valid([message])
    assert schema.validator("python-history", "closed").is_valid([MESSAGE])
    assert schema.validator("agnt5", "closed").is_valid([{"role": "user", "content": "hi"}])
    assert not schema.validator("python", "open").is_valid([MESSAGE])
