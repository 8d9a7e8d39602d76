"""``python``: ``AgentSession.to_dict()`` of Agent Framework for Python, and FileSessionStore's files (with ``version``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import Detection, History, Json, Segment
from pysession.dialects.messages import PYTHON, holds_messages, language

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "python"
HISTORY_KEYS = frozenset({"in_memory", "memory"})
"""Default source ids of the in-memory provider: ``memory`` in 1.0.0b260212, ``in_memory`` from rc1 on."""

PENDING_MESSAGES = "message_injection.pending_messages"
"""State key of messages that wait to be injected (1.11.0 on): a bare list of messages."""


def detect(value: Json) -> Detection | None:
    if not isinstance(value, dict):
        return None
    if "ServiceID" in value and "session_id" not in value:
        return None  # a Go session: Go reads "state" as well as "State"
    if value.get("type") == "session":
        return Detection(NAME, "session", 'the member "type" is "session"')
    if "state" in value and "session_id" in value:
        return Detection(NAME, "session", 'it has the members "session_id" and "state"')
    if "service_session_id" in value:
        return Detection(NAME, "session", 'it has the member "service_session_id"')
    state = value.get("state")
    if isinstance(state, dict) and any(_history_messages(entry) is not None for entry in state.values()):
        return Detection(NAME, "session", 'its member "state" holds a history')
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    state = value.get("state")
    if not isinstance(state, dict):
        return
    for key, entry in state.items():
        if key == PENDING_MESSAGES and isinstance(entry, list):
            yield History(key, language(entry, PYTHON), (Segment(("state", key), entry),), live=False)
        elif isinstance(entry, dict):
            messages = entry.get("messages")
            if isinstance(messages, list) and (key in HISTORY_KEYS or holds_messages(messages)):
                yield History(key, language(messages, PYTHON), (Segment(("state", key, "messages"), messages),))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.python_releases import unstripped

    return unstripped(value, exchange)


def from_canonical(canonical: dict[str, Json], exchange: Exchange) -> Json:
    from pysession.dialects.conversion.python_releases import for_release

    return for_release(canonical, exchange)


def _history_messages(entry: Json) -> list[Json] | None:
    messages = entry.get("messages") if isinstance(entry, dict) else None
    return messages if holds_messages(messages) else None
