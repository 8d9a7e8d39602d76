"""Moving moments: all of a run by the same span, so that what came first still does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pysession.anonymising import drawing

_TIME = re.compile(
    r"(?P<date>\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))"
    r"(?:(?P<mark>[Tt ])(?P<clock>(?:[01]\d|2[0-4]):[0-5]\d)(?P<seconds>:(?:[0-5]\d|60))?(?P<rest>[.,]\d*)?)?"
    r"(?P<zone> ?(?:[Zz]|[+-]\d\d:?(?:\d\d)?))?\Z",
    re.A,
)
_LIKE = re.compile(r"\d{4}-\d\d-\d\d", re.A)
_UNSET = 1
"""The year of a time that was never set, in .NET and Go."""

_EPOCH_DIGITS = (10, 13, 16, 19)
"""Digits of a moment of our days in seconds, milliseconds, microseconds, nanoseconds since 1970."""

_DAYS = range(300, 3000)
_SMALL_LEAST = 10_000

NAMES = frozenset({"created_at", "createdat", "timestamp", "last_message_time", "last_message_at"})
"""Members that hold a moment as a number."""


def is_time(text: str) -> bool:
    """Whether ``text`` is written as a moment or a day is."""
    return _TIME.match(text) is not None


def is_like_time(text: str) -> bool:
    """Whether ``text`` begins as a moment does, so that readers see more in it than a text."""
    return _LIKE.match(text) is not None


class Clock:
    """How far this run goes back."""

    def __init__(self, key: bytes) -> None:
        dice = drawing.dice(key, "time", "")
        self._days = dice.choice(_DAYS)
        self._seconds = dice.randrange(86400)
        self._small = dice.randrange(1000, 9000)

    def text(self, text: str) -> str:
        """``text``, which is written as a moment is, further back. What is no moment stays none; an unset one unset."""
        match = _TIME.match(text)
        if match is None or int(text[:4]) == _UNSET:
            return text
        clock, seconds = match["clock"] or "00:00", match["seconds"] or ":00"
        try:
            moment = datetime.fromisoformat(f"{match['date']}T{clock}{seconds}")
            earlier = moment - timedelta(days=self._days)
            if match["clock"]:
                earlier -= timedelta(seconds=self._seconds if match["seconds"] else self._seconds // 60 * 60)
        except (ValueError, OverflowError):
            # Only the year can change without making a moment of it: by fours, for the sake of leap years.
            return f"{max(int(text[:4]) - self._days // 365 * 4, 0):04}{text[4:]}"
        new = earlier.date().isoformat()
        if match["clock"]:
            new += match["mark"] + earlier.strftime("%H:%M" + (":%S" if match["seconds"] else ""))
        return new + (match["rest"] or "") + (match["zone"] or "")

    def whole(self, digits: str) -> str:
        """The digits of a moment that is counted in whole units since 1970; those of a small number a little less."""
        number = int(digits)
        if len(digits) in _EPOCH_DIGITS:
            span = self._days * 86400 + self._seconds
            earlier = number - span * 10 ** (len(digits) - _EPOCH_DIGITS[0])
        else:
            earlier = number - self._small if number >= _SMALL_LEAST else number
        return str(earlier) if earlier > 0 and len(str(earlier)) == len(digits) else digits
