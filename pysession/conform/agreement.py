"""Predictions held against what real releases did: whether they agree, how often, and the least that shows that not.

What must be equal is the contract's: the verdict; of a refusal stage and error type; else the changed places, an index of
an array counting as any. What predictions say beyond that is compared too, and counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from pysession.conform.judging import ANY_INDEX
from pysession.findings import Reading, Verdict, format_pointer, parse_pointer
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding


class Difference(StrEnum):
    """In what a prediction and a recording differ. Up to ``CHANGES`` it is the contract's; the rest is beyond it:
    the root cause, what kind of change, messages restored, the next turn, the same bytes."""

    VERDICT = "verdict"
    STAGE = "stage"
    ERROR = "error"
    CHANGES = "changes"
    CAUSE = "cause"
    KINDS = "kinds"
    MESSAGES = "messages"
    NEXT_TURN = "next-turn"
    BYTES = "bytes"

    @property
    def matters(self) -> bool:
        """Whether the contract demands that there is no such difference."""
        return self in _CONTRACT


_CONTRACT = frozenset({Difference.VERDICT, Difference.STAGE, Difference.ERROR, Difference.CHANGES})
_SAME_VALUE = frozenset({Verdict.IDENTICAL, Verdict.EQUIVALENT})
_WITH_CHANGES = frozenset({Verdict.NORMALISED, Verdict.LOSSY, Verdict.SILENT_LOSS})


def differences(
    predicted: Reading, recorded: Recorded, value: Any, *, order_known: bool = True
) -> frozenset[Difference]:
    """In what ``predicted`` is not what was ``recorded``; what was not recorded is not compared. ``value`` is the
    document's, which tells indices of arrays from names.

    ``order_known``: the recording tells whether members kept their order, else ``identical`` and ``equivalent`` are one.
    """
    found: set[Difference] = set()
    if not _same_verdict(predicted.verdict, recorded.verdict, order_known=order_known):
        found.add(Difference.VERDICT)
    elif predicted.verdict is Verdict.REJECTED:
        found |= _of_refusals(predicted, recorded)
    elif predicted.verdict in _WITH_CHANGES and recorded.changes is not None:
        ours = {(anywhere(change.pointer, value), change.kind) for change in predicted.changes}
        theirs = set(recorded.changes)
        if {pointer for pointer, _ in ours} != {pointer for pointer, _ in theirs}:
            found.add(Difference.CHANGES)
        elif ours != theirs:
            found.add(Difference.KINDS)
    if recorded.next_turn is not None and predicted.next_turn is not recorded.next_turn:
        found.add(Difference.NEXT_TURN)
    if _both_differ(predicted.messages_restored, recorded.messages_restored):
        found.add(Difference.MESSAGES)
    if _both_differ(predicted.same_bytes, recorded.same_bytes):
        found.add(Difference.BYTES)
    return frozenset(found)


def _same_verdict(predicted: Verdict, recorded: Verdict | None, *, order_known: bool) -> bool:
    if recorded is None:
        # Of a refusal it would have been told.
        return predicted is not Verdict.REJECTED
    return predicted is recorded or (not order_known and {predicted, recorded} <= _SAME_VALUE)


def _of_refusals(predicted: Reading, recorded: Recorded) -> set[Difference]:
    found = set()
    if recorded.stage is not None and predicted.stage is not recorded.stage:
        found.add(Difference.STAGE)
    if recorded.error is not None:
        error = predicted.error
        if error is None or error.type != recorded.error.type:
            found.add(Difference.ERROR)
        elif error.cause != recorded.error.cause:
            found.add(Difference.CAUSE)
    return found


def _both_differ(ours: object, theirs: object) -> bool:
    return ours is not None and theirs is not None and ours != theirs


def anywhere(pointer: str, value: Any) -> str:
    """``pointer`` with ``*`` for every index of an array of ``value``."""
    steps: list[str] = []
    for step in parse_pointer(pointer):
        if isinstance(value, list):
            inside = step.isdecimal() and int(step) < len(value)
            value = value[int(step)] if inside else None
            steps.append(ANY_INDEX if step.isdecimal() else step)
        else:
            value = value.get(step) if isinstance(value, dict) else None
            steps.append(step)
    return format_pointer(tuple(steps))


class Tally:
    """How often predictions agreed, per kind of mutation (or of document) and altogether."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}
        self._differing: dict[str, dict[Difference, int]] = {}
        self.asked = 0
        self.agreed = 0
        self.identical = 0
        self.by_difference: dict[Difference, int] = {}

    def add(self, kinds: Iterable[str], found: frozenset[Difference]) -> None:
        """Count one prediction about a document of ``kinds`` that differed in ``found``."""
        self.asked += 1
        self.agreed += not any(difference.matters for difference in found)
        self.identical += not found
        for difference in found:
            self.by_difference[difference] = self.by_difference.get(difference, 0) + 1
        for kind in dict.fromkeys(kinds):
            self._asked[kind] = self._asked.get(kind, 0) + 1
            differing = self._differing.setdefault(kind, {})
            for difference in found:
                differing[difference] = differing.get(difference, 0) + 1

    @property
    def agreement(self) -> float:
        """The share of predictions that were right by the contract, 1.0 when nothing was asked."""
        return self.agreed / self.asked if self.asked else 1.0

    def rows(self) -> list[tuple[str, int, dict[Difference, int]]]:
        """For each kind its name, how often it was asked and how often which difference was seen."""
        return [(kind, self._asked[kind], dict(self._differing[kind])) for kind in sorted(self._asked)]

    def table(self) -> str:
        """The rows as Markdown."""
        shown = [difference for difference in Difference if difference in self.by_difference]
        head = ["mutation", "asked", *shown]
        lines = [
            [kind, str(asked), *(str(seen.get(difference, 0) or "") for difference in shown)]
            for kind, asked, seen in self.rows()
        ]
        total = ["all", str(self.asked), *(str(self.by_difference[difference]) for difference in shown)]
        return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *lines, total))


class Disagreement(msgspec.Struct, frozen=True):
    """What a release did with a document and what was predicted, and in what they differ.

    ``name`` tells which document it is, ``kinds`` what was done to it.
    """

    document: bytes
    encoding: Encoding
    predicted: Reading
    recorded: Recorded
    found: frozenset[Difference]
    name: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def first(self) -> Difference | None:
        """The gravest difference."""
        return min(self.found, key=tuple(Difference).index, default=None)

    @property
    def matters(self) -> bool:
        """Whether the prediction is wrong by the contract."""
        return any(difference.matters for difference in self.found)
