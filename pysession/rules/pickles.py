"""Telling that a string is a Python pickle, without ever loading it.

A pickle is a program for a small machine: it is taken apart operation by operation with ``pickletools``, which runs
nothing. Pickles are stored as text in several ways: in base64 (either alphabet, with or without padding and line breaks,
also in a data: URI), as their bytes read as Latin-1 or with escaped surrogates, or as the repr of the bytes object.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from contextlib import suppress

import re2

_MOST = 4 * 2**20
"""Characters of a string that are looked at; a program shows what it is long before."""

_CERTAIN = 24
"""Operations in a row that no bytes but a pickle's have: a quarter of all bytes are operations at all."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}\Z")
_BASE64_OF_A_START = re.compile(r"gA[I-X]|Y[w-z0-9+/_-]|K[A-P]|[Xf][Q-f]")
"""Base64 of PROTO 2 to 5, of ``c`` (a global), ``(``, and of ``]`` or ``}`` before an operation."""

_NAMES = re2.compile(rb"[ci][A-Za-z_][A-Za-z0-9_.]*\n[A-Za-z_][A-Za-z0-9_.]*\n")
"""A global or an instance by name, in the text form of protocol 0. In RE2: linear time on any text."""

_REFERS = frozenset({"GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"})
_CALLS = frozenset({"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"})
_STORES = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})

PICKLE_TRIGGER = "|".join(
    (
        r"[\x22,](?:gA[I-X]|Y[w-z0-9+/_-]|K[A-P]|[Xf][Q-f])[A-Za-z0-9+/_-]{4}",
        r"(?:\x{80}|(?i:\\u(?:00|dc)80))(?i:\\u000[2-5])",
        r"[ci][A-Za-z_][A-Za-z0-9_.]*\\(?:n|u000[aA])[A-Za-z_][A-Za-z0-9_.]*\\(?:n|u000[aA])",
        r"\([dlt]p[0-9]|[\]}]q\\u0000",
        r"\x22b'\\\\x80",
    )
)
"""Occurs in the JSON text of every document that holds such a string."""


def is_pickle(text: str) -> bool:
    """Whether a string is a pickle, in any of the forms above."""
    return len(text) >= 4 and any(map(_is_program, _candidates(text[:_MOST])))


def _candidates(text: str) -> Iterator[bytes]:
    first = ord(text[0])
    if first == 0x80 or first < 0x80:
        with suppress(UnicodeEncodeError):
            yield text.encode("latin-1")
    elif first == 0xDC80:
        with suppress(UnicodeEncodeError):
            yield text.encode("utf-8", "surrogateescape")
    if text.startswith("b'\\x80"):
        with suppress(UnicodeError):
            yield text[2:].removesuffix("'").encode("ascii").decode("unicode_escape").encode("latin-1")
    if text[:5].lower() == "data:":
        text = text[text.find(",") + 1 :]
    if _BASE64_OF_A_START.match(text):
        compact = "".join(text.split())
        if _BASE64.match(compact):
            plain = compact.translate(_PLAIN_ALPHABET).rstrip("=")
            # A last character alone holds no whole byte.
            plain = plain[: len(plain) - (len(plain) % 4 == 1)]
            with suppress(binascii.Error):
                yield base64.b64decode(plain + "=" * (-len(plain) % 4))


_PLAIN_ALPHABET = str.maketrans("-_", "+/")


def _is_program(stream: bytes) -> bool:
    # Not at the top: no clean document needs it.
    import pickletools

    binary = len(stream) > 2 and stream[0] == 0x80 and 2 <= stream[1] <= 5
    if not binary and not (_NAMES.search(stream) or stream[:1] in (b"(", b"]", b"}")):
        return False
    seen: set[str] = set()
    count = 0
    try:
        for opcode, _, _ in pickletools.genops(io.BytesIO(stream)):
            count += 1
            seen.add(opcode.name)
            if opcode.name == "STOP":
                # Without a header, plain text such as "]." would be a program as well.
                return binary or bool(seen & _STORES) or _acts(seen)
            if count >= _CERTAIN and (binary or seen & _STORES):
                return True
    except Exception:
        # pickletools raises ValueError, IndexError, UnicodeDecodeError and more on bytes that are no pickle. What a
        # loader does before it meets the broken place, it has done.
        return _acts(seen) and (binary or "MARK" in seen)
    return False


def _acts(seen: set[str]) -> bool:
    return bool(seen & _REFERS) and bool(seen & _CALLS)
