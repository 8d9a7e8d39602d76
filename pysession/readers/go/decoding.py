"""Decoding a history and writing it again, as ``encoding/json`` and the SDK's own decoders do.

The history is read with one call of ``json.Unmarshal`` whose error nobody sees: what was decoded until then is used,
and saved where the provider creates entries. A wrong type leaves its member as it was and decoding goes on; an error of
a type with a decoder of its own (contents, times) ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pysession.readers.every_member import is_object, members
from pysession.readers.go import data_uri, timestamps
from pysession.readers.go.table import Field, Record, Union
from pysession.readers.go.text import Text, decoded, go_float

DISCRIMINATOR = "Type"
_MESSAGES = "messages"

_INT64 = range(-(2**63), 2**63)
_EXACT = 2**53
_ZEROS: dict[str, Any] = {"string": "", "bool": False, "int64": 0, "time": ""}
_ASCII_UPPER = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}
# The two letters outside ASCII that fold to one inside it.
_FOLDED = str.maketrans(_ASCII_UPPER | {ord("\u017f"): "S", ord("\u212a"): "K"})

Typed = dict[str, Any]
"""The members of a Go struct that have been set."""


class RefusedError(Exception):
    """A decoder of the SDK returned an error; ``zeroed`` when it has set its member to nothing before."""

    def __init__(self, *, zeroed: bool = False) -> None:
        super().__init__()
        self.zeroed = zeroed


class _WrongTypeError(Exception):
    """``json.UnmarshalTypeError``: the member stays as it was, but for what was set inside it (``partial``)."""

    def __init__(self, partial: Typed | None = None) -> None:
        super().__init__()
        self.partial = partial


class Unwritable:
    """A value that was read and cannot be written: saving the session fails."""


class UnwritableError(Exception):
    """Saving fails because of an :class:`Unwritable`."""


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """The name as Go compares it where it ignores case."""
    return decoded(name).translate(_FOLDED)


class History:
    """The messages of one history: decode it, then look at ``messages`` or write them.

    ``sound`` is false when the SDK got an error for it, which only tells its history provider that there is no history;
    what was decoded until then is used all the same.
    """

    def __init__(self, record: Record, entry: Any) -> None:
        self._record = record
        self._slots: list[Typed | None] = []
        self._length = 0
        self.sound = is_object(entry)
        if not self.sound:
            return
        try:
            for name, value in members(entry):
                if fold(name) == _MESSAGES.upper():
                    self._list(value)
        except RefusedError:
            self.sound = False

    @property
    def messages(self) -> list[Typed | None]:
        """The messages in Go's memory; a null stays one."""
        return self._slots[: self._length]

    def written(self) -> dict[str, Any]:
        """The state entry as it is saved.

        Raises:
            UnwritableError: a value cannot be written.
        """
        fields = self._record.structs["message"]
        saved = [None if one is None else write(self._record, fields, one) for one in self.messages]
        return {_MESSAGES: saved} if saved else {}

    def _list(self, value: Any) -> None:
        """Decode into the list, whose old elements are reused when ``messages`` is repeated."""
        if value is None or value == []:
            self._slots, self._length = [], 0
        elif type(value) is list:
            for index, item in enumerate(value):
                if index >= len(self._slots):
                    self._slots.append(None)
                self._length = max(self._length, index + 1)
                self._slots[index] = self._message(self._slots[index], item, index)
            self._length = len(value)
        else:
            self.sound = False

    def _message(self, current: Typed | None, item: Any, index: int) -> Typed | None:
        if item is None:
            return None
        typed = current if current is not None else {}
        self._slots[index] = typed  # what was set before an error stays
        filled = is_object(item) and fill(self._record, self._record.structs["message"], item, typed)
        self.sound = self.sound and filled
        return typed


def fill(record: Record, fields: tuple[Field, ...], value: Any, typed: Typed) -> bool:
    """Set the members of ``typed`` that ``value`` has; whether all had the right type.

    Raises:
        RefusedError: a decoder of the SDK refused a member.
    """
    by_name = _by_name(fields)
    sound = True
    for name, member in members(value):
        field = by_name.get(fold(name))
        if field is None:
            continue
        try:
            typed[field.name] = _converted(record, field, member, typed.get(field.name))
        except _WrongTypeError as error:
            sound = False
            if error.partial is not None:
                typed[field.name] = error.partial
        except RefusedError as error:
            if error.zeroed:
                typed.pop(field.name, None)
            raise
    return sound


