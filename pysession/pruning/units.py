"""Units: messages of a history that stay or go together, and why some of them must stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from pysession.rules.exchange import INSTRUCTING, Ask, Exchange, response_groups
from pysession.survey import Act, Timeline


class Kept(StrEnum):
    """Why a unit stays whatever the strategy says."""

    INSTRUCTIONS = "instructions at the head"
    OPEN_APPROVAL = "an approval that is not settled"
    NEWEST = "the newest"


class Unit(msgspec.Struct, frozen=True):
    """``turns`` in order; ``kept`` says why they must stay, None that they may go."""

    turns: tuple[int, ...]
    kept: Kept | None = None

    @property
    def last(self) -> int:
        return self.turns[-1]


def units_of(timeline: Timeline) -> list[Unit]:
    """The units of a history, in the order of their first messages.

    Together are: a call, its results, the approval that was asked for it and the answer to that; all messages of a response of
    the model that holds reasoning (the services that need it want it before what it led to); messages that were stored
    under the id of one that asks for an approval, as .NET stores the approved call once more (measured); and an open approval
    with the message that passed it by, without which it would look as if it could still be answered.
    """
    if not len(timeline):
        return []
    exchange = Exchange(timeline)
    together = _Together(len(timeline))
    for turns in _belonging(timeline, exchange):
        together.join(turns)
    kept = _kept(timeline, exchange)
    reasons: dict[int, Kept] = {}
    for turn, reason in kept.items():
        reasons.setdefault(together.of(turn), reason)
    members: dict[int, list[int]] = {}
    for turn in range(len(timeline)):
        members.setdefault(together.of(turn), []).append(turn)
    return [Unit(tuple(turns), reasons.get(own)) for own, turns in members.items()]


def instructions_at_head(timeline: Timeline) -> int:
    """How many messages of the system or the developer the history begins with."""
    return next((turn for turn, role in enumerate(timeline.roles) if role not in INSTRUCTING), len(timeline))


class _Together:
    """Which turns are in one unit (disjoint sets, each named by its first turn)."""

    def __init__(self, count: int) -> None:
        self._first = list(range(count))

    def of(self, turn: int) -> int:
        while self._first[turn] != turn:
            self._first[turn] = self._first[self._first[turn]]
            turn = self._first[turn]
        return turn

    def join(self, turns: Iterable[int]) -> None:
        firsts = {self.of(turn) for turn in turns}
        for first in firsts:
            self._first[first] = min(firsts)


def _belonging(timeline: Timeline, exchange: Exchange) -> Iterator[set[int]]:
    for use in exchange.uses:
        yield {event.turn for event in use.events}
    for ask in exchange.asks:
        yield {event.turn for event in (*ask.events, *(ask.use.events if ask.use is not None else ()))}
        passed = exchange.passed_by(ask.request)
        if _is_open(ask) and passed is not None:
            yield {ask.request.turn, passed}
    yield from _responses_with_reasoning(timeline)
    yield from _stored_under_one_id(timeline)


def _responses_with_reasoning(timeline: Timeline) -> Iterator[set[int]]:
    thinking = {event.turn for event in timeline.events if event.act is Act.REASONING}
    if not thinking:
        return
    groups = response_groups(timeline)
    wanted = {groups[turn] for turn in thinking}
    responses: dict[int, set[int]] = {}
    for turn, group in enumerate(groups):
        if group in wanted:
            responses.setdefault(group, set()).add(turn)
    yield from responses.values()


def _stored_under_one_id(timeline: Timeline) -> Iterator[set[int]]:
    asking = {event.turn for event in timeline.events if event.act is Act.REQUEST}
    ids = {timeline.ids[turn] for turn in asking if isinstance(timeline.ids[turn], str) and timeline.ids[turn]}
    by_id: dict[str, set[int]] = {}
    for turn, own in enumerate(timeline.ids if ids else ()):
        if isinstance(own, str) and own in ids:
            by_id.setdefault(own, set()).add(turn)
    yield from by_id.values()


def _kept(timeline: Timeline, exchange: Exchange) -> dict[int, Kept]:
    """Turns that stay, and why."""
    found = {len(timeline) - 1: Kept.NEWEST}
    found |= dict.fromkeys(range(instructions_at_head(timeline)), Kept.INSTRUCTIONS)
    for ask in exchange.asks:
        if _is_open(ask):
            found.setdefault(ask.request.turn, Kept.OPEN_APPROVAL)
    return found


def _is_open(ask: Ask) -> bool:
    """Whether a person or the agent has still to act: there is no answer, or one on which a local call waits."""
    if not ask.resolved:
        return True
    use = ask.use
    return use is not None and use.answer is None and use.call is not None and use.call.local
