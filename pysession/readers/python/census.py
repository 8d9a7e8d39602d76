"""Where a state holds objects of registered types: whatever says ``"type": "message"`` is read as a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from pysession.findings import Path
from pysession.readers.python.effects import outlines
from pysession.readers.python.nesting import SHALLOW, is_shallow, levels
from pysession.readers.python.outlines import ODD

MESSAGE = "message"
_CONTAINERS = (dict, list)


class Run(msgspec.Struct, frozen=True):
    """Consecutive messages: ``messages[i]`` stands at ``base``, or below it at ``i`` when they are ``listed``.

    ``outlines`` are theirs, in order; ``firsts`` has the first message of each. ``above`` counts the containers around a
    message, from the state on and itself among them.
    """

    base: Path
    messages: list[dict[str, Any]]
    listed: bool
    outlines: list[int]
    firsts: dict[int, dict[str, Any]]
    above: int

    def path(self, index: int) -> Path:
        """The place of one of the messages."""
        return (*self.base, index) if self.listed else self.base


class Census(msgspec.Struct, frozen=True):
    """The messages of a state in the order in which they are read.

    ``levels`` is how deep the state is, which counts itself and what is around it; ``frames`` what it takes to go
    through it but for the messages, if that is much, and ``before`` how many runs are read before that is met.
    ``first`` and ``last`` tell whether objects of the application's own types all say their ``type`` there.
    """

    runs: tuple[Run, ...]
    levels: int
    frames: int
    before: int
    first: bool
    last: bool


def run(base: Path, messages: list[dict[str, Any]], above: int, *, listed: bool = True, plain: bool = True) -> Run:
    """The run of ``messages`` at ``base``; unless they are ``plain`` JSON each is looked at by itself."""
    found = outlines().messages(messages) if plain else [ODD] * len(messages)
    firsts = dict(zip(reversed(found), reversed(messages), strict=True))
    return Run(base, messages, listed, found, firsts, above)


def census(state: dict[str, Any], registered: frozenset[str], *, plain: bool = True) -> Census:
    """Look through ``state``, plain JSON or not; objects of ``registered`` types are the application's own."""
    runs: list[Run] = []
    deepest = taken = before = 0
    first = last = True
    pending = list(_below(("state",), state.items()))
    while pending:
        parent, step, value = pending.pop()
        path = (*parent, step)
        deepest = max(deepest, len(path) + 1)
        if len(path) > SHALLOW:
            here = _frames(path, value)
            if here > taken:
                taken, before = here, len(runs)
        if type(value) is dict:
            kind = value.get("type")
            if kind == MESSAGE:
                runs.append(run(path, [value], len(path) - 1, listed=False, plain=plain))
            elif is_restored(value, registered):
                first, last = first and next(iter(value)) == "type", last and next(reversed(value)) == "type"
            else:
                pending.extend(_below(path, value.items()))
        elif value and all(type(item) is dict and item.get("type") == MESSAGE for item in value):
            runs.append(run(path, value, len(path), plain=plain))
        else:
            pending.extend(_below(path, enumerate(value)))
    return Census(tuple(runs), max(deepest, *map(deep_levels, runs), 0), taken, before, first, last)


def deep_levels(one: Run) -> int:
    """How deep the messages of a run are, counted from the root of their document; 0 if no deeper than any release bears."""
    deep = (
        levels(message)
        for outline, message in (zip(one.outlines, one.messages, strict=True) if ODD in one.firsts else ())
        if outline == ODD and not is_shallow(message)
    )
    deepest = max(deep, default=0)
    return deepest and one.above + 1 + deepest


def _frames(path: Path, value: Any) -> int:
    children = value.values() if type(value) is dict else value
    return 2 * (len(path) - 1) + any(type(child) not in _CONTAINERS for child in children)


def is_restored(value: dict[str, Any], registered: frozenset[str]) -> bool:
    """Whether ``value`` comes back as an object of a class: a message, or one of the application's own."""
    kind = value.get("type")
    return isinstance(kind, str) and (kind == MESSAGE or kind in registered)


def _below(path: Path, children: Iterable[tuple[str | int, Any]]) -> list[tuple[Path, str | int, Any]]:
    """The containers among ``children``, last first; of a deep place with many the paths are not made at once."""
    found = [(path, step, child) for step, child in children if type(child) in _CONTAINERS]
    found.reverse()
    return found
