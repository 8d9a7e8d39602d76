"""Whether a document nests deeper than a limit, without building its value: 50 MB mostly take 20 ms."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import msgspec

from pysession.inputs.telling import encoding_of
from pysession.wire import DEFAULT_LIMITS, Encoding
from pysession.wire.fault import UnreadableError
from pysession.wire.messagepack import records
from pysession.wire.messagepack_head import Family, Head, read_head

_NATIVE_DEPTH = 1000
"""Deeper msgspec does not follow: the interpreter's limit of 1,000 frames stops it. How many of them are in use depends on
who asks, so what it does not follow is counted."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_AT_ONCE = 1 << 16
"""Brackets that are counted before it is asked whether that is enough."""
_CONTAINERS = {Family.ARRAY: 1, Family.MAP: 2}
"""How many values an item of each is made of."""
_Decode = Callable[..., Any]


def is_plainly_flat(data: bytes, limit: int) -> bool:
    """Whether it is clear at first sight, which takes a quarter of a millisecond for a megabyte, that ``data`` are no
    deeper; where it is not, :func:`nests_deeper` knows, and may take a thousand times as long."""
    if len(data) <= limit:
        return True
    if limit < _NATIVE_DEPTH:
        return False
    return follows(data, msgspec.json.decode) is True or follows(data, msgspec.msgpack.decode) is True


def nests_deeper(data: bytes, limit: int) -> bool:
    """Whether arrays and objects lie inside each other more than ``limit`` times, in JSON, JSON Lines or MessagePack.

    What cannot be read is not deep: nobody who reads it gets that far.

    >>> nests_deeper(b'{"a": [1, "[[[["]}', 2), nests_deeper(b"[[[]]]", 2)
    (False, True)
    """
    if is_plainly_flat(data, limit):
        return False
    encoding = encoding_of(None, data, msgspec.structs.replace(DEFAULT_LIMITS, depth=limit))
    try:
        if encoding is Encoding.MESSAGEPACK_RECORDS:
            return any(
                _is_deep(data[start:end], limit, msgspec.msgpack.decode, _packed) for start, end in records(data)
            )
        if encoding is Encoding.MESSAGEPACK:
            return _is_deep(data, limit, msgspec.msgpack.decode, _packed)
    except UnreadableError:
        return False
    return (
        _counted(data, limit) if encoding is not Encoding.JSON else _is_deep(data, limit, msgspec.json.decode, _counted)
    )


def _is_deep(data: bytes, limit: int, decode: _Decode, count: Callable[[bytes, int], bool]) -> bool:
    return (limit < _NATIVE_DEPTH or follows(data, decode) is None) and count(data, limit)


def follows(data: bytes, decode: _Decode) -> bool | None:
    """Whether msgspec can read ``data``, of which it builds nothing; None: it does not follow so deep."""
    try:
        decode(data, type=msgspec.Raw)
    except RecursionError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _counted(data: bytes, limit: int) -> bool:
    brackets = _STRING.sub(b"", data).translate(None, _OTHERS)
    depth = 0
    for start in range(0, len(brackets), _AT_ONCE):
        depths = list(accumulate(map(_STEPS.__getitem__, brackets[start : start + _AT_ONCE]), initial=depth))
        if max(depths) > limit:
            return True
        depth = depths[-1]
    return False


def _packed(data: bytes, limit: int) -> bool:
    """The same of one value in MessagePack.

    Raises:
        UnreadableError: it cannot be read.
    """
    opened: list[int] = []
    at, missing = 0, 1
    while at < len(data):
        while not missing:
            if not opened:
                return False
            missing = opened.pop()
        missing -= 1
        size, values = _HEADS[data[at]]
        if not size:
            head = read_head(data, at)
            size, values = head.end - at, _values(head)
        at += size
        if values is not None:
            if len(opened) == limit:
                return True
            opened.append(missing)
            missing = values
    return False


def _values(head: Head) -> int | None:
    """How many values lie in an array or map; None: it is neither."""
    each = _CONTAINERS.get(head.family)
    return None if each is None else each * head.items


def _head(first: int) -> tuple[int, int | None]:
    """The bytes up to the next value where one begins with ``first``, and its values; 0: they depend on what follows."""
    found = set()
    for following in (b"\0", b"\1"):
        try:
            head = read_head(bytes([first]) + 64 * following, 0)
        except UnreadableError:
            return 0, None
        found.add((head.end, _values(head)))
    return found.pop() if len(found) == 1 else (0, None)


_HEADS = tuple(map(_head, range(256)))
"""Most values are told by their first byte: to read the heads of all takes ten times as long."""
