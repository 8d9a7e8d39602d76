"""JSON bytes → the value that they hold, with every number just as it is written.

A number is an ``int`` or ``float`` where that is written again as the same text, else a :class:`NumberText`.
"""

from __future__ import annotations

import re
from typing import Any

import jiter
import msgspec

from pysession.wire import Limits
from pysession.wire.encoding import MARK
from pysession.wire.fault import FaultLog, UnreadableError
from pysession.wire.limits import widest
from pysession.wire.scanner import Scanner

_NEGATIVE_ZERO = re.compile(rb"-0(?![0-9.eE])")
_NATIVE_DEPTH, _NATIVE_DIGITS = 200, 4300
_LOOKED_AT = 1 << 14
"""Bytes by which a document is told that escapes what need not be, as Python's ``json`` does."""

_HARMLESS = frozenset({"string-not-portable"})
"""Faults that leave a value which can be carried."""


class NumberText(msgspec.Struct, frozen=True):
    """A number that is kept as its ``text``."""

    text: str


def number(text: str) -> float | NumberText:
    """The number with a point or exponent that is written ``text``."""
    value = float(text)
    return value if msgspec.json.encode(value) == text.encode() else NumberText(text)


def exact(data: bytes, limits: Limits) -> Any:
    """The value of one JSON document.

    Raises:
        ValueError: it is none, or not one that can be carried; ``pysession.wire.read`` says why.
    """
    if len(data) > limits.bytes:
        raise ValueError
    data = data.removeprefix(MARK)
    if limits.depth < _NATIVE_DEPTH or limits.digits < _NATIVE_DIGITS:
        return _scanned(data, limits)
    value, found = _as_written(data)
    if not found:
        if _NEGATIVE_ZERO.search(data):
            return _scanned(data, limits)
        try:
            value = jiter.from_json(
                data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="all", float_mode="lossless-float"
            )
        except ValueError:
            return _scanned(data, limits)
    if len(data) > 4 * limits.members and data.count(b":") > limits.members and widest(value) > limits.members:
        raise ValueError
    return value


def _as_written(data: bytes) -> tuple[Any, bool]:
    """The value, if writing it gives the bytes back but for white space: then no member is repeated and no number is
    written in another way. Two passes of native code are faster than one that looks for such things."""
    if b"\\u" in data[:_LOOKED_AT]:
        return None, False
    try:
        value = msgspec.json.decode(data)
        again = msgspec.json.encode(value)
        return value, again == data or again == msgspec.json.format(data, indent=-1)
    except (ValueError, RecursionError):
        return None, False


def _scanned(data: bytes, limits: Limits) -> Any:
    try:
        return _ExactScanner(data, limits, FaultLog()).document()
    except UnreadableError as error:
        raise ValueError from error


class _ExactScanner(Scanner):
    """The strict reader, which keeps the texts of numbers, and gives up at the first fault that matters."""

    def _number(self, match: re.Match[bytes], at: int) -> Any:
        text = match[0].decode()
        if _NATIVE_DIGITS < len(match[4].lstrip(b"-")) <= self._limits.digits:
            return NumberText(text)  # to convert it takes the square of the time
        value = super()._number(match, at)
        if type(value) is float:
            return number(text)
        return NumberText(text) if text == "-0" else value

    def _note(self, rule: str, detail: str, at: int, *related: int) -> None:
        # A document may have any number of the harmless ones: none is listed.
        if rule not in _HARMLESS:
            raise UnreadableError(rule, detail, at)
