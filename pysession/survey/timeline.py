"""The order of things in a history: who spoke, which tools were called, answered, asked for and granted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pysession.dialects import History
from pysession.wire import Path

if TYPE_CHECKING:
    from pysession.survey.shapes import Shape


class Act(IntEnum):
    """What a content does in the conversation, as far as the order of contents matters."""

    NOTHING = 0
    CALL = 1
    RESULT = 2
    REQUEST = 3
    RESPONSE = 4
    REASONING = 5


class Event(NamedTuple):
    """One content that does something: ``act``, the id it does it under, and where.

    ``turn`` is the index into :attr:`Timeline.turns`, ``index`` the content's place among its message's contents, which
    stand under ``contents_key``. ``local`` is true for a call that the application itself must answer.
    """

    act: Act
    id: Any
    turn: int
    index: int
    contents_key: str
    content: dict[str, Any]
    shape: Shape
    local: bool

    def member(self, canonical: str) -> Any:
        """The member with that canonical name, or None."""
        key = self.shape.names.get(canonical)
        return None if key is None else self.content[key]


class Turn(NamedTuple):
    """One message: its role, its id, what stands for its first content, and how many contents it has."""

    role: Any
    id: Any
    first: Any
    count: int
    message: dict[str, Any]


@dataclass(slots=True)
class Timeline:
    """One live history in order."""

    history: History
    turns: list[Turn]
    events: list[Event]

    def turn_path(self, turn: int) -> Path:
        """The place of a message."""
        for segment in self.history.segments:
            if turn < len(segment.messages):
                return (*segment.path, turn)
            turn -= len(segment.messages)
        raise IndexError(turn)

    def event_path(self, event: Event) -> Path:
        """The place of the content that an event tells of."""
        return (*self.turn_path(event.turn), event.contents_key, event.index)
