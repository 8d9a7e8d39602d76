"""What a caller may say about how a report is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule means: one line, and the long form."""

    summary: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Options:
    """``width`` is in columns, None for lines as long as they need; ``rules`` maps rule ids to their meaning."""

    color: bool
    width: int | None
    rules: Mapping[str, RuleText]
