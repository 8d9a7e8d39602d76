"""When a document was written: by the times that its messages carry, else by its file's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pysession.dialects import Document, vocabulary
from pysession.findings import Seen, SeenBy


def seen(document: Document, modified: float | None) -> Seen | None:
    """The time of the first and of the last message that has one; ``modified``: the file's last change (Unix time)."""
    first = next(_times(document, backwards=False), None)
    last = next(_times(document, backwards=True), None)
    if first is not None and last is not None:
        return Seen(_written(min(first, last)), _written(max(first, last)), SeenBy.MESSAGES)
    if modified is None:
        return None
    changed = _written(datetime.fromtimestamp(modified, UTC))
    return Seen(changed, changed, SeenBy.FILE)


def _times(document: Document, *, backwards: bool) -> Iterator[datetime]:
    """The times of the messages; what is none, or has no offset and could be in any zone, does not count."""
    turned: Callable[[Sequence[Any]], Iterable[Any]] = reversed if backwards else iter
    for history in turned(document.histories):
        name = _member(history.language)
        if name is None:
            continue
        for segment in turned(history.segments):
            for message in turned(segment.messages):
                text = message.get(name) if isinstance(message, dict) else None
                time = _parsed(text) if isinstance(text, str) else None
                if time is not None:
                    yield time


@cache
def _member(language: str) -> str | None:
    """The member of a message that holds its time, in the words of ``language``."""
    message = vocabulary(language).places["message"][""]
    return next((name for name, member in message.members.items() if member.canonical == "created_at"), None)


def _parsed(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return None if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _written(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
