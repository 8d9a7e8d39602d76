"""The way from the root of a value to a part of it."""

from __future__ import annotations

Path = tuple[str | int, ...]
"""Member names and 0-based array indices, outermost first; ``()`` is the root. In a file of several records the first
step is the 0-based record."""
