"""Whether bytes can be read at all, which is the only thing that tells damage where a store keeps no checksum."""

from __future__ import annotations

import msgspec

from pysession.exchange.server.depth import follows
from pysession.inputs.telling import encoding_of
from pysession.wire import Encoding, Limits, read


def is_plainly_json(data: bytes) -> bool:
    """Whether it is clear at first sight that ``data`` are JSON; where it is not, :func:`is_readable` knows.

    Ten times as fast as to build the value, and stricter than some who write.
    """
    return follows(data, msgspec.json.decode) is not False


def is_readable(data: bytes, limits: Limits) -> bool:
    """Whether ``data`` are JSON, JSON Lines or MessagePack from the first byte to the last; too deep counts as readable.

    >>> from pysession.wire import DEFAULT_LIMITS
    >>> [is_readable(data, DEFAULT_LIMITS) for data in (b'{"a": 1}', b'{"a": NaN}', b"{}\\n{}\\n", b'{"a": 1', b"")]
    [True, True, True, False, False]
    """
    if is_plainly_json(data):
        return True
    encoding = encoding_of(None, data, limits)
    if encoding is Encoding.MESSAGEPACK:
        # Here it is memory that matters: of empty maps a value takes 150 times the bytes.
        return follows(data, msgspec.msgpack.decode) is not False
    reading = read(data, encoding, limits)
    return reading.readable and not reading.unreadable_records
