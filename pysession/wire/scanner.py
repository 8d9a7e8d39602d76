"""Our own JSON reader: strict (RFC 8259), without recursion, and able to say what is wrong and where.

It is slower than native code by a factor of about fifty, so it reads only what a native parser refused.
"""

from __future__ import annotations

import re
from typing import Any

from pysession.wire.fault import FaultLog, UnreadableError
from pysession.wire.limits import Limits, exceeded
from pysession.wire.path import Path
from pysession.wire.syntax import no_colon, no_name, no_separator, no_value, nothing, trailing, utf8_detail
from pysession.wire.text import BadBytes, decode, read_string

_SPACE = re.compile(rb"[ \t\n\r]*+")
_VALUE = re.compile(
    rb'"([^"\\\x00-\x1f]*+)"'
    rb"|([\[{])[ \t\n\r]*+"
    rb"|(true|false|null)(?![0-9A-Za-z_])"
    rb"|(-?(?:0|[1-9][0-9]*+))((?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![0-9A-Za-z_.+-])"
)
_STRING, _OPENING, _LITERAL = 1, 2, 3  # groups of _VALUE that end a match; a number ends with another one
_NAME = re.compile(rb'"([^"\\\x00-\x1f]*+)"[ \t\n\r]*+:[ \t\n\r]*+')
_COLON = re.compile(rb"[ \t\n\r]*+:[ \t\n\r]*+")
_SEPARATOR = re.compile(rb"[ \t\n\r]*+([,\]}])[ \t\n\r]*+")
_NOT_A_NUMBER = re.compile(rb"-?(?:nan|inf(?:inity)?)(?![0-9A-Za-z_])", re.IGNORECASE)
_LITERALS = {b"true": True, b"false": False, b"null": None}

_CACHED_NAMES = 4096
# Python converts this many digits whatever PYTHONINTMAXSTRDIGITS is set to.
_DIGITS_AT_ONCE = 640


class _Open:
    """An array or object whose end has not been read.

    ``offsets`` are where each member's value first began (None for an array); ``name`` is the member being read.
    """

    __slots__ = ("container", "name", "offsets")

    def __init__(self, container: Any, offsets: dict[str, int] | None) -> None:
        self.container = container
        self.offsets = offsets
        self.name = ""

    @property
    def step(self) -> str | int:
        return len(self.container) if self.offsets is None else self.name


