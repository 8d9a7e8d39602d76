"""What a caller may say about how a report is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class RuleText(msgspec.Struct, frozen=True):
    """What a rule means: one line, and the long form."""

    summary: str
    explanation: str


class Options(msgspec.Struct, frozen=True):
    """``width`` is in columns, None for lines as long as they need; ``rules`` maps rule ids to their meaning."""

    color: bool
    width: int | None
    rules: Mapping[str, RuleText]
