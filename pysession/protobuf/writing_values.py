"""JSON values → the bytes of ``value.proto``.

What writes appends pieces to ``out`` and returns how many bytes they are: nothing is copied until the whole is put together.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from pysession.protobuf.exact import NumberText, number
from pysession.protobuf.fields import number_of
from pysession.protobuf.json_text import json_text
from pysession.protobuf.varints import FIXED64, VARINT, length, signed, tag, varint

DEEPEST: Final = 90
"""Messages inside each other, at most: parsers of protobuf stop at 100, and others put a session into messages of theirs."""

_LEVELS: Final = 4
"""Messages that a member with a scalar needs below an array or object: itself, Member, Value, and one to spare."""

EMPTY: Final = b"\0"
"""A message without fields, behind its tag."""

_NULL: Final = tag(number_of("Value", "null_value"), VARINT) + b"\1"
_TRUE: Final = tag(number_of("Value", "bool_value"), VARINT) + b"\1"
_FALSE: Final = tag(number_of("Value", "bool_value"), VARINT) + b"\0"
_INT: Final = tag(number_of("Value", "int_value"), VARINT)
_UINT: Final = tag(number_of("Value", "uint_value"), VARINT)
_DOUBLE: Final = tag(number_of("Value", "double_value"), FIXED64)
_NUMBER: Final = tag(number_of("Value", "number_text"))
_STRING: Final = tag(number_of("Value", "string_value"))
_SURROGATES: Final = tag(number_of("Value", "surrogate_string"))
_ARRAY: Final = tag(number_of("Value", "array_value"))
_OBJECT: Final = tag(number_of("Value", "object_value"))
_TEXT: Final = tag(number_of("Value", "json_text"))
_ITEM: Final = tag(number_of("Array", "items"))
_MEMBER: Final = tag(number_of("Object", "members"))
_NAME: Final = tag(number_of("Member", "name"))
_SURROGATE_NAME: Final = tag(number_of("Member", "surrogate_name"))
_OF: Final = tag(number_of("Member", "value"))

_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64


def write_bytes(out: list[bytes], body: bytes) -> int:
    """A field's ``body`` behind its length."""
    size = length(len(body))
    out.append(size)
    out.append(body)
    return len(size) + len(body)


def close(out: list[bytes], at: int, size: int) -> int:
    """Put the length of a message of ``size`` bytes where room was left for it: at ``at`` in ``out``. Both together."""
    head = length(size)
    out[at] = head
    return len(head) + size


def write_value(out: list[bytes], value: Any, room: int) -> int:
    """``value`` as a Value, at most ``room`` messages deep."""
    if isinstance(value, str):
        try:
            body = value.encode()
        except UnicodeEncodeError:
            return _field(out, _SURROGATES, value.encode("utf-8", "surrogatepass"))
        return _field(out, _STRING, body)
    if isinstance(value, (dict, list)):
        return _nested(out, value, room)
    return _piece(out, _scalar(value))


def write_object(out: list[bytes], value: dict[str, Any], room: int) -> int:
    """``value`` as an Object."""
    size = 0
    for name, item in value.items():
        out.append(_MEMBER)
        at = len(out)
        out.append(b"")
        size += len(_MEMBER) + close(out, at, write_member(out, name, item, room - 2))
    return size


def write_member(out: list[bytes], name: str, value: Any, room: int) -> int:
    """A Member."""
    key = _KEYS.get(name)
    if key is None:
        key = _key(name)
    out.append(key)
    at = len(out)
    out.append(b"")
    return len(key) + close(out, at, write_value(out, value, room))


def member_name(name: str) -> bytes:
    """The name that a Member or an entry begins with."""
    try:
        body, key = name.encode(), _NAME
    except UnicodeEncodeError:
        body, key = name.encode("utf-8", "surrogatepass"), _SURROGATE_NAME
    return key + length(len(body)) + body


_KEYS: Final[dict[str, bytes]] = {}
"""What a member begins with, up to its value's length, by its name. The same few names come again and again."""

_MOST_KEYS: Final = 4096
_LONGEST_KEY: Final = 64


def _key(name: str) -> bytes:
    made = member_name(name) + _OF
    if len(name) <= _LONGEST_KEY:
        if len(_KEYS) >= _MOST_KEYS:
            _KEYS.clear()
        _KEYS[name] = made
    return made


def double(value: float) -> bytes:
    """``value`` as a fixed64."""
    return struct.pack("<d", value)


def _piece(out: list[bytes], piece: bytes) -> int:
    out.append(piece)
    return len(piece)


def _field(out: list[bytes], key: bytes, body: bytes) -> int:
    out.append(key)
    return len(key) + write_bytes(out, body)


def _nested(out: list[bytes], value: Any, room: int) -> int:
    """An array or object, or its text where it lies too deep."""
    if room < _LEVELS and value:
        return _field(out, _TEXT, json_text(value))
    key = _OBJECT if isinstance(value, dict) else _ARRAY
    out.append(key)
    at = len(out)
    out.append(b"")
    size = write_object(out, value, room - 1) if isinstance(value, dict) else _array(out, value, room)
    return len(key) + close(out, at, size)


def _array(out: list[bytes], value: list[Any], room: int) -> int:
    size = 0
    for item in value:
        out.append(_ITEM)
        at = len(out)
        out.append(b"")
        size += len(_ITEM) + close(out, at, write_value(out, item, room - 2))
    return size


def _scalar(value: Any) -> bytes:
    """Tag and body of what is neither text nor nested."""
    if value is None:
        return _NULL
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _DOUBLE + double(value)
    if isinstance(value, NumberText):
        body = value.text.encode()
        return _NUMBER + length(len(body)) + body
    # A number as the native reader keeps it.
    return _scalar(number(str(value)))


def _integer(value: int) -> bytes:
    if -_INT64 <= value < _INT64:
        return _INT + signed(value)
    if 0 <= value < _UINT64:
        return _UINT + varint(value)
    body = json_text(value)
    return _NUMBER + length(len(body)) + body
