"""The containers of a value, a level at a time: a tenth of the work of going to each value by its path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pysession.wire import Path


def below(level: list[Any], leave_out: AbstractSet[int] = frozenset()) -> list[Any]:
    """The objects and arrays in those of ``level``, in document order, but for those with an identity in ``leave_out``."""
    found = [
        child
        for one in level
        for child in (one.values() if type(one) is dict else one)
        if type(child) is dict or type(child) is list
    ]
    return [one for one in found if id(one) not in leave_out] if leave_out else found


def height(level: list[Any], leave_out: AbstractSet[int] = frozenset()) -> int:
    """How many levels there are from ``level`` on."""
    count = 0
    while level:
        count += 1
        level = below(level, leave_out)
    return count


class Levels:
    """The levels of ``value``, an object or array: itself, what is in it, and so on, ``most`` at most."""

    def __init__(self, value: Any, leave_out: AbstractSet[int] = frozenset(), most: int | None = None) -> None:
        self._levels: list[list[Any]] = []
        level = [value]
        while level and len(self._levels) != most:
            self._levels.append(level)
            level = below(level, leave_out)

    def __len__(self) -> int:
        return len(self._levels)

    def __getitem__(self, number: int) -> list[Any]:
        return self._levels[number]

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._levels)

    def paths_to(self, wanted: Sequence[AbstractSet[int]]) -> Iterator[tuple[Path, Any]]:
        """The containers that have one of these identities, which are given by level, in document order with their paths.

        Only what leads there is gone into, so that it costs nothing where nothing is wanted.
        """
        leads: list[set[int]] = []
        below: AbstractSet[int] = frozenset()
        for level, here in zip(reversed(self._levels), reversed(wanted), strict=True):
            leading = (
                id(one)
                for one in (level if below else ())
                if any(id(child) in below for child in (one.values() if type(one) is dict else one))
            )
            below = {*here, *leading}
            leads.append(below)
        leads.reverse()
        # What waits has the path of what holds it, which is one for all of it.
        stack: list[tuple[Any, Path, str | int | None, int]] = [(self._levels[0][0], (), None, 0)] if below else []
        while stack:
            current, above, name, depth = stack.pop()
            path = above if name is None else (*above, name)
            if id(current) in wanted[depth]:
                yield path, current
            depth += 1
            if depth == len(leads):
                continue
            following = leads[depth]
            inside = list(current.items() if type(current) is dict else enumerate(current))
            stack.extend((child, path, key, depth) for key, child in reversed(inside) if id(child) in following)
