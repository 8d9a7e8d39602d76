"""Telling whether a document that keeps its value would also be saved as the very same bytes."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import Any

import msgspec
import re2

from pysession.readers.meai.table import escaped_characters


class Encoder(Enum):
    """How characters are escaped: by ``UnsafeRelaxedJsonEscaping``, or by the default encoder, safe inside HTML."""

    RELAXED = "relaxed"
    DEFAULT = "default"


# No space outside strings, and only such characters and escapes in them as are written.
_RELAXED = re2.compile(rb'(?:[^" \t\r\n]|"(?:[^"\\\x7f]|\\(?:["\\bfnrt]|u[0-9A-F]{4}))*")*')
_DEFAULT = re2.compile(rb"(?:[^\" \t\r\n]+|\"(?:[ !#-%(-*,-;=?-\[\]-_a-~]|\\(?:[\\bfnrt]|u[0-9A-F]{4}))*\")*")
_BY_NUMBER = re2.compile(rb"\\u")
_UNIT = re.compile(rb"\\(?:u([0-9A-F]{4})|.)", re.DOTALL)
# Minus zero is an integer with two texts; where a member is an integer, it is written as zero.
_MINUS_ZERO = re2.compile(rb'"(?:\w+Count|start|end|sizeInBytes)":-0[,}]|"additionalCounts":\{[^{}]*:-0[,}]')
_ASCII = bytes(range(0x80))
_SHORT = frozenset(map(ord, "\\\b\f\n\r\t"))
_UNSAFE = frozenset(map(ord, "\"&'+<>`"))


def is_canonical(data: bytes, value: Any, encoder: Encoder = Encoder.RELAXED) -> bool | None:
    """Whether ``data``, the JSON text of ``value``, is as .NET writes it; None where telling takes more than this.

    Numbers are not looked at: those of free values keep their text and the others are integers.
    """
    relaxed = encoder is Encoder.RELAXED
    # msgspec writes as .NET does, but for what it writes as it is or by number.
    usual = relaxed and b"\x7f" not in data and msgspec.json.encode(value) == data and _BY_NUMBER.search(data) is None
    if not usual and not (_RELAXED if relaxed else _DEFAULT).fullmatch(data):
        return False
    # Without its ASCII a text is short; what is left of UTF-8 are whole characters.
    if relaxed and not data.isascii() and _escaped().search(data.translate(None, _ASCII).decode()):
        return False
    if usual:
        return True
    if not all(_is_needed(match[1], relaxed=relaxed) for match in _UNIT.finditer(data)):
        return False
    return None if _MINUS_ZERO.search(data) else True


@cache
def _escaped() -> Any:
    return re.compile(f"[{escaped_characters()}\U00010000-\U0010ffff]")


def _is_needed(code: bytes | None, *, relaxed: bool) -> bool:
    """Whether the character of a ``\\u`` escape is one that .NET escapes so."""
    if code is None:
        return True
    unit = int(code, 16)
    if unit in _SHORT or (relaxed and unit == ord('"')):
        return False
    if not relaxed and (unit in _UNSAFE or unit > 0x7F):
        return True
    return unit < 0x20 or 0xD800 <= unit < 0xE000 or _escaped().match(chr(unit)) is not None
