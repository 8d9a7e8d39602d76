"""Holding the facts of a table, and what the vocabularies know, against a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

import msgspec

from pysession.dialects import Document, Json, vocabulary
from pysession.findings import Path, parse_pointer
from pysession.writers.evidence import Sighting
from pysession.writers.layers import Layer, Shape
from pysession.writers.pool import Pool
from pysession.writers.table import Fact, table_of


def sighted_facts(
    document: Document, pool: Pool, layers: Sequence[Layer], history_keys: frozenset[str]
) -> Iterator[Sighting]:
    """What the facts say of a document whose typed objects are ``layers`` and whose histories have these keys."""
    yield from _around_messages(document, pool, history_keys)
    for layer in layers:
        for shape in layer.shapes:
            for fact in _facts_of_shape(document.dialect, pool.family, layer.place, shape):
                numbers = layer.of(shape)
                number = next((number for number in numbers if _has_value(fact, layer.objects[number])), None)
                if number is not None:
                    certain = fact.certain and not layer.loose
                    place = partial(layer.path_to, number, fact.has)
                    yield Sighting(_remaining(fact, pool), fact.says, certain, place)


def _around_messages(document: Document, pool: Pool, history_keys: frozenset[str]) -> Iterator[Sighting]:
    """What the bytes, the session's own members and its state say."""
    fold = not vocabulary(document.dialect).case_sensitive
    for fact in _facts(document.dialect, pool.family, ""):
        path: Path = ()
        if fact.place is None:
            seen = _in_bytes(fact, document)
        else:
            path = parse_pointer(fact.place)
            holder = _object_at(document.value, path)
            seen = holder is not None and _matches(fact, tuple(holder), fold=fold) and _has_value(fact, holder)
            path = path if fact.has is None else (*path, fact.has)
        if seen and fact.history in (None, *history_keys):
            yield Sighting(_remaining(fact, pool), fact.says, fact.certain, partial(tuple, path))


def _remaining(fact: Fact, pool: Pool) -> frozenset[str]:
    return frozenset() if fact.nobody else pool.lived(fact.since, fact.until)


@cache
def _facts(dialect: str, family: str, place: str) -> tuple[Fact, ...]:
    """The facts about a place of the vocabulary; for ``""`` those about the bytes, the session and its state."""
    table = table_of(dialect)
    return tuple(
        fact
        for fact in (table.facts if table is not None else ())
        if dialect in fact.dialects
        and fact.family in (None, family)
        and ((fact.place or "/").startswith("/") if not place else (fact.place or "").partition(".")[0] == place)
    )


@cache
def _facts_of_shape(dialect: str, family: str, place: str, shape: Shape) -> tuple[Fact, ...]:
    """The facts that the kind and the member names of an object call for."""
    kind, names = shape
    fold = not vocabulary(dialect).case_sensitive
    return tuple(
        fact
        for fact in _facts(dialect, family, place)
        if fact.place in (place, f"{place}.{kind}") and _matches(fact, names, fold=fold)
    )


def _matches(fact: Fact, names: tuple[str, ...], *, fold: bool) -> bool:
    """Whether an object with these members has and lacks what the fact says; ``fold``: its reader ignores case."""
    if fact.has is not None and fact.has not in names:
        return False
    if fact.lacks is None:
        return True
    return fact.lacks.lower() not in map(str.lower, names) if fold else fact.lacks not in names


def _has_value(fact: Fact, holder: dict[str, Any]) -> bool:
    value = holder[fact.has] if fact.has is not None else None
    if fact.equal_to is not msgspec.UNSET and value != fact.equal_to:
        return False
    if fact.other_than is not None and (not isinstance(value, str) or value == fact.other_than):
        return False
    if fact.begins is not None and not (isinstance(value, str) and value.startswith(fact.begins)):
        return False
    if not fact.with_:
        return True
    *path, last = fact.with_
    inner = _object_at(value, path)
    return inner is not None and last in inner


def _in_bytes(fact: Fact, document: Document) -> bool:
    if document.embedded or document.base or document.encoding.value not in fact.encodings:
        return False
    return fact.text is None or re.search(fact.text.encode("latin-1"), document.data) is not None


def _object_at(value: Json, path: Sequence[str | int]) -> dict[str, Any] | None:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


class _Word(msgspec.Struct, frozen=True):
    """What a kind or a member that not all releases know says."""

    remaining: frozenset[str]
    says: str
    certain: bool
    member: str | None


def sighted_words(dialect: str, pool: Pool, layers: Sequence[Layer]) -> Iterator[Sighting]:
    """What the vocabularies say: a release writes no kind and no member that it does not know."""
    for layer in layers:
        for shape in layer.shapes:
            for word in _words(dialect, pool, layer.place, shape):
                place = partial(layer.path_to, shape, word.member)
                yield Sighting(word.remaining, word.says, word.certain and not layer.loose, place)


@cache
def _words(dialect: str, pool: Pool, place: str, shape: Shape) -> tuple[_Word, ...]:
    kind, names = shape
    table = table_of(dialect)
    known_kinds = vocabulary(dialect).places.get(place, {})
    if "" in known_kinds:
        kind = ""
    words = known_kinds.get(kind) if isinstance(kind, str) else None
    if table is None or words is None or not isinstance(kind, str):
        return ()
    found: list[_Word | None] = []
    if words.since is not None or words.until is not None:
        does = "keeps" if table.keeps_unknown_kinds else "refuses"
        remaining = pool.lived(words.since, words.until)
        found.append(_word(pool, remaining, f'"{kind}"', None, does, certain=not table.keeps_unknown_kinds))
    for name in names:
        member = words.members.get(name)
        if member is None:
            continue
        knowing = pool.knowing_member(place, kind, name)
        if not words.open_members:
            found.append(_word(pool, knowing, f'"{name}"', name, f"{table.unknown_members}s", certain=True))
        writing = pool.lived(member.since, member.until)
        if words.open_members or writing != knowing:
            found.append(_word(pool, writing & knowing, f'"{name}" of "{kind or place}"', name, "keeps", certain=False))
    return tuple(word for word in found if word is not None)


def _word(
    pool: Pool, remaining: frozenset[str], what: str, member: str | None, does: str, *, certain: bool
) -> _Word | None:
    """None when it tells nothing: no release is without it, or none has it, so that it is the application's own."""
    if not remaining or remaining == pool.names:
        return None
    ordered = pool.ordered(remaining)
    first, last = str(pool.releases[0]), str(pool.releases[-1])
    if ordered[0] != first and ordered[-1] != last:
        says = f"{what} is written from {ordered[0]} to {ordered[-1]}; any other release {does} it"
    elif ordered[0] != first:
        says = f"{what} is written from {ordered[0]} on; an older release {does} it"
    else:
        says = f"{what} is written up to {ordered[-1]}; a newer release {does} it"
    return _Word(remaining, says, certain, member)
