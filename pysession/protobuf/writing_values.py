"""JSON values → the bytes of ``value.proto``.

What writes appends pieces to ``out`` and returns how many bytes they are: nothing is copied until a message of
the session is put together.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from pysession.protobuf.exact import NumberText, number
from pysession.protobuf.fields import number_of
from pysession.protobuf.json_text import json_text
from pysession.protobuf.varints import FIXED64, VARINT, Tag, is_int64, is_uint64, signed, sized, tag, tagged, varint

DEEPEST: Final = 90
"""Messages inside each other, at most: parsers of protobuf stop at 100, and others put a session into messages of theirs."""

_LEVELS: Final = 4
"""Messages that a member with a scalar needs below an array or object: itself, Member, Value, and one to spare."""

_NULL: Final = tag(number_of("Value", "null_value"), VARINT) + b"\1"
_TRUE: Final = tag(number_of("Value", "bool_value"), VARINT) + b"\1"
_FALSE: Final = tag(number_of("Value", "bool_value"), VARINT) + b"\0"
_INT: Final = tag(number_of("Value", "int_value"), VARINT)
_UINT: Final = tag(number_of("Value", "uint_value"), VARINT)
_DOUBLE: Final = tag(number_of("Value", "double_value"), FIXED64)
_NUMBER: Final[Tag] = tagged(number_of("Value", "number_text"))
_STRING: Final[Tag] = tagged(number_of("Value", "string_value"))
_SURROGATES: Final[Tag] = tagged(number_of("Value", "surrogate_string"))
_ARRAY: Final[Tag] = tagged(number_of("Value", "array_value"))
_OBJECT: Final[Tag] = tagged(number_of("Value", "object_value"))
_TEXT: Final[Tag] = tagged(number_of("Value", "json_text"))
_ITEM: Final[Tag] = tagged(number_of("Array", "items"))
_MEMBER: Final[Tag] = tagged(number_of("Object", "members"))
_NAME: Final = tag(number_of("Member", "name"))
_SURROGATE_NAME: Final = tag(number_of("Member", "surrogate_name"))
_OF: Final[Tag] = tagged(number_of("Member", "value"))


def has_surrogates(text: str) -> bool:
    """Whether ``text`` has unpaired surrogates, which UTF-8 has not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def write_value(out: list[bytes], value: Any, room: int) -> int:
    """``value`` as a Value, at most ``room`` messages deep."""
    if isinstance(value, str):
        try:
            return _STRING.write(out, value.encode())
        except UnicodeEncodeError:
            return _SURROGATES.write(out, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, (dict, list)):
        return _nested(out, value, room)
    written = _scalar(value)
    out.append(written)
    return len(written)


def write_object(out: list[bytes], value: dict[str, Any], room: int) -> int:
    """``value`` as an Object."""
    size = 0
    for name, item in value.items():
        at = len(out)
        out.append(b"")
        size += _MEMBER.close(out, at, write_member(out, name, item, room - 2))
    return size


def write_member(out: list[bytes], name: str, value: Any, room: int) -> int:
    """A Member."""
    key = _NAMES.get(name)
    if key is None:
        key = _kept(name)
    out.append(key)
    at = len(out)
    out.append(b"")
    return len(key) + _OF.close(out, at, write_value(out, value, room))


def member_name(name: str) -> bytes:
    """The name that a Member or an entry begins with."""
    try:
        return _NAME + sized(name.encode())
    except UnicodeEncodeError:
        return _SURROGATE_NAME + sized(name.encode("utf-8", "surrogatepass"))


_NAMES: Final[dict[str, bytes]] = {}
"""What a member begins with by its name. The same few names come again and again."""

_MOST_NAMES: Final = 4096
_LONGEST_NAME: Final = 64


def _kept(name: str) -> bytes:
    made = member_name(name)
    if len(name) <= _LONGEST_NAME:
        if len(_NAMES) >= _MOST_NAMES:
            _NAMES.clear()
        _NAMES[name] = made
    return made


def double(value: float) -> bytes:
    """``value`` as a fixed64."""
    return struct.pack("<d", value)


def _nested(out: list[bytes], value: Any, room: int) -> int:
    """An array or object, or its text where it lies too deep."""
    if room < _LEVELS and value:
        return _TEXT.write(out, json_text(value))
    at = len(out)
    out.append(b"")
    if isinstance(value, dict):
        return _OBJECT.close(out, at, write_object(out, value, room - 1))
    size = 0
    for item in value:
        inner = len(out)
        out.append(b"")
        size += _ITEM.close(out, inner, write_value(out, item, room - 2))
    return _ARRAY.close(out, at, size)


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
        return _as_text(value.text.encode())
    # A number as the native reader keeps it.
    return _scalar(number(str(value)))


def _integer(value: int) -> bytes:
    if is_int64(value):
        return _INT + signed(value)
    if is_uint64(value):
        return _UINT + varint(value)
    return _as_text(json_text(value))


def _as_text(digits: bytes) -> bytes:
    return _NUMBER.head(len(digits)) + digits
