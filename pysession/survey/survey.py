"""What one walk over a document found out, as the rules of whole documents see it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.survey.fault import Fault
from pysession.survey.levels import Levels, below, height
from pysession.survey.timeline import Timeline
from pysession.survey.values import walk_values
from pysession.wire import Encoding, Path

_OF_RECORDS = frozenset({Encoding.JSON_LINES, Encoding.MESSAGEPACK_RECORDS})

DEPTH_BUDGET = 64
"""Containers from the root that .NET reads and writes; no option raises it (measured)."""


class Survey(msgspec.Struct):
    """``messages`` counts the messages of the live histories.

    ``deep`` maps each place where nesting passes :data:`DEPTH_BUDGET` to how many containers deep it goes below;
    ``entrances`` leads there from the container above.
    """

    document: Document
    profiles: frozenset[str] = frozenset()
    faults: list[Fault] = msgspec.field(default_factory=list)
    timelines: list[Timeline] = msgspec.field(default_factory=list)
    deep: dict[Path, int] = msgspec.field(default_factory=dict)
    entrances: dict[Path, Path] = msgspec.field(default_factory=dict)
    messages: int = 0

    def nests(self, path: Path, steps: int | None = None) -> None:
        """Take note of a container at ``path``, which is at or below the budget.

        ``steps`` is how far from the root it is, where ``path`` ends before it.
        """
        around, edge = self._budget()
        depth = (len(path) if steps is None else steps) + 1 - around
        if depth > DEPTH_BUDGET:
            # One entrance for each container that still fits: its other children are not told one by one.
            entrance = self.entrances.setdefault(path[:edge], path[: edge + 1])
            self.deep[entrance] = max(depth, self.deep.get(entrance, 0))

    def nests_below(self, value: Any, path: Path, leave_out: AbstractSet[int] = frozenset()) -> None:
        """Take note of all that nests too deep in ``value``, an object or array that stands at ``path``.

        Below the budget no path grows any more: a finding names where it is passed, and how deep it goes below.
        """
        _, edge = self._budget()
        room = edge - len(path)
        if room < 0:
            self.nests(path, len(path) + height([value], leave_out) - 1)
            return
        levels = Levels(value, leave_out, room + 1)
        if len(levels) <= room:
            return
        fits = {id(one) for one in levels[room] if below([one], leave_out)}
        for inside, one in levels.paths_to([frozenset()] * room + [fits]):
            deeper = below([one], leave_out)
            named = one.items() if type(one) is dict else enumerate(one)
            first = next(name for name, child in named if child is deeper[0])
            self.nests((*path, *inside, first), edge + height(deeper, leave_out))

    def _budget(self) -> tuple[int, int]:
        """How many containers are around what a reader is given, the session or in a file of records the record; and how
        many steps from the root the last one is that fits.
        """
        around = int(self.document.single or self.document.encoding in _OF_RECORDS)
        return around, DEPTH_BUDGET + around - 1

    def state_values(self, *, deepest: int | None = None) -> Iterator[tuple[Path, str | int | None, Any]]:
        """Every value of the document that is not inside a message: the envelope, the state, its entries."""
        return walk_values(self.document.value, self.message_lists(), deepest=deepest)

    def state_levels(self) -> Levels:
        """The containers of the state, which is an object, a level at a time, without those of messages."""
        return Levels(self.document.value["state"], self.message_lists())

    def message_lists(self) -> frozenset[int]:
        """The identities (``id()``) of the arrays of messages."""
        return frozenset(id(segment.messages) for history in self.document.histories for segment in history.segments)
