"""Other payloads: base64 of other bytes, and pickles that say something else."""

from __future__ import annotations

import base64
import io
import re
import string
from collections.abc import Callable

_ALPHABET = string.ascii_letters + string.digits
_STANDARD, _ADDRESS_SAFE = _ALPHABET + "+/", _ALPHABET + "-_"
_LASTS = {1: "AEIMQUYcgkosw048", 2: "AQgw"}
"""Before so many signs of padding: the letters that leave no bit over."""

_BARE = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}\Z")

Draws = Callable[[int], bytes]
"""Bytes to draw with, as many as are asked for."""

_HEADS = {
    # operation: bytes before its argument, or 1 where the argument is a line
    **dict.fromkeys(("STRING", "UNICODE", "GLOBAL", "INST", "PERSID", "INT", "LONG", "FLOAT"), 1),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "BINFLOAT"), 1),
    **dict.fromkeys(("SHORT_BINSTRING", "SHORT_BINBYTES", "SHORT_BINUNICODE", "LONG1"), 2),
    **dict.fromkeys(("BINSTRING", "BINBYTES", "BINUNICODE", "LONG4"), 5),
    **dict.fromkeys(("BINBYTES8", "BYTEARRAY8", "BINUNICODE8"), 9),
}
_ANY_BYTES = frozenset(
    {"BININT1", "BININT2", "BININT", "BINFLOAT", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "LONG1", "LONG4"}
)
"""Operations whose arguments are no text: every byte of them may be another one."""


def is_bare(text: str) -> bool:
    """Whether ``text`` is a long base64 text and nothing else."""
    return _BARE.match(text) is not None


def other_base64(text: str, draws: Draws) -> str:
    """Base64 of the same length; what is broken or not canonical stays so, in the same place.

    The signs stay where they are, for writers escape them.
    """
    tail = len(text.rstrip("=")) - 1
    lasts = _LASTS.get(len(text) - 1 - tail, "")
    return "".join(
        lasts[draw % len(lasts)]
        if index == tail and character in lasts
        else _ALPHABET[draw % len(_ALPHABET)]
        if character in _ALPHABET and not (index == tail and lasts)
        else character
        for index, (character, draw) in enumerate(zip(text, draws(len(text)), strict=True))
    )


def other_pickle(program: bytes, draws: Draws) -> bytes:
    """The same operations on other texts and numbers."""
    import pickletools

    new = bytearray(program)
    drawn = draws(len(program))
    begun: tuple[str, int] | None = None
    read = 0
    try:
        for opcode, _, found in pickletools.genops(io.BytesIO(program)):
            position = found or 0
            _other_argument(new, begun, position, drawn)
            begun, read = (opcode.name, position), position + 1
    except Exception:
        # What pickletools raises on bytes that are no program any more; see pysession.rules.pickles.
        read = begun[1] + 1 if begun is not None else 0
    _scramble(new, read, len(new), drawn)
    return bytes(new)


def _other_argument(new: bytearray, begun: tuple[str, int] | None, end: int, draws: bytes) -> None:
    if begun is None or begun[0] not in _HEADS:
        return
    name, start = begun
    start += _HEADS[name]
    if name in _ANY_BYTES:
        new[start:end] = draws[start:end]
    else:
        _scramble(new, start, end, draws)


def _scramble(new: bytearray, start: int, end: int, draws: bytes) -> None:
    for index in range(start, end):
        character = chr(new[index])
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
            if character in kind:
                new[index] = ord(kind[draws[index] % len(kind)])
        if new[index] >= 0x80:
            new[index] = 0x80 + draws[index] % 0x40


def other_program(text: str, draws: Draws) -> str | None:
    """The pickle that ``text`` is, with other texts in it and in the same form; None when it is in no form that is known."""
    head, comma, body = text.partition(",") if text[:5].lower() == "data:" else ("", "", text)
    digits = "".join(body.split()).rstrip("=")
    if not _DIGITS.fullmatch(digits):
        return _other_plain_program(text, draws)
    # A last character alone holds no whole byte.
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    program = base64.b64decode(whole.translate(_TO_STANDARD) + "=" * (-len(whole) % 4))
    new = base64.b64encode(other_pickle(program, draws)).decode().rstrip("=") + digits[len(whole) :]
    if "-" in digits or "_" in digits:
        new = new.translate(_TO_ADDRESS_SAFE)
    letters = iter(new)
    return head + comma + "".join(next(letters) if one in _EITHER else one for one in body)


def _other_plain_program(text: str, draws: Draws) -> str | None:
    """A pickle whose bytes are the characters of the text, or that is written as Python writes bytes."""
    if text.startswith("b'"):
        return None
    codec, errors = ("utf-8", "surrogateescape") if text[0] == "\udc80" else ("latin-1", "strict")
    try:
        return other_pickle(text.encode(codec, errors), draws).decode(codec, errors)
    except UnicodeEncodeError:
        return None


_EITHER = frozenset(_STANDARD + _ADDRESS_SAFE)
_DIGITS = re.compile(r"[A-Za-z0-9+/_-]+")
_TO_STANDARD = str.maketrans("-_", "+/")
_TO_ADDRESS_SAFE = str.maketrans("+/", "-_")
