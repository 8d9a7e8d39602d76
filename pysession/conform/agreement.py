"""Whether a prediction is what a real release was seen to do.

Right is: the verdict; where it refuses, the stage and the type of the error; where it changes something, the set of
changed pointers with ``*`` for any index of an array. What was not observed cannot be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from pysession.conform.judging import ANY_INDEX, value
from pysession.findings import Change, Reading, Verdict
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding

_SAME_VALUE = (Verdict.IDENTICAL, Verdict.EQUIVALENT)
_CHANGED = (Verdict.NORMALISED, Verdict.LOSSY, Verdict.SILENT_LOSS)


class Disagreement(msgspec.Struct, frozen=True):
    """``what`` differs: verdict, refusal, changes or next turn; and how it was predicted and recorded."""

    what: str
    predicted: str
    recorded: str

    def __str__(self) -> str:
        return f"{self.what}: predicted {self.predicted}, recorded {self.recorded}"


def disagreement(
    document: bytes,
    predicted: Reading,
    recorded: Recorded,
    *,
    encoding: Encoding = Encoding.JSON,
    order_known: bool = True,
) -> Disagreement | None:
    """Where ``predicted`` is not what is ``recorded`` of ``document``; None where it is.

    ``order_known``: the recording tells whether members kept their order. Else ``identical`` and ``equivalent`` are one.
    """
    refused = (predicted.verdict, recorded.verdict).count(Verdict.REJECTED)
    if recorded.verdict is not None and not _same_verdict(predicted.verdict, recorded.verdict, order_known=order_known):
        return Disagreement("verdict", _told(predicted), _told(recorded))
    if refused:
        same = _refusal(predicted) == _refusal(recorded)
        return None if same else Disagreement("refusal", _told(predicted), _told(recorded))
    if recorded.changes is not None and predicted.verdict in _CHANGED:
        ours = changes(document, predicted.changes, encoding=encoding)
        theirs = {(pointer, str(kind)) for pointer, kind in recorded.changes}
        if ours != theirs:
            return Disagreement("changes", _listed(ours - theirs), _listed(theirs - ours))
    return None


def next_turn_disagreement(predicted: Reading, recorded: Recorded) -> Disagreement | None:
    """Where the next run does something else than predicted; None where it does not, or nobody ran it."""
    if recorded.next_turn in (None, predicted.next_turn):
        return None
    return Disagreement("next turn", str(predicted.next_turn), str(recorded.next_turn))


def changes(
    document: bytes, told: Iterable[Change], *, encoding: Encoding = Encoding.JSON
) -> frozenset[tuple[str, str]]:
    """Pointers and kinds of ``told``, with ``*`` for each step that is an index of an array in ``document``."""
    found = value(document, encoding)
    return frozenset((_wild(change.pointer, found), str(change.kind)) for change in told)


def tally(results: Iterable[tuple[Iterable[str], Disagreement | None]]) -> dict[str, tuple[int, int]]:
    """For each operation how many of the documents that it helped to make agree, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for operations, different in results:
        for operation in set(operations):
            right, total = counts.get(operation, (0, 0))
            counts[operation] = (right + (different is None), total + 1)
    return dict(sorted(counts.items()))


def _same_verdict(predicted: Verdict, recorded: Verdict, *, order_known: bool) -> bool:
    return predicted is recorded or (not order_known and predicted in _SAME_VALUE and recorded in _SAME_VALUE)


def _refusal(reading: Reading | Recorded) -> tuple[str | None, str | None]:
    return reading.stage, None if reading.error is None else reading.error.type


def _told(reading: Reading | Recorded) -> str:
    stage, error = _refusal(reading)
    return str(reading.verdict) if stage is None else f"{reading.verdict} at {stage} with {error}"


def _listed(several: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{pointer} {kind}" for pointer, kind in sorted(several)) or "nothing more"


def _wild(pointer: str, document: Any) -> str:
    return "".join(f"/{step}" for step in _steps(pointer, document))


def _steps(pointer: str, here: Any) -> Iterator[str]:
    for step in pointer.split("/")[1:]:
        if isinstance(here, list) and step.isdecimal():
            yield ANY_INDEX
            here = here[int(step)] if int(step) < len(here) else None
        else:
            yield step
            name = step.replace("~1", "/").replace("~0", "~")
            here = here.get(name) if isinstance(here, Mapping) else None
