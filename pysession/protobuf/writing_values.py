"""JSON values → the bytes of ``value.proto``."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import jiter

from pysession.protobuf.exact import NumberText, number
from pysession.protobuf.fields import number_of
from pysession.protobuf.json_text import json_text
from pysession.protobuf.varints import FIXED64, LENGTHS, VARINT, signed, sized, tag, varint

DEEPEST = 90
"""Messages inside each other, at most: parsers of protobuf stop at 100, and others put a session into messages of theirs."""

_LEVELS = 4
"""Messages that a member with a scalar needs below an array or object: itself, Member, Value, and one to spare."""

_VALUE = {
    name: tag(number_of("Value", name), wire_type)
    for name, wire_type in (
        ("null_value", VARINT),
        ("bool_value", VARINT),
        ("int_value", VARINT),
        ("uint_value", VARINT),
        ("double_value", FIXED64),
        *((name, 2) for name in ("number_text", "string_value", "surrogate_string")),
        *((name, 2) for name in ("array_value", "object_value", "json_text")),
    )
}
_NULL = _VALUE["null_value"] + b"\1"
_TRUE, _FALSE = _VALUE["bool_value"] + b"\1", _VALUE["bool_value"] + b"\0"
_INT, _UINT, _DOUBLE = _VALUE["int_value"], _VALUE["uint_value"], _VALUE["double_value"]
_NUMBER, _STRING, _SURROGATES = _VALUE["number_text"], _VALUE["string_value"], _VALUE["surrogate_string"]
_ARRAY, _OBJECT, _TEXT = _VALUE["array_value"], _VALUE["object_value"], _VALUE["json_text"]
_ITEM, _MEMBER = tag(number_of("Array", "items")), tag(number_of("Object", "members"))
_NAME, _SURROGATE_NAME = tag(number_of("Member", "name")), tag(number_of("Member", "surrogate_name"))
_OF = tag(number_of("Member", "value"))

_INT64, _UINT64 = 1 << 63, 1 << 64


def value_body(value: Any, room: int) -> bytes:
    """``value`` as a Value, at most ``room`` messages deep."""
    return _WRITERS[value.__class__](value, room)


def object_body(value: dict[str, Any], room: int) -> bytes:
    """``value`` as an Object."""
    out: list[bytes] = []
    room -= 2
    for name, item in value.items():
        key = _KEYS.get(name) or _key(name)
        body = _WRITERS[item.__class__](item, room)
        size = LENGTHS[len(body)]
        out += _MEMBER, LENGTHS[len(key) + len(size) + len(body)], key, size, body
    return b"".join(out)


def member_body(name: str, value: Any, room: int) -> bytes:
    """A Member."""
    return (_KEYS.get(name) or _key(name)) + sized(_WRITERS[value.__class__](value, room))


def member_name(name: str) -> bytes:
    """The name that a Member or an entry begins with."""
    try:
        return _NAME + sized(name.encode())
    except UnicodeEncodeError:
        return _SURROGATE_NAME + sized(name.encode("utf-8", "surrogatepass"))


_KEYS: dict[str, bytes] = {}
"""What a member begins with, up to its value's length, by its name. The same few names come again and again."""

_MOST_KEYS, _LONGEST_KEY = 4096, 64


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


def _string(value: str, room: int) -> bytes:
    try:
        body = value.encode()
    except UnicodeEncodeError:
        return _SURROGATES + sized(value.encode("utf-8", "surrogatepass"))
    return _STRING + LENGTHS[len(body)] + body


def _integer(value: int, room: int) -> bytes:
    if -_INT64 <= value < _INT64:
        return _INT + signed(value)
    if 0 <= value < _UINT64:
        return _UINT + varint(value)
    return _NUMBER + sized(json_text(value))


def _lossless(value: Any, room: int) -> bytes:
    """A number as the native reader keeps it."""
    found = number(str(value))
    return _WRITERS[found.__class__](found, room)


def _array(value: list[Any], room: int) -> bytes:
    if room < _LEVELS and value:
        return _TEXT + sized(json_text(value))
    out: list[bytes] = []
    for item in value:
        body = _WRITERS[item.__class__](item, room - 2)
        out += _ITEM, LENGTHS[len(body)], body
    return _ARRAY + sized(b"".join(out))


def _object(value: dict[str, Any], room: int) -> bytes:
    if room < _LEVELS and value:
        return _TEXT + sized(json_text(value))
    return _OBJECT + sized(object_body(value, room - 1))


_WRITERS: dict[type, Callable[[Any, int], bytes]] = {
    type(None): lambda value, room: _NULL,
    bool: lambda value, room: _TRUE if value else _FALSE,
    int: _integer,
    float: lambda value, room: _DOUBLE + double(value),
    NumberText: lambda value, room: _NUMBER + sized(value.text.encode()),
    jiter.LosslessFloat: _lossless,
    str: _string,
    list: _array,
    dict: _object,
}
