"""What is the same for every Go release about one document: its value, the messages it holds, whether it is compact."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

import msgspec

from pysession.dialects import Document, detect, histories
from pysession.readers.go.shapes import Shape, shapes
from pysession.readers.go.text import parse, plain
from pysession.wire import Encoding

# Go reads a time from the characters as they stand, so one that is written with escapes must be seen as it stands.
_TIME_ESCAPES = re.compile(rb"\\u00(?:2[bdeBDE]|3[0-9aA]|5[4aA])")
# 1e21, 1e-6: Go writes 1e+21 and 0.000001 when it has decoded the number, and leaves it when it has not.
_EXPONENT = re.compile(rb"[:,\[]-?\d++(?:\.\d++)?e-?\d++[,}\]]")
# json.Marshal keeps its output safe inside HTML and JavaScript.
_ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


class Stored:
    """One document as Go programs find it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._parsed: dict[int, Any] = {}
        self._shapes: dict[int, tuple[Any, frozenset[Shape] | None]] = {}

    @cached_property
    def is_plain(self) -> bool:
        """Whether the value that everybody else reads tells all; else the text must be read as Go reads it."""
        document = self._document
        odd = not document.reading.readable or bool(document.reading.faults)
        if document.base:
            return not odd
        odd = odd or document.embedded or document.encoding is not Encoding.JSON
        return not odd and not _TIME_ESCAPES.search(document.data)

    def value(self, depth: int) -> Any:
        """The session's value, in the form of :mod:`pysession.readers.go.text` where it is not plain.

        Raises:
            GoSyntaxError: it is no JSON, or nested deeper than ``depth``.
        """
        document = self._document
        if self.is_plain:
            return document.value[0] if document.single else document.value
        if depth not in self._parsed:
            self._parsed[depth] = parse(self._text() if document.base else document.data, depth)
        return self._parsed[depth]

    @cached_property
    def held(self) -> int:
        """Messages that the document holds, under whatever key."""
        document = self._document
        found = document.histories
        if not document.reading.readable:  # too much for wire.read, and not for Go
            (root,) = self._parsed.values()
            value = plain(root)
            found = histories(value, detect(value))
        segments = (segment for history in found if history.live for segment in history.segments)
        return sum([*map(type, segment.messages)].count(dict) for segment in segments)

    def shapes(self, messages: list[Any]) -> frozenset[Shape] | None:
        """What :func:`pysession.readers.go.shapes.shapes` says of ``messages``, which is a list of this document."""
        if id(messages) not in self._shapes:
            self._shapes[id(messages)] = messages, shapes(messages)
        return self._shapes[id(messages)][1]

    @cached_property
    def is_compact(self) -> bool | None:
        """Whether its bytes are those that Go writes for its value, exponents apart; None where that cannot be said."""
        document = self._document
        if document.base or document.embedded or document.reading.faults or not document.reading.readable:
            return None
        try:
            written = msgspec.json.encode(document.value)
        except RecursionError:  # nested deeper than Python's encoders go
            return None
        for character, escape in _ESCAPES:
            written = written.replace(character, escape)
        return True if written == document.data else None

    @cached_property
    def has_exponents(self) -> bool:
        """Whether it may have numbers that Go writes in another way when it has decoded them."""
        return _EXPONENT.search(self._document.data) is not None

    def _text(self) -> bytes:
        """The text of a session that stands inside a record."""
        if self._document.embedded:
            found = self._document.reading.value
            for step in self._document.base:
                found = found[step]
            if isinstance(found, str):
                return found.encode("utf-8", "surrogatepass")
        return json.dumps(self._document.value).encode()
