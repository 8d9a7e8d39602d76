"""Values → JSON text, whatever they are made of and however deep they are."""

from __future__ import annotations

import json
from typing import Any

import jiter
import msgspec

from pysession.protobuf.exact import NumberText, number


def json_text(value: Any) -> bytes:
    """``value`` as compact JSON: numbers as they were written, unpaired surrogates as escapes.

    Native code is faster by far; it has limits to depth and no way to write unpaired surrogates.
    """
    out: list[bytes] = []
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        of = item.__class__
        if of is _Written:
            out.append(item.text)
        elif of is list and item:
            waiting.append(_Written(b"]"))
            for child in reversed(item):
                waiting += child, _COMMA
            waiting[-1] = _Written(b"[")
        elif of is dict and item:
            waiting.append(_Written(b"}"))
            for name, child in reversed(item.items()):
                waiting += child, _Written(_scalar(name) + b":"), _COMMA
            waiting[-1] = _Written(b"{")
        else:
            out.append(_scalar(item))
    return b"".join(out)


class _Written(msgspec.Struct):
    text: bytes


_COMMA = _Written(b",")


def _scalar(value: Any) -> bytes:
    if isinstance(value, jiter.LosslessFloat):
        value = number(str(value))
    if isinstance(value, NumberText):
        return value.text.encode()
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value)
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _digits(value: int) -> bytes:
    try:
        return b"%d" % value
    except ValueError:
        # Longer than the interpreter was started to convert at once.
        half = len(bin(value)) * 3 // 20
        high, low = divmod(abs(value), 10**half)
        return b"-" * (value < 0) + _digits(high) + _digits(low).rjust(half, b"0")
