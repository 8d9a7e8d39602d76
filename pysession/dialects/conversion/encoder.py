"""Canonical objects said in the words of another dialect."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.absence import ABSENT, UNFIT, UnsayableError
from pysession.dialects.conversion.mapping import EXTENSIBLE, Absence, KindMap, Row, value_of
from pysession.dialects.conversion.mapping import EXTENSION as CANONICAL_EXTENSION
from pysession.dialects.conversion.notes import DEFAULT, INEXACT, NO_KIND, NO_SLOT
from pysession.dialects.conversion.parking import (
    RESERVED,
    SELF,
    Parcel,
    clean,
    from_text,
    same,
    says_the_same,
)
from pysession.dialects.conversion.plans import COPY, EXTENSION, MEMBER, UNLESS, WRITE, Plan, is_plain_object
from pysession.dialects.conversion.rules import Rule
from pysession.dialects.conversion.translator import Translator
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind
from pysession.wire import Path

_CANONICAL = "python"
_ROLES = frozenset({"user", "assistant", "system", "tool"})
SURE = frozenset({"text", "text_reasoning", "error", "function_call", "function_result", "usage"})
"""Kinds of which a reader refuses no value that is of the right type; others hold addresses, media types, times."""


class Encoder(Translator):
    """From the canonical dialect to another."""

    encodes = True
    writes_empty = False
    placed: dict[Path, Path]
    """Where in the output histories and state are, and where they come from."""
    exact = True
    """Whether the document is Python's own, so that it has to come back member by member."""

    def shape(self, place: str, source: dict[str, Any]) -> tuple[Any, ...]:
        if place == "message":
            return (_sort(source.get("role")), _sort(source.get("type")), *source, *map(type, source.values()))
        kind = source.get("type")
        variant = self.words.variants.get(kind) if type(kind) is str else None
        return (
            place,
            kind if type(kind) is str else None,
            variant and variant(source),
            *source,
            *map(type, source.values()),
        )

    def planned(self, place: str, source: dict[str, Any]) -> Plan:
        kind = source.get("type") if place != "message" else ""
        extension = CANONICAL_EXTENSION
        theirs = vocabulary(_CANONICAL).places[place].get(kind) if type(kind) is str else None
        plain = is_plain_object(source, theirs, "type")
        chosen = self._kind(place, kind, source) if type(kind) is str else None
        if chosen is None:
            return Plan([], whole=True, plain=plain, extension=extension)
        plan = self._plan_of(place, source, chosen)
        plan.plain = plain
        if place == "message" and source.get("type") != "message":
            plain = plan.plain = False  # Python leaves such a message as it is, and fails on it at the next turn
        plan.foreign = place == "content" and theirs is None
        plan.sure = plain and (
            source.get("role") in _ROLES if place == "message" else place != "content" or kind in SURE
        )
        plan.extension = extension
        return plan

    def _kind(self, place: str, kind: str, source: dict[str, Any]) -> KindMap | None:
        variant = self.words.variants.get(kind)
        said = variant(source) if variant else ""
        return next(
            (
                one
                for one in self.correspondence.candidates(place, kind)
                if self.knows(one.since, one.until) and self.words.kind_fits(one.name, said)
            ),
            None,
        )

    def _plan_of(self, place: str, source: dict[str, Any], kind: KindMap) -> Plan:
        plan = Plan([], lives=((kind.since, kind.until),))
        rows = tuple(row for row in kind.rows if self.knows(row.since, row.until))
        covered = {CANONICAL_EXTENSION} if place in EXTENSIBLE else set()
        if place != "message":
            covered.add("type")
        unsaid: list[str] = []
        missing: list[str] = []
        tag = (WRITE, kind.name, self.discriminator or "", None)
        if kind.name and not self.words.discriminator_last:
            plan.ops.append(tag)
        mine = self.words.extension.get(place)
        holder = (EXTENSION, CANONICAL_EXTENSION, mine or "", None)
        if place in EXTENSIBLE and self.words.extension_first:
            plan.ops.append(holder)
        for row in rows:
            covered.add(row.canonical)
            self._plan_row(plan, row, source, unsaid, missing)
        if place in EXTENSIBLE and not self.words.extension_first:
            plan.ops.append(holder)
        if kind.name and self.words.discriminator_last:
            plan.ops.append(tag)
        unsaid.extend(name for name in source if name not in covered)
        if CANONICAL_EXTENSION not in source and place in ("message", "content"):
            missing.append(CANONICAL_EXTENSION)
        plan.unsaid, plan.missing, plan.rows = tuple(unsaid), tuple(missing), rows
        plan.order = tuple(other for _, _, other, _ in plan.ops if other)
        return plan

    def _plan_row(self, plan: Plan, row: Row, source: dict[str, Any], unsaid: list[str], missing: list[str]) -> None:
        if row.canonical in source:
            constant = _constant(row.implied, source[row.canonical])
            if row.name is None:
                how = (
                    (UNLESS, row.canonical, "", constant)
                    if constant is not ABSENT
                    else (MEMBER, row.canonical, "", row)
                )
                plan.ops.append(how)
                return
            assert row.rule is not None
            if not row.rule.kinds or type(source[row.canonical]) in row.rule.kinds:
                as_is = type(source[row.canonical]) in row.rule.as_is and (row.fill is None or not row.fill.both)
                if as_is and (row.implied is None or not row.implied.both):
                    plan.ops.append((COPY, row.canonical, row.name, row))
                elif as_is and constant is not ABSENT:
                    plan.ops.append((UNLESS, row.canonical, row.name, constant))
                else:
                    plan.ops.append((MEMBER, row.canonical, row.name, row))
                return
            unsaid.append(row.canonical)
        if row.fill is not None and row.name is not None:
            if row.fill.of is not None or row.fill.reported or not row.fill.both:
                plan.ops.append((MEMBER, row.canonical, row.name, row))
            else:
                plan.ops.append((WRITE, row.fill.value, row.name, row))
        elif row.implied is not None:
            if row.canonical not in source:
                plan.ops.append((MEMBER, row.canonical, row.name or "", row))
        elif row.required and row.name is not None:
            plan.whole = True

    def member(
        self, source: dict[str, Any], target: dict[str, Any], row: Row, name: str | None, path: Path, parcel: Parcel
    ) -> None:
        value = source.get(row.canonical, ABSENT)
        if value is ABSENT or (row.name is not None and row.rule is not None and not _typed(row.rule, value)):
            self._fill(source, target, row, value, path, parcel)
            return
        if row.implied is not None and row.implied.both and same(value, value_of(row.implied, source)):
            return
        if row.name is None or row.rule is None:
            self.lose(parcel, row.canonical, value, path, NO_SLOT)
            return
        place = (*path, row.canonical)
        outer, self.inexact = self.inexact, False
        said = row.rule.encode(value, self, place)
        inexact, self.inexact = self.inexact, outer
        if self.gathered and row.canonical == "contents":
            parcel.contents, self.gathered = self.gathered, {}
        if said is UNFIT:
            self.lose(parcel, row.canonical, value, path, INEXACT)
            self._fill(source, target, row, value, path, parcel)
            return
        target[row.name] = said
        left_out = row.fill is not None and row.fill.both and same(said, value_of(row.fill, source))
        if inexact or left_out or (not row.rule.nested and not same(row.rule.decode(said, self.inverse, place), value)):
            self.lose(parcel, row.canonical, value, path, INEXACT)

    def _fill(
        self, source: dict[str, Any], target: dict[str, Any], row: Row, value: Any, path: Path, parcel: Parcel
    ) -> None:
        if row.fill is not None and row.name is not None:
            target[row.name] = value_of(row.fill, source)
            if row.fill.reported:
                self.notes.note(path, LossKind.DEFAULTED, DEFAULT, canonical=True)
            if value is ABSENT and not row.fill.both:
                self.lacks(parcel, row.canonical, filled=True)
        elif row.required and row.name is not None:
            raise UnsayableError
        elif value is ABSENT and row.implied is not None and value_of(row.implied, source) is not ABSENT:
            self.lacks(parcel, row.canonical)

    def whole(self, place: str, source: Any, path: Path, given: Parcel | None) -> dict[str, Any]:
        if given is not None and SELF in given.own.get(self.dialect, {}):
            self._loose = None
            mine = from_text(given.own[self.dialect][SELF])
            if path not in self.forced:
                self.foreign.add(path)
                return mine if type(mine) is dict else {}
        name = self.words.extension.get(place) or (self.words.carrier if place == "content" else None)
        if name is None or place not in ("content", "annotation"):
            raise UnsayableError
        self._loose = None
        return {name: {RESERVED: self._carried(source, path, given)}}

    def left_out(self, source: Any, path: Path) -> dict[str, Any]:
        return self._carried(source, path, None)

    def _carried(self, source: Any, path: Path, given: Parcel | None) -> dict[str, Any]:
        """The payload that is ``source`` whole."""
        parked = source if type(source) is dict else {"type": None, "value": source}
        if type(source) is dict and given is not None and given:
            parked = dict(source)
            parked[CANONICAL_EXTENSION] = {**source[CANONICAL_EXTENSION], RESERVED: given.packed()}
        self.notes.note(path, LossKind.PARKED, NO_KIND, canonical=True)
        return Parcel({name: self.held(value) for name, value in parked.items()}).packed()

    def with_given(self, place: str, source: dict[str, Any], plan: Plan, given: Parcel) -> tuple[dict[str, Any], Plan]:
        extras = {name: from_text(value) for name, value in given.parked.items() if name not in source}
        if not extras:
            return source, plan
        source = {**source, **extras}
        return source, self._plan(place, source)

    def restored(
        self,
        place: str,
        source: dict[str, Any],
        target: dict[str, Any],
        plan: Plan,
        given: Parcel,
        parcel: Parcel,
        path: Path,
    ) -> dict[str, Any]:
        if self.dialect in given.own or self.dialect in given.absent:
            self.foreign.add(path)
        mine = given.own.pop(self.dialect, {})
        gone = given.absent.pop(self.dialect, [])
        by_name = {row.name: row for row in plan.rows if row.name is not None}
        extension = self.words.extension.get(place)
        brought = False
        for name, kept in mine.items():
            value = from_text(kept)
            row = by_name.get(name)
            if name == extension:
                if type(value) is dict and type(target.get(name)) is dict and value:
                    target[name].update(value)
                else:
                    target[name] = value
                    self._keeps_empty = True
            elif row is None or self._still_says(row, value, source, path):
                target[name] = value
                brought = True
                if row is not None:
                    parcel.parked.pop(row.canonical, None)
        for name in gone:
            row = by_name.get(name)
            if row is None or row.canonical not in source or row.implied is not None:
                target.pop(name, None)
        # What no one took stays with what others parked, apart from the members of the canonical object itself.
        given.parked = {name: parcel.parked.pop(name) for name in given.parked if name in parcel.parked}
        if given:
            holder = parcel.parked.setdefault(CANONICAL_EXTENSION, {})
            if type(holder) is dict:
                holder[RESERVED] = given.packed()
        return self._ordered(plan, target) if brought else target

    def _still_says(self, row: Row, value: Any, source: dict[str, Any], path: Path) -> bool:
        """Whether ``value``, kept in the dialect's own words, means what the canonical member means now."""
        now = source.get(row.canonical, ABSENT)
        said = self._decoded(row, value, path)
        if said is UNFIT:
            return True
        if row.rule is not None and row.rule.nested:
            return now is not ABSENT
        cleaned = self._decoded(row, clean(value), path) if self.careful else said
        return now is ABSENT or says_the_same(said, now) or says_the_same(cleaned, now)

    def _decoded(self, row: Row, value: Any, path: Path) -> Any:
        assert row.rule is not None
        typed = not row.rule.dialect_kinds or type(value) in row.rule.dialect_kinds
        said = row.rule.decode(value, self.inverse, (*path, row.canonical)) if typed else UNFIT
        self.inverse.take_loose()
        return said

    def _ordered(self, plan: Plan, target: dict[str, Any]) -> dict[str, Any]:
        """``target`` in the writer's order; members that it does not know come before what applications add."""
        rank = {name: index for index, name in enumerate(plan.order)}
        tail = len(rank) - 1.5
        return dict(sorted(target.items(), key=lambda item: rank.get(item[0], tail)))

    def lose(self, parcel: Parcel, name: str, value: Any, path: Path, why: str) -> None:
        if name == CANONICAL_EXTENSION and type(value) is dict:
            for key, item in value.items():
                if key != RESERVED:
                    self.lose_extension(parcel, name, key, item, path, why)
            return
        parcel.parked[name] = self.held(value)
        self.notes.note((*path, name), LossKind.PARKED, why, canonical=True)

    def lose_extension(self, parcel: Parcel, name: str, key: str, value: Any, path: Path, why: str) -> None:
        parcel.parked.setdefault(CANONICAL_EXTENSION, {})[key] = self.held(value)
        self.notes.note((*path, CANONICAL_EXTENSION, key), LossKind.PARKED, why, canonical=True)

    def lacks(self, parcel: Parcel, name: str, *, filled: bool = False) -> None:
        if not self.exact and not filled:
            return
        parcel.absent.setdefault(_CANONICAL, []).append(name)

    def target_extension(self, place: str) -> str | None:
        return self.words.extension.get(place)


def _sort(value: Any) -> Any:
    """``value`` as far as it decides how a message is judged."""
    return value if type(value) is str and (value in _ROLES or value == "message") else None


def _typed(rule: Rule, value: Any) -> bool:
    return not rule.kinds or type(value) in rule.kinds


def _constant(implied: Absence | None, value: Any) -> Any:
    """The one value of the type of ``value`` that stands for nothing, if it is always the same."""
    if implied is None or not implied.both or implied.of is not None or type(value) is not type(implied.value):
        return ABSENT
    return implied.value
