"""Looking up members by name the way .NET and Go do: exactly first, else without regard to case."""

from __future__ import annotations

from typing import Any


def key_of(value: dict[str, Any], name: str) -> str | None:
    """The key of ``value`` that a case-insensitive reader takes for ``name``; the last one wins, as in those readers."""
    if name in value:
        return name
    folded = name.lower()
    return next((key for key in reversed(value) if key.lower() == folded), None)


def member(value: dict[str, Any], name: str) -> Any:
    """The member that a case-insensitive reader takes for ``name``, or None."""
    key = key_of(value, name)
    return None if key is None else value[key]
