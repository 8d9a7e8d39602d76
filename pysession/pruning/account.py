"""What a pruning removed, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from enum import StrEnum
from typing import Any

import msgspec


class Reason(StrEnum):
    """Why a message went."""

    OLD = "older than what stays"
    UNIMPORTANT = "less important than what stays"
    SUMMARISED = "told by the summary"


class Removed(msgspec.Struct, frozen=True):
    """A message that went: its index in the history as it was, its own id where it had one, and why."""

    index: int
    id: str | None
    reason: Reason


class PrunedHistory(msgspec.Struct, frozen=True):
    """What became of one history, which stands under ``key``.

    ``before`` and ``after`` count its messages, a summary that was put in included.
    """

    key: str
    before: int
    after: int
    removed: tuple[Removed, ...] = ()
    summarised: bool = False


class Pruned(msgspec.Struct, frozen=True):
    """The account of a pruning. May be awaited, which gives the same."""

    strategy: str
    histories: tuple[PrunedHistory, ...]

    @property
    def removed(self) -> int:
        """How many messages went."""
        return sum(len(history.removed) for history in self.histories)

    @property
    def kept(self) -> int:
        """How many messages there are now."""
        return sum(history.after for history in self.histories)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the messages that went, of those that had one."""
        return tuple(one.id for history in self.histories for one in history.removed if one.id is not None)

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many messages went for which reason."""
        return dict(Counter(str(one.reason) for history in self.histories for one in history.removed))

    def __await__(self) -> Generator[Any, None, Pruned]:
        return self
        yield  # what makes this a generator
