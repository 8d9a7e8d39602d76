"""The bytes of ``value.proto`` → JSON values that are ready to be written.

A number that is kept as text, and what lies too deep, comes back as ``msgspec.Raw``: as JSON text.

This module, like the others that pyproject.toml has compiled by mypyc, is written for that: plain loops, and classes with a
method where closures would do.
"""

from __future__ import annotations

import math
import re
import struct
import sys
from abc import ABC, abstractmethod
from typing import Any, Final

import msgspec

from pysession.protobuf.exact import exact
from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import number_of
from pysession.protobuf.json_text import json_text
from pysession.protobuf.varints import FIXED64, LENGTH, VARINT, read_key, read_signed, read_span, read_varint
from pysession.wire import Limits
from pysession.wire.encoding import MARK

DEEPEST: Final = 100
"""How deep messages lie in each other before protobuf's own parsers give up. Compiled code has no other end to it."""

ONE_BYTE: Final = 0x7F
"""Keys and lengths up to this stand as they are."""

_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?\Z")
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_WIDE: Final = Limits(bytes=sys.maxsize, depth=100_000, digits=sys.maxsize, members=sys.maxsize)
"""Who wrote a json_text had limits of its own. Only depth is bounded: a byte of it takes 350 bytes of memory to read."""


class MessageReader(ABC):
    """Reads messages of one form."""

    @abstractmethod
    def read(self, data: bytes, at: int, end: int, depth: int) -> Any:
        """The message whose bytes are from ``at`` to ``end``, and that lies ``depth`` messages deep."""


class ScalarReader(ABC):
    """Reads the fields of one form that are no messages and no strings."""

    @abstractmethod
    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """What stands at ``at``, and the place behind it."""


class Field:
    """What reads a field: ``message`` if it is a message, ``scalar`` if it is a number or a bool, neither for a string."""

    def __init__(self, message: MessageReader | None = None, scalar: ScalarReader | None = None) -> None:
        self.message = message
        self.scalar = scalar


class Choice(MessageReader):
    """Reads messages of which exactly one field is set, by its key.

    ``none``, ``unknown`` and ``several`` are said where it is not so; the field's number goes into ``unknown``.
    """

    def __init__(self, none: str, unknown: str, several: str) -> None:
        self._none = none
        self._unknown = unknown
        self._several = several
        self._fields: list[Field | None] = by_key({})

    def fill(self, fields: dict[int, Field]) -> None:
        """Say what reads the fields, in which there may be messages of this form again."""
        self._fields = by_key(fields)

    def read(self, data: bytes, at: int, end: int, depth: int) -> Any:
        if at == end:
            raise Malformed(self._none)
        if depth > DEEPEST:
            raise too_deep()
        key = data[at]
        at += 1
        if key > ONE_BYTE:
            key, at = read_key(data, at - 1)
            field = self._fields[key] if key < len(self._fields) else None
        else:
            field = self._fields[key]
        if field is None:
            raise Malformed(self._unknown.format(key >> 3))
        if field.scalar is not None:
            value, at = field.scalar.read(data, at)
            if at != end:
                raise Malformed(self._several)
            return value
        at, stop = read_span(data, at, end)
        if stop != end:
            raise Malformed(self._several)
        return data[at:end].decode() if field.message is None else field.message.read(data, at, end, depth + 1)


