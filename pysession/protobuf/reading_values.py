"""The bytes of ``value.proto`` → JSON values that are ready to be written.

A number that is kept as text, and what lies too deep, comes back as ``msgspec.Raw``: the text itself.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

import msgspec

from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import number_of
from pysession.protobuf.varints import FIXED64, LENGTH, VARINT, read_signed, read_span, read_varint
from pysession.wire import read

_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?\Z")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HARMLESS = frozenset({"string-not-portable"})


def _key(message: str, field: str, wire_type: int = LENGTH) -> int:
    return number_of(message, field) << 3 | wire_type


_STRING, _OBJECT = _key("Value", "string_value"), _key("Value", "object_value")
_ITEM, _MEMBER = _key("Array", "items"), _key("Object", "members")
_NAME, _SURROGATE_NAME, _OF = _key("Member", "name"), _key("Member", "surrogate_name"), _key("Member", "value")


def read_value(data: bytes, at: int, end: int) -> Any:
    """The Value whose bytes are from ``at`` to ``end``."""
    if at == end:
        raise Malformed("a Value holds no value")
    if data[at] == _STRING:
        at, stop = read_span(data, at + 1, end)
        if stop == end:
            return data[at:stop].decode()
        raise Malformed("a Value holds more than one value")
    read_kind = _READERS.get(data[at])
    if read_kind is None:
        raise Malformed("a Value holds a kind of value that this version does not know")
    value, at = read_kind(data, at + 1, end)
    if at != end:
        raise Malformed("a Value holds more than one value")
    return value


def read_object(data: bytes, at: int, end: int) -> dict[str, Any]:
    """The Object whose bytes are from ``at`` to ``end``."""
    found: dict[str, Any] = {}
    while at < end:
        if data[at] != _MEMBER:
            raise Malformed("an Object has a field that this version does not know")
        # read_span in place: objects with a few short members are most of what there is.
        length = data[at + 1]
        at += 2
        if length > 0x7F:
            length += (data[at] << 7) - 0x80
            at += 1
            if length > 0x3FFF:
                length, at = read_varint(data, at - 2)
        stop = at + length
        name, value = read_member(data, at, stop)
        if name in found:
            raise Malformed("an Object has two members of one name, which pysession refuses in JSON too")
        found[name] = value
        at = stop
    if at != end:
        raise Malformed("a length leads beyond the end")
    return found


def read_member(data: bytes, at: int, end: int) -> tuple[str, Any]:
    """Name and value of the Member whose bytes are from ``at`` to ``end``."""
    length = data[at + 1]
    if data[at] == _NAME and length <= 0x7F:
        # read_name in place, for what nearly every member begins with.
        start = at + 2
        at = start + length
        name = data[start:at].decode()
    else:
        name, at = read_name(data, at, end)
    if at >= end or data[at] != _OF:
        raise Malformed("a Member has no value")
    length = data[at + 1]
    at += 2
    if length > 0x7F:
        length, at = read_varint(data, at - 1)
    if at + length != end:
        raise Malformed("a Member has a field that this version does not know")
    if length > 1 and data[at + 1] == length - 2:
        # A value whose length takes one byte.
        if data[at] == _STRING:
            return name, data[at + 2 : end].decode()
        if data[at] == _OBJECT:
            return name, read_object(data, at + 2, end)
    return name, read_value(data, at, end)


def read_name(data: bytes, at: int, end: int) -> tuple[str, int]:
    """The name that a Member or an entry begins with, and the place behind it."""
    key = data[at] if at < end else 0
    if key not in (_NAME, _SURROGATE_NAME):
        raise Malformed("a Member has no name")
    at, stop = read_span(data, at + 1, end)
    return data[at:stop].decode() if key == _NAME else _unpaired(data[at:stop]), stop


def read_string(data: bytes, at: int, end: int) -> tuple[str, int]:
    """The string whose length stands at ``at``, and the place behind it."""
    at, stop = read_span(data, at, end)
    return data[at:stop].decode(), stop


def read_bool(data: bytes, at: int, end: int) -> tuple[bool, int]:
    """The bool at ``at``, and the place behind it."""
    byte = data[at]
    if byte > 1:
        raise Malformed("a bool is neither true nor false")
    return byte == 1, at + 1


def read_int64(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The int64 at ``at``, and the place behind it."""
    return read_signed(data, at)


def read_double(data: bytes, at: int, end: int) -> tuple[float, int]:
    """The double at ``at``, and the place behind it."""
    (value,) = struct.unpack_from("<d", data, at)
    if not math.isfinite(value):
        raise Malformed("a double is not finite, and JSON has no such number")
    return value, at + 8


def read_null(data: bytes, at: int, end: int) -> tuple[None, int]:
    """The NullValue at ``at``, and the place behind it."""
    if data[at] != 1:
        raise Malformed("a NullValue is not NULL_VALUE_NULL")
    return None, at + 1


def _number(data: bytes, at: int, end: int) -> tuple[msgspec.Raw, int]:
    at, stop = read_span(data, at, end)
    text = data[at:stop]
    if not _NUMBER.match(text):
        raise Malformed("a number_text is no number as JSON writes it")
    return msgspec.Raw(text), stop


def _surrogates(data: bytes, at: int, end: int) -> tuple[str, int]:
    at, stop = read_span(data, at, end)
    return _unpaired(data[at:stop]), stop


def _unpaired(data: bytes) -> str:
    """Text with unpaired surrogates. A pair of them is another character once it is JSON, and might be a name that is there."""
    text = data.decode("utf-8", "surrogatepass")
    if _PAIR.search(text):
        raise Malformed(
            "a surrogate_string or surrogate_name holds a pair of surrogates, which are one character in UTF-8"
        )
    return text


def _array(data: bytes, at: int, end: int) -> tuple[list[Any], int]:
    at, end = read_span(data, at, end)
    found: list[Any] = []
    while at < end:
        if data[at] != _ITEM:
            raise Malformed("an Array has a field that this version does not know")
        at, stop = read_span(data, at + 1, end)
        found.append(read_value(data, at, stop))
        at = stop
    return found, end


def _object(data: bytes, at: int, end: int) -> tuple[dict[str, Any], int]:
    at, stop = read_span(data, at, end)
    return read_object(data, at, stop), stop


def _text(data: bytes, at: int, end: int) -> tuple[msgspec.Raw, int]:
    at, stop = read_span(data, at, end)
    text = data[at:stop]
    reading = read(text)
    if not reading.readable or any(fault.rule not in _HARMLESS for fault in reading.faults):
        raise Malformed("a json_text is not the JSON text of a value")
    return msgspec.Raw(text), stop


_READERS: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    _key("Value", "null_value", VARINT): read_null,
    _key("Value", "bool_value", VARINT): read_bool,
    _key("Value", "int_value", VARINT): read_int64,
    _key("Value", "uint_value", VARINT): lambda data, at, end: read_varint(data, at),
    _key("Value", "double_value", FIXED64): read_double,
    _key("Value", "number_text"): _number,
    _key("Value", "string_value"): read_string,
    _key("Value", "surrogate_string"): _surrogates,
    _key("Value", "array_value"): _array,
    _key("Value", "object_value"): _object,
    _key("Value", "json_text"): _text,
}
"""By the byte that stands before a kind of value."""
