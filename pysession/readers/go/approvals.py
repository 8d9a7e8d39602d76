"""Approvals that are waiting in a history: what the SDK's tool calling middleware says to them before the next run."""

from __future__ import annotations

from typing import Any

from pysession.findings import NextTurn
from pysession.readers.go.decoding import DISCRIMINATOR

_REQUEST, _RESPONSE = "toolApprovalRequest", "toolApprovalResponse"


def next_turn(messages: list[Any]) -> NextTurn:
    """What a run on these messages, as they are written, comes to.

    A request that has no response makes it an error, and so does a null among the messages when there are approvals to
    be looked at. Those about a call that has been dealt with, or is no function call, are passed over.
    """
    acts = [act for message in messages if message for act in message.get("Contents") or () if _is_about_a_call(act)]
    if all(act["ToolCall"]["InformationalOnly"] for act in acts):
        return NextTurn.SEES_ALL
    if any(message is None for message in messages):
        return NextTurn.FAILS
    waiting: set[str] = set()
    for act in acts:
        call = act["ToolCall"]
        if act[DISCRIMINATOR] == _RESPONSE:
            waiting.discard(call["CallID"])
        elif not call["InformationalOnly"]:
            waiting.add(call["CallID"])
    return NextTurn.APPROVAL_BLOCKS if waiting else NextTurn.SEES_ALL


def _is_about_a_call(content: Any) -> bool:
    if not isinstance(content, dict) or content.get(DISCRIMINATOR) not in (_REQUEST, _RESPONSE):
        return False
    call = content.get("ToolCall")
    return isinstance(call, dict) and call.get(DISCRIMINATOR) == "functionCall" and "InformationalOnly" in call
