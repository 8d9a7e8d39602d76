"""Plain JSON values: copying one under a depth limit, and comparing two as values.

Both walks keep their own stack: a stored document may nest deeper than the interpreter's recursion limit leaves room.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pysession.findings import format_pointer
from pysession.model.failures import DepthError, ModelError

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object of any members."""

MAX_DEPTH = 500
"""Arrays and objects inside one another, the document itself counted.

The framework's own ``from_dict`` and ``to_dict`` fail above 494 levels (CPython's default recursion limit), and so do,
a little later, ``json.dumps``, ``copy.deepcopy`` and ``repr``.
"""

_BUILT_IN = frozenset({dict, list, str, int, float, bool, type(None)})
_Trail: TypeAlias = "tuple[_Trail, str | int] | None"
_Pending: TypeAlias = tuple[Any, Callable[[Any], None], int, _Trail]


@runtime_checkable
class Members(Protocol):
    """An object of the typed view: knows its members in the order in which they are written."""

    def members(self) -> JsonObject: ...


def copied(value: Any) -> Any:
    """``value`` as fresh plain dicts and lists, objects of the typed view written out.

    Raises:
        DepthError: more than :data:`MAX_DEPTH` levels.
        ModelError: something in it is no JSON value: a number that is not finite, text that is not Unicode (a lone
            surrogate), a member name that is not text, or a Python object of another type.
    """
    result: list[Any] = []
    pending: list[_Pending] = [(value, result.append, 1, None)]
    while pending:
        item, put, depth, trail = pending.pop()
        kind = type(item)
        if kind not in _BUILT_IN and isinstance(item, Members):
            item, kind = item.members(), dict
        if kind is dict:
            _not_deeper(depth, trail)
            fresh: JsonObject = dict.fromkeys(item)
            put(fresh)
            for name, member in item.items():
                if not _is_text(name):
                    raise ModelError(((_pointer(trail), "a member name is not Unicode text"),))
                pending.append((member, _setter(fresh, name), depth + 1, (trail, name)))
        elif kind is list:
            _not_deeper(depth, trail)
            places: list[Any] = [None] * len(item)
            put(places)
            pending.extend((element, _setter(places, i), depth + 1, (trail, i)) for i, element in enumerate(item))
        elif fault := _scalar_fault(item):
            raise ModelError(((_pointer(trail), fault),))
        else:
            put(item)
    return result[0]


def same(left: Any, right: Any) -> bool:
    """Whether two plain values are the same JSON value: integer and float apart, the order of members aside."""
    pending: list[tuple[Any, Any]] = [(left, right)]
    while pending:
        one, other = pending.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            if one.keys() != other.keys():
                return False
            pending.extend((member, other[name]) for name, member in one.items())
        elif isinstance(one, list):
            if len(one) != len(other):
                return False
            pending.extend(zip(one, other, strict=True))
        elif one != other:
            return False
    return True


def _setter(target: Any, place: str | int) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        target[place] = value

    return put


def _not_deeper(depth: int, trail: _Trail) -> None:
    if depth > MAX_DEPTH:
        raise DepthError(_pointer(trail), MAX_DEPTH)


def _pointer(trail: _Trail) -> str:
    steps: list[str | int] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    return format_pointer(tuple(reversed(steps)))


def _is_text(value: Any) -> bool:
    if type(value) is not str:
        return False
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
    return True


def _scalar_fault(value: Any) -> str | None:
    """Why ``value`` is no JSON scalar, or None when it is one."""
    kind = type(value)
    if kind is str:
        return None if _is_text(value) else "a string holds a lone surrogate, which UTF-8 cannot carry"
    if kind is float:
        return None if isfinite(value) else "a number is not finite"
    if kind is int or kind is bool or value is None:
        return None
    return f"a Python {kind.__name__} is no JSON value"
