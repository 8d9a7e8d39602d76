"""JSON strings: from the bytes between quotation marks to text, with what is odd about them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import jiter

from pysession.wire.fault import UnreadableError

# Possessive quantifiers throughout this room: without them the engine keeps a mark for every step it could take back,
# which costs memory in proportion to the string.
_WHOLE = re.compile(rb'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"')
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*+')
_ESCAPE = re.compile(rb'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_LOW_SURROGATE = re.compile(rb"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPED = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}


@dataclass(frozen=True, slots=True)
class BadBytes:
    """Bytes that are not UTF-8: where the first of them is, and what they are."""

    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string that ends before the offset ``end``.

    Unpaired surrogates (``unpaired``) are in ``value`` as they are; bytes that are not UTF-8 have become U+FFFD.
    """

    value: str
    end: int
    unpaired: bool
    bad_bytes: BadBytes | None


def decode(raw: bytes, offset: int) -> tuple[str, BadBytes | None]:
    """The text of ``raw``, which begins at ``offset``."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return raw.decode("utf-8", "replace"), BadBytes(offset + error.start, _describe(raw, error.start))


def _describe(raw: bytes, at: int) -> str:
    first, second = raw[at], raw[at + 1] if at + 1 < len(raw) else 0
    if first == 0xED and 0xA0 <= second <= 0xBF:
        return "a surrogate written as bytes (CESU-8 or WTF-8)"
    if first in (0xC0, 0xC1) or (first == 0xE0 and 0x80 <= second < 0xA0) or (first == 0xF0 and 0x80 <= second < 0x90):
        return "an overlong sequence"
    if first > 0xF4 or (first == 0xF4 and 0x90 <= second <= 0xBF):
        return f"the byte 0x{first:02X}, which begins nothing that Unicode has"
    if first < 0xC0:
        return f"the byte 0x{first:02X}, which continues nothing"
    return f"the byte 0x{first:02X} of a sequence that is not complete"


def read_string(data: bytes, at: int) -> Text:
    """The string whose opening quotation mark is at ``at``.

    Raises:
        UnreadableError: it has no end, holds a control character, or holds an escape that JSON does not have.
    """
    whole = _WHOLE.match(data, at)
    if whole:
        try:
            return Text(jiter.from_json(whole[0], cache_mode="keys"), whole.end(), False, None)
        except ValueError:
            pass  # something is odd, and the rest of this function finds out what
    parts: list[str] = []
    bad: BadBytes | None = None
    unpaired = False
    at += 1
    while True:
        start = at
        match = _PLAIN.match(data, at)
        at = match.end() if match else at
        if at > start:
            part, bad_here = decode(data[start:at], start)
            parts.append(part)
            bad = bad or bad_here
        ending = data[at : at + 1]
        if ending == b'"':
            return Text("".join(parts), at + 1, unpaired, bad)
        if ending != b"\\":
            raise _broken(data, at)
        escape = _ESCAPE.match(data, at)
        if escape is None:
            raise _bad_escape(data, at)
        at = escape.end()
        short, code = escape.groups()
        if short is not None:
            parts.append(_ESCAPED[short])
            continue
        unit = int(code, 16)
        if 0xD800 <= unit < 0xDC00 and (low := _LOW_SURROGATE.match(data, at)):
            unit = 0x10000 + ((unit - 0xD800) << 10) + int(low[1], 16) - 0xDC00
            at = low.end()
        unpaired = unpaired or 0xD800 <= unit < 0xE000
        parts.append(chr(unit))


def _broken(data: bytes, at: int) -> UnreadableError:
    if at >= len(data):
        return UnreadableError("json-invalid", "a string has no closing quotation mark; the text was cut off", at)
    detail = f"a string holds the control character U+{data[at]:04X} as it is; write it as \\u{data[at]:04x}"
    return UnreadableError("json-invalid", detail, at)


def _bad_escape(data: bytes, at: int) -> UnreadableError:
    if len(data) < at + 6 and re.fullmatch(rb"\\(?:u[0-9a-fA-F]{0,3})?", data[at:]):
        return UnreadableError("json-invalid", "an escape in a string is not complete; the text was cut off", len(data))
    if data[at + 1 : at + 2] == b"u":
        return UnreadableError(
            "json-invalid", "an escape \\u is not followed by four hexadecimal digits; write all four", at
        )
    return UnreadableError("json-invalid", "a backslash begins no escape that JSON has; write it as \\\\", at)
