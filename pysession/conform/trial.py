"""A reader on trial: documents are read by the real release and by the tables, and what differs is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from pysession.conform.agreement import Difference, Disagreement, Tally, differences
from pysession.conform.judging import value
from pysession.conform.mutants import Mutant
from pysession.conform.oracles import Oracle
from pysession.conform.shrinking import shrink
from pysession.findings import Failure, Reading, Verdict
from pysession.wire import Encoding

Predict = Callable[[bytes, Encoding], Reading]
"""What the tables say that the reader on trial makes of a document."""


class Trial:
    """``asked`` is the release that ``predict`` speaks of; ``tally`` counts how they agreed."""

    def __init__(self, asked: Oracle, predict: Predict, tally: Tally | None = None) -> None:
        self._asked = asked
        self._predict = predict
        self.tally = Tally() if tally is None else tally

    def of(self, document: bytes, encoding: Encoding = Encoding.JSON) -> Disagreement | None:
        """Release and prediction side by side, whether or not they differ; None where the release cannot be asked.

        Raises:
            TesteeNotStartedError, ProtocolError: the testee is broken.
        """
        recorded = self._asked.observe(document, encoding, next_turn=True)
        if recorded is None:
            return None
        predicted = self._predicted(document, encoding)
        found = differences(predicted, recorded, value(document, encoding))
        return Disagreement(document, encoding, predicted, recorded, found)

    def _predicted(self, document: bytes, encoding: Encoding) -> Reading:
        try:
            return self._predict(document, encoding)
        except Exception as error:
            # A fault of ours, which is to be found and shrunk like any other, and not to end the trial.
            return Reading("", Verdict.CRASHED, error=Failure(type(error).__name__, message=str(error)))

    def fuzz(self, mutants: Iterable[Mutant]) -> list[Disagreement]:
        """Put each of ``mutants`` to the trial and into the tally; those about which there is any difference.

        Raises: as :meth:`of`.
        """
        differing = []
        for mutant in mutants:
            seen = self.of(mutant.document, mutant.encoding)
            if seen is None:
                continue
            self.tally.add(mutant.kinds, seen.found)
            if seen.found:
                name = f"{mutant.base}#{mutant.number}"
                differing.append(msgspec.structs.replace(seen, name=name, kinds=mutant.kinds))
        return differing

    def shrunk(self, one: Disagreement, *, tries: int = 300) -> Disagreement:
        """The same disagreement about the smallest document that was found in ``tries``.

        Raises: as :meth:`of`.
        """

        def differs(document: bytes) -> bool:
            seen = self.of(document, one.encoding)
            return seen is not None and bool(seen.found) and sort(seen) == sort(one)

        small = self.of(shrink(one.document, differs, tries=tries), one.encoding)
        return one if small is None else msgspec.structs.replace(small, name=one.name, kinds=one.kinds)


def sort(one: Disagreement) -> tuple[object, ...]:
    """What disagreements share that come from the same fault, as far as that can be told: the first difference, and
    what both sides said of verdict, stage and exception."""
    recorded, predicted = one.recorded, one.predicted
    theirs = None if recorded.error is None else (recorded.error.type, recorded.error.cause)
    ours = None if predicted.error is None else (predicted.error.type, predicted.error.cause)
    turns = (recorded.next_turn, predicted.next_turn) if one.first is Difference.NEXT_TURN else None
    return one.first, recorded.verdict, predicted.verdict, recorded.stage, predicted.stage, theirs, ours, turns
