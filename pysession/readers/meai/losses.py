"""What was lost without an error: messages that were not restored, contents that came back empty."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects import SINGLE_MESSAGE, Document, detect, histories
from pysession.readers.meai.table import fold
from pysession.wire import Path


class Held(msgspec.Struct, frozen=True):
    """A history that is the conversation itself, whoever wrote it: its place, and how many messages it holds."""

    path: Path
    messages: int


def held(document: Document, value: Any, *, is_plain: bool) -> tuple[Held, ...]:
    """The histories of the document, whose value is ``value``."""
    if is_plain:
        found = document.histories
    else:
        detection = detect(value)
        found = tuple(histories([value] if detection.form == SINGLE_MESSAGE else value, detection))
    return tuple(
        Held(history.path, sum(type(one) is dict for segment in history.segments for one in segment.messages))
        for history in found
        if history.live
    )


def any_emptied(before: list[Any] | None, after: list[Any]) -> bool:
    """Whether a content that says something came back as an empty object.

    A content without ``$type`` is read as the class that all contents derive from, which has two members only.
    """
    if before is after or before is None:
        return False
    return any(
        content == {} and _says_something(stored)
        for old, new in zip(before, after, strict=False)
        if new is not old and type(old) is dict and new
        for stored, content in zip(_contents(old), new["contents"], strict=False)
    )


def _contents(message: dict[str, Any]) -> list[Any]:
    """The list that is read: of several members that differ in case, the last."""
    found = [value for name, value in message.items() if fold(name) == "CONTENTS"]
    return found[-1] if found and type(found[-1]) is list else []


def _says_something(stored: Any) -> bool:
    return type(stored) is dict and any(member is not None for member in stored.values())
