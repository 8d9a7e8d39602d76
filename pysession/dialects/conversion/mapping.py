"""How the kinds and members of a dialect correspond to the canonical ones, made from its vocabulary.

A vocabulary already says for every kind and member what it is called in the canonical dialect. What it cannot say is in
the dialect's :class:`Words`: which values stand for nothing on one side, and which members need more than renaming.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from pysession.dialects.conversion.absence import ABSENT
from pysession.dialects.conversion.rules import Anything, Free, Integer, Nested, NestedList, Rule, Strings, Typed
from pysession.dialects.vocabulary import Kind, Member, vocabulary

Known = Callable[[str | None, str | None], bool]
"""Whether a release knows what lived from one release to another (None: always)."""

EXTENSION = "additional_properties"
EXTENSIBLE = ("message", "content", "annotation")
"""The places where canonical objects have that member."""

CANONICAL_ORDER = (
    "type role contents author_name message_id created_at source "
    "text protected_data uri media_type message error_code error_details usage_details call_id name arguments exception "
    "informational_only result items file_id vector_store_id inputs outputs image_id commands timeout_ms "
    "max_output_length status actions screenshot pending_safety_checks acknowledged_safety_checks stdout stderr "
    "exit_code timed_out tool_name server_name output hosted function_call user_input_request approved id consent_link "
    "merge_mode title url snippet annotated_regions start_index end_index additional_properties annotations "
    "raw_representation"
).split()
"""The order in which Python writes members: ``Content.to_dict`` has one for all kinds (releases up to 1.23.0)."""

_PLACES = {"content", "annotation", "region", "usage"}
_TYPES: Mapping[str, Callable[[], Rule]] = {
    "string": lambda: Rule(str),
    "boolean": lambda: Rule(bool),
    "integer": Integer,
    "number": lambda: Rule(int, float),
    "object": lambda: Free(dict),
    "any": Anything,
    "string[]": Strings,
    "object[]": lambda: Free(list),
}


class Absence(msgspec.Struct, frozen=True):
    """The value that stands for "nothing" on one side: ``value``, or what ``of`` makes of the canonical object.

    ``both``: where it is found it says nothing either, and is left out. ``reported``: making it up is a loss.
    """

    value: Any = ABSENT
    of: Callable[[dict[str, Any]], Any] | None = None
    both: bool = True
    reported: bool = False


class Words(msgspec.Struct, frozen=True, eq=False):
    """What a dialect's vocabulary does not say.

    ``namespace`` is the name under which its own members are parked. ``extension`` is the member that holds what
    applications add, by place (none: the place has no such member); ``carrier`` the one of a content without kind.
    ``fills``: (canonical kind or ``*``, canonical member) → what the dialect writes where the canonical object has no
    such member. ``implied``: the other way round, what canonical objects have where the dialect has nothing; a member
    that the dialect lacks altogether too. ``rules``: members that need more than their type says. ``variants``: by
    canonical kind, what besides the kind decides how an object is said; ``kind_fits`` tells whether it may then be said
    as a kind of the dialect. ``reserved_keys``: keys of the extension that the reader writes over. ``folds_keys``: keys
    that differ by case only are one to the reader. ``in_order``: members
    whose objects the writer sorts. ``doubles``: it makes doubles of all numbers that it does not know. ``depth``: the most containers from the root.
    """

    dialect: str
    namespace: str
    extension: Mapping[str, str]
    carrier: str | None = None
    fills: Mapping[tuple[str, str], Absence] = {}
    implied: Mapping[tuple[str, str], Absence] = {}
    rules: Mapping[tuple[str, str], Callable[[], Rule]] = {}
    variants: Mapping[str, Callable[[dict[str, Any]], str]] = {}
    kind_fits: Callable[[str, str], bool] = lambda kind, variant: True
    discriminator_last: bool = False
    extension_first: bool = False
    reserved_keys: frozenset[str] = frozenset()
    folds_keys: bool = False
    in_order: tuple[str, ...] = ()
    doubles: bool = False
    depth: int = 400


class Row(msgspec.Struct, frozen=True, eq=False):
    """A member of a kind on both sides.

    ``name`` is None where the dialect has no such member; ``inline`` is false where Python has none.
    """

    canonical: str
    name: str | None
    rule: Rule | None
    fill: Absence | None = None
    implied: Absence | None = None
    required: bool = False
    since: str | None = None
    until: str | None = None
    inline: bool = True


class KindMap(msgspec.Struct, frozen=True, eq=False):
    """A kind on both sides: ``rows`` in the dialect's order."""

    place: str
    canonical: str
    name: str
    rows: tuple[Row, ...]
    since: str | None = None
    until: str | None = None


