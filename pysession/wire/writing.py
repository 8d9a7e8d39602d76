"""Value → bytes, as compact JSON in UTF-8."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

_TOO_LARGE = msgspec.Raw(b"1e400")
"""A number that JSON has and a double has not; reading it gives an infinity."""


def write(value: Any, *, infinite: bool = False, python: bool = False) -> bytes:
    """``value`` as JSON; unpaired surrogates are written as escapes.

    ``infinite``: it may hold infinities, which are what becomes of numbers too large for a double. They are written as
    such a number, and with ``python``, with NaN, the way Python's ``json`` writes them, which is no JSON.
    """
    if infinite and (infinite := _holds_infinite(value)) and python:
        return _encoded(json.dumps(value, ensure_ascii=False, separators=(",", ":")), value)
    try:
        return msgspec.json.encode(_finite(value) if infinite else value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _encoded(text: str, value: Any) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _holds_infinite(value: Any) -> bool:
    kind = type(value)
    if kind is float:
        return not math.isfinite(value)
    children = value.values() if kind is dict else value if kind is list else ()
    return any(map(_holds_infinite, children))


def _finite(value: Any) -> Any:
    """``value`` with numbers too large for a double instead of infinities."""
    kind = type(value)
    if kind is float:
        if math.isinf(value):
            return _TOO_LARGE if value > 0 else msgspec.Raw(b"-1e400")
        return value
    if kind is dict:
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if kind is list else value
