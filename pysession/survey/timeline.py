"""The order of things in a history: who spoke, which tools were called, answered, asked for and granted."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any

import msgspec

from pysession.dialects import History
from pysession.dialects.names import member
from pysession.survey.acts import Act
from pysession.wire import Path


class Event(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One content that does something: ``act``, the id it does it under, and where.

    ``turn`` is the index into :attr:`Timeline.turns`, ``place`` the content's index among its message's contents, which
    stand under ``contents_key``. ``kind`` and ``names`` (canonical member name → key)
    are the content's; ``local`` is true for a call that the application itself must answer.
    """

    act: Act
    id: Any
    turn: int
    place: int
    contents_key: str
    content: dict[str, Any]
    kind: str
    names: dict[str, str]
    local: bool

    def member(self, canonical: str) -> Any:
        """The member with that canonical name, or None."""
        key = self.names.get(canonical)
        return None if key is None else self.content[key]


class Timeline(msgspec.Struct):
    """One live history in order, as columns: a turn is an index into each of them.

    ``roles`` are texts in the spelling that the language compares by, or None; ``ids`` are the messages' own ids;
    ``firsts`` stand for the first content of each message when messages are compared (a text, a call id), where they are
    texts.
    """

    history: History
    messages: list[Any] = msgspec.field(default_factory=list)
    roles: list[str | None] = msgspec.field(default_factory=list)
    ids: list[Any] = msgspec.field(default_factory=list)
    firsts: list[Any] = msgspec.field(default_factory=list)
    events: list[Event] = msgspec.field(default_factory=list)
    ends: list[int] = msgspec.field(default_factory=list)
    """For each segment, how many messages lie in it and before it."""

    def __len__(self) -> int:
        return len(self.messages)

    def contents(self, turn: int) -> list[Any]:
        """The contents of a message, empty when it has none; a message that says a plain text has that one."""
        message = self.messages[turn]
        if not isinstance(message, dict):
            return []
        contents = member(message, "contents") or message.get("content")
        if isinstance(contents, list):
            return contents
        return [contents] if contents and isinstance(contents, str) else []

    def turn_path(self, turn: int) -> Path:
        """The place of a message."""
        if len(self.ends) != len(self.history.segments):
            self.ends = list(accumulate(len(segment.messages) for segment in self.history.segments))
        index = bisect_right(self.ends, turn)
        before = self.ends[index - 1] if index else 0
        return (*self.history.segments[index].path, turn - before)

    def event_path(self, event: Event) -> Path:
        """The place of the content that an event tells of."""
        return (*self.turn_path(event.turn), event.contents_key, event.place)
