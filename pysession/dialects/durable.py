"""``durable``: the state of a durable agent entity, ``{"schemaVersion", "data": {"conversationHistory": […]}}``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import Detection, History, Json, Segment
from pysession.dialects.messages import DOTNET, language
from pysession.wire import Path

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

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


def entries(value: Json) -> Iterator[tuple[Path, Json]]:
    """The requests and responses of an entity with their places."""
    data = value.get("data") if isinstance(value, dict) else None
    found = data.get("conversationHistory") if isinstance(data, dict) else None
    for index, entry in enumerate(found if isinstance(found, list) else ()):
        yield ("data", "conversationHistory", index), entry


def histories(value: Json, detection: Detection) -> Iterator[History]:
    data = value.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("conversationHistory"), list):
        return
    segments = tuple(
        Segment((*path, "messages"), entry["messages"])
        for path, entry in entries(value)
        if isinstance(entry, dict) and isinstance(entry.get("messages"), list)
    )
    # Durable entities say "$type" like .NET, in words of their own.
    spoken = next((language(segment.messages, DOTNET) for segment in segments if segment.messages), DOTNET)
    yield History("conversationHistory", NAME if spoken == DOTNET else spoken, segments)


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.durable_entities import session_of

    return session_of(value, tuple(entries(value)), exchange)
