"""From a document about which prediction and release disagree to the least one: what is left is what it is about."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from pysession.conform.judging import deep_values

Differs = Callable[[bytes], bool]
"""Whether prediction and release still disagree about a document."""

_SIMPLE: tuple[Any, ...] = ({}, [], "", 0, None)


def shrink(document: bytes, differs: Differs, *, tries: int = 400) -> bytes:
    """The smallest document found in ``tries`` about which ``differs`` still holds; ``document`` itself if none does.

    A JSON value loses members and items and gets simpler ones; where the text is what matters, bytes go.
    """
    budget = _Budget(tries, differs)
    with deep_values():
        try:
            value = json.loads(document)
        except (ValueError, RecursionError):
            return _bytes(document, budget)
        plain = _text(value)
        if not budget.differs(plain):
            return _bytes(document, budget)
        return _value(value, budget)


class _Budget:
    def __init__(self, tries: int, differs: Differs) -> None:
        self._left = tries
        self._differs = differs
        self._seen: set[bytes] = set()

    def differs(self, document: bytes) -> bool:
        if self._left <= 0 or document in self._seen:
            return False
        self._left -= 1
        self._seen.add(document)
        return self._differs(document)


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()


def _value(value: Any, budget: _Budget) -> bytes:
    better = True
    while better:
        better = False
        for candidate in _smaller(value):
            if budget.differs(_text(candidate)):
                value, better = candidate, True
                break
    return _text(value)


def _smaller(value: Any) -> Iterator[Any]:
    """Values like ``value`` with less in them, those with the least first."""
    places = sorted(_places(value, ()), key=lambda place: -len(_text(place[1])))
    yield from (child for path, child in places if len(path) == 1 and isinstance(child, dict | list))
    for path, _ in places:
        candidate = copy.deepcopy(value)
        holder = _at(candidate, path[:-1])
        del holder[path[-1]]
        yield candidate
    for path, child in places:
        inner = list(child.values()) if isinstance(child, dict) else child if isinstance(child, list) else []
        size = len(_text(child))
        for instead in (*inner, *(simple for simple in _SIMPLE if len(_text(simple)) < size)):
            candidate = copy.deepcopy(value)
            _at(candidate, path[:-1])[path[-1]] = instead
            yield candidate


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key), child
        yield from _places(child, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _bytes(document: bytes, budget: _Budget) -> bytes:
    """Leave out ever smaller pieces."""
    size = len(document) // 2
    while size:
        at = 0
        while at < len(document):
            candidate = document[:at] + document[at + size :]
            if budget.differs(candidate):
                document = candidate
            else:
                at += size
        size //= 2
    return document
