"""How important messages are, when nobody brings a scorer of their own: rules of thumb, and no model."""

from __future__ import annotations

import re
from typing import Any

from pysession.pruning.summaries import is_summary
from pysession.rules.exchange import INSTRUCTING, call_of
from pysession.survey import Act, Event, Timeline

_NEWEST = 10
"""Messages at the end that are all important."""
_LONG = 200
"""Characters of a user's message that is more than a word of thanks."""

_HIGH, _LOW = 1.0, 0.25

_READING_KINDS = frozenset({"search_tool_call"})
_READING = frozenset(
    {
        *(
            "check",
            "count",
            "describe",
            "fetch",
            "find",
            "get",
            "help",
            "inspect",
            "is",
            "list",
            "load",
            "look",
            "lookup",
        ),
        *("preview", "query", "read", "recall", "retrieve", "search", "select", "show", "view", "weather"),
    }
)
"""First words of the names of tools that only look. What another tool did has left a mark in the world."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_USER = "user"
_APPROVING = frozenset({Act.REQUEST, Act.RESPONSE})


def default_scores(timeline: Timeline) -> list[float]:
    """A score from 0 to 1 for each message.

    1 have instructions, the first message of the user, his long ones, calls of tools that change something, approvals,
    summaries, and the last ten messages; the others 0.25.
    """
    important = {event.turn for event in timeline.events if event.act in _APPROVING or _changes_something(event)}
    first = next((turn for turn, role in enumerate(timeline.roles) if role == _USER), None)
    count = len(timeline)
    return [
        _HIGH
        if turn in important
        or turn == first
        or turn >= count - _NEWEST
        or timeline.roles[turn] in INSTRUCTING
        or is_summary(timeline.messages[turn])
        or (timeline.roles[turn] == _USER and _length(timeline.contents(turn)) >= _LONG)
        else _LOW
        for turn in range(count)
    ]


def _changes_something(event: Event) -> bool:
    if event.act is not Act.CALL or event.kind in _READING_KINDS:
        return False
    name = event.member("name") or event.member("tool_name") or call_of(event).get("name")
    words = _WORD.findall(name) if isinstance(name, str) else []
    return not words or words[0].lower() not in _READING


def _length(contents: list[Any]) -> int:
    """Characters of the texts among ``contents``, whatever the language calls them."""
    return sum(
        len(value)
        for content in contents
        for value in ((content,) if isinstance(content, str) else content.values() if isinstance(content, dict) else ())
        if isinstance(value, str)
    )
