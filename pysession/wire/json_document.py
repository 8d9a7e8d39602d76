"""JSON documents and JSON Lines: native code first, our own scanner where it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jiter

from pysession.wire.encoding import MARK, Encoding, foreign_encoding, foreign_format
from pysession.wire.fault import FaultLog, Reading, UnreadableError
from pysession.wire.limits import Limits, widest
from pysession.wire.path import Path

# What jiter 0.19 refuses by itself: deeper nesting, longer integers.
_NATIVE_DEPTH = 200
_NATIVE_DIGITS = 4300
_BLANK = b" \t\r"


def read_document(data: bytes, limits: Limits, log: FaultLog) -> Reading:
    """One JSON document."""
    value, readable = None, False
    try:
        start = begin(data, log)
        value, readable = _parse(data[start:], limits, log, base=start), True
    except UnreadableError as error:
        log.note_unreadable(error)
    return Reading(value, readable, log.faults(data, Encoding.JSON), Encoding.JSON)


def read_lines(data: bytes, limits: Limits, log: FaultLog) -> Reading:
    """One JSON document a line."""
    records: list[Any] = []
    unreadable: set[int] = set()
    readable = True
    try:
        for index, (start, end) in enumerate(lines(data, begin(data, log))):
            try:
                records.append(_parse(data[start:end], limits, log, base=start, prefix=(index,)))
            except UnreadableError as error:
                log.note_unreadable(error, (index,))
                records.append(None)
                unreadable.add(index)
        readable = not records or len(unreadable) < len(records)
    except UnreadableError as error:
        log.note_unreadable(error)
        readable = False
    faults = log.faults(data, Encoding.JSON_LINES)
    return Reading(records if readable else None, readable, faults, Encoding.JSON_LINES, frozenset(unreadable))


def begin(data: bytes, log: FaultLog) -> int:
    """Where the text begins: behind a byte order mark, which is noted.

    Raises:
        UnreadableError: the text is in UTF-16 or UTF-32, or the bytes are in a well-known format of another kind.
    """
    if data.startswith(MARK):
        detail = "the text begins with a byte order mark, which many JSON readers refuse; remove its three bytes"
        log.note("json-not-utf8", detail, 0, (), warning=True)
        return len(MARK)
    what = foreign_format(data)
    if what is not None:
        raise UnreadableError("json-invalid", f"this is not JSON but {what}", 0)
    foreign = foreign_encoding(data)
    if foreign:
        raise UnreadableError(
            "json-not-utf8", f"the text is in {foreign}; write it as UTF-8 without a byte order mark", 0
        )
    return 0


def lines(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line that is not blank; LF ends a line, and a CR before it is not part of it."""
    while start < len(data):
        end = data.find(b"\n", start)
        after = len(data) if end < 0 else end
        stop = after - 1 if data[after - 1 : after] == b"\r" else after
        if data[start:stop].strip(_BLANK):
            yield start, stop
        start = after + 1


def _parse(text: bytes, limits: Limits, log: FaultLog, *, base: int = 0, prefix: Path = ()) -> Any:
    if limits.depth >= _NATIVE_DEPTH and limits.digits >= _NATIVE_DIGITS:
        try:
            value = jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="all")
        except ValueError:
            pass
        else:
            if not _may_be_wide(text, limits) or widest(value) <= limits.members:
                return value

    # The scanner is for bad news only; a program that meets none need not load it.
    from pysession.wire.scanner import Scanner

    return Scanner(text, limits, log, base=base, prefix=prefix).document()


def _may_be_wide(text: bytes, limits: Limits) -> bool:
    """Whether an object could have too many members: each takes four bytes and a colon."""
    return len(text) > 4 * limits.members and text.count(b":") > limits.members
