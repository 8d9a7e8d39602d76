"""Which messages stay: each strategy's choice among the units of a history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pysession.pruning.units import Unit
from pysession.rules.exchange import response_groups
from pysession.rules.repetition import repeated_blocks
from pysession.survey import Act, Timeline


def newest(units: Sequence[Unit], most: int) -> set[int]:
    """The turns of the newest units that are ``most`` messages together, counting those that must stay."""
    kept = _forced(units)
    room = most - len(kept)
    for unit in sorted(_free(units), key=lambda one: one.last, reverse=True):
        if len(unit.turns) > room:
            break
        kept.update(unit.turns)
        room -= len(unit.turns)
    return kept


def best(units: Sequence[Unit], scores: Sequence[float], most: int | None, threshold: float | None) -> set[int]:
    """The turns of the units that score best, and at least ``threshold``; of equal ones the newer.

    A unit is as important as the most important of its messages. One that does not fit leaves its room to lesser ones.
    """
    kept = _forced(units)
    scored = [(max(scores[turn] for turn in unit.turns), unit) for unit in _free(units)]
    for score, unit in sorted(scored, key=lambda one: (one[0], one[1].last), reverse=True):
        if threshold is not None and score < threshold:
            break
        if most is None or len(kept) + len(unit.turns) <= most:
            kept.update(unit.turns)
    return kept


def mended(timeline: Timeline, units: Sequence[Unit], kept: set[int]) -> set[int]:
    """``kept``, and what has to stay so that no two messages which now meet say what nobody said.

    Two responses of which one has reasoning would be read as one; two messages may repeat a pair that stands elsewhere, and
    be taken for stored twice. The unit that stood between them stays then.
    """
    unit_of = {turn: unit for unit in units for turn in unit.turns}
    groups = response_groups(timeline)
    thinking = {groups[event.turn] for event in timeline.events if event.act is Act.REASONING}
    while len(kept) < len(timeline):
        order = sorted(kept)
        between = _joined_response(timeline, order, groups, thinking)
        if between is None:
            between = _new_repetition(timeline, order)
        if between is None:
            break
        kept |= set(unit_of[between].turns)
    return kept


def _joined_response(timeline: Timeline, order: list[int], groups: list[int], thinking: set[int]) -> int | None:
    for before, after in pairwise(order):
        if (
            after > before + 1
            and timeline.roles[before] == timeline.roles[after] == "assistant"
            and groups[before] != groups[after]
            and (groups[before] in thinking or groups[after] in thinking)
        ):
            return next(turn for turn in range(after - 1, before, -1) if timeline.roles[turn] != "assistant")
    return None


def _new_repetition(timeline: Timeline, order: list[int]) -> int | None:
    left = Timeline(
        timeline.history,
        messages=[timeline.messages[turn] for turn in order],
        roles=[timeline.roles[turn] for turn in order],
        ids=[timeline.ids[turn] for turn in order],
        firsts=[timeline.firsts[turn] for turn in order],
    )
    for block in repeated_blocks(left):
        for start in (block.start, block.earlier):
            for before, after in pairwise(order[start : start + block.length]):
                if after > before + 1:
                    return after - 1
    return None


def _forced(units: Iterable[Unit]) -> set[int]:
    return {turn for unit in units if unit.kept is not None for turn in unit.turns}


def _free(units: Iterable[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.kept is None]