@cache
def python_members(place: str) -> frozenset[str]:
    """The names of all members that Python knows at ``place``; one class stands for all kinds of contents."""
    kinds = vocabulary("python").places.get(place, {})
    return frozenset(name for kind in kinds.values() for name in kind.members)


@cache
def python_needs(place: str, kind: str) -> tuple[str, ...]:
    """The members that Python cannot do without."""
    known = vocabulary("python").places.get(place, {}).get(kind)
    return tuple(name for name, facts in known.members.items() if facts.required) if known is not None else ()


class Correspondence:
    """All kinds of one dialect."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.vocabulary = vocabulary(words.dialect)
        self.kinds: dict[str, dict[str, KindMap]] = {
            place: {name: self._kind(place, name, kind) for name, kind in kinds.items()}
            for place, kinds in self.vocabulary.places.items()
            if place == "message" or place in _PLACES
        }
        self.canonical_kinds = {
            place: frozenset(kind.canonical for kind in kinds.values()) for place, kinds in self.kinds.items()
        }

    def _kind(self, place: str, name: str, kind: Kind) -> KindMap:
        canonical = kind.canonical or name
        extension = self.words.extension.get(place)
        rows = [
            self._row(place, canonical, member, facts) for member, facts in kind.members.items() if member != extension
        ]
        named = {row.canonical for row in rows}
        for (of, member), absence in self.words.implied.items():
            if of in (canonical or place, f"{place}.*") and member not in named:
                rows.append(Row(member, None, None, implied=absence))
        return KindMap(place, canonical, name, tuple(rows), kind.since, kind.until)

    def _row(self, place: str, kind: str, name: str, facts: Member) -> Row:
        key = (kind or place, facts.canonical)
        rule = self.words.rules.get(key) or self.words.rules.get(("*", facts.canonical))
        fill = self.words.fills.get(key) or self.words.fills.get(("*", facts.canonical))
        return Row(
            facts.canonical,
            name,
            rule() if rule is not None else rule_for(facts.types),
            fill,
            self.words.implied.get(key),
            facts.required,
            facts.since,
            facts.until,
            facts.canonical in python_members(place),
        )

    def candidates(self, place: str, canonical: str) -> list[KindMap]:
        """The kinds of the dialect that say what ``canonical`` says, those of today first."""
        found = [kind for kind in self.kinds.get(place, {}).values() if kind.canonical == canonical]
        return sorted(found, key=lambda kind: kind.until is not None)


def rule_for(types: tuple[str, ...]) -> Rule:
    """The rule for a member of these types."""
    for type_ in types:
        place, dot, kind = type_.removesuffix("[]").partition(".")
        if place in _PLACES and place != "usage":
            if dot:
                return Typed(kind)
            return NestedList(place) if type_.endswith("[]") else Nested(place)
    named = [_TYPES[type_]() for type_ in types if type_ in _TYPES]
    return named[0] if named else Anything()


def value_of(absence: Absence, canonical: dict[str, Any]) -> Any:
    """What stands for nothing in ``canonical``; :data:`ABSENT` where nothing does."""
    return absence.value if absence.of is None else absence.of(canonical)
