"""The strategies by name: how much of a history stays, and who decides."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, Unpack

import msgspec

from pysession.findings.failures import UsageError

Message: TypeAlias = dict[str, Any]

Scorer: TypeAlias = Callable[[Message], float | Awaitable[float]]
"""How important a message is: the higher, the longer it stays. True and False are 1 and 0."""

Summariser: TypeAlias = Callable[[list[Message]], str | Mapping[str, Any] | Awaitable[str | Mapping[str, Any]]]
"""The summary of messages: a text, or a whole message."""


class Options(TypedDict, total=False):
    """What strategies take. ``summarizer`` is ``summariser`` in the spelling of ``summarize_old``."""

    window_size: int | None
    threshold: float | None
    max_messages: int | None
    scorer: Scorer | None
    summariser: Summariser | None
    summarizer: Summariser | None


class OptionsAtOnce(TypedDict, total=False):
    """The same with functions that answer at once."""

    window_size: int | None
    threshold: float | None
    max_messages: int | None
    scorer: Callable[[Message], float] | None
    summariser: Callable[[list[Message]], str] | None
    summarizer: Callable[[list[Message]], str] | None


NAMES = ("keep_last_<N>", "sliding_window", "keep_important", "summarize_old")
DEFAULT_WINDOW = 100
"""Messages of a sliding window that is given no size."""
DEFAULT_THRESHOLD = 50
"""Messages above which old ones are summarised, when nothing else is said."""
DEFAULT_SCORE = 0.5
"""The least score of what stays, when no number of messages is given."""

_SPELLED = {"summarizer": "summariser"}
_DECIDERS = {"keep_important": "scorer", "summarize_old": "summariser"}
_KEEP_LAST = re.compile(r"keep_last_([0-9]+)\Z")


class PruningError(UsageError, ValueError):
    """A strategy that there is not, a number that cannot be, or an answer of a scorer or summariser that is none."""


class KeepLast(msgspec.Struct, frozen=True):
    """The last ``messages`` messages stay."""

    messages: int


class KeepImportant(msgspec.Struct, frozen=True):
    """What scores ``threshold`` or more stays (None: anything may), of that at most ``messages`` (None: all).

    Without a scorer the one of :mod:`pysession.pruning.importance` decides.
    """

    messages: int | None = None
    threshold: float | None = None
    scorer: Scorer | None = None


class SummarizeOld(msgspec.Struct, frozen=True):
    """Of more than ``threshold`` messages the old ones become one message, so that ``threshold`` are left."""

    threshold: int
    summariser: Summariser


Strategy: TypeAlias = KeepLast | KeepImportant | SummarizeOld


def strategy_named(name: str, **options: Unpack[Options]) -> Strategy:
    """The strategy ``name`` with what it takes.

    ``keep_last_50`` (any number from 1 on) takes nothing. ``sliding_window`` takes ``window_size``, ``keep_important``
    ``scorer``, ``max_messages`` and ``threshold`` (a score), ``summarize_old`` ``summariser`` and ``threshold`` (messages).

    >>> strategy_named("keep_last_50")
    KeepLast(messages=50)

    Raises:
        PruningError: there is no such strategy, or it cannot be with these options.
    """
    if not isinstance(name, str):
        raise PruningError(f"a strategy is named by a text; this is {type(name).__name__}")
    given = {_SPELLED.get(option, option): value for option, value in options.items() if value is not None}
    if (last := _KEEP_LAST.match(name)) is not None:
        _check_options(name, given, ())
        return KeepLast(_count(f"the number of {name}", int(last[1])))
    if name not in _MADE:
        raise PruningError(f"there is no pruning strategy {name[:60]!r}; there are {', '.join(NAMES)}")
    known, make = _MADE[name]
    _check_options(name, given, known)
    return make(given)


def with_deciders(name: str, options: Options, scorer: Scorer | None, summariser: Summariser | None) -> Options:
    """``options`` with the one of the two that the strategy ``name`` asks, where they have none."""
    own: Options = {}
    if _DECIDERS.get(name) == "scorer":
        own["scorer"] = scorer
    if _DECIDERS.get(name) == "summariser" and "summarizer" not in options:
        own["summariser"] = summariser
    return {**own, **options}


def most_left(strategy: Strategy) -> int | None:
    """The most messages that the strategy means to leave; None where a score decides alone."""
    return strategy.threshold if isinstance(strategy, SummarizeOld) else strategy.messages


def _check_options(name: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = next((option for option in options if option not in known), None)
    if unknown is not None:
        takes = f"takes {' and '.join(known)}" if known else "takes its number from its name"
        raise PruningError(f"{name} takes no {unknown}; it {takes}")


def _count(what: str, value: Any, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise PruningError(f"{what} is a whole number from {least} on, and not {value!r}")
    return value


def _score(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PruningError(
            f"the threshold of keep_important is a number, the least score that stays, and not {value!r}"
        )
    return float(value)


def _callable(what: str, value: Any) -> Any:
    if not callable(value):
        raise PruningError(f"the {what} is a function or a model that can be called, not {type(value).__name__}")
    return value


def _sliding_window(options: Mapping[str, Any]) -> KeepLast:
    return KeepLast(_count("the window_size of sliding_window", options.get("window_size", DEFAULT_WINDOW)))


def _keep_important(options: Mapping[str, Any]) -> KeepImportant:
    messages = options.get("max_messages")
    threshold = options.get("threshold", DEFAULT_SCORE if messages is None else None)
    return KeepImportant(
        None if messages is None else _count("the max_messages of keep_important", messages),
        None if threshold is None else _score(threshold),
        _callable("scorer", options["scorer"]) if "scorer" in options else None,
    )


def _summarize_old(options: Mapping[str, Any]) -> SummarizeOld:
    threshold = _count("the threshold of summarize_old", options.get("threshold", DEFAULT_THRESHOLD), least=2)
    if "summariser" not in options:
        raise PruningError("summarize_old needs a summariser: a function or a model that makes a text of messages")
    return SummarizeOld(threshold, _callable("summariser", options["summariser"]))


_MADE: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Strategy]]] = {
    "sliding_window": (("window_size",), _sliding_window),
    "keep_important": (("scorer", "max_messages", "threshold"), _keep_important),
    "summarize_old": (("summariser", "threshold"), _summarize_old),
}
