"""The characters of a string with the bytes that each was written as, to write other characters the same way."""

from __future__ import annotations

import re
from collections.abc import Callable

_UNIT = re.compile(
    rb"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?P<code>[0-9a-fA-F]{4})"
    rb"|\\(?P<short>[\"\\/bfnrt])|(?P<broken>\\(?:u[0-9a-fA-F]{0,3}[\x00-!#-/:-@G-\[\]-`g-\x7f]?|[\x00-\x7f])?)|(?P<plain>[^\\]+)"
)
_SHORT = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_BAD_BYTES = re.compile("[\udc80-\udcff]")
_UNPAIRED = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_STAYS = "\N{REPLACEMENT CHARACTER}"
"""Stands for an escape that is none, with the character that makes it none; it is never replaced."""


_LETTER_DIGIT = re.compile(rb"\\u[0-9]{0,3}([a-fA-F])")
_DOTNET = re.compile(rb'"(?:\$type|stateBag|conversationId)"')


def writes_upper_case(data: bytes) -> bool:
    """Whether escapes are written with capital digits, as .NET does; where none has a letter, whether .NET wrote it."""
    first = _LETTER_DIGIT.search(data)
    return first[1].isupper() if first is not None else _DOTNET.search(data) is not None


def respelled(raw: bytes, change: Callable[[str], str], *, upper: bool = False) -> bytes:
    """What stands between two quotation marks, with ``change`` done to its text, which keeps the number of characters.

    Escapes stay escapes, with ``upper`` in capital digits; bytes that are no UTF-8 are the surrogates U+DC80 to U+DCFF
    in the text.
    """
    if b"\\" not in raw:
        return _encoded(change(_decoded(raw)))
    characters: list[str] = []
    spelled: list[bytes | None] = []
    for unit in _UNIT.finditer(raw):
        sort = unit.lastgroup
        if sort == "plain":
            text = _decoded(unit[0])
            characters += text
            spelled += [None] * len(text)
            continue
        characters.append(_character(unit))
        spelled.append(unit[0])
    old = "".join(characters)
    new = change(old)
    return b"".join(
        _encoded(now) if spelling is None else spelling if now == then else _escaped(now, upper=upper)
        for now, then, spelling in zip(new, old, spelled, strict=True)
    )


def text_of(raw: bytes) -> str:
    """The text that stands between two quotation marks."""
    found: list[str] = []
    respelled(raw, lambda text: found.append(text) or text)  # type: ignore[func-returns-value]
    return found[0]


def _character(unit: re.Match[bytes]) -> str:
    if unit["high"] is not None:
        return chr(0x10000 + ((int(unit["high"], 16) - 0xD800) << 10) + int(unit["low"], 16) - 0xDC00)
    if unit["code"] is not None:
        return chr(int(unit["code"], 16))
    return _SHORT[unit["short"]] if unit["short"] is not None else _STAYS


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _escaped(character: str, *, upper: bool) -> bytes:
    code = ord(character)
    units = [code] if code < 0x10000 else [0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF)]
    return "".join(map((r"\u{:04X}" if upper else r"\u{:04x}").format, units)).encode()


def errors_of(text: str) -> str:
    """How ``text`` is encoded so that as many characters come back: what is no UTF-8 in it as its bytes, or what is no
    Unicode as if it were."""
    return "surrogateescape" if _BAD_BYTES.search(text) and not _UNPAIRED.search(text) else "surrogatepass"
