"""``Retention``: how long a session is kept, how much of it, and whether anything of it may change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from pysession.findings.failures import UsageError
from pysession.stores.keeping import ttl_of

if TYPE_CHECKING:
    from pysession.pruning import Scorer, Strategy, Summariser


class RetentionError(UsageError, ValueError):
    """What was asked for cannot be: a number that is none, or demands that exclude each other."""


class RetentionWarning(UserWarning):
    """A session was to be pruned by itself and was not; it says why. Nothing was removed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Retention(Mapping[str, Any]):
    """``ttl_days`` after it was last saved the session expires (None: never). With ``auto_prune`` a history of more than
    ``max_messages`` is pruned by ``prune_strategy`` after a run and when the session is saved. ``immutable``: the session only
    grows; nothing that is in it changes or goes, until it expires.

    ``prune_strategy`` is a name that :meth:`Session.prune` takes, ``sliding_window`` where none is given; its number is
    ``max_messages`` unless its name has one. Also a mapping of what is not as it is by default.

    >>> Retention(ttl_days=30)["ttl_days"]
    30

    Raises:
        RetentionError: it cannot be.
    """

    ttl_days: float | None = None
    auto_prune: bool = False
    prune_strategy: str | None = None
    max_messages: int | None = None
    immutable: bool = False
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Members that a later version wrote; they are kept."""

    def __post_init__(self) -> None:
        days, most = self.ttl_days, self.max_messages
        if days is not None and (type(days) not in (int, float) or not math.isfinite(days) or days <= 0):
            raise RetentionError(f"ttl_days is a number of days greater than 0, and not {days!r}")
        if most is not None and (type(most) is not int or most < 1):
            raise RetentionError(f"max_messages is a whole number from 1 on, and not {most!r}")
        for name in ("auto_prune", "immutable"):
            if not isinstance(getattr(self, name), bool):
                raise RetentionError(f"{name} is true or false, and not {getattr(self, name)!r}")
        if self.immutable and self.auto_prune:
            raise RetentionError("an immutable session is never pruned: leave out auto_prune or immutable")
        if self.auto_prune or self.prune_strategy is not None:
            self._check_strategy()

    @classmethod
    def of(cls, given: Mapping[str, Any] | None, *, later: bool = False) -> Self:
        """The retention that a mapping describes; ``later``: members that are not known are kept.

        Raises:
            RetentionError: there is no such member, or it cannot be.
        """
        if isinstance(given, cls):
            return given
        members = dict(given or {})
        beside = {name: members.pop(name) for name in [*members] if name not in _NAMES}
        if beside and not later:
            raise RetentionError(f"there is no retention {next(iter(beside))!r}; there are {', '.join(_NAMES)}")
        return cls(**members, beside=beside)

    def stored(self) -> dict[str, Any]:
        """As it stands in the document: what is not as it is by default."""
        said = {name: getattr(self, name) for name in _NAMES}
        return {name: value for name, value in said.items() if value not in (None, False)} | dict(self.beside)

    def __getitem__(self, name: str) -> Any:
        return self.stored()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored())

    def __len__(self) -> int:
        return len(self.stored())

    def expires(self, saved: datetime | None = None) -> datetime | None:
        """When a session that was saved at ``saved`` (now) expires; None: never."""
        ttl = ttl_of(self.ttl_days)
        return None if ttl is None else (saved or datetime.now(UTC)) + ttl

    @property
    def most(self) -> int | None:
        """The number of messages above which a history is pruned by itself."""
        from pysession.pruning import most_left

        return self.max_messages if self.max_messages is not None else most_left(self.strategy(None, str))

    @property
    def strategy_name(self) -> str:
        """By which strategy it is pruned."""
        return self.prune_strategy or "sliding_window"

    def strategy(self, scorer: Scorer | None, summariser: Summariser | None) -> Strategy:
        """The strategy with its number and what decides in it.

        Raises:
            PruningError: it cannot be, or has no summariser.
        """
        from pysession.pruning import strategy_named

        name = self.strategy_name
        number, decider = _OPTIONS.get(name, (None, None))
        options: dict[str, Any] = {"scorer": scorer, "summariser": summariser}
        chosen = {option: value for option, value in options.items() if option == decider}
        if number is not None:
            chosen[number] = self.max_messages
        return strategy_named(name, **chosen)

    def _check_strategy(self) -> None:
        from pysession.pruning import KeepLast, PruningError

        try:
            strategy = self.strategy(None, str)
        except PruningError as error:
            raise RetentionError(str(error)) from None
        if isinstance(strategy, KeepLast) and strategy.messages > (self.max_messages or strategy.messages):
            raise RetentionError(
                f"{self.prune_strategy} would leave more than max_messages, which is {self.max_messages}; let it leave fewer"
            )


_NAMES = tuple(one.name for one in fields(Retention) if one.name != "beside")

_OPTIONS: Mapping[str, tuple[str, str | None]] = {
    "sliding_window": ("window_size", None),
    "keep_important": ("max_messages", "scorer"),
    "summarize_old": ("threshold", "summariser"),
}
"""By strategy, what ``max_messages`` is to it, and what decides in it."""