@lru_cache(maxsize=256)
def _by_name(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {fold(field.name): field for field in fields}


def _converted(record: Record, field: Field, value: Any, current: Any) -> Any:
    kind, _, name = field.type.partition(":")
    return _CONVERTERS[kind](record, name, value, current)


def _string(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return current
    if not isinstance(value, str):
        raise _WrongTypeError
    return decoded(value)


def _bool(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return current
    if type(value) is not bool:
        raise _WrongTypeError
    return value


def _int64(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return current
    if type(value) is not int or value not in _INT64:
        raise _WrongTypeError
    return value


def _any(_record: Record, _name: str, value: Any, _current: Any) -> Any:
    loose, sound = _loose(value)
    if not sound:
        raise _WrongTypeError
    return loose


def _any_map(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return None
    if not is_object(value):
        raise _WrongTypeError
    loose, sound = _loose(value)
    merged = (current or {}) | loose
    if not sound:  # a number that is too large has become null
        raise _WrongTypeError(merged)
    return merged


def _int_map(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return None
    if not is_object(value):
        raise _WrongTypeError
    return (current or {}) | {decoded(name): _int64(_record, _name, item, 0) for name, item in members(value)}


def _struct(record: Record, name: str, value: Any, current: Any) -> Any:
    if value is None:
        return current
    if not is_object(value):
        raise _WrongTypeError
    typed: Typed = current or {}
    if not fill(record, record.structs[name], value, typed):
        raise _WrongTypeError(typed)
    return typed


def _union(record: Record, name: str, value: Any, _current: Any) -> Any:
    union = record.unions[name]
    if value is None:
        return [] if union.empties_null else None
    if type(value) is not list:
        raise RefusedError
    return [_item(record, union, item) for item in value]


def _kind(record: Record, name: str, value: Any, _current: Any) -> Any:
    if value is None:
        return None
    return _object(record, record.unions["contents"], name, value)


def _as_text(_record: Record, _name: str, value: Any, _current: Any) -> Any:
    return value


def _one_of(record: Record, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = _discriminator(value, null_clears=False)
    if kind not in record.one_of[name]:
        raise RefusedError
    return _object(record, record.unions["contents"], kind, value)


def _time(_record: Record, _name: str, value: Any, current: Any) -> Any:
    if value is None:
        return current
    # Escapes are not resolved here: Go reads the characters between the quotation marks.
    if not isinstance(value, str) or (type(value) is Text and value.escaped):
        raise RefusedError
    try:
        return timestamps.normalised(value)
    except timestamps.UnwritableTimeError:
        return Unwritable()
    except ValueError:
        raise RefusedError(zeroed=True) from None


_CONVERTERS: dict[str, Callable[[Record, str, Any, Any], Any]] = {
    "string": _string,
    "data-uri": _string,
    "bool": _bool,
    "int64": _int64,
    "any": _any,
    "any-map": _any_map,
    "int-map": _int_map,
    "struct": _struct,
    "union": _union,
    "kind": _kind,
    "one-of": _as_text,
    "time": _time,
}


def _item(record: Record, union: Union, item: Any) -> Any:
    kind = None if item is None else _discriminator(item, null_clears=True)
    if kind in union.kinds:
        return _object(record, union, kind, item)
    if not union.keeps_unknown:
        raise RefusedError
    return item


def _discriminator(item: Any, *, null_clears: bool) -> str:
    """The ``Type`` of an object, empty for none."""
    if not is_object(item):
        raise RefusedError
    found = ""
    for name, value in members(item):
        if fold(name) == DISCRIMINATOR.upper():
            if value is None:
                found = "" if null_clears else found
            elif isinstance(value, str):
                found = decoded(value)
            else:
                raise RefusedError
    return found


def _object(record: Record, union: Union, kind: str, item: Any) -> dict[str, Any]:
    """An object of a known kind as it is written again."""
    if not is_object(item):
        raise RefusedError
    fields = (*union.header, *union.kinds[kind])
    typed: Typed = {}
    if not fill(record, fields, item, typed):
        raise RefusedError
    for field in fields:
        sort, _, name = field.type.partition(":")
        if sort in _FINISHERS:
            typed[field.name] = _FINISHERS[sort](record, name, typed.get(field.name))
    return {**write(record, fields, typed), DISCRIMINATOR: kind}


def _data_uri(record: Record, _name: str, value: Any) -> Any:
    try:
        return data_uri.normalised(value or "", record.data_uri)
    except ValueError:
        raise RefusedError from None


# Looked into only when the whole object has been read, so that of a repeated member the last one counts.
_FINISHERS: dict[str, Callable[[Record, str, Any], Any]] = {"data-uri": _data_uri, "one-of": _one_of}


def _loose(value: Any) -> tuple[Any, bool]:
    """``value`` through Go's ``any``: names sorted, numbers as float64; whether every number has one."""
    root: list[Any] = [value]
    pending: list[tuple[Any, Any]] = [(root, 0)]
    sound = True
    while pending:
        holder, step = pending.pop()
        one = holder[step]
        if is_object(one):
            last = {decoded(name): member for name, member in members(one)}
            holder[step] = {name: last[name] for name in sorted(last)}
            pending.extend((holder[step], name) for name in last)
        elif type(one) is list:
            holder[step] = list(one)
            pending.extend((holder[step], index) for index in range(len(one)))
        elif isinstance(one, str):
            holder[step] = decoded(one)
        elif type(one) is int or isinstance(one, float):
            holder[step] = number = go_number(one)
            sound = sound and number is not None
    return root[0], sound


def go_number(value: float) -> int | float | None:
    """A number after decoding it into Go's ``any`` and writing it again; None when it is too large for it."""
    if type(value) is int and -_EXACT <= value <= _EXACT:
        return value
    try:
        return go_float(float(value))
    except OverflowError:
        return None


def write(record: Record, fields: tuple[Field, ...], typed: Typed) -> dict[str, Any]:
    """A Go struct as it is written.

    Raises:
        UnwritableError: a value cannot be written.
    """
    written: dict[str, Any] = {}
    for field in fields:
        value = typed.get(field.name)
        kind, _, name = field.type.partition(":")
        if value is None:
            value = _ZEROS.get(kind)
        if kind == "struct":
            value = write(record, record.structs[name], value or {})
        elif kind in ("any-map", "int-map") and value is not None:
            value = {key: value[key] for key in sorted(value)}
        elif type(value) is Unwritable:
            raise UnwritableError
        if field.omit == "never" or (field.omit == "absent" and value is not None) or (field.omit == "empty" and value):
            written[field.name] = value
    return written
