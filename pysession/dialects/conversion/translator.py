"""Objects of one dialect said in the words of another, member by member.

A translator goes one way between the canonical dialect and another: :class:`Encoder` from, :class:`Decoder` to the
canonical one. What an object needs is worked out once for each **shape** (kind, member names in order, their JSON types)
and remembered as a plan: most members are then copied without another look. Whatever would not come back by going the
other way is put into the object's :class:`~pysession.dialects.conversion.parking.Parcel`, so that it does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from pysession.dialects.conversion.absence import UnsayableError
from pysession.dialects.conversion.mapping import Correspondence, Known, Row
from pysession.dialects.conversion.notes import INEXACT, NO_SLOT, RECASED, UNSAYABLE, Notes
from pysession.dialects.conversion.parking import (
    RESERVED,
    Parcel,
    as_text,
    clean,
    in_order,
    is_payload,
    is_plain,
    survives_doubles,
    unpacked,
)
from pysession.dialects.conversion.plans import COPY, EXTENSION, MEMBER, UNLESS, WRITE, WRITTEN_EMPTY, Plan, Plans
from pysession.findings import LossKind
from pysession.wire import Path

_PARKED_DEPTH = 40
"""Containers of a parked value that is carried as it is: it may stand some twenty levels deep itself."""
_ANY_DEPTH = 400


class Translator(ABC):
    """What both directions have in common.

    ``knows`` is what the release at the dialect's end knows. ``careful``: the document holds values that not every
    reader takes (unpaired surrogates, NaN), so that each string is looked at. ``plain`` turns false when an object has
    members or types that its dialect does not have, ``sure`` when one has values that a reader might refuse. ``foreign`` are
    places of objects that were the other dialect's before, and go back to it. ``to_python``: what is made here is the result,
    not on its way to a third dialect. ``used`` are the plans that were followed. ``forced`` are places of
    objects that are parked whole, because the reader refused them. ``reserved``: the document may hold parked members.
    ``inexact`` and ``gathered`` are for the member that
    is being said: whether an object in it does not come back as it was, and what contents have no place for, by index.
    """

    encodes: bool
    writes_empty: bool
    """Whether the target's writer writes the member for what applications add also when there is nothing in it."""

    def __init__(
        self,
        correspondence: Correspondence,
        plans: Plans,
        knows: Known,
        notes: Notes,
        *,
        careful: bool = False,
        to_python: bool = False,
        one_way: bool = False,
    ) -> None:
        self.correspondence = correspondence
        self.words = correspondence.words
        self.dialect = self.words.namespace
        self.discriminator = correspondence.vocabulary.discriminator
        self.depth = self.words.depth
        self.sorts = self.encodes and bool(self.words.in_order)
        self.knows = knows
        self.notes = notes
        self.careful = careful
        self.to_python = to_python
        self.one_way = one_way
        self.plain = True
        self.sure = True
        self.foreign: set[Path] = set()
        self.used: set[Plan] = set()
        self.forced: frozenset[Path] = frozenset()
        self.turn_round: Callable[[], Translator] = lambda: self
        self._inverse: Translator | None = None
        self.plans = plans
        self._known = plans.known
        self._loose: Parcel | None = None
        self._keeps_empty = False
        self._spare: Parcel | None = None
        self.reserved = True
        self.inexact = False
        self.gathered: dict[str, Any] = {}

    @property
    def inverse(self) -> Translator:
        """The translator that goes the other way, to try what comes back; made when it is needed."""
        if self._inverse is None:
            self._inverse = self.turn_round()
        return self._inverse

    def object(self, place: str, source: Any, path: Path) -> dict[str, Any]:
        """``source``, which stands at ``path`` of its document, in the other words."""
        self._loose = None
        if type(source) is not dict:
            self.plain = False
            return self.whole(place, source, path, None)
        plan = self._plan(place, source)
        if not plan.sure:
            self.sure = False
            if not plan.plain:
                self.plain = False
            if plan.foreign:
                self.foreign.add(path)
        given: Parcel | None = None
        if (
            self.reserved
            and plan.extension is not None
            and type(holder := source.get(plan.extension)) is dict
            and is_payload(holder.get(RESERVED))
        ):
            given = unpacked(holder[RESERVED])
            source, plan = self.with_given(place, source, plan, given)
        if plan.whole or (self.forced and place == "content" and path in self.forced):
            return self.whole(place, source, path, given)
        try:
            return self._said(place, source, path, plan, given)
        except UnsayableError:
            return self.whole(place, source, path, given)

    def objects(self, place: str, sources: list[Any], path: Path) -> list[dict[str, Any]]:
        """Each of ``sources``, which are the list at ``path``."""
        return [self.object(place, source, (*path, index)) for index, source in enumerate(sources)]

    def take_loose(self) -> Parcel | None:
        """What the last object needs to come back but had no place for."""
        loose, self._loose = self._loose, None
        return loose

    def _plan(self, place: str, source: dict[str, Any]) -> Plan:
        key = self.shape(place, source)
        plan = self._known.get(key)
        if plan is None:
            plan = self.planned(place, source)
            said = {other for what, _, other, _ in plan.ops if what in (COPY, WRITE)}
            plan.needs = tuple(name for name in plan.needs if name not in said)
            plan.target = self.target_extension(place)
            plan.notable = bool(plan.needs or plan.recased or plan.unsaid or plan.missing)
            self.plans.keep(key, plan)
        if plan.lives:
            self.used.add(plan)
        return plan

    def _said(self, place: str, source: dict[str, Any], path: Path, plan: Plan, given: Parcel | None) -> dict[str, Any]:
        parcel = self._spare or Parcel()
        self._spare = None
        unclean: dict[str, Any] = {}
        if self.careful:
            source, unclean = self.cleaned(source, plan)
        target: dict[str, Any] = {}
        for what, name, other, row in plan.ops:
            if what == COPY:
                target[other] = source[name]
            elif what == MEMBER:
                self.member(source, target, row, name, path, parcel)
            elif what == EXTENSION:
                held = source.get(name)
                if held or self.writes_empty:
                    extension: dict[str, Any] = {}
                    if other and (place in WRITTEN_EMPTY or held):
                        target[other] = extension
                    if held and other and type(held) is dict:
                        self._extend(place, held, extension, path, name, parcel)
                    elif held:
                        self.lose(parcel, name, held, path, NO_SLOT if type(held) is dict else INEXACT)
                if (held is not None and not held and type(held) is not dict) or (held is None and name in source):
                    self.lose(parcel, name, held, path, INEXACT)
            elif what == WRITE:
                target[other] = name
            elif source[name] != row:
                # The member says nothing if it has this one value, which is of the same type.
                if other:
                    target[other] = source[name]
                else:
                    self.lose(parcel, name, source[name], path, NO_SLOT)
        if plan.notable or unclean or given is not None:
            target = self._finished(place, source, target, path, plan, given, parcel, unclean)
        name = plan.target
        self._loose = None
        if self.sorts:
            target = self._in_order(target)
        if not (parcel.parked or parcel.absent or parcel.own or parcel.contents):
            self._spare = parcel
            if self._keeps_empty:
                self._keeps_empty = False
            elif not self.writes_empty and name is not None and target.get(name) == {}:
                del target[name]
            return target
        if name is None:
            self._loose = parcel
        elif name in target or not self.words.extension_first or not self.encodes:
            target.setdefault(name, {})[RESERVED] = parcel.packed()
        else:
            target = {name: {RESERVED: parcel.packed()}, **target}
        if self.sorts:
            target = self._in_order(target)
        self._keeps_empty = False
        return target

    def _in_order(self, target: dict[str, Any]) -> dict[str, Any]:
        for name in self.words.in_order:
            if type(target.get(name)) in (dict, list):
                target[name] = in_order(target[name])
        return target

    def _finished(
        self,
        place: str,
        source: dict[str, Any],
        target: dict[str, Any],
        path: Path,
        plan: Plan,
        given: Parcel | None,
        parcel: Parcel,
        unclean: dict[str, Any],
    ) -> dict[str, Any]:
        """``target`` once it is known what is not in it."""
        for name in plan.needs:
            if name not in target and (given is None or name not in given.parked):
                raise UnsayableError
        for name in plan.recased:
            self.notes.note((*path, name), LossKind.CHANGED, RECASED, recoverable=False)
        for name in plan.unsaid:
            self.lose(parcel, name, source[name], path, NO_SLOT)
        for name in plan.missing:
            self.lacks(parcel, name)
        for name, value in unclean.items():
            self.lose(parcel, name, value, path, UNSAYABLE)
        return target if given is None else self.restored(place, source, target, plan, given, parcel, path)

    def _extend(
        self, place: str, held: dict[str, Any], extension: dict[str, Any], path: Path, name: str, parcel: Parcel
    ) -> None:
        """Carry over what applications added, but for what the target's reader would change or refuse."""
        seen: set[str] = set()
        for key, value in held.items():
            folded = key.lower()
            if key == RESERVED and is_payload(value):
                continue
            if folded == RESERVED or self.keeps_back(place, key) or (self.words.folds_keys and folded in seen):
                self.lose_extension(parcel, name, key, value, path, INEXACT)
            elif (type(value) in (dict, list) and not is_plain(value, self.depth - len(path) - 2)) or (
                self.careful and not (is_plain(value, self.depth) and is_plain(key, 1))
            ):
                self.lose_extension(parcel, name, key, value, path, UNSAYABLE)
            else:
                extension[key] = value
            seen.add(folded)

    # What a direction decides.

    @abstractmethod
    def shape(self, place: str, source: dict[str, Any]) -> tuple[Any, ...]:
        """What all objects with the same plan have in common."""

    @abstractmethod
    def planned(self, place: str, source: dict[str, Any]) -> Plan:
        """The plan for objects of this shape."""

    @abstractmethod
    def whole(self, place: str, source: Any, path: Path, given: Parcel | None) -> dict[str, Any]:
        """An object of no kind that carries ``source`` as it is."""

    @abstractmethod
    def member(
        self, source: dict[str, Any], target: dict[str, Any], row: Row, name: str | None, path: Path, parcel: Parcel
    ) -> None:
        """Say one member as its row wants it."""

    def with_given(self, place: str, source: dict[str, Any], plan: Plan, given: Parcel) -> tuple[dict[str, Any], Plan]:
        """``source`` with what was parked in it, as far as it takes part."""
        return source, plan

    @abstractmethod
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
        """``target`` with what was parked in ``source`` brought back."""

    def left_out(self, source: Any, path: Path) -> dict[str, Any]:
        """The payload of a content that cannot stand in the message itself."""
        raise UnsayableError

    @abstractmethod
    def lose(self, parcel: Parcel, name: str, value: Any, path: Path, why: str) -> None:
        """Park a member of the source."""

    @abstractmethod
    def lose_extension(self, parcel: Parcel, name: str, key: str, value: Any, path: Path, why: str) -> None:
        """Park one of the things that applications added."""

    @abstractmethod
    def lacks(self, parcel: Parcel, name: str, *, filled: bool = False) -> None:
        """Write down that going back must not write this member; ``filled``: the target could not do without."""

    def cleaned(self, source: dict[str, Any], plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
        """``source`` with what not every reader takes replaced, and the members that had it; nested objects clean
        themselves."""
        said = {
            name
            for what, name, _, row in plan.ops
            if what in (COPY, UNLESS) or (what == MEMBER and not _holds_objects(row))
        }
        odd = {name: value for name, value in source.items() if name in said and not is_plain(value, _ANY_DEPTH)}
        return ({**source, **{name: clean(value) for name, value in odd.items()}}, odd) if odd else (source, {})

    def held(self, value: Any) -> Any:
        """``value`` as it is parked: itself, or its text where some reader would refuse or change it."""
        if type(value) in (str, bool, type(None)) and not self.careful:
            return value
        if self.encodes and self.words.doubles and not survives_doubles(value):
            return as_text(value)
        return value if is_plain(value, _PARKED_DEPTH) else as_text(value)

    def keeps_back(self, place: str, key: str) -> bool:
        """Whether the target's reader would write over what applications keep under ``key``."""
        return key in self.words.reserved_keys and place == "message"

    @abstractmethod
    def target_extension(self, place: str) -> str | None:
        """The target's member for what applications add."""


def _holds_objects(row: Row) -> bool:
    return row.rule is not None and (row.rule.nested or row.rule.kinds == (list,))
