"""Which parts of a document take the most room."""

from __future__ import annotations

import heapq
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.wire import Path

_DEPTH = 3
"""Levels below the root at which what is no message is weighed."""


def largest(document: Document, count: int, *, messages_only: bool = False) -> list[tuple[Path, int]]:
    """The ``count`` largest parts with their size in bytes of compact JSON: messages, and what stands beside them."""
    parts: list[tuple[Path, Any]] = [
        (path, message) for history in document.histories for path, message in history.positioned()
    ]
    if not messages_only:
        histories = {id(segment.messages) for history in document.histories for segment in history.segments}
        parts.extend(_beside(document.value, (), histories))
    return heapq.nlargest(count, ((path, _size(part)) for path, part in parts), key=lambda part: part[1])


def _beside(value: Any, path: Path, histories: set[int]) -> list[tuple[Path, Any]]:
    """The members near the root that are no histories and hold none: what holds the largest part says little."""
    if id(value) in histories:
        return []
    if len(path) == _DEPTH or not isinstance(value, dict):
        return [(path, value)]
    return [part for key, child in value.items() for part in _beside(child, (*path, key), histories)]


def _size(value: Any) -> int:
    try:
        return len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _estimate(value)


def _estimate(value: Any) -> int:
    """The size of what is too deep or holds unpaired surrogates: its texts, and one sign around each thing."""
    size = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            size += 2 + sum(len(key) + 4 for key in item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            size += 2 + len(item)
            waiting.extend(item)
        else:
            size += len(item.encode("utf-8", "replace")) + 2 if isinstance(item, str) else 4
    return size
