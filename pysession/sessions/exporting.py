"""A session's history for people who must keep or read it: one JSON object for each message."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pysession.findings.failures import UsageError
from pysession.sessions.awaiting import Ready
from pysession.sessions.conversation import content_of, created_at, properties_of, results_of
from pysession.sessions.messages import CALL, Message


class ExportFormat(StrEnum):
    """``JSONL``: one message a line. ``JSON``: one object with the session's ids and metadata, and its messages."""

    JSONL = "jsonl"
    JSON = "json"


class Export(Ready, str):
    """What was exported, a text. May be awaited, which gives the same."""

    __slots__ = ()


def exported(head: Mapping[str, Any], messages: Sequence[Message], format: str) -> Export:
    """``messages`` in ``format``; ``head`` has the ids and the metadata of their session.

    Raises:
        UsageError: there is no such format.
    """
    if format not in tuple(ExportFormat):
        raise UsageError(f"there is no export format {format!r}; it is one of {', '.join(ExportFormat)}")
    if format == ExportFormat.JSON:
        return Export(_text({**head, "messages": [_message(one, {}) for one in messages]}))
    return Export("\n".join(_text(_message(one, head.get("metadata", {}))) for one in messages))


def _message(message: Message, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A message: when, who, what was said, what is known about it, which tools were called and what they gave."""
    own = properties_of(message)
    if isinstance(inner := own.get("metadata"), Mapping):
        # What AGNT5's messages say about themselves is in a member of its own.
        own = {name: value for name, value in own.items() if name != "metadata"} | dict(inner)
    named = {name: message[name] for name in ("author_name", "message_id") if message.get(name) is not None}
    found: dict[str, Any] = {
        "timestamp": created_at(message),
        "role": message.get("role"),
        "message": content_of(message),
        "metadata": {**metadata, **own, **named},
        "tool_calls": [
            {"id": content.get("call_id"), "name": content.get("name"), "arguments": content.get("arguments")}
            for content in message.get("contents") or ()
            if content.get("type") == CALL
        ],
    }
    results = [
        {"id": content.get("call_id"), "result": content.get("result"), "failed": "exception" in content}
        for content in results_of(message)
    ]
    return found | ({"tool_results": results} if results else {})


def _text(value: Mapping[str, Any]) -> str:
    said = json.dumps(value, ensure_ascii=False)
    try:
        said.encode()
    except UnicodeEncodeError:
        # Half an emoji has no form in UTF-8, in which the export will be written somewhere.
        return json.dumps(value)
    return said
