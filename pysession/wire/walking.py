"""Stepping through stored bytes from value to value, without building anything: JSON and MessagePack.

A *walk* tells what is inside a value and where a value ends; a *visit* is the way through one array or object. Both
take any bytes that ``read`` gives a value for, and on other bytes end early rather than fail.
"""

from __future__ import annotations

import re
from typing import Protocol

from pysession.wire.encoding import Encoding
from pysession.wire.fault import UnreadableError
from pysession.wire.messagepack_head import Family, Head, member_name, read_head
from pysession.wire.text import decode, read_string


class Visit(Protocol):
    """The way through one array or object."""

    def step(self, at: int) -> tuple[str | int, int] | None:
        """The next step and where its value begins; None at the end, which ``end`` then tells.

        ``at`` is where the value of the step before ended; at first it is ``inside``.
        """

    @property
    def inside(self) -> int:
        """Where the first step begins."""

    @property
    def end(self) -> int:
        """Where the array or object ends, once all its steps were taken."""


class Walk(Protocol):
    """How to go through bytes of one form."""

    def root(self, start: int) -> int:
        """Where the value of the document begins that starts at ``start``."""

    def visit(self, at: int) -> Visit | None:
        """The way through the array or object at ``at``; None for any other value."""

    def skip(self, at: int) -> int:
        """Where the value at ``at`` ends."""


_SPACE = re.compile(rb"[ \t\n\r]*+")
# A quotation mark that follows no backslash ends a string for certain, and is found fastest; else escapes are stepped
# over.
_STRING = rb'(?:"[^"]*+(?<!\\)"|"[^"\\]*+(?:\\.[^"\\]*+)*+")'
# Bytes that are no JSON pass too: they were judged already.
_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:' + _STRING + rb'[^"\[\]{}]*+)*+(?:([\[{])|[\]}])', re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^ \t\n\r,\]}]++", re.DOTALL)
_NAME = re.compile(rb'[ \t\n\r]*+,?[ \t\n\r]*+"([^"\\]*+(?:\\.[^"\\]*+)*+)"[ \t\n\r]*+:[ \t\n\r]*+', re.DOTALL)
_NEXT = re.compile(rb"[ \t\n\r]*+,?[ \t\n\r]*+(?=[^ \t\n\r,\]}])")
_CLOSING = re.compile(rb"[ \t\n\r]*+[\]}]?")


def _after(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at


class JsonWalk:
    """A walk through JSON text; ``data`` may hold other documents before and after."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def root(self, start: int) -> int:
        return _after(_SPACE, self._data, start)

    def visit(self, at: int) -> Visit | None:
        opening = self._data[at : at + 1]
        if opening == b"{":
            return _ObjectVisit(self._data, at + 1)
        return _ArrayVisit(self._data, at + 1) if opening == b"[" else None

    def skip(self, at: int) -> int:
        data = self._data
        if data[at : at + 1] not in (b"{", b"["):
            return _after(_SCALAR, data, at)
        depth = 0
        # Not finditer: after a string without end it would search on from every byte of that string.
        while bracket := _BRACKET.match(data, at):
            at = bracket.end()
            depth += 1 if bracket.lastindex else -1
            if not depth:
                return at
        return len(data)


class _ArrayVisit:
    def __init__(self, data: bytes, inside: int) -> None:
        self.inside = inside
        self.end = inside
        self._data = data
        self._index = -1

    def step(self, at: int) -> tuple[int, int] | None:
        match = _NEXT.match(self._data, at)
        if match is None:
            self.end = _after(_CLOSING, self._data, at)
            return None
        self._index += 1
        return self._index, match.end()


class _ObjectVisit:
    def __init__(self, data: bytes, inside: int) -> None:
        self.inside = inside
        self.end = inside
        self._data = data

    def step(self, at: int) -> tuple[str, int] | None:
        match = _NAME.match(self._data, at)
        if match is None:
            self.end = _after(_CLOSING, self._data, at)
            return None
        return self._name(match), match.end()

    def _name(self, match: re.Match[bytes]) -> str:
        if b"\\" not in match[1]:
            return decode(match[1], 0)[0]
        try:
            return read_string(self._data, match.start(1) - 1).value
        except UnreadableError:
            return decode(match[1], 0)[0]


class MessagePackWalk:
    """A walk through MessagePack."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def root(self, start: int) -> int:
        return start

    def visit(self, at: int) -> Visit | None:
        head = _head(self._data, at)
        if head.family is Family.MAP:
            return _MapVisit(self._data, head)
        return _ItemsVisit(head) if head.family is Family.ARRAY else None

    def skip(self, at: int) -> int:
        missing = 1
        while missing and at < len(self._data):
            head = _head(self._data, at)
            missing += (2 if head.family is Family.MAP else 1) * head.items - 1
            at = head.end
        return at


class _ItemsVisit:
    def __init__(self, head: Head) -> None:
        self.inside = head.body
        self.end = head.body
        self._items = head.items
        self._index = -1

    def step(self, at: int) -> tuple[int, int] | None:
        self._index += 1
        if self._index >= self._items:
            self.end = at
            return None
        return self._index, at


class _MapVisit:
    def __init__(self, data: bytes, head: Head) -> None:
        self.inside = head.body
        self.end = head.body
        self._data = data
        self._missing = head.items

    def step(self, at: int) -> tuple[str, int] | None:
        self._missing -= 1
        if self._missing < 0:
            self.end = at
            return None
        try:
            head = read_head(self._data, at)
            return member_name(self._data, head, at)[0], head.end
        except UnreadableError:
            self.end = len(self._data)
            return None


def walk_of(data: bytes, encoding: Encoding) -> Walk:
    """How to go through ``data``."""
    return MessagePackWalk(data) if encoding.is_messagepack else JsonWalk(data)


def _head(data: bytes, at: int) -> Head:
    """The head at ``at``; what cannot be read counts as a scalar that reaches to the end."""
    try:
        return read_head(data, at)
    except UnreadableError:
        return Head(Family.NIL, at, len(data))
