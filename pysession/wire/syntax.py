"""Why bytes are not JSON at a place: sentences for people, as data."""

from __future__ import annotations

import re

from pysession.wire.fault import UnreadableError
from pysession.wire.text import decode

_SPACE = b" \t\n\r"
_CONTROL = (*range(0x20), 0x7F)
# What a word or a number looks like when the text ends too early.
_CUT_OFF = re.compile(
    rb"(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-(?:0|[1-9][0-9]*+)?(?:[.][0-9]*+)?(?:[eE][+-]?)?"
    rb"|(?:0|[1-9][0-9]*+)(?:[.][0-9]*+)?(?:[eE][+-]?)?)\Z"
)

# What people and programs write instead, tried in this order at the place where something else was expected.
_ANYWHERE = (
    (rb"//|/\*|#", "a comment is not JSON; remove it"),
    (rb"\x00", "a NUL character (U+0000) stands outside a string; the file may be damaged or padded"),
    (rb"\xef\xbb\xbf", "a byte order mark (U+FEFF) stands inside the text; remove it"),
    (rb"\xe2\x80[\x98-\x9f]", "a typographic quotation mark is not JSON; write the plain one (U+0022)"),
)
_FOR_A_VALUE = (
    (rb"'", "a string is in single quotation marks; write double ones"),
    (rb"[+]", "a number must not begin with a plus sign; remove it"),
    (rb"-?[.]", "a number must have a digit before its point; write 0.5, not .5"),
    (rb"-?0[xXoObB]", "a number is not decimal; write it in decimal digits"),
    (rb"-?0[0-9]", "a number must not begin with a zero followed by digits; remove the zero"),
    (rb"-?[0-9]++[.](?![0-9])", "a number must have a digit after its point; write 1.0 or 1, not 1."),
    (rb"-?[0-9]++(?:[.][0-9]++)?[eE][+-]?(?![0-9])", "a number has no digit in its exponent; write one"),
    (rb"-(?![0-9])", "a minus sign is not followed by a digit; write the number"),
    (rb"-?[0-9]", "a number is followed by something that is no part of it; separate them"),
    (rb"True\b|False\b|None\b", "a Python literal is not JSON; write true, false or null"),
    (rb"[A-Za-z_$]", "a word other than true, false and null is not JSON; put text in quotation marks"),
    (rb"[,:]", "a value is missing; write one"),
)
_FOR_A_NAME = (
    (rb"'", "a member name is in single quotation marks; write double ones"),
    (rb"[A-Za-z_$0-9-]", "a member name is not in quotation marks; write double ones"),
    (rb",", "a member is missing before a comma; remove the comma"),
)
_VALUE = tuple((re.compile(pattern), detail) for pattern, detail in (*_ANYWHERE, *_FOR_A_VALUE))
_NAME = tuple((re.compile(pattern), detail) for pattern, detail in (*_ANYWHERE, *_FOR_A_NAME))
_OTHER = tuple((re.compile(pattern), detail) for pattern, detail in _ANYWHERE)


def nothing(data: bytes, at: int) -> UnreadableError:
    """There is no value at all: the text ends at ``at`` with nothing but white space before."""
    what = "holds nothing but white space" if data else "is empty"
    return UnreadableError("json-invalid", f"the text {what}; write a JSON value", at)


def no_value(data: bytes, at: int) -> UnreadableError:
    """No value begins at ``at``."""
    if data[at : at + 1] in (b"]", b"}"):
        closing = chr(data[at])
        comma = data.rfind(b",", 0, at)
        if comma >= 0 and not data[comma + 1 : at].strip(_SPACE):
            return UnreadableError("json-invalid", f"a comma stands before {closing}; remove the comma", at)
        return UnreadableError("json-invalid", f"a value was expected, and {closing} was found; write the value", at)
    if _CUT_OFF.match(data, at):
        return UnreadableError("json-invalid", "the text ends within a word or a number; it was cut off", len(data))
    return _refusal(data, at, "a value", _VALUE)


def no_name(data: bytes, at: int) -> UnreadableError:
    """No member name begins at ``at``."""
    if data[at : at + 1] == b"}":
        return UnreadableError("json-invalid", "a comma stands before }; remove the comma", at)
    return _refusal(data, at, "a member name in quotation marks", _NAME)


def no_colon(data: bytes, at: int) -> UnreadableError:
    """The member name that ends before ``at`` has no colon after it."""
    return _refusal(data, at, "a colon", _OTHER)


def no_separator(data: bytes, at: int, closing: str) -> UnreadableError:
    """Neither a comma nor ``closing`` comes at ``at`` after a value."""
    return _refusal(data, at, f"a comma or {closing}", _OTHER)


def trailing(data: bytes, at: int) -> UnreadableError:
    """Something comes at ``at`` after the end of the document."""
    if data[at : at + 1] in (b"{", b"["):
        detail = "a second value follows the first; put it into a file, or for JSON Lines on a line, of its own"
        return UnreadableError("json-invalid", detail, at)
    if data[at : at + 1] in (b"}", b"]"):
        return UnreadableError("json-invalid", f"one {chr(data[at])} too many follows the value; remove it", at)
    return _refusal(data, at, "the end", _OTHER)


def not_utf8(what: str, offset: int) -> UnreadableError:
    """Bytes outside a string are not UTF-8."""
    return UnreadableError("json-not-utf8", utf8_detail(what), offset)


def utf8_detail(what: str) -> str:
    """The sentence for bytes that are not UTF-8."""
    return f"the bytes are not UTF-8 here: {what}; write the document as UTF-8"


def _refusal(data: bytes, at: int, expected: str, known: tuple[tuple[re.Pattern[bytes], str], ...]) -> UnreadableError:
    if at >= len(data):
        return UnreadableError("json-invalid", f"the text ends where {expected} was expected; it was cut off", at)
    if data[at] >= 0x80:
        text, bad = decode(data[at : at + 4], at)
        if bad is not None and bad.offset == at:
            return not_utf8(bad.what, at)
        found = f"the character U+{ord(text[0]):04X}"
    else:
        found = f"the control character U+{data[at]:04X}" if data[at] in _CONTROL else chr(data[at])
    for pattern, detail in known:
        if pattern.match(data, at):
            return UnreadableError("json-invalid", detail, at)
    return UnreadableError(
        "json-invalid", f"{expected} was expected, and {found} was found; the text is not JSON here", at
    )
