"""What is worked out once for many objects: by the names of their members, by how they were arranged.

A history has a dozen of each. A hostile document has a new one in every object, or one of megabytes; so all that is remembered
is bounded together, and what is large is worked out each time.
"""

from __future__ import annotations

from typing import Any, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_MOST_BYTES = 64 << 20
_MOST_BYTES_OF_ONE = 32 << 10

_tables: list[dict[Any, Any]] = []
_taken = 0


def table() -> dict[Any, Any]:
    """A table for :func:`keep`."""
    made: dict[Any, Any] = {}
    _tables.append(made)
    return made


def keep(into: dict[_Key, _Value], key: _Key, value: _Value, size: int) -> _Value:
    """``value``, remembered under ``key`` if the two are not too large: ``size`` bytes, roughly. When there is no room for
    it, everything that is remembered is given up."""
    global _taken
    if size > _MOST_BYTES_OF_ONE:
        return value
    if _taken + size > _MOST_BYTES:
        for one in _tables:
            one.clear()
        _taken = 0
    _taken += size
    into[key] = value
    return value
