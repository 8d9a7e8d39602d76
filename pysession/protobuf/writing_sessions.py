"""A document's value → the bytes of a ``pysession.v1.Session``."""

from __future__ import annotations

from functools import cache
from typing import Any

from pysession.dialects import SINGLE_MESSAGE, UNKNOWN, Detection, History, vocabulary
from pysession.protobuf.failures import Unfit
from pysession.protobuf.fields import Field, enumeration, fields, number_of
from pysession.protobuf.varints import VARINT, sized, tag, tagged
from pysession.protobuf.words import Slot, envelope, words_of
from pysession.protobuf.writing_members import form_of, object_writer
from pysession.protobuf.writing_objects import Form, Lists, ObjectWriter
from pysession.protobuf.writing_values import DEEPEST, write_value


def session_bytes(
    value: Any,
    detection: Detection,
    histories: tuple[History, ...],
    *,
    lines: bool = False,
    release: str | None = None,
) -> bytes:
    """``value`` as a serialised Session: its fields in the order of their numbers, as the protobuf library writes them.

    ``lines``: the document has a message in every line. ``release`` wrote it, as far as is known.

    Raises:
        Unfit: a line is no message.
    """
    dialect = detection.dialect
    shape, value = _shape(value, detection, lines)
    # A document that is messages only is one list of them, which no history lists when it is empty or a single message.
    languages = {id(value): words_of(dialect)} if shape in _LISTS else {}
    languages |= {id(segment.messages): history.language for history in histories for segment in history.segments}
    lists = Lists(languages)
    out = [_head(dialect, release)]
    if shape == "envelope":
        out.append(_shape_field(shape))
        _envelope_writer(dialect).write(out, value, DEEPEST - 1, lists)
    elif shape in _LISTS and _messages(dialect).fits(value, DEEPEST - 1, lists):
        out.append(_shape_field(shape))
        _messages(dialect).write(out, _MESSAGES, value, DEEPEST - 1, lists)
    elif shape == "lines":
        raise Unfit
    else:
        # Not every item of the list is a message, or the document is no session at all.
        out += _shape_field("value"), b""
        _VALUE.close(out, len(out) - 1, write_value(out, value[0] if shape == "message" else value, DEEPEST - 2))
    return b"".join(out)


def _shape(value: Any, detection: Detection, lines: bool) -> tuple[str, Any]:
    if detection.dialect == UNKNOWN and not lines:
        return "value", value
    if lines:
        return "lines", value
    if value.__class__ is list:
        return "messages", value
    return ("message", [value]) if detection.form == SINGLE_MESSAGE else ("envelope", value)


def _head(dialect: str, release: str | None) -> bytes:
    named = _DIALECT + bytes([enumeration("Dialect", "DIALECT_")[dialect]])
    version = b"" if dialect == UNKNOWN else _FORMAT_VERSION + sized(vocabulary(dialect).version.encode())
    writer = b"" if release is None else _WRITER + sized(_RELEASE + sized(release.encode()))
    return named + version + writer


def _shape_field(shape: str) -> bytes:
    return _SHAPE + bytes([enumeration("Shape", "SHAPE_")[shape]])


@cache
def _envelope_writer(dialect: str) -> ObjectWriter:
    return object_writer(envelope(dialect), dialect)


@cache
def _messages(dialect: str) -> Form:
    return form_of(dialect, Slot(_field("messages")))


def _field(name: str) -> Field:
    return fields("Session")[name]


_LISTS = ("messages", "message", "lines")
_DIALECT, _SHAPE = tag(number_of("Session", "dialect"), VARINT), tag(number_of("Session", "shape"), VARINT)
_FORMAT_VERSION, _WRITER = tag(number_of("Session", "format_version")), tag(number_of("Session", "writer"))
_RELEASE = tag(number_of("Writer", "release"))
_MESSAGES, _VALUE = tagged(number_of("Session", "messages")), tagged(number_of("Session", "value"))
