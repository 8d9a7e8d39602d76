"""Going through every value of a document."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from pysession.wire import Path


def walk_values(value: Any, leave_out: AbstractSet[int] = frozenset()) -> Iterator[tuple[Path, str | int | None, Any]]:
    """Every value in document order, with its path and the member name or index it stands under; never recursive.

    ``leave_out`` are ids (``id()``) of containers that are passed over with everything in them.
    """
    stack: list[tuple[Path, str | int | None, Any]] = [((), None, value)]
    while stack:
        entry = stack.pop()
        here, _, current = entry
        if id(current) in leave_out:
            continue
        yield entry
        if isinstance(current, dict):
            stack.extend(((*here, key), key, child) for key, child in reversed(current.items()))
        elif isinstance(current, list):
            stack.extend(((*here, index), index, current[index]) for index in range(len(current) - 1, -1, -1))
