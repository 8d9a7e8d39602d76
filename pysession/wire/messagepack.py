"""MessagePack as the framework's own stores write it: one value, or records with a length before each.

The findings are those of JSON, because what is stored is JSON's data model: what MessagePack can say beyond it
(binary data, extensions such as timestamps, keys that are no strings) is ``json-invalid``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jiter
import msgspec

from pysession.wire.encoding import Encoding
from pysession.wire.fault import FaultLog, Reading, UnreadableError
from pysession.wire.limits import Limits, exceeded, widest
from pysession.wire.messagepack_head import Family, Head, member_name, read_head, scalar
from pysession.wire.path import Path
from pysession.wire.syntax import utf8_detail

_LENGTH_BYTES = 4
# FileHistoryProvider refuses a record that is empty or larger (agent-framework-core 1.23.0).
_MOST_RECORD_BYTES = 64 * 2**20
# jiter's limit on nesting, which _plain relies on.
_NATIVE_DEPTH = 200

_NO_COUNTERPART = {
    Family.BINARY: "MessagePack binary data has no JSON counterpart; store it as base64 text",
    Family.EXTENSION: "a MessagePack extension (such as a timestamp) has no JSON counterpart; store it as text",
}


def read_message(data: bytes, limits: Limits, log: FaultLog) -> Reading:
    """One MessagePack value."""
    value, readable = None, False
    try:
        value, readable = _parse(data, limits, log), True
    except UnreadableError as error:
        log.note_unreadable(error)
    return Reading(value, readable, log.faults(data, Encoding.MESSAGEPACK), Encoding.MESSAGEPACK)


def read_records(data: bytes, limits: Limits, log: FaultLog) -> Reading:
    """MessagePack values with a length before each."""
    values: list[Any] = []
    unreadable: set[int] = set()
    try:
        for index, (start, end) in enumerate(records(data)):
            try:
                values.append(_parse(data[start:end], limits, log, base=start, prefix=(index,)))
            except UnreadableError as error:
                log.note_unreadable(error, (index,))
                values.append(None)
                unreadable.add(index)
    except UnreadableError as error:
        log.note_unreadable(error, (len(values),))
        unreadable.add(len(values))
        values.append(None)
    readable = not values or len(unreadable) < len(values)
    faults = log.faults(data, Encoding.MESSAGEPACK_RECORDS)
    return Reading(values if readable else None, readable, faults, Encoding.MESSAGEPACK_RECORDS, frozenset(unreadable))


def records(data: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Start and end of each record's value, from the length at ``start`` on.

    Raises:
        UnreadableError: a length is cut off, promises more bytes than there are, or is out of bounds; where the next
            record begins cannot be told then.
    """
    at = start
    while at < len(data):
        start = at + _LENGTH_BYTES
        if start > len(data):
            raise UnreadableError(
                "json-invalid", "the length before a MessagePack record is cut off; restore the file", len(data)
            )
        length = int.from_bytes(data[at:start], "big")
        if not 0 < length <= _MOST_RECORD_BYTES:
            detail = f"a MessagePack record has a length of {length} bytes, not 1 to {_MOST_RECORD_BYTES}"
            raise UnreadableError("json-invalid", f"{detail}; the file is damaged or holds no records", at)
        if start + length > len(data):
            raise UnreadableError(
                "json-invalid", "the last MessagePack record is cut off; restore or remove it", len(data)
            )
        yield start, start + length
        at = start + length


def _parse(data: bytes, limits: Limits, log: FaultLog, *, base: int = 0, prefix: Path = ()) -> Any:
    if limits.depth >= _NATIVE_DEPTH:
        try:
            value = msgspec.msgpack.decode(data)
            # A member takes at least two bytes.
            if _plain(value, data) and (len(data) <= 2 * limits.members or widest(value) <= limits.members):
                return value
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
            pass
    return _Scanner(data, limits, log, base, prefix).document()


def _plain(value: Any, data: bytes) -> bool:
    """Whether ``value`` is all that ``data`` says and nothing but JSON.

    msgspec drops repeated keys, but then writing the value again gives other bytes. It decodes binary data, extensions
    and keys of any type, but then none of those survives being written as JSON and read again. (Numbers that were not
    written in their shortest form fail the first test too, and are left to our own scanner.)
    """
    if msgspec.msgpack.encode(value) != data:
        return False
    again = jiter.from_json(msgspec.json.encode(value), allow_inf_nan=False, catch_duplicate_keys=True)
    return bool(again == value)


