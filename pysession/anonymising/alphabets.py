"""Which characters may stand for a character: those of its sort, which take as many bytes in UTF-8."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache

HEX_LETTERS = "abcdef"
_AFTER_HEX = string.ascii_lowercase[len(HEX_LETTERS) :]


def _span(first: int, last: int, *without: int) -> str:
    return "".join(map(chr, (code for code in range(first, last + 1) if code not in without)))


_LATIN = _span(0xE0, 0xFE, 0xF7), _span(0xC0, 0xDE, 0xD7)
_GREEK = _span(0x3B1, 0x3C9, 0x3C2), _span(0x391, 0x3A9, 0x3A2)
_CYRILLIC = _span(0x430, 0x44F), _span(0x410, 0x42F)
_CASELESS = _span(0x5D0, 0x5EA) + _span(0x621, 0x63A)
_HANGUL = _span(0xAC00, 0xD7A3)
_HAN = _span(0x4E00, 0x9FA5)
_MARKS = {2: _span(0x300, 0x33F), 3: _span(0x1AB0, 0x1ABD)}
_SYMBOLS = _span(0x2600, 0x26FF)
_NUMERALS = _span(0x2460, 0x2473)
_EMOJI = _span(0x1F400, 0x1F4FC)
_FLAGS = _span(0x1F1E6, 0x1F1FF)
_SKINS = range(0x1F3FB, 0x1F400)
_VARIATIONS = range(0xFE00, 0xFE10)

# What decides with its neighbours whether bytes are UTF-8, and what they are if not, keeps its group.
_BYTES = tuple(
    _span(0xDC00 + first, 0xDC00 + last)
    for first, last in (
        (0x80, 0x8F), (0x90, 0x9F), (0xA0, 0xAF), (0xB0, 0xBF), (0xC2, 0xDF), (0xE1, 0xEC), (0xF1, 0xF3), (0xF5, 0xFF)
    )
)  # fmt: skip
_HIGH_SURROGATES = _span(0xD800, 0xDBFF)
_LOW_SURROGATES = _span(0xDC00, 0xDC7F) + _span(0xDD00, 0xDFFF)


@lru_cache(maxsize=4096)
def alphabet(character: str) -> str:
    """The characters of which one may stand for ``character``; empty when it stays.

    White space, controls, punctuation and mathematical signs stay: they are shape. Bytes that are no UTF-8 come as the
    surrogates U+DC80 to U+DCFF.
    """
    code = ord(character)
    if code < 0x80:
        kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
        return next((kind for kind in kinds if character in kind), "")
    if 0xD800 <= code < 0xE000:
        return _surrogate(character)
    if code >= 0x10000:
        return _astral(code)
    sort = unicodedata.category(character)
    width = 2 if code < 0x800 else 3
    if sort[0] == "L":
        return _letter(character, code, width)
    if sort == "Nd":
        zero = code - unicodedata.digit(character)
        return _span(zero, zero + 9)
    if sort[0] == "N":
        return _NUMERALS if width == 3 else ""
    if sort[0] == "M":
        return "" if code in _VARIATIONS else _MARKS[width]
    if sort == "Co":
        return _span(0xE000, 0xE0FF)
    return _SYMBOLS if sort == "So" and width == 3 and character != "\N{REPLACEMENT CHARACTER}" else ""


def hexadecimal(character: str) -> str:
    """As :func:`alphabet`, and of ASCII letters those up to f among themselves: what was hexadecimal stays so."""
    for letters in (HEX_LETTERS, _AFTER_HEX):
        if character in letters:
            return letters
        if character in letters.upper():
            return letters.upper()
    return alphabet(character)


def _surrogate(character: str) -> str:
    for kind in (*_BYTES, _HIGH_SURROGATES, _LOW_SURROGATES):
        if kind[0] <= character <= kind[-1] and character in kind:
            return kind
    return ""


def _astral(code: int) -> str:
    if code in _SKINS or 0xE0000 <= code < 0xE1000 or code & 0xFFFE == 0xFFFE:
        return ""
    return _FLAGS if ord(_FLAGS[0]) <= code <= ord(_FLAGS[-1]) else _EMOJI


def _letter(character: str, code: int, width: int) -> str:
    if width == 3:
        return _HANGUL if _HANGUL[0] <= character <= _HANGUL[-1] else _HAN
    cased = character.lower() != character.upper()
    for lower, upper in (_LATIN, _GREEK, _CYRILLIC):
        if code <= ord(lower[-1]) + 0x30 and cased:
            return upper if character.isupper() else lower
    return _CASELESS
