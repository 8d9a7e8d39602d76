"""Reads the source of a dialect: inheritance, short forms and the range of its writers resolved."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "schema" / "source"
RELEASES = ROOT / "pysession" / "readers" / "releases.json"

PLACES = ("entry", "message", "content", "annotation", "region", "usage")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, as ``pysession.dialects.vocabulary.Member`` has it, and what only the schemas need.

    ``nullable`` false: a reader refuses ``null`` though it can do without the member. ``values``: the only values a
    correct writer writes.
    """

    types: tuple[str, ...]
    canonical: str
    required: bool = False
    always: bool = False
    since: str | None = None
    until: str | None = None
    nullable: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object at a place, or an envelope (then ``when`` names the members that tell it)."""

    canonical: str
    members: dict[str, Member]
    description: str = ""
    renamed: str | None = None
    since: str | None = None
    until: str | None = None
    open_members: bool = False
    extra: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One dialect. ``bare_messages``: a bare array of messages is a document too (``"only"``: nothing else is)."""

    dialect: str
    version: str
    title: str
    discriminator: str | None
    case_sensitive: bool
    bare_messages: bool | str
    nulls: bool
    envelopes: dict[str, Kind]
    places: dict[str, dict[str, Kind]]
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """The dialects that have a source."""
    return tuple(sorted(path.stem for path in SOURCES.glob("*.toml")))


def load(dialect: str) -> Source:
    """The source of ``dialect``.

    Raises:
        ValueError: it names a release or a type that does not exist.
    """
    raw = _raw(dialect)
    writers = raw.get("writers")
    order = _order(writers["family"]) if writers else ()
    span = _Span(order, writers.get("first"), writers.get("last")) if writers else None
    common = raw.get("common", {})
    open_places = raw.get("open_places", ())
    places = {
        place: {
            name: kind
            for name, table in raw.get("places", {}).get(place, {}).items()
            if (kind := _kind(name, table | opened, common.get(place, {}), span)) is not None
        }
        for place in PLACES
        for opened in ({"open_members": True} if place in open_places else {},)
    }
    envelopes = {
        table["name"]: kind for table in raw["envelopes"] if (kind := _kind(table["name"], table, {}, span)) is not None
    }
    source = Source(
        dialect=raw["dialect"],
        version=raw["version"],
        title=raw["title"],
        discriminator=raw.get("discriminator"),
        case_sensitive=raw["case_sensitive"],
        bare_messages=raw.get("bare_messages", False),
        nulls=raw.get("nulls", False),
        envelopes=envelopes,
        places=places,
        definitions=raw.get("definitions", {}),
    )
    _verify(source)
    return source


class _Span:
    """The releases from ``first`` to ``last`` of one family; tells whether a name lived then."""

    def __init__(self, order: tuple[str, ...], first: str | None, last: str | None) -> None:
        self._order = order
        self._first = order.index(first) if first else 0
        self._last = order.index(last) if last else len(order) - 1

    def overlaps(self, since: str | None, until: str | None) -> bool:
        born = self._order.index(since) if since else 0
        gone = self._order.index(until) if until else len(self._order) - 1
        return born <= self._last and gone >= self._first


def _raw(dialect: str) -> dict[str, Any]:
    raw = tomllib.loads((SOURCES / f"{dialect}.toml").read_text("utf-8"))
    base = raw.pop("extends", None)
    return _merge(_raw(base), raw) if base else raw


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``: tables merge, everything else replaces; a definition is replaced as a whole."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if key == "definitions" and isinstance(old, dict):
            merged[key] = old | value
        elif isinstance(old, dict) and isinstance(value, dict) and "types" not in value and key != "writers":
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged


def _order(family: str) -> tuple[str, ...]:
    table = json.loads(RELEASES.read_text("utf-8"))
    return tuple(entry["release"] for entry in table[family]["releases"])


def _kind(name: str, table: dict[str, Any], common: dict[str, Any], span: _Span | None) -> Kind | None:
    since, until = table.get("since"), table.get("until")
    if span and not span.overlaps(since, until):
        return None
    members = {
        key: member
        for key, value in (table.get("members", {}) | common).items()
        if (member := _member(key, value)) and (span is None or span.overlaps(member.since, member.until))
    }
    return Kind(
        canonical=table.get("canonical", name),
        members=members,
        description=table.get("description", ""),
        renamed=table.get("renamed"),
        since=since,
        until=until,
        open_members=table.get("open_members", False),
        extra=tuple(table.get("extra", ())),
        when=tuple(table.get("when", ())),
    )


def _member(name: str, value: str | list[str] | dict[str, Any]) -> Member:
    table: dict[str, Any] = value if isinstance(value, dict) else {"types": value}
    types = table["types"]
    return Member(
        types=(types,) if isinstance(types, str) else tuple(types),
        canonical=table.get("canonical", name),
        required=table.get("required", False),
        always=table.get("always", False),
        since=table.get("since"),
        until=table.get("until"),
        nullable=table.get("nullable", True),
        values=tuple(table.get("values", ())),
    )


JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null", "any"})
LIST_TYPES = frozenset({"string[]", "integer[]", "number[]", "boolean[]", "object[]"})
PLACE_TYPES = LIST_TYPES | {"content", "content[]", "annotation[]", "region[]", "message[]", "entry[]", "usage"}


def _verify(source: Source) -> None:
    static = {f"content.{name}" for name in source.places["content"]}
    kinds = [
        *source.envelopes.items(),
        *(item for place in source.places.values() for item in place.items()),
    ]
    for name, kind in kinds:
        for key, member in kind.members.items():
            unknown = set(member.types) - JSON_TYPES - PLACE_TYPES - source.definitions.keys() - static
            if unknown:
                raise ValueError(f"{source.dialect}: {name}.{key} has unknown types {sorted(unknown)}")