class _Open:
    """A map or array whose end has not been read; ``missing`` counts the values still to come."""

    __slots__ = ("container", "missing", "name", "offsets")

    def __init__(self, container: Any, offsets: dict[str, int] | None, missing: int) -> None:
        self.container = container
        self.offsets = offsets
        self.missing = missing
        self.name = ""

    @property
    def step(self) -> str | int:
        return len(self.container) if self.offsets is None else self.name


class _Scanner:
    """Reads the one value in ``data``, as :class:`pysession.wire.scanner.Scanner` does for JSON."""

    def __init__(self, data: bytes, limits: Limits, log: FaultLog, base: int, prefix: Path) -> None:
        self._data = data
        self._limits = limits
        self._log = log
        self._base = base
        self._prefix = prefix
        self._open: list[_Open] = []

    def document(self) -> Any:
        """The value.

        Raises:
            UnreadableError: reading cannot go on; the fault is not in the log yet.
        """
        try:
            value, at = self._value()
            if at < len(self._data):
                raise UnreadableError("json-invalid", "bytes follow the MessagePack value; remove them", at)
        except UnreadableError as error:
            raise UnreadableError(error.rule, error.detail, error.offset + self._base) from None
        return value

    def _value(self) -> tuple[Any, int]:
        at = 0
        while True:
            start, head = at, read_head(self._data, at)
            at = head.end
            if head.family in (Family.ARRAY, Family.MAP):
                value = self._enter(head, start)
                if head.items:
                    at = self._name(at)
                    continue
                self._open.pop()
            else:
                value = self._scalar(head, start)
            while self._open:
                parent = self._open[-1]
                if parent.offsets is None:
                    parent.container.append(value)
                else:
                    parent.container[parent.name] = value
                parent.missing -= 1
                if parent.missing:
                    at = self._name(at)
                    break
                value = self._open.pop().container
            else:
                return value, at

    def _enter(self, head: Head, at: int) -> Any:
        if len(self._open) >= self._limits.depth:
            found = f"arrays and maps are nested deeper than {self._limits.depth} levels"
            raise UnreadableError("limit-exceeded", exceeded("depth", found), at)
        if head.family is Family.MAP and head.items > self._limits.members:
            found = f"a map holds more than {self._limits.members} members"
            raise UnreadableError("limit-exceeded", exceeded("members", found), at)
        opened = _Open([], None, head.items) if head.family is Family.ARRAY else _Open({}, {}, head.items)
        self._open.append(opened)
        return opened.container

    def _name(self, at: int) -> int:
        """Read the key that comes before the next value of a map; the offset of that value."""
        parent = self._open[-1]
        if parent.offsets is None:
            return at
        head = read_head(self._data, at)
        parent.name, bad = member_name(self._data, head, at)
        after = head.end
        first = parent.offsets.setdefault(parent.name, after)
        if first != after:
            detail = "a map holds this key twice and readers keep the last value; remove one"
            self._note("json-duplicate-key", detail, first, after)
        if head.family is not Family.STRING:
            detail = "a MessagePack map has a key that is no string, which has no JSON counterpart; write a string"
            self._note("json-invalid", detail, after)
        if bad:
            self._note("json-not-utf8", utf8_detail(bad.what), bad.offset)
        return after

    def _scalar(self, head: Head, at: int) -> Any:
        if head.family in _NO_COUNTERPART:
            self._note("json-invalid", _NO_COUNTERPART[head.family], at)
        value, bad = scalar(self._data, head)
        if bad:
            self._note("json-not-utf8", utf8_detail(bad.what), bad.offset)
        if head.family is Family.FLOAT and not math.isfinite(value):
            self._note("number-not-json", "NaN and Infinity are not JSON numbers; write null instead", at)
        return value

    def _note(self, rule: str, detail: str, at: int, *related: int) -> None:
        path = () if self._log.full else (*self._prefix, *(frame.step for frame in self._open))
        self._log.note(rule, detail, at + self._base, path, tuple(offset + self._base for offset in related))
