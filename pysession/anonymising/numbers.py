"""Other numbers: of the same length, sign and size, whole or not as before."""

from __future__ import annotations

import math
import re

from pysession.anonymising import drawing
from pysession.anonymising.times import NAMES, Clock
from pysession.anonymising.words import is_public_number
from pysession.readers.go.decoding import go_number

_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]+)(?P<point>\.?)(?P<fraction>[0-9]*)(?P<exponent>(?:[eE][+-]?[0-9]+)?)\Z"
)
_DIGITS = re.compile(r"[0-9]+")
_ATTEMPTS = 400
_MANY = 25
"""Digits from which on a number is beyond everything that anybody tells apart."""

# Where one reader or form of storage takes a number and the next one does not: 53 bits of a double, 64, 63, 32, 31, 16, 8
# and 7 bits, and -32 of MessagePack.
_BOUNDS = (2**64, 2**63, 2**53, 2**32, 2**31, 2**16, 2**15, 2**8, 2**7, 32)


class Numbers:
    """The numbers of a run. Equal ones stay equal, written as ``7`` or as ``7.0``."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._new: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._taken: set[tuple[str, str]] = set()

    def of(self, text: str, name: str | None) -> str:
        """What stands for the number that is written as ``text`` under ``name``, which may be none: then digits for digits."""
        if is_public_number(name, text):
            return text
        match = _NUMBER.match(text)
        if match is None:
            return _DIGITS.sub(lambda digits: self._pair("", digits[0], "", "")[0], text)
        fraction = match["fraction"].rstrip("0")
        zeros = match["fraction"][len(fraction) :]
        sign, whole, exponent = match["sign"], match["whole"], match["exponent"]
        moment = (
            self._moment(sign, whole, fraction) if not exponent and name is not None and name.lower() in NAMES else None
        )
        if moment is not None:
            whole = moment
        else:
            whole, fraction = self._pair(sign, whole, fraction, exponent)
        return f"{sign}{whole}{match['point']}{fraction}{zeros}{exponent}"

    def _moment(self, sign: str, whole: str, fraction: str) -> str | None:
        """The whole units of an earlier moment; None where that is a number of another sort."""
        new = self._clock.whole(whole)
        return new if _likeness(sign + new, fraction, "") == _likeness(sign + whole, fraction, "") else None

    def _pair(self, sign: str, whole: str, fraction: str, exponent: str) -> tuple[str, str]:
        if whole.strip("0") in ("", "1") and len(whole) == 1 and not fraction:
            return whole, fraction
        asked = (f"{sign}{whole}", fraction, exponent)
        if asked not in self._new:
            self._new[asked] = self._drawn(sign, whole, fraction, exponent)
            self._taken.add((sign + self._new[asked][0], self._new[asked][1]))
        return self._new[asked]

    def _drawn(self, sign: str, whole: str, fraction: str, exponent: str) -> tuple[str, str]:
        likeness = _likeness(f"{sign}{whole}", fraction, exponent)
        for attempt in range(_ATTEMPTS):
            draws = drawing.octets(
                self._key, "number", f"{sign}{whole}.{fraction}", attempt, len(whole) + len(fraction)
            )
            new = _scrambled(whole, draws), _scrambled(fraction, draws[len(whole) :])
            taken = (sign + new[0], new[1]) in self._taken
            if not taken and new != (whole, fraction) and _likeness(sign + new[0], new[1], exponent) == likeness:
                return new
        return whole, fraction  # one of a kind: a power of two at the edge of what a double holds


def _scrambled(digits: str, draws: bytes) -> str:
    """Other digits: 0 where it was at either end, something else there where it was not."""
    last = len(digits.rstrip("0")) - 1
    leading = len(digits) - len(digits.lstrip("0"))
    new = []
    for index, (digit, draw) in enumerate(zip(digits, draws, strict=False)):
        if index < leading or index > last:
            new.append(digit)
        elif index in (leading, last):
            new.append(str(1 + draw % 9))
        else:
            new.append(str(draw % 10))
    return "".join(new)


def _likeness(whole: str, fraction: str, exponent: str) -> tuple[object, ...]:
    if len(whole) > _MANY:
        return (math.isinf(float(whole + exponent)),) if len(whole) < 1000 and len(exponent) < 8 else ()
    number = int(whole)
    size = tuple((number >= bound, number > bound, number >= -bound, number > -bound) for bound in _BOUNDS)
    if not fraction and not exponent:
        return (number in (0, 1, -1), *size, go_number(number) == number)
    text = f"{whole}.{fraction}{exponent}" if fraction else whole + exponent
    value = float(text)
    return *size, math.isinf(value), value == 0, value.is_integer(), repr(value) == text
