"""Timestamps as Go's ``time.Time`` reads and writes them in JSON."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

_READ = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII)
_MINUTES_A_DAY = 24 * 60
_NANOSECOND_DIGITS = 9


class UnwritableTimeError(Exception):
    """Go reads this offset of 24 hours, and refuses to write it."""


def normalised(text: str) -> str:
    """``text`` as Go writes it again; empty for the first instant of year 1, which counts as no time.

    Raises:
        ValueError: Go does not read it.
        UnwritableTimeError: Go reads it but cannot write it.
    """
    match = _READ.match(text)
    if match is None:
        raise ValueError("no RFC 3339 time")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year or 4, month)[1] or hour > 23 or max(minute, second) > 59:
        raise ValueError("out of range")
    fraction = (match[7] or "")[:_NANOSECOND_DIGITS].rstrip("0")
    offset = 0
    if match[8]:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 24 or minutes > 60:
            raise ValueError("offset out of range")
        offset = (hours * 60 + minutes) * (-1 if match[8] == "-" else 1)
    if not fraction and _is_zero(year, month, day, hour, minute, second, offset):
        return ""
    if abs(offset) >= _MINUTES_A_DAY:
        raise UnwritableTimeError(text)
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    zone = f"{sign}{hours:02}:{minutes:02}" if offset else "Z"
    point = f".{fraction}" if fraction else ""
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{zone}"


def _is_zero(year: int, month: int, day: int, hour: int, minute: int, second: int, offset: int) -> bool:
    """Whether it is the instant that an absent time has. Year 0 is a leap year, which ``datetime`` does not have."""
    if year > 1:
        return False
    local = datetime(year + 4, month, day, hour, minute, second)
    return local - timedelta(minutes=offset) == datetime(5, 1, 1)
