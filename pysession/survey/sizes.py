"""Which parts of a document take the most room."""

from __future__ import annotations

import heapq
from typing import Any

import msgspec

from pysession.survey.document import Document
from pysession.wire import Path

_DEPTH = 3
"""Levels below the root at which parts are weighed, beside the messages themselves."""


def largest(document: Document, count: int, *, messages_only: bool = False) -> list[tuple[Path, int]]:
    """The ``count`` largest parts with their size in bytes of compact JSON: messages, and entries near the root."""
    parts: list[tuple[Path, Any]] = [
        (path, message) for history in document.histories for path, message in history.positioned()
    ]
    if not messages_only:
        parts.extend(_near_root(document.value, ()))
    return heapq.nlargest(count, ((path, _size(part)) for path, part in parts), key=lambda part: part[1])


def _near_root(value: Any, path: Path) -> list[tuple[Path, Any]]:
    if len(path) == _DEPTH or not isinstance(value, dict):
        return []
    below = [((*path, key), child) for key, child in value.items()]
    return below + [found for here, child in below for found in _near_root(child, here)]


def _size(value: Any) -> int:
    try:
        return len(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError):
        return len(repr(value)) if isinstance(value, str) else 0
