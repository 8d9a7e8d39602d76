"""How deep nesting may be: CPython ends a recursion after a thousand frames, and each function here takes some a level.

Measured with the default limit of CPython 3.11 and a program that calls the library from its outermost level; deeper
inside a program it is a little less.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pysession.findings import Stage
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.table import Nesting

SHALLOW = 24
"""Levels that no release has trouble with, wherever they stand."""

_CONTAINERS = (dict, list)
_TEXT_FRAMES = 3
_AMPLE = 20_000


def is_shallow(value: Any) -> bool:
    """Whether nothing in ``value`` is deeper than :data:`SHALLOW` levels."""
    level: list[Any] = [value]
    for _ in range(SHALLOW):
        level = [
            child
            for holder in level
            for child in (holder.values() if type(holder) is dict else holder)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return True
    return False


def frames(value: Any, *, each: int = 2, text: int = 1) -> int:
    """Frames that it takes to go through ``value``: ``each`` a container, one for a scalar, ``text`` for a text."""
    most, depth = 0, 0
    level: list[Any] = [value]
    while level:
        scalars = {type(one) for one in level if type(one) not in _CONTAINERS}
        most = max(most, each * depth + (0 if not scalars else text if str in scalars else 1))
        level = [one for one in level if type(one) in _CONTAINERS]
        if level:
            depth += 1
            most = max(most, each * depth)
        level = [child for holder in level for child in (holder.values() if type(holder) is dict else holder)]
    return most


def levels(value: Any) -> int:
    """How many containers are inside each other in ``value``, itself counted."""
    depth = 0
    level = [value] if type(value) in _CONTAINERS else []
    while level:
        depth += 1
        level = [
            child
            for holder in level
            for child in (holder.values() if type(holder) is dict else holder)
            if type(child) in _CONTAINERS
        ]
    return depth


def check_levels(nesting: Nesting, found: int) -> None:
    """``json.loads`` of so many levels.

    Raises:
        RefusedError: it raises RecursionError.
    """
    if found > nesting.levels:
        raise _too_deep(Stage.PARSE)


def check_state(nesting: Nesting, taken: int) -> None:
    """``AgentSession.from_dict`` and ``to_dict`` on a state that takes so many frames outside its messages.

    Raises:
        RefusedError: one of them raises RecursionError.
    """
    if taken > nesting.load:
        raise _too_deep(Stage.LOAD)
    if taken > nesting.save:
        raise _too_deep(Stage.SAVE)


def check_loaded(nesting: Nesting, message: dict[str, Any], above: int) -> None:
    """``Message.from_dict`` on a message with ``above`` containers around it, itself counted.

    Raises:
        RefusedError: it raises RecursionError.
    """
    taken = max(map(_nested_frames, _contents(message)), default=0)
    if nesting.nested is not None and 2 * above + taken > nesting.nested:
        raise _too_deep(Stage.LOAD)


def check_written(nesting: Nesting, written: dict[str, Any], above: int) -> None:
    """``Message.to_dict``, and writing the message to its session or its file, which may go through it again.

    Raises:
        RefusedError: one of them raises RecursionError.
    """
    members = [value for one in _contents(written) for name, value in one.items() if name not in _TAKEN_OVER]
    taken = max((frames(value, text=_TEXT_FRAMES) for value in members), default=0)
    if nesting.contents is not None and 2 * above + taken > nesting.contents:
        raise _too_deep(Stage.SAVE)
    again = nesting.each * (above - 1) + frames(written, each=nesting.each)
    if nesting.messages is not None and again > nesting.messages:
        raise _too_deep(Stage.SAVE)


_TAKEN_OVER = frozenset({"type", "annotations"})
"""Members of a content that are written without going through them."""


def _contents(message: dict[str, Any]) -> list[dict[str, Any]]:
    held = message.get("contents")
    return [content for content in held if type(content) is dict] if type(held) is list else []


def _nested_frames(content: dict[str, Any]) -> int:
    """Frames that it takes to read the contents inside a content: one each, and one for the list that they stand in."""
    most = 0
    level: list[tuple[int, dict[str, Any]]] = [(0, content)]
    while level:
        most = max(most, level[0][0])
        deeper: list[tuple[int, dict[str, Any]]] = []
        for taken, one in level:
            for value in one.values():
                if type(value) is dict and "type" in value:
                    deeper.append((taken + 1, value))
                elif type(value) is list:
                    deeper.extend((taken + 2, item) for item in value if type(item) is dict and "type" in item)
        level = sorted(deeper, key=lambda pair: -pair[0])
    return most


def _too_deep(stage: Stage) -> RefusedError:
    return RefusedError("RecursionError", "the value is nested too deeply", subject="nesting", stage=stage)


@contextmanager
def room() -> Iterator[None]:
    """Room for our own recursion over what the library bears."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _AMPLE))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
