"""Objects of another dialect said in the canonical words."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.absence import ABSENT, UNFIT, UnsayableError
from pysession.dialects.conversion.mapping import CANONICAL_ORDER, EXTENSIBLE, KindMap, Row, python_needs, value_of
from pysession.dialects.conversion.mapping import EXTENSION as CANONICAL_EXTENSION
from pysession.dialects.conversion.notes import ATTRIBUTION, INEXACT, NO_KIND, NO_SLOT, UNTYPED_MESSAGE
from pysession.dialects.conversion.parking import (
    RESERVED,
    SELF,
    Parcel,
    clean,
    from_text,
    is_payload,
    same,
    says_the_same,
    unpacked,
)
from pysession.dialects.conversion.plans import COPY, EXTENSION, MEMBER, WRITE, Plan, is_plain_object
from pysession.dialects.conversion.rules import LEFT_OUT
from pysession.dialects.conversion.translator import Translator
from pysession.dialects.names import key_of
from pysession.findings import LossKind
from pysession.wire import Path

_CANONICAL = "python"
_ORDER = {name: index for index, name in enumerate(CANONICAL_ORDER)}
_LAST = {"type": len(_ORDER)}
"""In a message, Python from 1.13.0 on writes ``type`` last."""
_MESSAGE_TYPES = ("message", "chat_message")
"""What Python takes for a message, now or before 1.0.0b260210; it keeps the others as plain data and fails on them."""
UNKNOWN = "unknown"
"""The ``type`` of a content that says none, or one that means something else in Python."""


class Decoder(Translator):
    """From another dialect to the canonical one."""

    encodes = False
    writes_empty = True
    originated = False
    """Whether the document was converted from the canonical dialect before."""

    def shape(self, place: str, source: dict[str, Any]) -> tuple[Any, ...]:
        kind = self._kind_name(source) if place != "message" else ""
        return (place, kind if type(kind) is str else None, *source, *map(type, source.values()))

    def _kind_name(self, source: dict[str, Any]) -> Any:
        tag = self.discriminator
        if tag is None:
            return None
        found = source.get(tag)
        if found is None and not self.correspondence.vocabulary.case_sensitive and tag != "$type":
            key = key_of(source, tag)
            return None if key is None else source[key]
        return found

    def planned(self, place: str, source: dict[str, Any]) -> Plan:
        kind = self._kind_name(source) if place != "message" else ""
        extension = self.words.extension.get(place) or self.words.carrier
        theirs = self.correspondence.vocabulary.places.get(place, {}).get(kind) if type(kind) is str else None
        plain = is_plain_object(source, theirs, self.discriminator)
        chosen = self.correspondence.kinds[place].get(kind) if type(kind) is str else None
        if chosen is None:
            return Plan([], whole=True, plain=plain, extension=extension)
        plan = self._plan_of(place, source, chosen)
        plan.plain, plan.extension = plain, extension
        return plan

    def _plan_of(self, place: str, source: dict[str, Any], kind: KindMap) -> Plan:
        plan = Plan([])
        names = self._names(source, kind, place)
        rows = sorted(kind.rows, key=lambda row: _rank(row.canonical, place))
        unsaid: list[str] = []
        missing: list[str] = []
        lives = [(kind.since, kind.until)]
        taken: set[str] = set()
        holder = self.words.extension.get(place)
        if kind.canonical and place != "message":
            plan.ops.append((WRITE, kind.canonical, "type", None))
        placed = False
        for row in rows:
            if not placed and place in EXTENSIBLE and _rank(row.canonical, place) > _rank(CANONICAL_EXTENSION, place):
                plan.ops.append((EXTENSION, names.get(holder or "", holder), CANONICAL_EXTENSION, None))
                placed = True
            name = names.get(row.name) if row.name is not None else None
            if name is not None:
                lives.append((row.since, row.until))
            self._plan_row(plan, row, name, source, unsaid, missing, taken)
        if not placed and place in EXTENSIBLE:
            plan.ops.append((EXTENSION, names.get(holder or "", holder), CANONICAL_EXTENSION, None))
        known = {*names.values(), *(name for name in source if self._is_tag(name))}
        if holder is None and self.words.carrier is not None and place == "content":
            known.add(self.words.carrier)
        unsaid.extend(name for name in source if name not in known)
        plan.recased = tuple(sorted(key for name, key in names.items() if key != name))
        plan.unsaid, plan.missing, plan.rows = tuple(unsaid), tuple(missing), tuple(rows)
        plan.needs = python_needs(place, kind.canonical)
        plan.lives = tuple(life for life in lives if life != (None, None))
        return plan

    def _is_tag(self, name: str) -> bool:
        return self.discriminator is not None and (
            name == self.discriminator
            or (not self.correspondence.vocabulary.case_sensitive and name.lower() == self.discriminator.lower())
        )

    def _names(self, source: dict[str, Any], kind: KindMap, place: str) -> dict[str, str]:
        """Name in the vocabulary → name in ``source``, which may spell it in other case where readers do not mind."""
        wanted = [row.name for row in kind.rows if row.name is not None]
        if (holder := self.words.extension.get(place)) is not None:
            wanted.append(holder)
        if self.correspondence.vocabulary.case_sensitive:
            return {name: name for name in wanted if name in source}
        return {name: key for name in wanted if (key := key_of(source, name)) is not None}

    def _plan_row(
        self,
        plan: Plan,
        row: Row,
        name: str | None,
        source: dict[str, Any],
        unsaid: list[str],
        missing: list[str],
        taken: set[str],
    ) -> None:
        if name is not None:
            assert row.rule is not None
            if row.canonical in taken:
                unsaid.append(name)
                return
            taken.add(row.canonical)
            as_is = type(source[name]) in row.rule.as_is and type(source[name]) in row.rule.dialect_kinds
            copies = as_is and not _matters(row) and row.inline
            plan.ops.append((COPY if copies else MEMBER, name, row.canonical, row))
        elif row.canonical in taken or (row.until is not None and row.name is not None):
            return
        elif row.implied is not None:
            plan.ops.append((MEMBER, None, row.canonical, row))
        elif row.fill is not None and row.name is not None and not self.one_way and self.knows(row.since, row.until):
            missing.append(row.name)

    def member(
        self, source: dict[str, Any], target: dict[str, Any], row: Row, name: str | None, path: Path, parcel: Parcel
    ) -> None:
        value = source[name] if name is not None else ABSENT
        fill = value_of(row.fill, target) if row.fill is not None and row.fill.both else ABSENT
        if value is ABSENT or (fill is not ABSENT and same(value, fill)):
            self._imply(target, row, parcel, value)
            return
        assert name is not None
        assert row.rule is not None
        assert row.name is not None
        place = (*path, name)
        typed = not row.rule.dialect_kinds or type(value) in row.rule.dialect_kinds
        outer, self.inexact = self.inexact, False
        said = row.rule.decode(value, self, place) if typed else UNFIT
        inexact, self.inexact = self.inexact, outer
        if said is UNFIT:
            self.lose(parcel, row.name, value, path, INEXACT)
            self._imply(target, row, parcel, value)
            return
        if row.inline:
            target[row.canonical] = said
        else:
            parcel.parked[row.canonical] = said
            if self.to_python:
                self.notes.note(place, LossKind.PARKED, NO_SLOT)
        implied = row.implied is not None and row.implied.both and same(said, value_of(row.implied, target))
        if inexact or implied or (not row.rule.nested and not same(self._back(row, said, place), value)):
            self.lose(parcel, row.name, value, path, INEXACT)

    def _back(self, row: Row, said: Any, place: Path) -> Any:
        assert row.rule is not None
        return row.rule.encode(said, self.inverse, place)

    def _imply(self, target: dict[str, Any], row: Row, parcel: Parcel, value: Any) -> None:
        if row.implied is None:
            return
        implied = value_of(row.implied, target)
        if implied is ABSENT:
            return
        target[row.canonical] = implied
        if value is ABSENT and not row.implied.both and row.name is not None and not self.one_way:
            self.lacks(parcel, row.name)

    def whole(self, place: str, source: Any, path: Path, given: Parcel | None) -> dict[str, Any]:
        self._loose = None
        if given is not None and "type" in given.parked and type(source) is dict and self._kind_name(source) is None:
            carried = {name: from_text(value) for name, value in given.parked.items()}
            if carried["type"] is not None or "value" not in carried:
                return carried
        if place not in ("content", "annotation"):
            raise UnsayableError
        kind = self._kind_name(source) if type(source) is dict else None
        if type(kind) is not str or kind in self.correspondence.canonical_kinds.get(place, ()) or not kind:
            kind = UNKNOWN
        parcel = Parcel(own={self.dialect: {SELF: self.held(source)}})
        self.notes.note(path, LossKind.PARKED, NO_KIND)
        return {"type": kind, CANONICAL_EXTENSION: {RESERVED: parcel.packed()}}

    def with_given(self, place: str, source: dict[str, Any], plan: Plan, given: Parcel) -> tuple[dict[str, Any], Plan]:
        if not given.contents or self.words.carrier is None:
            return source, plan
        name = key_of(source, "contents")
        contents = source[name] if name is not None else None
        if name is None or type(contents) is not list:
            return source, plan
        waiting = iter(contents)
        said: list[Any] = []
        for index in range(len(contents) + len(given.contents)):
            if is_payload(payload := given.contents.get(f"{LEFT_OUT}{index}")):
                said.append({self.words.carrier: {RESERVED: payload}})
            elif (content := next(waiting, ABSENT)) is not ABSENT:
                said.append(self._carrying(content, given.contents.get(str(index))))
        return {**source, name: said}, plan

    def _carrying(self, content: Any, payload: Any) -> Any:
        """``content`` with what the message kept for it."""
        if type(content) is not dict or not is_payload(payload):
            return content
        carrier = self.words.carrier or ""
        held = content.get(carrier)
        return {**content, carrier: {**(held if type(held) is dict else {}), RESERVED: payload}}

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
        by_name = {row.canonical: row for row in plan.rows}
        inserted = False
        for name, kept in given.parked.items():
            value = from_text(kept)
            if self.to_python and place == "message" and name == "type" and value not in _MESSAGE_TYPES:
                self.notes.note(path, LossKind.DEFAULTED, UNTYPED_MESSAGE, recoverable=False)
                continue
            row = by_name.get(name)
            if name == CANONICAL_EXTENSION:
                self._restore_extension(target, value, parcel, plan, source, path)
            elif row is None or row.name is None or self._still_says(row, value, source, path):
                target[name] = value
                parcel.own.get(self.dialect, {}).pop(row.name if row is not None and row.name else "", None)
                inserted = True
        for row in plan.rows if inserted else ():
            # What follows from other members follows from what they are now.
            if row.name is None and row.implied is not None and row.implied.of and row.canonical not in given.parked:
                implied = value_of(row.implied, target)
                if implied is ABSENT:
                    target.pop(row.canonical, None)
                else:
                    target[row.canonical] = implied
        for name in given.absent.get(_CANONICAL, ()):
            if name == CANONICAL_EXTENSION and target.get(name):
                continue
            if self.to_python and place == "message" and name == "type":
                self.notes.note(path, LossKind.DEFAULTED, UNTYPED_MESSAGE, recoverable=False)
                continue
            target.pop(name, None)
        if not parcel.own.get(self.dialect, True):
            del parcel.own[self.dialect]
        return dict(sorted(target.items(), key=lambda item: _rank(item[0], place))) if inserted else target

    def _restore_extension(
        self, target: dict[str, Any], value: Any, parcel: Parcel, plan: Plan, source: dict[str, Any], path: Path
    ) -> None:
        if type(value) is not dict:
            target[CANONICAL_EXTENSION] = value
            return
        for key, kept in value.items():
            if key == RESERVED and is_payload(kept):
                other = unpacked(kept)
                by_name = {row.canonical: row for row in plan.rows if row.name is not None}
                for name, extra in other.parked.items():
                    row = by_name.get(name)
                    if name not in parcel.parked or (row is not None and self._still_says(row, extra, source, path)):
                        parcel.parked[name] = extra
                        parcel.own.get(self.dialect, {}).pop(row.name if row is not None and row.name else "", None)
                for dialect, members in other.own.items():
                    parcel.own[dialect] = {**members, **parcel.own.get(dialect, {})}
                for dialect, names in other.absent.items():
                    parcel.absent[dialect] = [*names, *parcel.absent.get(dialect, [])]
            else:
                target[CANONICAL_EXTENSION][key] = from_text(kept)

    def _still_says(self, row: Row, value: Any, source: dict[str, Any], path: Path) -> bool:
        """Whether the parked ``value`` is said as the dialect's member is now."""
        assert row.rule is not None
        assert row.name is not None
        name = key_of(source, row.name)
        if name is None:
            return True
        typed = not row.rule.kinds or type(value) in row.rule.kinds
        said = row.rule.encode(value, self.inverse, (*path, name)) if typed else UNFIT
        self.inverse.take_loose()
        if said is UNFIT:
            return row.fill is None or same(source[name], value_of(row.fill, {**source, row.canonical: value}))
        now = source[name]
        return says_the_same(said, now) or says_the_same(clean(said), now) or row.rule.says_less(now, said)

    def lose(self, parcel: Parcel, name: str, value: Any, path: Path, why: str) -> None:
        extension = self.words.extension.get("content", "")
        said = extension if name.lower() == extension.lower() else name
        parcel.own.setdefault(self.dialect, {})[said] = self.held(value)
        self.notes.note((*path, name), LossKind.PARKED, why)

    def lose_extension(self, parcel: Parcel, name: str, key: str, value: Any, path: Path, why: str) -> None:
        if self.originated and key == "_attribution":
            self.notes.note((*path, name, key), LossKind.DROPPED, ATTRIBUTION)
            return
        held = parcel.own.setdefault(self.dialect, {}).setdefault(self.words.extension["content"], {})
        held[key] = self.held(value)
        self.notes.note((*path, name, key), LossKind.PARKED, why)

    def lacks(self, parcel: Parcel, name: str, *, filled: bool = False) -> None:
        if self.originated:
            return
        parcel.absent.setdefault(self.dialect, []).append(name)

    def target_extension(self, place: str) -> str | None:
        return CANONICAL_EXTENSION if place in EXTENSIBLE else None


def _rank(name: str, place: str) -> int:
    if place == "message" and name in _LAST:
        return _LAST[name]
    return _ORDER.get(name, _ORDER[CANONICAL_EXTENSION])


def _matters(row: Row) -> bool:
    """Whether some value of the member stands for nothing."""
    return (row.fill is not None and row.fill.both) or (row.implied is not None and row.implied.both)
