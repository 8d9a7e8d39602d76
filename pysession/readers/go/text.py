"""JSON text as Go's ``encoding/json`` reads it, for documents that are not plain JSON.

What a Go program keeps as text survives as it is; what it decodes does not: each byte that is not UTF-8 and each
unpaired surrogate becomes U+FFFD. So a value read here knows both.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

from pysession.readers import every_member
from pysession.readers.every_member import Scalars
from pysession.wire import text as wire_text

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SURROGATE = re.compile("[\ud800-\udfff]")
_WHOLE = 1e21


class Text(str):
    """A string that Go decodes to something else, or that is written with escapes (``escaped``)."""

    decoded: str
    escaped: bool


class Huge(float):
    """A number with more digits than a value of ``wire.read`` may have; none of them is one that Go could decode."""


def decoded(text: str) -> str:
    """What a Go string holds after decoding ``text``."""
    return text.decoded if type(text) is Text else text


def plain(value: Any) -> Any:
    """``value`` as everything else reads it (``wire.read``): the last member of a name, strings as they are."""
    return every_member.plain(value, _said)


def parse(data: bytes, depth: int) -> Any:
    """The value that ``data`` holds, objects as :class:`pysession.readers.every_member.Members`.

    Raises:
        NotJsonError: ``json.SyntaxError``, it is not JSON, or nested deeper than ``depth``.
    """
    return every_member.parse(data, depth, _SCALARS)


def _said(one: Any) -> Any:
    if type(one) is Text:
        return str(one)
    return None if type(one) is Huge else one


def _string(raw: bytes, read: wire_text.Text) -> str:
    escaped = b"\\" in raw
    if not (escaped or read.bad_bytes):
        return read.value
    text = Text(_with_surrogates(raw, read.value) if read.bad_bytes else read.value)
    text.escaped = escaped
    text.decoded = _replaced(raw) if read.bad_bytes or read.unpaired else read.value
    return text


def _with_surrogates(raw: bytes, otherwise: str) -> str:
    """The string of ``raw`` as Python's own JSON parser reads it, which takes surrogates that are written as bytes."""
    try:
        text: str = json.loads(raw.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return otherwise
    return text


def _replaced(raw: bytes) -> str:
    valid = _SURROGATE.sub(REPLACEMENT, raw.decode("utf-8", "surrogateescape"))
    return _SURROGATE.sub(REPLACEMENT, json.loads(valid))


_SCALARS = Scalars(string=_string, long=Huge)


def go_float(number: float) -> int | float | None:
    """``number`` as Go writes a float64: one below 1e21 that is whole as its shortest digits; None if infinite."""
    if math.isinf(number):
        return None
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _WHOLE else number
