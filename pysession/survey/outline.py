"""What the schema validator is given instead of a document: the same outline without the content.

The open schemas constrain only member names, JSON types and a few fixed words, so a copy whose texts are empty and whose
histories hold no messages gets the same verdict, whatever its size, depth or strange strings. Messages are judged by
their shapes.
"""

from __future__ import annotations

from typing import Any

from pysession import schema
from pysession.dialects import Document
from pysession.survey.object_shape import ObjectShape, skeleton

_DEPTH = 8
"""Levels that are copied; the deepest word of any envelope schema stands above that."""

_WORDS = frozenset({"type", "$type", "Type", "version", "schemaVersion"})
"""Members whose text the schemas may look at."""


def outline(document: Document) -> Any:
    """The document's envelope and state, with empty histories and empty texts."""
    histories = {id(segment.messages) for history in document.histories for segment in history.segments}
    return _outlined(document.value, histories, _DEPTH, None)


def _outlined(value: Any, histories: set[int], depth: int, name: str | None) -> Any:
    if isinstance(value, dict):
        if not depth:
            return {}
        return {_printable(key): _outlined(child, histories, depth - 1, key) for key, child in value.items()}
    if isinstance(value, list):
        if not depth or id(value) in histories:
            return []
        return [_outlined(child, histories, depth - 1, None) for child in value]
    if isinstance(value, str):
        return _printable(value) if name in _WORDS else ""
    # Numbers only by their type; see the skeletons of shapes.
    return 1.0 if isinstance(value, float) else 0 if type(value) is int else value


def _printable(text: str) -> str:
    """``text`` as the validator can take it: it refuses lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def outline_errors(document: Document) -> list[schema.Error]:
    """What the open schema of its dialect says of a document around its messages."""
    return schema.errors(schema.validator(document.dialect, "open"), outline(document))


def shape_errors(view: ObjectShape) -> list[schema.Error]:
    """What the open schema of its place says of a shape; paths are relative to the object."""
    return schema.errors(schema.validator(view.dialect, "open", view.definition), skeleton(view))
