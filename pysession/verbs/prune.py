"""``prune``: shorten the histories of a stored session, in any dialect, and leave every other byte as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from datetime import UTC, datetime
from typing import Any, Unpack, overload

import msgspec

from pysession.findings.failures import RefusedError, UsageError
from pysession.fixes.words import Speaker
from pysession.pruning import (
    MARK,
    Options,
    OptionsAtOnce,
    Plan,
    Pruned,
    Strategy,
    Work,
    done,
    planned,
    strategy_named,
    timelines_of,
)
from pysession.stores import ImmutableError, keeping_of
from pysession.verbs.check import check
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Edit, Encoding, Insert, Limits, Remove, edit

_EXTENSIONS = {"python": "additional_properties", "go": "AdditionalProperties"}
_EXTENSION = "additionalProperties"
_TRAIL = ("state", "pysession.session", "events")


class Pruning(msgspec.Struct, frozen=True):
    """The bytes after a pruning, and the account of it. May be awaited, which gives the same."""

    data: bytes
    pruned: Pruned

    def __await__(self) -> Generator[Any, None, Pruning]:
        return self
        yield  # what makes this a generator


@overload
def prune(
    data: bytes,
    strategy: str,
    *,
    encoding: Encoding | None = None,
    limits: Limits = DEFAULT_LIMITS,
    **options: Unpack[OptionsAtOnce],
) -> Pruning: ...


@overload
def prune(
    data: bytes,
    strategy: str,
    *,
    encoding: Encoding | None = None,
    limits: Limits = DEFAULT_LIMITS,
    **options: Unpack[Options],
) -> Awaitable[Pruning]: ...


def prune(
    data: bytes,
    strategy: str,
    *,
    encoding: Encoding | None = None,
    limits: Limits = DEFAULT_LIMITS,
    **options: Unpack[Options],
) -> Pruning | Awaitable[Pruning]:
    """Shorten every history of one document by ``strategy``, as :meth:`pysession.Session.prune` does.

    The result has to be awaited when the scorer or summariser is asynchronous, and only then. Every byte that is no part of
    what goes stays as it is; a session that keeps a trail has the pruning in it.

    Raises:
        ImmutableError: the session only grows.
        RefusedError: the bytes cannot be read; its ``findings`` say why.
        PruningError: there is no such strategy, or it cannot be with these options.
    """
    return pruned_by(data, strategy, strategy_named(strategy, **options), encoding or Encoding.JSON, limits)


def pruned_by(
    data: bytes, name: str, strategy: Strategy, encoding: Encoding = Encoding.JSON, limits: Limits = DEFAULT_LIMITS
) -> Pruning | Awaitable[Pruning]:
    """The same by a strategy whose options were looked at already; ``name`` is for the account."""
    if isinstance(data, str):
        raise UsageError("prune takes the bytes as stored; encode the text: prune(text.encode(), …)")
    return done(_work(data, name, strategy, encoding, limits))


def _work(data: bytes, name: str, strategy: Strategy, encoding: Encoding, limits: Limits) -> Work[Pruning]:
    document = open_document(data, encoding, None, limits)
    if not document.reading.readable:
        raise RefusedError(check(data, encoding=encoding, select=["json"], limits=limits))
    if keeping_of(data).immutable:
        named = document.value.get("session_id") if isinstance(document.value, dict) else None
        raise ImmutableError(str(named), why="nothing of it can be pruned")
    edits: list[Edit] = []
    accounts = []
    for timeline in timelines_of(document):
        plan = yield from planned(timeline, strategy)
        edits += _edits(plan)
        accounts.append(plan.account())
    pruned = Pruned(name, tuple(accounts))
    if pruned.removed:
        edits += _event(document.value, pruned)
    return Pruning(edit(data, encoding, edits), pruned)


def _edits(plan: Plan) -> Iterator[Edit]:
    for one in plan.removed:
        yield Remove(plan.timeline.turn_path(one.index))
    if plan.summary is not None:
        yield Insert(plan.timeline.turn_path(plan.place), _summary(plan))


def _event(value: Any, pruned: Pruned) -> Iterator[Edit]:
    """An entry in the trail of the session, as :class:`pysession.sessions.Event` is stored, where it keeps one."""
    events = value
    for step in _TRAIL:
        events = events.get(step) if isinstance(events, dict) else None
    if isinstance(events, list):
        detail = {
            "strategy": pruned.strategy,
            "removed": pruned.removed,
            "kept": pruned.kept,
            "summarised": any(history.summarised for history in pruned.histories),
        }
        moment = datetime.now(UTC).isoformat(timespec="microseconds")
        event = {"sequence": len(events) + 1, "time": moment, "kind": "pruned", "detail": detail}
        yield Insert((*_TRAIL, len(events)), event)


def _summary(plan: Plan) -> dict[str, Any]:
    speaker = Speaker(plan.timeline)
    message = speaker.message("user", [speaker.text(plan.summary or "")])
    language = plan.timeline.history.language
    mark = {_EXTENSIONS.get(language, _EXTENSION): {MARK: len(plan.removed)}}
    # Go writes the properties of a message first (measured).
    return mark | message if language == "go" else message | mark
