"""Unions of objects told apart by their member ``type``, with a branch for kinds that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

TAG = "kind="
"""How pydantic's name for a branch starts in the location of an error, where it stands between the document's steps."""

UNKNOWN = TAG
"""The branch of kinds that nobody knows."""


def tag(kind: str) -> str:
    """The name of the branch of ``kind``."""
    return TAG + kind


def tagger(kinds: Collection[str]) -> Callable[[Any], str]:
    """What names the branch of a value: its ``type`` when that is one of ``kinds``, else the unknown branch."""
    branches = {kind: tag(kind) for kind in kinds}

    def branch(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        return branches.get(kind, UNKNOWN) if isinstance(kind, str) else UNKNOWN

    return branch
