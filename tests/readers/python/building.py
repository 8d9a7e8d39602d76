"""Documents for tests of the Python readers, and what they say of a reading."""

from __future__ import annotations

import json
from typing import Any

from pysession.findings import Reading

TEXT = {"type": "text", "text": "hi", "additional_properties": {}}
CALL = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}", "additional_properties": {}}
HOSTED = {
    "type": "function_call",
    "call_id": "c",
    "name": "n",
    "arguments": "{}",
    "hosted": False,
    "additional_properties": {},
}
REQUEST = {
    "type": "function_approval_request",
    "function_call": CALL,
    "user_input_request": True,
    "id": "c",
    "additional_properties": {},
}


def message(*contents: Any, **members: Any) -> dict[str, Any]:
    """A message as releases since 1.13.0 write it in a session."""
    return {"role": "user", "contents": list(contents), "additional_properties": {}, "type": "message"} | members


def session(state: dict[str, Any], **members: Any) -> bytes:
    """A session with this state."""
    whole = {"type": "session", "session_id": "s", "service_session_id": None, "state": state} | members
    return json.dumps(whole).encode()


def with_messages(*messages: Any, **members: Any) -> bytes:
    """A session with these messages in its default history."""
    return session({"in_memory": {"messages": list(messages)}}, **members)


def told(reading: Reading) -> tuple[str, ...]:
    """Verdict and, when refused, stage, error and cause."""
    if reading.error is None:
        return (reading.verdict.value,)
    cause = (reading.error.cause,) if reading.error.cause else ()
    return (reading.verdict.value, str(reading.stage), reading.error.type, *cause)


def changed(reading: Reading) -> dict[str, str]:
    """The changes by pointer."""
    return {change.pointer: change.kind.value for change in reading.changes}
