"""JSON text as Go's ``encoding/json`` reads it, for documents that are not plain JSON.

What a Go program keeps as text survives as it is; what it decodes does not: each byte that is not UTF-8 and each
unpaired surrogate becomes U+FFFD. So a value read here knows both, and every occurrence of a repeated member.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pysession.wire import DEFAULT_LIMITS
from pysession.wire.fault import UnreadableError
from pysession.wire.text import read_string

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SPACE = re.compile(rb"[ \t\r\n]*+")
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*+)((?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)")
_WORDS = {b"t": (b"true", True), b"f": (b"false", False), b"n": (b"null", None)}
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHOLE = 1e21


class GoSyntaxError(Exception):
    """``json.SyntaxError``: the bytes are no JSON text, or too deep."""


class Text(str):
    """A string that Go decodes to something else, or that is written with escapes (``escaped``)."""

    decoded: str
    escaped: bool


class Huge(float):
    """A number with more digits than a value of ``wire.read`` may have; none of them is one that Go could decode."""


class Members:
    """An object with all its members in order, also those of one name."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[tuple[str, Any]] = []


def members(value: dict[str, Any] | Members) -> Iterable[tuple[str, Any]]:
    """The members of an object in the order in which Go meets them."""
    return value.items() if type(value) is dict else value.pairs  # type: ignore[union-attr]


def decoded(text: str) -> str:
    """What a Go string holds after decoding ``text``."""
    return text.decoded if type(text) is Text else text


def plain(value: Any) -> Any:
    """``value`` as everything else reads it (``wire.read``): the last member of a name, strings as they are."""
    root = [value]
    pending: list[tuple[Any, Any]] = [(root, 0)]
    while pending:
        holder, step = pending.pop()
        one = holder[step]
        if type(one) is Members:
            holder[step] = {str(name): member for name, member in one.pairs}
            pending.extend((holder[step], name) for name in holder[step])
        elif type(one) is dict:
            holder[step] = dict(one)
            pending.extend((holder[step], name) for name in one)
        elif type(one) is list:
            holder[step] = list(one)
            pending.extend((holder[step], index) for index in range(len(one)))
        elif type(one) is Text:
            holder[step] = str(one)
        elif type(one) is Huge:
            holder[step] = None
    return root[0]


def parse(data: bytes, depth: int) -> Any:
    """The value that ``data`` holds, objects as :class:`Members`.

    Raises:
        GoSyntaxError: it is not JSON, or nested deeper than ``depth``.
    """
    open_: list[Any] = []
    names: list[str] = []
    at = _space(data, 0)
    while True:
        first = data[at : at + 1]
        value: Any
        if first in (b"[", b"{"):
            if len(open_) >= depth:
                raise GoSyntaxError("exceeded max depth")
            container: Any = [] if first == b"[" else Members()
            at = _space(data, at + 1)
            if data[at : at + 1] != (b"]" if first == b"[" else b"}"):
                open_.append(container)
                if first == b"{":
                    at = _name(data, at, names)
                continue
            value, at = container, at + 1
        else:
            value, at = _scalar(data, at, first)
        while open_:
            parent = open_[-1]
            if type(parent) is list:
                parent.append(value)
            else:
                parent.pairs.append((names.pop(), value))
            at = _space(data, at)
            following = data[at : at + 1]
            if following == b",":
                at = _space(data, at + 1)
                if type(parent) is not list:
                    at = _name(data, at, names)
                break
            if following != (b"]" if type(parent) is list else b"}"):
                raise GoSyntaxError("invalid character after a value")
            value, at = open_.pop(), at + 1
        else:
            if _space(data, at) != len(data):
                raise GoSyntaxError("invalid character after top-level value")
            return value


def _space(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


def _name(data: bytes, at: int, names: list[str]) -> int:
    """Read a name and its colon; where the value begins."""
    name, at = _string(data, at)
    at = _space(data, at)
    if data[at : at + 1] != b":":
        raise GoSyntaxError("invalid character after object key")
    names.append(name)
    return _space(data, at + 1)


def _scalar(data: bytes, at: int, first: bytes) -> tuple[Any, int]:
    if first == b'"':
        return _string(data, at)
    if first in _WORDS:
        word, value = _WORDS[first]
        if data.startswith(word, at):
            return value, at + len(word)
    match = _NUMBER.match(data, at)
    if match is None:
        raise GoSyntaxError("invalid character looking for beginning of value")
    if len(match[1]) > DEFAULT_LIMITS.digits:
        return Huge(match[0]), match.end()
    return (float if match[2] else int)(match[0]), match.end()


def _string(data: bytes, at: int) -> tuple[str, int]:
    if data[at : at + 1] != b'"':
        raise GoSyntaxError("invalid character looking for beginning of object key string")
    try:
        read = read_string(data, at)
    except UnreadableError:
        raise GoSyntaxError("invalid character in string literal") from None
    raw = data[at : read.end]
    escaped = b"\\" in raw
    if not (escaped or read.bad_bytes):
        return read.value, read.end
    text = Text(_with_surrogates(raw, read.value) if read.bad_bytes else read.value)
    text.escaped = escaped
    text.decoded = _replaced(raw) if read.bad_bytes or read.unpaired else read.value
    return text, read.end


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


def go_float(number: float) -> int | float | None:
    """``number`` as Go writes a float64: one below 1e21 that is whole as its shortest digits; None if infinite."""
    if math.isinf(number):
        return None
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _WHOLE else number
