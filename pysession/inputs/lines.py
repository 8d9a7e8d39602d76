"""JSON Lines, cut into lines in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from pysession.wire import Limits, read

_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SKIP_BYTES = 1 << 20


class Line(msgspec.Struct, frozen=True):
    """A line that is not blank: its 1-based number, its bytes without the line end, and its size in bytes.

    ``data`` is cut one byte after the limit; ``size`` is not.
    """

    number: int
    data: bytes
    size: int


def lines(stream: BinaryIO, limit: int) -> Iterator[Line]:
    """The non-blank lines of ``stream``, holding at most ``limit + 1`` bytes of each."""
    number = 0
    while chunk := stream.readline(limit + 1):
        number += 1
        size = len(chunk)
        if size > limit and not chunk.endswith(b"\n"):
            size += _skip_line(stream)
        if chunk.strip(_BLANK):
            ending = 2 if chunk.endswith(b"\r\n") else 1 if chunk.endswith(b"\n") else 0
            yield Line(number, chunk[: len(chunk) - ending], size - ending)


def _skip_line(stream: BinaryIO) -> int:
    """Pass over the rest of a line; how many bytes that was."""
    skipped = 0
    while tail := stream.readline(_SKIP_BYTES):
        skipped += len(tail)
        if tail.endswith(b"\n"):
            return skipped - 1
    return skipped


def holds_messages(stream: BinaryIO, limits: Limits) -> bool:
    """Whether the first readable record of ``stream`` is a message, which makes the whole of it one history.

    That is how FileHistoryProvider of agent-framework-core writes: a message a line. Broken lines before it are passed
    over, but no more than ``limits.bytes`` of them, as a history of more than that is not read anyway.
    """
    seen = 0
    for line in lines(stream, limits.bytes):
        seen += line.size
        if seen > limits.bytes:
            return False
        reading = read(line.data, limits=limits)
        if reading.readable:
            return is_message(reading.value)
    return False


def is_message(value: object) -> bool:
    """Whether ``value`` is a message of any dialect: tagged as one, or with a role and contents (.NET writes both
    capitalised)."""
    if not isinstance(value, dict):
        return False
    tagged = value.get("type")
    if isinstance(tagged, str) and tagged in ("message", "chat_message"):
        return True
    return ("role" in value or "Role" in value) and ("contents" in value or "Contents" in value)


def looks_like_lines(data: bytes, limits: Limits) -> bool:
    """Whether ``data``, or what is there of it, is several JSON values a line each, rather than one JSON document.

    The first line must be a complete object, and another must begin after it: no single JSON document looks so.
    """
    first, _, rest = data.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK).partition(b"\n")
    begin_alike = first.startswith(b"{") and rest.lstrip(_BLANK).startswith(b"{")
    return begin_alike and first.rstrip(_BLANK).endswith(b"}") and read(first, limits=limits).readable
