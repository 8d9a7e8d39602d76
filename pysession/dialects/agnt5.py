"""``agnt5``: the conversation memory of AGNT5 agents, in its two spellings, and its older bare array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import Detection, History, Json, Segment
from pysession.dialects.messages import language

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "agnt5"
MARKERS = ("agent_name", "component_name", "message_count", "last_message_time", "last_message_at")


def detect(value: Json) -> Detection | None:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and "role" in item and "content" in item for item in value):
            return Detection(NAME, "messages", 'it is a list of objects with "role" and "content"')
        return None
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return None
    marker = next((name for name in MARKERS if name in value), None)
    if marker is not None:
        return Detection(NAME, "session", f'it has the members "messages" and "{marker}"')
    if "session_id" in value:
        return Detection(NAME, "session", 'it has the members "session_id" and "messages", and no "state"')
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    if isinstance(value, list):
        yield History("", NAME, (Segment((), value),))
    else:
        messages = value["messages"]
        yield History("messages", language(messages, NAME), (Segment(("messages",), messages),))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.agnt5_memory import session_of

    return session_of(value, exchange)
