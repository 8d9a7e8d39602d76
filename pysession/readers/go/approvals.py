"""Approvals that are waiting in a history: what the SDK's tool calling middleware says to them before the next run."""

from __future__ import annotations

from typing import Any

from pysession.readers.go.decoding import DISCRIMINATOR


def blocked(messages: list[Any]) -> bool:
    """Whether a request in ``messages`` (as they are written) has no response, so that the next run is an error.

    A request or response about a call that has been dealt with, or is no function call, is passed over.
    """
    acts = [act for message in messages if message for act in message.get("Contents") or () if _is_about_a_call(act)]
    if all(act["ToolCall"]["InformationalOnly"] for act in acts):
        return False
    waiting: set[str] = set()
    for act in acts:
        call = act["ToolCall"]
        if act[DISCRIMINATOR] == "toolApprovalResponse":
            waiting.discard(call["CallID"])
        elif not call["InformationalOnly"]:
            waiting.add(call["CallID"])
    return bool(waiting)


def _is_about_a_call(content: Any) -> bool:
    if not isinstance(content, dict) or content.get(DISCRIMINATOR) not in ("toolApprovalRequest", "toolApprovalResponse"):
        return False
    call = content.get("ToolCall")
    return isinstance(call, dict) and call.get(DISCRIMINATOR) == "functionCall" and "InformationalOnly" in call
