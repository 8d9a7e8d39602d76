"""Going through every value of a document."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from pysession.wire import Path


def walk_values(
    value: Any, leave_out: AbstractSet[int] = frozenset(), *, deepest: int | None = None
) -> Iterator[tuple[Path, str | int | None, Any]]:
    """Every value in document order, with its path and the member name or index it stands under; never recursive.

    ``leave_out`` are ids (``id()``) of containers that are passed over with everything in them; ``deepest`` is the length
    of the longest path that is gone.
    """
    # What waits has the path of what holds it, which is one for all of it: 300,000 lists at a depth of 400 would have paths
    # of a gigabyte.
    stack: list[tuple[Path, str | int | None, Any]] = [((), None, value)]
    while stack:
        above, name, current = stack.pop()
        if id(current) in leave_out:
            continue
        here = above if name is None else (*above, name)
        yield here, name, current
        if len(here) == deepest:
            continue
        if isinstance(current, dict):
            stack.extend((here, key, child) for key, child in reversed(current.items()))
        elif isinstance(current, list):
            stack.extend((here, index, current[index]) for index in range(len(current) - 1, -1, -1))