class Items(MessageReader):
    """Reads messages that are lists of others; ``unknown`` is said where something else stands."""

    def __init__(self, item: MessageReader, unknown: str) -> None:
        self._item = item
        self._unknown = unknown

    def read(self, data: bytes, at: int, end: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while at < end:
            if data[at] != ITEMS:
                raise Malformed(self._unknown)
            at, stop = read_span(data, at + 1, end)
            found.append(self._item.read(data, at, stop, depth + 1))
            at = stop
        return found


class Object(MessageReader):
    """Reads objects with any members."""

    def read(self, data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
        if depth > DEEPEST:
            raise too_deep()
        found: dict[str, Any] = {}
        members = 0
        while at < end:
            if data[at] != _MEMBER:
                raise Malformed("an Object has a field that this version does not know")
            at, stop = read_span(data, at + 1, end)
            name, value = read_member(data, at, stop, depth + 1)
            found[name] = value
            members += 1
            at = stop
        if len(found) != members:
            raise Malformed("an Object has two members of one name, which pysession refuses in JSON too")
        return found


class String(MessageReader):
    """Reads the items of lists of strings, which are no messages but stand as if they were."""

    def read(self, data: bytes, at: int, end: int, depth: int) -> str:
        return data[at:end].decode()


class _Number(MessageReader):
    def read(self, data: bytes, at: int, end: int, depth: int) -> msgspec.Raw:
        text = data[at:end]
        if not _NUMBER.match(text):
            raise Malformed("a number_text is no number as JSON writes it")
        return msgspec.Raw(text)


class _Surrogates(MessageReader):
    def read(self, data: bytes, at: int, end: int, depth: int) -> str:
        return _unpaired(data[at:end])


class _Text(MessageReader):
    def read(self, data: bytes, at: int, end: int, depth: int) -> msgspec.Raw:
        text = data[at:end]
        try:
            if text.startswith(MARK):
                raise ValueError
            # Written again, without white space: a line break would end a line of JSON Lines.
            return msgspec.Raw(json_text(exact(text, _WIDE)))
        except ValueError as fault:
            raise Malformed("a json_text is not the JSON text of a value") from fault


class Null(ScalarReader):
    """Reads a NullValue."""

    def read(self, data: bytes, at: int) -> tuple[None, int]:
        if data[at] != 1:
            raise Malformed("a NullValue is not NULL_VALUE_NULL")
        return None, at + 1


class Bool(ScalarReader):
    """Reads a bool."""

    def read(self, data: bytes, at: int) -> tuple[bool, int]:
        byte = data[at]
        if byte > 1:
            raise Malformed("a bool is neither true nor false")
        return byte == 1, at + 1


class Int64(ScalarReader):
    """Reads an int64."""

    def read(self, data: bytes, at: int) -> tuple[int, int]:
        return read_signed(data, at)


class Uint64(ScalarReader):
    """Reads a uint64."""

    def read(self, data: bytes, at: int) -> tuple[int, int]:
        return read_varint(data, at)


class Double(ScalarReader):
    """Reads a double."""

    def read(self, data: bytes, at: int) -> tuple[float, int]:
        value: float = struct.unpack_from("<d", data, at)[0]
        if not math.isfinite(value):
            raise Malformed("a double is not finite, and JSON has no such number")
        return value, at + 8


def read_member(data: bytes, at: int, end: int, depth: int) -> tuple[str, Any]:
    """Name and value of the Member whose bytes are from ``at`` to ``end``."""
    if at + 1 < end and data[at] == _NAME and data[at + 1] <= ONE_BYTE:
        # read_name in place, for what nearly every member begins with.
        start = at + 2
        at = start + data[at + 1]
        name = data[start:at].decode()
    else:
        name, at = read_name(data, at, end)
    if at >= end or data[at] != _OF:
        raise Malformed("a Member has no value")
    at, stop = read_span(data, at + 1, end)
    if stop != end:
        raise Malformed("a Member has a field that this version does not know")
    return name, VALUE.read(data, at, end, depth + 1)


def read_name(data: bytes, at: int, end: int) -> tuple[str, int]:
    """The name that a Member or an entry begins with, and the place behind it."""
    key = data[at] if at < end else 0
    if key != _NAME and key != _SURROGATE_NAME:
        raise Malformed("a Member has no name")
    at, stop = read_span(data, at + 1, end)
    return data[at:stop].decode() if key == _NAME else _unpaired(data[at:stop]), stop


def by_key(fields: dict[int, Field]) -> list[Field | None]:
    """The fields where their keys are, and None elsewhere: at the least, as many places as there are keys of one byte."""
    return [fields.get(key) for key in range(max((ONE_BYTE, *fields)) + 1)]


def key_of(message: str, field: str, wire_type: int = LENGTH) -> int:
    """What stands before a field."""
    return number_of(message, field) << 3 | wire_type


def too_deep() -> Malformed:
    """What is said of messages that lie too deep in each other."""
    return Malformed(f"messages lie more than {DEEPEST} deep in each other")


def _unpaired(data: bytes) -> str:
    """Text with unpaired surrogates. A pair of them is another character once it is JSON, and might be a name that is there."""
    text = data.decode("utf-8", "surrogatepass")
    if _PAIR.search(text):
        raise Malformed(
            "a surrogate_string or surrogate_name holds a pair of surrogates, which are one character in UTF-8"
        )
    return text


ITEMS: Final = 1 << 3 | LENGTH
"""Every list of something has its items in its first field."""

_MEMBER: Final = key_of("Object", "members")
_NAME: Final = key_of("Member", "name")
_SURROGATE_NAME: Final = key_of("Member", "surrogate_name")
_OF: Final = key_of("Member", "value")

OBJECT: Final = Object()
VALUE: Final = Choice(
    "a Value holds no value",
    "a Value holds a kind of value that this version does not know",
    "a Value holds more than one value",
)
VALUE.fill(
    {
        key_of("Value", "null_value", VARINT): Field(scalar=Null()),
        key_of("Value", "bool_value", VARINT): Field(scalar=Bool()),
        key_of("Value", "int_value", VARINT): Field(scalar=Int64()),
        key_of("Value", "uint_value", VARINT): Field(scalar=Uint64()),
        key_of("Value", "double_value", FIXED64): Field(scalar=Double()),
        key_of("Value", "number_text"): Field(_Number()),
        key_of("Value", "string_value"): Field(),
        key_of("Value", "surrogate_string"): Field(_Surrogates()),
        key_of("Value", "array_value"): Field(Items(VALUE, "an Array has a field that this version does not know")),
        key_of("Value", "object_value"): Field(OBJECT),
        key_of("Value", "json_text"): Field(_Text()),
    }
)
