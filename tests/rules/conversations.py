"""Sessions put together from a few words, for tests of rules that look at one thing in them."""

from __future__ import annotations

import json
from typing import Any

import pysession
from pysession.findings import Finding

Json = dict[str, Any]


def text(words: str) -> Json:
    return {"type": "text", "text": words, "additional_properties": {}}


def call(id: str, name: str = "get_weather", arguments: Any = "{}", **members: Any) -> Json:
    return {"type": "function_call", "call_id": id, "name": name, "arguments": arguments, **members}


def result(id: str, value: str = "sunny") -> Json:
    return {"type": "function_result", "call_id": id, "result": value}


def request(id: str, asked: Json) -> Json:
    return {"type": "function_approval_request", "id": id, "function_call": asked, "user_input_request": True}


def response(id: str, granted: Json, approved: bool = True) -> Json:
    return {"type": "function_approval_response", "id": id, "approved": approved, "function_call": granted}


def message(role: str, *contents: Any, **members: Any) -> Json:
    return {"role": role, "contents": list(contents), "additional_properties": {}, "type": "message", **members}


def user(words: str = "Weather?", **members: Any) -> Json:
    return message("user", text(words), **members)


def assistant(words: str = "Sunny.", **members: Any) -> Json:
    return message("assistant", text(words), **members)


def python(*messages: Any, service: Any = None, **state: Any) -> Json:
    return {
        "type": "session",
        "session_id": "s-1",
        "service_session_id": service,
        "state": {"in_memory": {"messages": list(messages)}, **state},
    }


def net_text(words: str) -> Json:
    return {"$type": "text", "text": words}


def net(*messages: Any) -> Json:
    return {"stateBag": {"InMemoryChatHistoryProvider": {"messages": list(messages)}}}


def net_message(role: str | None, *contents: Any, **members: Any) -> Json:
    return ({} if role is None else {"role": role}) | {"contents": list(contents)} | members


def agnt5(*messages: tuple[str, str, float]) -> Json:
    return {
        "session_id": "s-1",
        "agent_name": "weather",
        "messages": [{"role": role, "content": content, "timestamp": at} for role, content, at in messages],
    }


def findings(rule: str, session: Any, *profiles: str) -> list[Finding]:
    """What the rule finds in a session."""
    return [
        one for one in pysession.check(json.dumps(session).encode(), profiles=profiles).findings if one.rule == rule
    ]


def found(rule: str, session: Any, *profiles: str) -> list[tuple[str, str]]:
    """What the rule finds in a session: severity and pointer below the default history, or from the root."""
    histories = ("/state/in_memory/messages", "/stateBag/InMemoryChatHistoryProvider/messages")
    pairs = [(one.severity.value, one.pointer) for one in findings(rule, session, *profiles)]
    for history in histories:
        pairs = [(severity, pointer.removeprefix(history)) for severity, pointer in pairs]
    return pairs
