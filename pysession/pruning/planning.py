"""A plan for one history: which messages go, and what takes their place."""

from __future__ import annotations

import copy
import math
from functools import cache, partial
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.pruning.account import PrunedHistory, Reason, Removed
from pysession.pruning.asking import Work
from pysession.pruning.choosing import best, mended, newest
from pysession.pruning.importance import default_scores
from pysession.pruning.strategies import KeepImportant, KeepLast, PruningError, Scorer, Strategy, SummarizeOld
from pysession.pruning.summaries import HEADING, is_summary, summary_text
from pysession.pruning.units import instructions_at_head, units_of
from pysession.survey import Checks, Memory, Timeline, survey


class Plan(msgspec.Struct, frozen=True):
    """``removed`` go, in order; ``summary`` is the text of a message that comes before the turn ``place``."""

    timeline: Timeline
    removed: tuple[Removed, ...] = ()
    summary: str | None = None
    place: int = 0

    def account(self) -> PrunedHistory:
        """What this does to the history."""
        before = len(self.timeline)
        summarised = self.summary is not None
        after = before - len(self.removed) + summarised
        return PrunedHistory(self.timeline.history.key, before, after, self.removed, summarised)


def timelines_of(document: Document) -> list[Timeline]:
    """The conversations of ``document``; lists of messages that wait to be sent, or were replaced, are none."""
    return survey(document, _memory()).timelines


@cache
def _memory() -> Memory:
    return Memory(Checks())


def planned(timeline: Timeline, strategy: Strategy) -> Work[Plan]:
    """What ``strategy`` does to a history. Nothing is changed.

    Raises:
        PruningError: a scorer gives no number, or a summariser no text.
    """
    if isinstance(strategy, SummarizeOld):
        return (yield from _summarised(timeline, strategy))
    if isinstance(strategy, KeepLast):
        return Plan(timeline, _removed(timeline, _newest(timeline, strategy.messages), Reason.OLD))
    return (yield from _important(timeline, strategy))


def _newest(timeline: Timeline, most: int) -> set[int]:
    if len(timeline) <= most:
        return set(range(len(timeline)))
    units = units_of(timeline)
    return mended(timeline, units, newest(units, most))


def _important(timeline: Timeline, strategy: KeepImportant) -> Work[Plan]:
    if strategy.threshold is None and len(timeline) <= (strategy.messages or 0):
        return Plan(timeline)
    if strategy.scorer is None:
        scores = default_scores(timeline)
    else:
        messages = timeline.messages
        answers = yield [partial(_asked, strategy.scorer, message) for message in messages]
        scores = [_score(answer, index) for index, answer in enumerate(answers)]
    units = units_of(timeline)
    kept = mended(timeline, units, best(units, scores, strategy.messages, strategy.threshold))
    return Plan(timeline, _removed(timeline, kept, Reason.UNIMPORTANT))


def _asked(scorer: Scorer, message: Any) -> Any:
    # What a scorer does with the message is its own affair and not the history's.
    return scorer(copy.deepcopy(message))


def _score(answer: Any, index: int) -> float:
    if not isinstance(answer, int | float) or math.isnan(answer):
        raise PruningError(f"the scorer gave no number for message {index} but {type(answer).__name__}")
    return float(answer)


def _summarised(timeline: Timeline, strategy: SummarizeOld) -> Work[Plan]:
    if len(timeline) <= strategy.threshold:
        return Plan(timeline)
    removed = _removed(timeline, _newest(timeline, strategy.threshold - 1), Reason.SUMMARISED)
    old = [timeline.messages[one.index] for one in removed]
    if all(is_summary(message) for message in old):
        return Plan(timeline)  # what is left must stay, and a summary of a summary says less
    (answer,) = yield [partial(strategy.summariser, copy.deepcopy(old))]
    return Plan(timeline, removed, HEADING + summary_text(answer), instructions_at_head(timeline))


def _removed(timeline: Timeline, kept: set[int], reason: Reason) -> tuple[Removed, ...]:
    return tuple(
        Removed(turn, own if isinstance(own := timeline.ids[turn], str) and own else None, reason)
        for turn in range(len(timeline))
        if turn not in kept
    )
