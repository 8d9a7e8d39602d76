"""What one walk over a document found out, as the rules of whole documents see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.survey.fault import Fault
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

    def nests(self, path: Path) -> None:
        """Take note of a container at ``path``, which is at or below the budget.

        Containers count from what a reader is given: the session, or in a file of records the record.
        """
        around = int(self.document.single or self.document.encoding in _OF_RECORDS)
        depth = len(path) + 1 - around
        if depth > DEPTH_BUDGET:
            # One entrance for each container that still fits: its other children are not told one by one.
            edge = DEPTH_BUDGET + around - 1
            entrance = self.entrances.setdefault(path[:edge], path[: edge + 1])
            self.deep[entrance] = max(depth, self.deep.get(entrance, 0))

    def state_values(self) -> Iterator[tuple[Path, str | int | None, Any]]:
        """Every value of the document that is not inside a message: the envelope, the state, its entries."""
        messages = {id(segment.messages) for history in self.document.histories for segment in history.segments}
        return walk_values(self.document.value, messages)
