"""One run: everything in it that is equal stays equal, in whatever file it stands."""

from __future__ import annotations

import re

from pysession.anonymising import drawing, json_bytes, packed_bytes
from pysession.anonymising.json_bytes import Group, Kind, Replacing, pieces
from pysession.anonymising.names import Names
from pysession.anonymising.numbers import Numbers
from pysession.anonymising.packed_bytes import Learned
from pysession.anonymising.spelling import errors_of, text_of
from pysession.anonymising.texts import Texts, looks_like_json
from pysession.anonymising.times import Clock
from pysession.wire import Encoding
from pysession.wire.encoding import foreign_encoding, foreign_format

_ENTRIES = "statebag"
_GO = re.compile(rb'"(?:ServiceID|State|Contents|Type)"[ \t\r\n]*:')
"""What only documents in Go's words have."""

_LENGTH_BYTES = 4
_NESTED = 8
"""How deep JSON text in JSON text is taken for what it is."""

_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_MOST_CONTROLS = 1 / 16
"""The part of a text that may be control characters; more of them are in what is no text, and would be left in it."""


class Anonymiser:
    """Learn every document of a run, then rewrite each."""

    def __init__(self, seed: bytes) -> None:
        self._key = drawing.key_of(seed)
        clock = Clock(self._key)
        self._names = Names(self._key)
        self._numbers = Numbers(self._key, clock)
        self._texts = Texts(self._key, clock, self._inner)
        self._replacing = Replacing(self._names.of, self._texts.of, self._numbers.of)
        self._depth = 0

    def learn(self, data: bytes, encoding: Encoding) -> None:
        """Take note of the names in ``data``: which stand together decides what they can become."""
        if encoding.is_messagepack:
            learned = Learned()
            for start, end in _records(data, encoding):
                packed_bytes.rewritten(data[start:end], self._key, self._replacing, learned)
            self._learn_groups(learned.groups, in_order=False)
            for text in filter(looks_like_json, learned.texts):
                self._learn_text(text.encode("utf-8", errors_of(text)), in_order=False)
        else:
            readable, _ = _utf8(data)
            in_order = _GO.search(readable) is not None
            for line in _lines(readable, encoding):
                self._learn_text(line, in_order=in_order)

    def rewrite(self, data: bytes, encoding: Encoding) -> bytes:
        """``data`` with its shape and none of its content."""
        if encoding.is_messagepack:
            parts: list[bytes] = []
            at = 0
            for start, end in _records(data, encoding):
                parts += data[at:start], packed_bytes.rewritten(data[start:end], self._key, self._replacing)
                at = end
            return b"".join((*parts, bytes(len(data) - at)))
        text, foreign = _utf8(data)
        new = b"".join(json_bytes.rewritten(line, self._replacing) for line in _lines(text, encoding))
        return new if foreign is None else new.decode("utf-8", "surrogatepass").encode(foreign, "surrogatepass")

    @staticmethod
    def can_rewrite(data: bytes, encoding: Encoding) -> bool:
        """Whether ``data`` is what ``encoding`` says, sound or not, and not something else that would keep its content."""
        if encoding.is_messagepack:
            return True
        text, _ = _utf8(data)
        controls = len(text) - len(text.translate(None, _CONTROLS))
        return foreign_format(data) is None and controls <= _MOST_CONTROLS * len(text)

    def name_of_file(self, stem: str) -> str:
        """What stands for the name of a file: what stands for an id that is the same."""
        return self._texts.of(stem, None)

    def _learn_text(self, data: bytes, *, in_order: bool, depth: int = 0) -> None:
        groups: list[Group] = []
        for piece in pieces(data, groups):
            if piece.kind is Kind.TEXT and depth < _NESTED:
                raw = data[piece.start : piece.end]
                if (b"{" in raw or b"[" in raw or b"\\u" in raw) and looks_like_json(text := text_of(raw)):
                    self._learn_text(text.encode("utf-8", errors_of(text)), in_order=in_order, depth=depth + 1)
        self._learn_groups(groups, in_order=in_order)

    def _learn_groups(self, groups: list[Group], *, in_order: bool) -> None:
        for group in groups:
            under = "" if group.under is None else text_of(group.under).lower()
            names = [text_of(name) for name in group.names]
            self._names.learn(names, entries=under == _ENTRIES, in_order=in_order)

    def _inner(self, text: str) -> str:
        """A text that is JSON itself."""
        self._depth += 1
        try:
            if self._depth > _NESTED:
                return self._texts.plain(text)
            errors = errors_of(text)
            new = json_bytes.rewritten(text.encode("utf-8", errors), self._replacing).decode("utf-8", errors)
        finally:
            self._depth -= 1
        # Broken bytes beside half characters do not come back one for one.
        return new if len(new) == len(text) else self._texts.plain(text)


def _utf8(data: bytes) -> tuple[bytes, str | None]:
    """Text as UTF-8, and what it was in if that was something else."""
    foreign = foreign_encoding(data)
    if foreign is None:
        return data, None
    codec = foreign.replace(" ", "-").lower()
    try:
        return data.decode(codec, "surrogatepass").encode("utf-8", "surrogatepass"), codec
    except UnicodeDecodeError:
        return data, None


def _lines(data: bytes, encoding: Encoding) -> list[bytes]:
    """What is read by itself, so that what is broken in one record says nothing about the next."""
    return data.splitlines(keepends=True) if encoding is Encoding.JSON_LINES else [data]


def _records(data: bytes, encoding: Encoding) -> list[tuple[int, int]]:
    """Where the values are, as far as their lengths can be followed."""
    if encoding is Encoding.MESSAGEPACK:
        return [(0, len(data))]
    found: list[tuple[int, int]] = []
    at = 0
    while at + _LENGTH_BYTES <= len(data):
        start = at + _LENGTH_BYTES
        at = min(start + int.from_bytes(data[at:start], "big"), len(data))
        found.append((start, at))
    return found
