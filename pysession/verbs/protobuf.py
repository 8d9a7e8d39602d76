"""``to_proto`` and ``from_proto``: a document as a serialised ``pysession.v1.Session``, and the same document again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from pysession.dialects import SINGLE_MESSAGE, detect, histories
from pysession.findings.failures import ProtobufError, RefusedError, UsageError
from pysession.inputs.telling import packed
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits, read
from pysession.wire.collecting import without_collecting
from pysession.wire.json_document import lines

_RULES = ("json-invalid", "json-not-utf8", "json-duplicate-key", "number-not-json", "limit-exceeded")
"""What keeps a document from being carried."""


@without_collecting
def to_proto(
    data: bytes, *, encoding: Encoding | None = None, writer: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> bytes:
    """The document in ``data``, in any dialect, as a serialised ``pysession.v1.Session``.

    Nothing is lost: :func:`from_proto` gives the same JSON value, with the same order of members and the same numbers. JSON
    that is no session is carried too. ``encoding`` is that of ``data`` (None: what it begins like; several lines of JSON
    are JSON Lines). ``writer`` is the release that wrote the document, such as ``python@1.23.0``, where that is known.

    >>> blob = to_proto(b'{"type": "session", "session_id": "s1", "state": {}}')
    >>> from_proto(blob)
    b'{"type":"session","session_id":"s1","state":{}}'

    Raises:
        RefusedError: the document cannot be read, or an object in it holds a name twice; its ``report`` says where.
        UsageError: ``data`` are several documents, or the extra ``proto`` is not installed.
    """
    if isinstance(data, str):
        raise UsageError("to_proto takes the bytes as stored; encode the text: to_proto(text.encode(), ...)")
    room = _room()
    try:
        value, by_lines = value_of(data, encoding, limits)
    except ValueError:
        _refuse(data, encoding or packed(data) or Encoding.JSON, limits)
    detection = detect(value[0] if by_lines else value)
    try:
        if by_lines and detection.form != SINGLE_MESSAGE:
            raise room.Unfit
        found = () if by_lines else histories(value, detection)
        written: bytes = room.session_bytes(value, detection, found, lines=by_lines, release=writer)
    except room.Unfit as unfit:
        raise UsageError("these are several documents, one a line; hand over each by itself") from unfit
    return written


@without_collecting
def from_proto(blob: bytes) -> bytes:
    """The document that a serialised ``pysession.v1.Session`` stands for, as compact JSON in UTF-8.

    A document that came as JSON Lines, or as records of MessagePack, is JSON Lines again; one that came as a value of
    MessagePack is JSON.

    Raises:
        ProtobufError: the bytes are no session, or say what no document of its dialect can say; fields that this version
            does not know are refused, because they would be lost.
        UsageError: the extra ``proto`` is not installed.
    """
    room = _room()
    try:
        document: bytes = room.session_document(bytes(blob))
    except room.Malformed as malformed:
        raise ProtobufError(str(malformed)) from malformed
    return document


def _room() -> ModuleType:
    try:
        from pysession import protobuf
    except ImportError as missing:
        raise UsageError("protobuf is not installed; pip install 'pysession-kit[proto]'") from missing
    return protobuf


def value_of(data: bytes, encoding: Encoding | None = None, limits: Limits = DEFAULT_LIMITS) -> tuple[Any, bool]:
    """The value of ``data`` with its numbers as they are written, and whether it is the list of its lines or records.

    Raises:
        ValueError: there is none, or none that can be carried.
    """
    room = _room()
    known = encoding or packed(data) or Encoding.JSON
    if known.is_messagepack:
        reading = read(data, known, limits)
        if not reading.readable or reading.faults:
            raise ValueError
        return reading.value, known is Encoding.MESSAGEPACK_RECORDS
    if known is Encoding.JSON:
        try:
            return room.exact(data, limits), False
        except ValueError:
            if encoding is not None or len(data) > limits.bytes:
                raise
    spans = list(lines(data, 0))
    if encoding is None and len(spans) < 2:
        raise ValueError
    return [room.exact(data[start:end], limits) for start, end in spans], True


def _refuse(data: bytes, encoding: Encoding, limits: Limits) -> None:
    # A document that is in order never comes here, and need not wait for the rules.
    from pysession.verbs.check import check

    raise RefusedError(check(data, encoding=encoding, select=_RULES, limits=limits))
