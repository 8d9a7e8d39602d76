"""The functions that rules hand to the survey, by the moment at which they are asked.

The registry of the rules room fills one of these; the survey only calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.findings import Reading
from pysession.survey.fault import Fault
from pysession.survey.object_shape import ObjectShape
from pysession.survey.survey import Survey
from pysession.survey.timeline import Timeline
from pysession.wire import Path

ShapeCheck = Callable[[ObjectShape], Iterable[Fault]]
"""Asked once for each distinct shape; the faults' paths are relative to the object."""

ValueCheck = Callable[[Any, ObjectShape, dict[str, Any]], Iterable[Fault]]
"""Asked for a member's value in each object of certain kinds: the value, the object's shape, the object.

The faults' paths are relative to the member.
"""

HistoryCheck = Callable[[Timeline], Iterable[Fault]]
DocumentCheck = Callable[[Survey], Iterable[Fault]]

ReadingCheck = Callable[[Document, Reading], Iterable[Fault]]
"""Asked for what each release that was named makes of a document."""

MisfitCheck = Callable[[str, Any], Iterable[Fault]]
"""Asked for a value that is no object where one of a place (``message``, ``content``, …) must stand."""


Look = Callable[[Path, str | int | None, Any], Iterable[Fault]]
"""Asked for every value of a document: its path, the member name or index it stands under, and itself."""


class Trigger(msgspec.Struct, frozen=True):
    """``pattern`` occurs in the JSON text of a document (RE2, compact or not) whenever the rule could be violated.

    ``begin`` is then asked for a function that looks at every value of that document.
    """

    pattern: str
    begin: Callable[[Survey], Look]


class Checks(msgspec.Struct):
    """Every check of every rule."""

    shape: list[ShapeCheck] = msgspec.field(default_factory=list)
    value: dict[tuple[str, str, str, str], list[ValueCheck]] = msgspec.field(default_factory=dict)
    """By (dialect, place, canonical kind, canonical member)."""
    misfit: list[MisfitCheck] = msgspec.field(default_factory=list)
    history: list[HistoryCheck] = msgspec.field(default_factory=list)
    document: list[DocumentCheck] = msgspec.field(default_factory=list)
    reading: list[ReadingCheck] = msgspec.field(default_factory=list)
    triggers: list[Trigger] = msgspec.field(default_factory=list)
