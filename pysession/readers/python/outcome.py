"""Putting together what becomes of a whole document from what becomes of its messages and of what is around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pysession.findings import Change, Path, Stage, Verdict, format_pointer
from pysession.readers.comparing import Comparison
from pysession.readers.python.census import Run
from pysession.readers.python.effects import Effect, Effects
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.outlines import ODD


class Outcome(msgspec.Struct, frozen=True):
    """What is different after a release has loaded and saved a value.

    ``harmless`` when nothing of it is gone, ``reordered`` when members of an object that both have changed order.
    """

    changes: tuple[Change, ...]
    harmless: bool
    reordered: bool

    @property
    def verdict(self) -> Verdict:
        """What the differences come to."""
        if not self.harmless:
            return Verdict.LOSSY
        if self.changes:
            return Verdict.NORMALISED
        return Verdict.EQUIVALENT if self.reordered else Verdict.IDENTICAL


def outcome(around: Comparison, runs: Sequence[Run], effects: Effects, base: Path) -> Outcome:
    """What becomes of a value at ``base`` whose messages are ``runs`` and around which ``around`` is different.

    Raises:
        RefusedError: a message is refused; of several the one that the library meets first.
    """
    changes = [difference.below(base).change() for difference in around.differences]
    harmless = all(difference.harmless for difference in around.differences)
    reordered = around.reordered
    refusal: RefusedError | None = None
    for run in runs:
        by_outline = {outline: effects.of(outline, message, run.above) for outline, message in run.firsts.items()}
        if ODD not in by_outline and not any(effect.changes or effect.refusal for effect in by_outline.values()):
            reordered = reordered or any(effect.reordered for effect in by_outline.values())
            continue
        for index, effect in enumerate(_each(run, by_outline, effects)):
            if effect.refusal is not None:
                refused = effect.refusal.below(run.path(index))
                if refused.stage is Stage.LOAD:
                    raise refused
                refusal = refusal or refused
            elif effect.changes:
                place = format_pointer((*base, *run.path(index)))
                changes.extend(Change(place + change.pointer, change.kind) for change in effect.changes)
                harmless = harmless and effect.harmless
            reordered = reordered or effect.reordered
    if refusal is not None:
        raise refusal
    return Outcome(tuple(changes), harmless, reordered)


def _each(run: Run, by_outline: dict[int, Effect], effects: Effects) -> Iterator[Effect]:
    for outline, message in zip(run.outlines, run.messages, strict=True):
        yield effects.of(ODD, message, run.above) if outline == ODD else by_outline[outline]
