"""Times as .NET and Go write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|z|[+-]\d{2}:\d{2})?\Z")
_DOTNET_DIGITS = 7
_GO_DIGITS = 9


def dotnet_time(text: str) -> str | None:
    """``text`` as .NET writes a ``DateTimeOffset``: ``T``, at most seven digits without trailing zeros, an offset.

    A time without offset is taken as UTC: .NET would take it in the time zone of the machine that reads it (run). None
    when ``text`` is no time that .NET reads.
    """
    return _written(text, _DOTNET_DIGITS, "+00:00")


def go_time(text: str) -> str | None:
    """``text`` in RFC 3339 as Go writes it: at most nine digits without trailing zeros, ``Z`` for offset zero."""
    return _written(text, _GO_DIGITS, "Z")


def _written(text: str, digits: int, zero: str) -> str | None:
    match = _ISO.match(text)
    if match is None:
        return None
    day, time, fraction, offset = match.groups()
    offset = "+00:00" if offset in (None, "Z", "z") else offset
    try:
        datetime.fromisoformat(f"{day}T{time}{offset}")
    except ValueError:
        return None
    kept = (fraction or "")[:digits].rstrip("0")
    return f"{day}T{time}{'.' + kept if kept else ''}{zero if offset == '+00:00' else offset}"


def unix_time(seconds: float) -> str | None:
    """Seconds since 1970 as .NET writes a time in UTC, to the microsecond."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None
    return dotnet_time(moment.isoformat())
