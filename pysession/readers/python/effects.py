"""What a class of releases makes of messages: of one, and of all of one outline."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from pysession.findings import Change
from pysession.readers.comparing import compare
from pysession.readers.python import messages
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.nesting import check_loaded, check_written, is_shallow, room
from pysession.readers.python.outlines import ODD, Outlines
from pysession.readers.python.table import Nesting, Record


class Effect(msgspec.Struct, frozen=True):
    """What loading and saving does to a message; pointers are relative to it.

    ``refusal`` is what the library raises instead. ``harmless`` when nothing of the message is gone by the changes.
    """

    changes: tuple[Change, ...] = ()
    harmless: bool = True
    reordered: bool = False
    refusal: RefusedError | None = None


UNCHANGED = Effect()


def effect_on(known: Record, nesting: Nesting, message: dict[str, Any], *, type_last: bool, above: int) -> Effect:
    """What the releases of ``known`` make of ``message``, around which ``above`` containers stand, itself counted."""
    try:
        if is_shallow(message):
            written = messages.write(known, messages.load(known, message, ()), type_last=type_last)
        else:
            written = _deep(known, nesting, message, type_last=type_last, above=above)
    except RefusedError as error:
        return Effect(refusal=error)
    comparison = compare(message, written)
    if not comparison.differences and not comparison.reordered:
        return UNCHANGED
    return Effect(
        tuple(difference.change() for difference in comparison.differences),
        all(difference.harmless for difference in comparison.differences),
        comparison.reordered,
    )


def _deep(known: Record, nesting: Nesting, message: dict[str, Any], *, type_last: bool, above: int) -> dict[str, Any]:
    with room():
        loaded = messages.load(known, message, ())
        check_loaded(nesting, message, above)
        written = messages.write(known, loaded, type_last=type_last)
    check_written(nesting, written, above)
    return written


class Effects:
    """The effects of one class of releases, remembered by outline; ``nesting`` is what it bears where it is used."""

    def __init__(self, known: Record, nesting: Nesting, *, type_last: bool) -> None:
        self._known = known
        self._nesting = nesting
        self._type_last = type_last
        self._found: dict[int, Effect] = {}

    def of(self, outline: int, message: dict[str, Any], above: int) -> Effect:
        """The effect on ``message``, whose outline is ``outline`` and around which ``above`` containers stand."""
        effect = self._found.get(outline)
        if effect is None:
            effect = effect_on(self._known, self._nesting, message, type_last=self._type_last, above=above)
            if outline != ODD:
                self._found[outline] = effect
        return effect


@cache
def effects(known: Record, nesting: Nesting, *, type_last: bool) -> Effects:
    """The effects that were found out in this process for ``known``."""
    return Effects(known, nesting, type_last=type_last)


@cache
def outlines() -> Outlines:
    """The outlines seen in this process."""
    return Outlines()
