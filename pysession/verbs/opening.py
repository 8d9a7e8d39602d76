"""From bytes to a document: read, unwrap, detect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pysession import wire
from pysession.dialects import NOWHERE, SINGLE_MESSAGE, UNKNOWN, Detection, Document, detect, histories
from pysession.findings import format_pointer, parse_pointer
from pysession.wire import Encoding, Fault, Limits, Path, Reading, read


def open_document(data: bytes, encoding: Encoding, at: str | None, limits: Limits) -> Document:
    """Read ``data`` and find the session in it: at the root, at the pointer ``at``, or inside a JSON string.

    Raises:
        PointerError: ``at`` is no JSON Pointer.
    """
    steps = parse_pointer(at) if at else ()
    reading = read(data, encoding, limits)
    value: Any = reading.value
    base: Path = ()
    if steps and reading.readable:
        base, value = _at(value, steps)
        if len(base) < len(steps):
            missing = f"there is nothing at {at}, the record ends at {format_pointer(base) or 'its root'}"
            return Document(data, encoding, reading, None, Detection(UNKNOWN, NOWHERE, missing), (), base)
    if isinstance(value, str):
        inner = _embedded(value, limits)
        if inner is not None:
            faults = (*reading.faults, *_faults_inside(data, encoding, base, inner))
            reading = msgspec.structs.replace(reading, readable=inner.readable, faults=faults)
            return _document(data, encoding, reading, inner.value, base, embedded=True)
    return _document(data, encoding, reading, value, base, embedded=False)


def _document(data: bytes, encoding: Encoding, reading: Reading, value: Any, base: Path, *, embedded: bool) -> Document:
    detection = detect(_read(value, reading)) if reading.readable else Detection(UNKNOWN, "", "it could not be read")
    single = detection.form == SINGLE_MESSAGE
    if single:
        value = [value]
    return Document(data, encoding, reading, value, detection, histories(value, detection), base, embedded, single)


def _read(value: Any, reading: Reading) -> Any:
    """``value`` without the records that could not be read; the others tell what the file is."""
    if value is not reading.value or not reading.unreadable_records:
        return value
    return [record for index, record in enumerate(value) if index not in reading.unreadable_records]


def _at(value: Any, steps: tuple[str, ...]) -> tuple[Path, Any]:
    """The value at the end of ``steps``, or as far as they lead."""
    path: Path = ()
    for step in steps:
        if isinstance(value, dict) and step in value:
            value, path = value[step], (*path, step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value, path = value[int(step)], (*path, int(step))
        else:
            break
    return path, value


def _embedded(text: str, limits: Limits) -> Reading | None:
    """What the JSON text in a string holds: a session, or nothing readable; None when it is some other text."""
    inner = read(text.encode("utf-8", "replace"), Encoding.JSON, limits)
    if inner.readable:
        return inner if detect(inner.value).dialect != UNKNOWN else None
    return inner if text.lstrip()[:1] in ("{", "[") else None


def _faults_inside(data: bytes, encoding: Encoding, base: Path, inner: Reading) -> Iterator[Fault]:
    """The faults of an embedded text; they all stand at the string, which is the only place in ``data`` there is."""
    if not inner.faults:
        return
    position = wire.locate(data, encoding, (base,))[base]
    for fault in inner.faults:
        line, column = fault.position.line, fault.position.column
        yield msgspec.structs.replace(
            fault,
            detail=f"inside this JSON string, at its line {line}, column {column}: {fault.detail}",
            path=base + (fault.path or ()),
            position=position,
            related=tuple((base + (path or ()), position) for path, _ in fault.related),
        )
