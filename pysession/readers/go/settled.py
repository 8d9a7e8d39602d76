"""Telling quickly that a message would be saved exactly as it is, so that it need not be decoded.

Go writes most of what it reads back as it was; a long history is a long list of such messages. What only depends on an
object's member names and their types is found out once for each such shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pysession.readers.go.decoding import DISCRIMINATOR
from pysession.readers.go.table import Field, Record

_Check = Callable[[Any], bool]
_Plan = tuple[tuple[str, _Check], ...] | None
"""What remains to be asked of an object of one shape, by member; None: such an object is changed, or may be."""

_TIME = re.compile(
    r"(?!0001-01-01)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?:\.\d{0,8}[1-9])?(?:Z|[+-](?:0[1-9]|1\d|2[0-3]):[0-5]\d)\Z",
    re.ASCII,
)
_INT64 = range(-(2**63), 2**63)
_EXACT = range(-(2**53), 2**53 + 1)
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "bool": (bool,),
    "int64": (int,),
    "any": (str, bool, int, list, dict),
    "any-map": (dict,),
    "int-map": (dict, type(None)),
    "struct": (dict,),
    "union": (list,),
    "time": (str,),
}


class Settled:
    """Whether messages of a document are saved as they are by the releases of one record."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._plans: dict[Any, _Plan] = {}
        self._kinds = {
            (union, kind): (*listed.header, *fields)
            for union, listed in record.unions.items()
            for kind, fields in listed.kinds.items()
        }

    def messages(self, value: list[Any]) -> bool:
        """Whether every one of ``value`` is a message that stays as it is."""
        message = self._record.structs["message"]
        return all(type(one) is dict and self._struct("message", message, one) for one in value)

    def _struct(self, name: str, fields: tuple[Field, ...], value: dict[str, Any]) -> bool:
        key = (name, *value, *map(type, value.values()))
        plan = self._plans.get(key, ())
        if plan == () and key not in self._plans:
            plan = self._plans[key] = self._plan(fields, value, typed=False)
        return plan is not None and all(check(value[member]) for member, check in plan)

    def _item(self, union: str, value: Any) -> bool:
        if type(value) is not dict:
            return False
        kind = value.get(DISCRIMINATOR)
        if type(kind) is not str:
            return False
        key = (union, kind, *value, *map(type, value.values()))
        plan = self._plans.get(key, ())
        if plan == () and key not in self._plans:
            fields = self._kinds.get((union, kind))
            plan = self._plans[key] = None if fields is None else self._plan(fields, value, typed=True)
        return plan is not None and all(check(value[member]) for member, check in plan)

    def _plan(self, fields: tuple[Field, ...], value: dict[str, Any], *, typed: bool) -> _Plan:
        known = {field.name: field for field in fields}
        names = [*value]
        written = [*(name for name in known if name in value), *((DISCRIMINATOR,) if typed else ())]
        if names != written or any(field.omit == "never" and field.name not in value for field in fields):
            return None
        checks: list[tuple[str, _Check]] = []
        for name in names[: len(names) - typed]:
            kind, _, inner = known[name].type.partition(":")
            if type(value[name]) not in _TYPES.get(kind, ()):
                return None
            check = self._check(kind, inner)
            if check is not None:
                checks.append((name, check))
            if known[name].omit == "empty":
                checks.append((name, bool))
        return tuple(checks)

    def _check(self, kind: str, inner: str) -> _Check | None:
        if kind == "struct":
            fields = self._record.structs[inner]
            return lambda value: self._struct(inner, fields, value)
        if kind == "union":
            return lambda value: all(self._item(inner, item) for item in value)
        return _CHECKS.get(kind)


def _is_plain(value: Any) -> bool:
    """Whether Go's ``any`` would give it back: no float, no integer that has no float64, names in order."""
    pending = [value]
    while pending:
        one = pending.pop()
        kind = type(one)
        if kind is dict:
            if [*one] != sorted(one):
                return False
            pending.extend(one.values())
        elif kind is list:
            pending.extend(one)
        elif kind is float or (kind is int and one not in _EXACT):
            return False
    return True


def _is_counts(value: Any) -> bool:
    return value is None or (
        [*value] == sorted(value) and all(type(one) is int and one in _INT64 for one in value.values())
    )


_CHECKS: dict[str, _Check] = {
    "int64": lambda value: value in _INT64,
    "any": _is_plain,
    "any-map": _is_plain,
    "int-map": _is_counts,
    "time": lambda value: _TIME.match(value) is not None,
}
