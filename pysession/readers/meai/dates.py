"""``DateTimeOffset`` as System.Text.Json reads and writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import re2

_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,16}))?)?(Z|[+-]\d\d(?::\d\d)?)?)?\Z",
    re.ASCII,
)
# Years and days that have neighbours in every time zone; what is doubtful is not called canonical.
_CANONICAL = re2.compile(
    r"(?:(?:000[2-9]|00[1-9]\d|0[1-9]\d\d|[1-8]\d\d\d|9[0-8]\d\d|99[0-8]\d|999[0-8])"
    r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{0,6}[1-9])?"
    r"(?:\+00:00|[+-](?:0[1-9]|1[0-3]):[0-5]\d|[+-]00:(?:0[1-9]|[1-5]\d)|[+-]14:00)\n)*"
)
SHORTEST = len("2026-01-02")
"""Shorter texts are refused before anybody looks at their characters."""

_DIGITS = 7  # of a fraction of a second; the others are cut off
_FARTHEST = 14 * 60


def are_canonical(texts: Iterable[str]) -> bool:
    """Whether all ``texts`` are surely read and written as they are."""
    return _CANONICAL.fullmatch("".join(f"{text}\n" for text in texts)) is not None


def normalised(text: str) -> str:
    """``text`` as it is written again: with seconds and offset, the fraction without trailing zeros.

    A time without an offset is in the reader's time zone; it is taken to be UTC.

    Raises:
        ValueError: .NET refuses it.
    """
    match = _TEXT.match(text)
    if match is None:
        raise ValueError("no date of ISO 8601 as System.Text.Json reads it")
    numbers = [int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6)]
    fraction = (match[7] or "")[:_DIGITS].rstrip("0")
    offset = _minutes(match[8])
    moment = datetime(*numbers)  # type: ignore[arg-type]
    try:
        moment - timedelta(minutes=offset)
    except OverflowError:
        raise ValueError("its time in UTC is outside the years 1 to 9999") from None
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{moment.isoformat()}{'.' if fraction else ''}{fraction}{sign}{hours:02}:{minutes:02}"


def _minutes(offset: str | None) -> int:
    if offset is None or offset == "Z":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:] or 0)
    total = hours * 60 + minutes
    if minutes > 59 or total > _FARTHEST:
        raise ValueError("an offset of more than 14 hours")
    return -total if offset[0] == "-" else total