class Scanner:
    """Reads the one document in ``data``; offsets in faults count from ``base`` and paths begin with ``prefix``."""

    def __init__(self, data: bytes, limits: Limits, log: FaultLog, *, base: int = 0, prefix: Path = ()) -> None:
        self._data = data
        self._limits = limits
        self._log = log
        self._base = base
        self._prefix = prefix
        self._open: list[_Open] = []
        self._names: dict[bytes, str] = {}

    def document(self) -> Any:
        """The value of the document.

        Raises:
            UnreadableError: reading cannot go on; the fault is not in the log yet.
        """
        try:
            start = self._skip_space(0)
            if start >= len(self._data):
                raise nothing(self._data, start)
            value, at = self._value(start)
            at = self._skip_space(at)
            if at < len(self._data):
                raise trailing(self._data, at)
        except UnreadableError as error:
            raise UnreadableError(error.rule, error.detail, error.offset + self._base) from None
        return value

    def _value(self, at: int) -> tuple[Any, int]:
        """The value at ``at`` with all it contains, and the offset behind it."""
        data, stack, match_value = self._data, self._open, _VALUE.match
        value: Any
        while True:
            match = match_value(data, at)
            if match is None:
                value, at = self._unusual(at)
            elif match.lastindex == _STRING:
                value, bad = decode(match[1], at + 1)
                if bad:
                    self._note_bad_bytes(bad)
                at = match.end()
            elif match.lastindex == _OPENING:
                at = self._enter(match[2], at, match.end())
                if data[at : at + 1] not in (b"]", b"}"):
                    if stack[-1].offsets is not None:
                        at = self._name(at)
                    continue
                value, at = self._leave(data[at : at + 1], at), at + 1
            elif match.lastindex == _LITERAL:
                value, at = _LITERALS[match[3]], match.end()
            else:
                value, at = self._number(match, at), match.end()

            while stack:
                parent = stack[-1]
                if parent.offsets is None:
                    parent.container.append(value)
                else:
                    parent.container[parent.name] = value
                separator = _SEPARATOR.match(data, at)
                if separator is None:
                    raise no_separator(data, self._skip_space(at), "]" if parent.offsets is None else "}")
                if separator[1] == b",":
                    at = separator.end()
                    if parent.offsets is not None:
                        at = self._name(at)
                    break
                value, at = self._leave(separator[1], separator.start(1)), separator.end()
            else:
                return value, at

    def _enter(self, opening: bytes, at: int, inside: int) -> int:
        if len(self._open) >= self._limits.depth:
            found = f"arrays and objects are nested deeper than {self._limits.depth} levels"
            raise UnreadableError("limit-exceeded", exceeded("depth", found), at)
        self._open.append(_Open([], None) if opening == b"[" else _Open({}, {}))
        return inside

    def _leave(self, closing: bytes, at: int) -> Any:
        top = self._open[-1]
        wanted = b"]" if top.offsets is None else b"}"
        if closing != wanted:
            if not top.container:
                raise no_value(self._data, at) if top.offsets is None else no_name(self._data, at)
            raise no_separator(self._data, at, wanted.decode())
        return self._open.pop().container

    def _name(self, at: int) -> int:
        """Read a member name and its colon; the offset of the member's value."""
        match = _NAME.match(self._data, at)
        bad, unpaired = None, False
        if match is not None:
            raw, after = match[1], match.end()
            name = self._names.get(raw)
            if name is None:
                name, bad = decode(raw, at + 1)
                if bad is None and len(self._names) < _CACHED_NAMES:
                    self._names[raw] = name
        else:
            if self._data[at : at + 1] != b'"':
                raise no_name(self._data, at)
            text = read_string(self._data, at)
            name, bad, unpaired = text.value, text.bad_bytes, text.unpaired
            colon = _COLON.match(self._data, text.end)
            if colon is None:
                raise no_colon(self._data, self._skip_space(text.end))
            after = colon.end()
        self._member(self._open[-1], name, after)
        if bad:
            self._note_bad_bytes(bad)
        if unpaired:
            self._note("string-not-portable", "a member name holds an unpaired surrogate; write U+FFFD instead", after)
        return after

    def _member(self, parent: _Open, name: str, at: int) -> None:
        parent.name = name
        offsets = parent.offsets
        assert offsets is not None
        first = offsets.setdefault(name, at)
        if first != at:
            detail = "an object holds this member name twice and readers keep the last value; remove one"
            self._note("json-duplicate-key", detail, first, at)
        if len(offsets) > self._limits.members:
            found = f"an object holds more than {self._limits.members} members"
            raise UnreadableError("limit-exceeded", exceeded("members", found), at)

    def _number(self, match: re.Match[bytes], at: int) -> int | float | None:
        integer, rest = match[4], match[5]
        digits = len(integer) - integer.startswith(b"-")
        if digits > self._limits.digits:
            found = f"a number has {digits} digits, more than {self._limits.digits}"
            self._note("limit-exceeded", exceeded("digits", found), at)
            return None
        return float(match[0]) if rest else _integer(integer)

    def _unusual(self, at: int) -> tuple[Any, int]:
        """A string with escapes, a NaN or Infinity; anything else is no value."""
        if self._data[at : at + 1] == b'"':
            text = read_string(self._data, at)
            if text.bad_bytes:
                self._note_bad_bytes(text.bad_bytes)
            if text.unpaired:
                self._note("string-not-portable", "a string holds an unpaired surrogate; write U+FFFD instead", at)
            return text.value, text.end
        match = _NOT_A_NUMBER.match(self._data, at)
        if match is None:
            raise no_value(self._data, at)
        self._note("number-not-json", "NaN and Infinity are not JSON numbers; write null instead", at)
        return float(match[0]), match.end()

    def _note_bad_bytes(self, bad: BadBytes) -> None:
        self._note("json-not-utf8", utf8_detail(bad.what), bad.offset)

    def _note(self, rule: str, detail: str, at: int, *related: int) -> None:
        path = () if self._log.full else (*self._prefix, *(frame.step for frame in self._open))
        self._log.note(rule, detail, at + self._base, path, tuple(offset + self._base for offset in related))

    def _skip_space(self, at: int) -> int:
        match = _SPACE.match(self._data, at)
        return match.end() if match else at


def _integer(text: bytes) -> int:
    """The integer that ``text`` writes, whatever limit on digits the interpreter was started with."""
    if len(text) <= _DIGITS_AT_ONCE:
        return int(text)
    digits = text.lstrip(b"-")
    value = 0
    for at in range(0, len(digits), _DIGITS_AT_ONCE):
        piece = digits[at : at + _DIGITS_AT_ONCE]
        value = value * 10 ** len(piece) + int(piece)
    return -value if text.startswith(b"-") else value
