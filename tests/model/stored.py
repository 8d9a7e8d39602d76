"""The sessions among the shipped fixtures, and documents made from them by one change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings

from pysession import wire
from pysession.schema.shipped import shipped
from pysession.verbs.fixtures import Entry, Kind, entries

Path = tuple[str | int, ...]

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Whole sessions take a while to draw, and longer on a busy machine."""

REPLACEMENTS: tuple[Any, ...] = (
    None,
    True,
    7,
    1.0,
    1.5,
    2**70,
    "text",
    [],
    [1],
    [{}],
    {},
    {"type": None},
    {"type": 1},
    {"type": "nobody"},
    {"type": "text"},
    {"messages": 3},
    {"messages": []},
    {"messages": [{"contents": []}]},
    {"messages": [{"role": "user", "Contents": []}]},
    {"messages": [{"role": "user", "contents": []}, 1]},
)
"""What a value is replaced by: every JSON type, and objects that begin to look like contents and histories."""


def goldens() -> tuple[Entry, ...]:
    """The sessions that a release of the framework wrote."""
    return tuple(entry for entry in entries() if entry.kind is Kind.GOLDEN and entry.dialect == "python")


def data(entry: Entry) -> bytes:
    return (shipped("fixtures") / entry.path).read_bytes()


def value(entry: Entry) -> Any:
    encoding = wire.Encoding.MESSAGEPACK if entry.path.endswith(".msgpack") else wire.Encoding.JSON
    return wire.read(data(entry), encoding).value


@cache
def scenarios() -> tuple[Any, ...]:
    """The newest golden of each scenario."""
    return tuple({entry.scenario: value(entry) for entry in goldens()}.values())


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in ``document``, the document itself first."""
    yield path
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, part in inside:
        yield from places(part, (*path, step))


def replaced(document: Any, path: Path, new: Any) -> Any:
    """``document`` with ``new`` at ``path``."""
    if not path:
        return copy.deepcopy(new)
    changed = copy.deepcopy(document)
    _at(changed, path[:-1])[path[-1]] = copy.deepcopy(new)
    return changed


def without(document: Any, path: Path) -> Any:
    """``document`` with nothing at ``path``."""
    changed = copy.deepcopy(document)
    del _at(changed, path[:-1])[path[-1]]
    return changed


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


@cache
def one_place_of_each_sort() -> tuple[tuple[Any, Path], ...]:
    """Documents with a place in them, such that no two places have the same names and kinds on the way to them."""
    found: dict[tuple[Any, ...], tuple[Any, Path]] = {}
    for document in scenarios():
        for path in places(document):
            found.setdefault(_sort(document, path), (document, path))
    return tuple(found.values())


def _sort(document: Any, path: Path) -> tuple[Any, ...]:
    way: list[Any] = []
    for step in path:
        kind = document.get("type") if isinstance(document, dict) else None
        way.append((kind, "*" if isinstance(step, int) else step))
        document = document[step]
    return tuple(way)
