"""From bytes to a document: read, unwrap, detect."""

from __future__ import annotations

from typing import Any

from pysession.dialects import SINGLE_MESSAGE, UNKNOWN, Detection, detect, histories
from pysession.findings import format_pointer, parse_pointer
from pysession.survey import Document
from pysession.wire import Encoding, Limits, Path, Reading, read


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
            return Document(data, encoding, reading, None, Detection(UNKNOWN, "", missing), (), base)
    if isinstance(value, str):
        inner = _embedded(value, limits)
        if inner is not None:
            return _document(data, encoding, reading, inner, base, embedded=True)
    return _document(data, encoding, reading, value, base, embedded=False)


def _document(data: bytes, encoding: Encoding, reading: Reading, value: Any, base: Path, *, embedded: bool) -> Document:
    detection = detect(value) if reading.readable else Detection(UNKNOWN, "", "it could not be read")
    single = detection.form == SINGLE_MESSAGE
    if single:
        value = [value]
    return Document(data, encoding, reading, value, detection, histories(value, detection), base, embedded, single)


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


def _embedded(text: str, limits: Limits) -> Any | None:
    """The session inside a JSON string, or None when there is none."""
    try:
        inner = read(text.encode(), Encoding.JSON, limits)
    except UnicodeEncodeError:
        return None
    known = inner.readable and detect(inner.value).dialect != UNKNOWN
    return inner.value if known else None
