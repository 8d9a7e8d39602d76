"""One fix after the other: look, mend, look again, until there is nothing left that the fix would mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.fixes.catalogue import BYTE_ORDER_MARK
from pysession.fixes.fix import Fix, Mend, Patient, Wishes
from pysession.rules import find
from pysession.survey import Fault, Survey
from pysession.wire import Edit, Encoding, Insert, Path, Remove, Replace, edit
from pysession.wire.encoding import MARK

Opener = Callable[[bytes], Document]
Surveyor = Callable[[Document], Survey]

_ROUNDS = 20
"""Mending one thing can show another (a block that was stored three times); a fix that does not come to an end is
stopped, and what is left stays a finding."""


class Mended(msgspec.Struct, frozen=True):
    """One thing that was mended: the rule, the place in the document as the fix found it, a sentence for a person."""

    rule: str
    path: Path
    what: str


def mend(
    data: bytes, fixes: Sequence[Fix], wishes: Wishes, opened: Opener, seen: Surveyor, *, strip_mark: bool
) -> tuple[bytes, tuple[Mended, ...]]:
    """``data`` after all ``fixes``, and what they did."""
    done: list[Mended] = []
    if strip_mark and data.startswith(MARK):
        data = data.removeprefix(MARK)
        done.append(Mended(BYTE_ORDER_MARK, (), "the byte order mark is gone"))
    document = opened(data)
    survey = seen(document)
    for fix in fixes:
        for _ in range(_ROUNDS):
            mends = list(mends_of(fix, document, survey, wishes))
            changed = _edited(document, [one for each in mends for one in each.edits])
            if changed == data:
                break
            done += (Mended(fix.rule, each.path, each.what) for each in mends)
            data = changed
            document = opened(data)
            survey = seen(document)
    return data, tuple(done)


def mends_of(fix: Fix, document: Document, survey: Survey, wishes: Wishes) -> Iterator[Mend]:
    """What ``fix`` does about the findings of its rule."""
    faults = [*_of_bytes(fix.rule, document), *(fault for fault in survey.faults if fault.rule.id == fix.rule)]
    if not faults:
        return
    mends = list(fix.mends(Patient(document, survey, faults, wishes)))
    if not document.single and _empties_the_list(document, mends):
        return
    for each in mends:
        if not (document.single and any(_changes_the_list(one) for one in each.edits)):
            yield each


def _empties_the_list(document: Document, mends: Sequence[Mend]) -> bool:
    """Whether nothing would be left of a bare list of messages; an empty list is no document of any dialect."""
    gone = {one.path for each in mends for one in each.edits if isinstance(one, Remove) and len(one.path) == 1}
    return isinstance(document.value, list) and len(gone) >= len(document.value) > 0


def _changes_the_list(one: Edit) -> bool:
    """Whether it adds or takes away a message: a store that has a row for each does that, not its row."""
    return isinstance(one, Insert | Remove) and len(one.path) == 1


def _of_bytes(rule: str, document: Document) -> Iterator[Fault]:
    """What the reader of the bytes found of this rule inside the session, as the survey would tell it."""
    base = document.base
    for fault in document.reading.faults:
        if fault.rule == rule and fault.path is not None and fault.path[: len(base)] == base:
            inside = fault.path[len(base) :]
            yield find(rule).at((0, *inside) if document.single else inside, fault.detail)


def _edited(document: Document, edits: Sequence[Edit]) -> bytes:
    """The bytes of the record with ``edits`` made, whose paths are the session's."""
    if not edits:
        return document.data
    if document.embedded:
        text = edit(_embedded_text(document).encode("utf-8", "surrogatepass"), Encoding.JSON, edits)
        outer = Replace(document.base, text.decode("utf-8", "surrogatepass"))
        return edit(document.data, document.encoding, (outer,))
    return edit(document.data, document.encoding, [_in_record(document, one) for one in edits])


def _embedded_text(document: Document) -> str:
    value: Any = document.reading.value
    for step in document.base:
        value = value[step]
    text: str = value
    return text


def _in_record(document: Document, one: Edit) -> Edit:
    path = document.base + (one.path[1:] if document.single else one.path)
    return msgspec.structs.replace(one, path=path)
