"""``python-thread``: ``AgentThread.serialize()`` of the previews up to 1.0.0b260210."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import Detection, History, Json, Segment
from pysession.dialects.messages import PYTHON, language

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "python-thread"
MARKERS = ("chat_message_store_state", "service_thread_id")
STORE = "chat_message_store_state"


def detect(value: Json) -> Detection | None:
    if not isinstance(value, dict):
        return None
    marker = next((name for name in MARKERS if name in value), None)
    if marker is not None:
        return Detection(NAME, "thread", f'it has the member "{marker}"')
    if value.get("type") == "agent_thread_state":
        return Detection(NAME, "thread", 'the member "type" is "agent_thread_state"')
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    store = value.get(STORE)
    messages = store.get("messages") if isinstance(store, dict) else None
    if isinstance(messages, list):
        # A thread whose messages are Python's words is judged by the words of its own time: role objects,
        # "chat_message", nulls written out.
        spoken = language(messages, PYTHON)
        yield History(STORE, NAME if spoken == PYTHON else spoken, (Segment((STORE, "messages"), messages),))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.python_threads import session_of

    return session_of(value, exchange)
