"""The bytes of a ``pysession.v1.Session`` → the JSON document that it stands for."""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import msgspec

from pysession.dialects import UNKNOWN, vocabulary
from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import enumeration, fields, number_of
from pysession.protobuf.json_text import json_text
from pysession.protobuf.reading_members import object_reader
from pysession.protobuf.reading_objects import ObjectReader
from pysession.protobuf.reading_values import VALUE
from pysession.protobuf.varints import LENGTH, VARINT, read_span, read_varint
from pysession.protobuf.words import Kind, Slot, envelope


def session_document(data: bytes) -> bytes:
    """The JSON document, or its lines, that ``data`` stands for.

    Raises:
        Malformed: ``data`` is no session, or one that no document of its dialect can say.
    """
    try:
        return _document(data)
    except _FAULTS:
        # Whatever is legal and not as we write it (fields in another order, in pieces, twice) the library puts right.
        data = _as_library_writes(data)
    try:
        return _document(data)
    except Malformed:
        raise
    except _FAULTS as fault:
        raise Malformed("some of its bytes mean nothing") from fault


def _as_library_writes(data: bytes) -> bytes:
    from google.protobuf.message import DecodeError

    from pysession.v1.session_pb2 import Session

    try:
        return Session.FromString(data).SerializeToString(deterministic=True)
    except DecodeError as fault:
        raise Malformed("the bytes are no message of protobuf, or one that is too deep") from fault


_FAULTS = (Malformed, IndexError, UnicodeDecodeError, struct.error)


def _document(data: bytes) -> bytes:
    dialect, shape, at = _head(data)
    if shape == "value":
        key, at = read_varint(data, at)
        if key != _VALUE:
            raise Malformed("a session of shape SHAPE_VALUE has a value and no member of an envelope")
        at, stop = read_span(data, at, len(data))
        if stop != len(data):
            raise Malformed("a session has a field that this version does not know")
        return _text(VALUE.read(data, at, stop, 1))
    if dialect == UNKNOWN:
        raise Malformed("a session of no known dialect has the shape SHAPE_VALUE")
    members = _reader(dialect, shape).read(data, at, len(data), 0)
    if shape == "envelope":
        return _text(members)
    if members.keys() != {"messages"}:
        raise Malformed("a document that is messages only has messages, and nothing else")
    messages = members["messages"]
    if shape == "messages":
        return _text(messages)
    if shape == "lines":
        return b"".join(_text(message) + b"\n" for message in messages)
    if len(messages) != 1:
        raise Malformed("a session of shape SHAPE_MESSAGE has exactly one message")
    return _text(messages[0])


def _head(data: bytes) -> tuple[str, str, int]:
    """Dialect and shape, and where the members begin."""
    at, end = 0, len(data)
    numbers: dict[int, int] = {}
    version: str | None = None
    while at < end:
        key, behind = read_varint(data, at)
        if key >> 3 > _HEAD:
            break
        if key in (_DIALECT, _SHAPE):
            numbers[key], at = read_varint(data, behind)
        elif key == _FORMAT_VERSION:
            start, at = read_span(data, behind, end)
            version = data[start:at].decode()
        elif key == _WRITER:
            start, at = read_span(data, behind, end)
            _check_writer(data, start, at)
        else:
            raise Malformed(f"a session has a field {key >> 3} that this version does not know")
    found = []
    for key, name, prefix in ((_DIALECT, "Dialect", "DIALECT_"), (_SHAPE, "Shape", "SHAPE_")):
        known = {number: says for says, number in enumeration(name, prefix).items() if number}
        said = numbers.get(key, 0)
        if said not in known:
            raise Malformed(
                f"a session does not say its {name.lower()}, or says one that this version does not know: {said}"
            )
        found.append(known[said])
    dialect, shape = found
    if version is not None and dialect != UNKNOWN and version != vocabulary(dialect).version:
        raise Malformed(f"a session is in a version of {dialect} that this version of pysession does not know")
    return dialect, shape, at


def _check_writer(data: bytes, at: int, end: int) -> None:
    """A writer is no part of the document, but bytes that are none are no session either."""
    while at < end:
        key, at = read_varint(data, at)
        if key != _RELEASE:
            raise Malformed("a Writer has a field that this version does not know")
        start, at = read_span(data, at, end)
        data[start:at].decode()


@cache
def _reader(dialect: str, shape: str) -> ObjectReader:
    if shape == "envelope":
        return object_reader(envelope(dialect), dialect)
    return object_reader(Kind("Session", {"messages": Slot(fields("Session")["messages"])}, {}), dialect)


def _text(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):
        # Unpaired surrogates, which native code does not write.
        return json_text(value)


_DIALECT, _SHAPE = (number_of("Session", name) << 3 | VARINT for name in ("dialect", "shape"))
_FORMAT_VERSION, _WRITER, _VALUE = (
    number_of("Session", name) << 3 | LENGTH for name in ("format_version", "writer", "value")
)
_RELEASE = number_of("Writer", "release") << 3 | LENGTH
_HEAD = number_of("Session", "shape")
"""The last field that is not a part of the document."""
