"""Pruning the histories in a session's state."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pysession.dialects import Detection, Document, History, histories
from pysession.findings import format_pointer
from pysession.findings.failures import PysessionError, UsageError
from pysession.pruning import MARK, Plan, Pruned, Strategy, Work, done, planned, timelines_of
from pysession.sessions.errors import HistoryChangedError
from pysession.sessions.events import EventKind
from pysession.sessions.messages import Message, message
from pysession.sessions.retention import RetentionWarning
from pysession.sessions.state_values import encoded_message, encoded_state
from pysession.survey import Timeline
from pysession.wire import Encoding, Reading

if TYPE_CHECKING:
    from pysession.sessions.providers.base import HistoryProvider
    from pysession.sessions.session import Session


def prune_session(
    session: Session, name: str, strategy: Strategy, source_id: str | None = None
) -> Pruned | Awaitable[Pruned]:
    """Prune the histories in the state of ``session``, or the one under ``source_id``; what was removed.

    Raises:
        UsageError: there is no history under ``source_id``.
        HistoryChangedError: a history was rewritten while a scorer or summariser was awaited; nothing was removed.
    """
    return done(_work(session, name, strategy, source_id))


async def prune_when_due(session: Session) -> None:
    """Prune the histories that have more messages than the session's retention allows, where it says so.

    What cannot be pruned stays as it is, with a warning: nothing is lost by being kept, but the answer of a run would be by an
    exception in its place.
    """
    for source_id in _due(session):
        try:
            await _pruned_by_retention(session, source_id)
        except Exception as failure:  # the scorer and the summariser are the application's, and may raise anything
            _warn(session, failure)


async def prune_providers(session: Session, providers: Sequence[HistoryProvider]) -> None:
    """The same for the histories that these providers keep elsewhere than in the session."""
    most = session.retention.most if session.retention.auto_prune else None
    for provider in providers if most is not None else ():
        try:
            if len(await provider.get_messages(session.id, state={})) > (most or 0):
                strategy = session.retention.strategy(session.scorer, session.summariser)
                name = session.retention.strategy_name
                _note(session, await provider.prune_by(session.id, name, strategy))
        except Exception as failure:  # as above
            _warn(session, failure)


def prune_before_saving(session: Session) -> None:
    """The same where nothing can be awaited; what would have to be is left for the next run, or the next save in a store."""
    if any(inspect.iscoroutinefunction(one) for one in (session.scorer, session.summariser)):
        return
    for source_id in _due(session):
        try:
            _pruned_by_retention(session, source_id)
        except Exception as failure:  # as above
            _warn(session, failure)


def _due(session: Session) -> Iterator[str]:
    retention = session.retention
    most = retention.most if retention.auto_prune else None
    if most is not None:
        yield from [key for key, messages in _held(session.state, None).items() if len(messages) > most]


def _pruned_by_retention(session: Session, source_id: str) -> Pruned | Awaitable[Pruned]:
    retention = session.retention
    strategy = retention.strategy(session.scorer, session.summariser)
    return prune_session(session, retention.strategy_name, strategy, source_id)


def _warn(session: Session, failure: Exception) -> None:
    why = str(failure) if isinstance(failure, PysessionError) else type(failure).__name__
    warnings.warn(f"the session {session.id!r} was not pruned: {why}", RetentionWarning, stacklevel=3)


def planned_for(key: str, messages: list[Message], strategy: Strategy) -> Work[Plan]:
    """What the strategy does to ``messages``, which a provider keeps under its source id ``key``; None goes by no message."""
    state = {key: {"messages": [encoded_message(one, ("messages",)) for one in messages]}}
    timelines = timelines_of(_document(state))
    return planned(timelines[0] if timelines else Timeline(History(key, "python", ())), strategy)


def shortened(messages: list[Any], plan: Plan) -> list[Any]:
    """``messages``, which begin with those of the plan, after it. Those that stay are the same objects."""
    gone = {one.index for one in plan.removed}
    kept = [one for index, one in enumerate(messages) if index not in gone]
    return kept if plan.summary is None else [*kept[: plan.place], summary_of(plan), *kept[plan.place :]]


def summary_of(plan: Plan) -> Message:
    """The message that stands for those that the plan summarises."""
    return message("user", plan.summary or "", additional_properties={MARK: len(plan.removed)})


def _work(session: Session, name: str, strategy: Strategy, source_id: str | None) -> Work[Pruned]:
    held = _held(session.state, source_id)
    plans: dict[str, Plan] = {}
    for timeline in timelines_of(_document(encoded_state({key: {"messages": found} for key, found in held.items()}))):
        plans[timeline.history.key] = yield from planned(timeline, strategy)
    for key in plans:
        check_unchanged(session.state.get(key), held[key], ("state", key, "messages"))
    for key, plan in plans.items():
        if plan.removed:
            entry = session.state[key]
            # A new list: whoever holds the old one has the history as it was.
            entry["messages"] = shortened(entry["messages"], plan)
    account = Pruned(name, tuple(plan.account() for plan in plans.values()))
    _note(session, account)
    return account


def _note(session: Session, account: Pruned) -> None:
    if account.removed:
        session.note(
            EventKind.PRUNED,
            strategy=account.strategy,
            removed=account.removed,
            kept=account.kept,
            summarised=any(history.summarised for history in account.histories),
        )


def _held(state: Mapping[str, Any], source_id: str | None) -> dict[str, list[Any]]:
    """The lists called ``messages`` in the parts of the state, by source id."""
    lists = {
        key: list(entry["messages"])
        for key, entry in state.items()
        if isinstance(entry, dict) and isinstance(entry.get("messages"), list)
    }
    if source_id is None:
        return lists
    if source_id not in lists:
        raise UsageError(f"the session has no history under {source_id!r}; there are {', '.join(lists) or 'none'}")
    return {source_id: lists[source_id]}


def _document(state: dict[str, Any]) -> Document:
    """The histories as a document, so that they are read as every stored one is."""
    value = {"type": "session", "state": state}
    detection = Detection("python", "session", "it is one")
    reading = Reading(value, True, (), Encoding.JSON)
    return Document(b"", Encoding.JSON, reading, value, detection, histories(value, detection))


def check_unchanged(entry: Any, before: list[Any], place: tuple[str, ...]) -> None:
    """Raises HistoryChangedError when the messages of ``entry`` do not begin with all of ``before``."""
    now = entry.get("messages") if isinstance(entry, dict) else None
    same = isinstance(now, list) and len(now) >= len(before)
    if not same or any(one is not other for one, other in zip(before, now or (), strict=False)):
        raise HistoryChangedError(format_pointer(place))
