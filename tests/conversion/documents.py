"""Documents to convert, and what equality of JSON values means here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pysession.findings import parse_pointer
from pysession.inputs import Record
from pysession.verbs.fixtures import Entry
from tests.documents import stored

TARGETS = ("python", "dotnet", "go")

NOT_READ_BACK = frozenset({"golden/python/1.0.0b251001/thread_text_defaultstr.json"})
"""Written by its application with ``default=str``: its messages are the text of Python objects, and nothing is left."""


@cache
def goldens(*dialects: str) -> tuple[tuple[Entry, Record], ...]:
    """What real libraries wrote in these dialects."""
    return tuple(
        (entry, record)
        for entry, record in stored("golden")
        if entry.dialect in dialects and entry.path not in NOT_READ_BACK
    )


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values are not the same; 1 is not 1.0, and the order of members does not matter."""
    if type(one) is not type(other):
        yield f"{place}: {one!r:.80} became {other!r:.80}"
    elif isinstance(one, dict):
        for name in one.keys() | other.keys():
            if name not in one or name not in other:
                yield f"{place}/{name} {'appeared' if name in other else 'vanished'}"
            else:
                yield from differences(one[name], other[name], f"{place}/{name}")
    elif isinstance(one, list):
        if len(one) != len(other):
            yield f"{place}: {len(one)} items became {len(other)}"
        else:
            for index, (before, after) in enumerate(zip(one, other, strict=True)):
                yield from differences(before, after, f"{place}/{index}")
    elif one != other and not (one != one and other != other):
        yield f"{place}: {one!r:.80} became {other!r:.80}"


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value that holds no others, with its place."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for key, child in children:
        found = True
        yield from leaves(child, (*path, key))
    if not found:
        yield path, value


def has_place(document: Any, pointer: str) -> bool:
    """Whether there is a value at ``pointer``."""
    for step in parse_pointer(pointer) if pointer else ():
        if isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return False
    return True
