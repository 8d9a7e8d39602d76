"""What a dialect module answers with: what a document is, and where its histories are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pysession.wire import Path

Json = Any
"""A JSON value as ``pysession.wire.read`` gives it."""

UNKNOWN = "unknown"
NOWHERE = "nowhere"
"""The form of what was looked for at a place that its record does not have."""

SINGLE_MESSAGE = "message"
"""The form of a document that is one message, as stores keep them that have a row for each."""


class Detection(msgspec.Struct, frozen=True):
    """Which dialect a document is in.

    ``form`` names the envelope within the dialect (``session``, ``messages``, ``workflow``, …); ``reason`` is a
    sentence for a person. ``path`` leads to the session inside the record, and ``unwrapped`` holds it, when the record
    wraps it (a JSON string).
    """

    dialect: str
    form: str
    reason: str


class Segment(msgspec.Struct, frozen=True):
    """A run of consecutive messages of one history: ``messages`` stands at ``path`` of the document.

    ``first`` is the number that the first of them has in the array there.
    """

    path: Path
    messages: list[Json]
    first: int = 0


class History(msgspec.Struct, frozen=True):
    """The messages under one history key.

    ``language`` is the dialect whose message words the messages are written in, which need not be the envelope's.
    ``live`` is false for lists of messages that are not the conversation itself (queued, compacted or injected ones):
    their objects are judged, their order is not.
    """

    key: str
    language: str
    segments: tuple[Segment, ...]
    live: bool = True

    @property
    def path(self) -> Path:
        """The place of the history: of its first segment's messages."""
        return self.segments[0].path if self.segments else ()

    def __len__(self) -> int:
        return sum(len(segment.messages) for segment in self.segments)

    def positioned(self) -> Iterator[tuple[Path, Json]]:
        """Every message with its place."""
        for segment in self.segments:
            for index, message in enumerate(segment.messages, segment.first):
                yield (*segment.path, index), message
