"""Whether a document nests deeper than a limit, mostly without building its value: 50 MB take 20 ms."""

from __future__ import annotations

import re
from itertools import accumulate

import msgspec

from pysession.inputs.telling import encoding_of
from pysession.wire import DEFAULT_LIMITS, Encoding, read

_NATIVE_DEPTH = 1000
"""Deeper msgspec does not follow: the interpreter's limit of 1,000 frames stops it. How many of them are in use depends on
who asks, so what it does not follow is counted."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_AT_ONCE = 1 << 16
"""Brackets that are counted before it is asked whether that is enough."""


def is_plainly_flat(data: bytes, limit: int) -> bool:
    """Whether it is clear at first sight, which takes a quarter of a millisecond for a megabyte, that ``data`` are no
    deeper; where it is not, :func:`nests_deeper` knows, and may take a thousand times as long."""
    if len(data) <= limit:
        return True
    if limit < _NATIVE_DEPTH:
        return False
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (RecursionError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def nests_deeper(data: bytes, limit: int) -> bool:
    """Whether arrays and objects lie inside each other more than ``limit`` times, in JSON, JSON Lines or MessagePack.

    What cannot be read is not deep: nobody who reads it gets that far.

    >>> nests_deeper(b'{"a": [1, "[[[["]}', 2), nests_deeper(b"[[[]]]", 2)
    (False, True)
    """
    if is_plainly_flat(data, limit):
        return False
    limits = msgspec.structs.replace(DEFAULT_LIMITS, depth=limit)
    encoding = encoding_of(None, data, limits)
    if encoding.is_messagepack:
        # There are limits on other things too, which a document that is only kept need not heed.
        faults = read(data, encoding, limits).faults
        return any(fault.rule == "limit-exceeded" and "nested deeper" in fault.detail for fault in faults)
    if limit >= _NATIVE_DEPTH and encoding is Encoding.JSON and not _stops_msgspec(data):
        return False
    return _counted(data, limit)


def _stops_msgspec(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except RecursionError:
        return True
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    return False


def _counted(data: bytes, limit: int) -> bool:
    brackets = _STRING.sub(b"", data).translate(None, _OTHERS)
    depth = 0
    for start in range(0, len(brackets), _AT_ONCE):
        depths = list(accumulate(map(_STEPS.__getitem__, brackets[start : start + _AT_ONCE]), initial=depth))
        if max(depths) > limit:
            return True
        depth = depths[-1]
    return False
