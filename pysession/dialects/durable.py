"""``durable``: the state of a durable agent entity, ``{"schemaVersion", "data": {"conversationHistory": […]}}``."""

from __future__ import annotations

from collections.abc import Iterator

from pysession.dialects.detection import Detection, History, Json, Segment

NAME = "durable"


def detect(value: Json) -> Detection | None:
    if not isinstance(value, dict):
        return None
    data = value.get("data")
    if isinstance(data, dict) and "conversationHistory" in data:
        return Detection(NAME, "entity", 'its member "data" has "conversationHistory"')
    if "schemaVersion" in value and "data" in value:
        return Detection(NAME, "entity", 'it has the members "schemaVersion" and "data"')
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    data = value.get("data")
    entries = data.get("conversationHistory") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        return
    segments = tuple(
        Segment(("data", "conversationHistory", index, "messages"), entry["messages"])
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("messages"), list)
    )
    yield History("conversationHistory", NAME, segments)
