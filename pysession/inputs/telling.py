"""The encoding of an input that is one document, from what its name or the caller says, or from its first bytes."""

from __future__ import annotations

from pysession.inputs.lines import looks_like_lines
from pysession.inputs.source import InputFormat
from pysession.wire import Encoding, Limits
from pysession.wire.encoding import foreign_format


def encoding_of(format: InputFormat | None, data: bytes, limits: Limits) -> Encoding:
    """The encoding of an input that is one document."""
    if format is InputFormat.JSON:
        return Encoding.JSON
    if format is InputFormat.JSONL:
        return Encoding.JSON_LINES
    if format is InputFormat.MSGPACK:
        return Encoding.MESSAGEPACK_RECORDS if data and not _is_map(data[0]) else Encoding.MESSAGEPACK
    return packed(data) or (Encoding.JSON_LINES if looks_like_lines(data, limits) else Encoding.JSON)


def packed(data: bytes) -> Encoding | None:
    """The form of MessagePack that ``data`` begins like; None where it may be a text."""
    if data and _is_map(data[0]):
        # A pickle begins like an empty map.
        return Encoding.MESSAGEPACK if foreign_format(data) is None else None
    # The length of a first record below 16 MiB begins with a byte that JSON cannot begin with.
    return Encoding.MESSAGEPACK_RECORDS if len(data) > 4 and data[0] == 0 and _is_map(data[4]) else None


def _is_map(marker: int) -> bool:
    """Whether a MessagePack value that begins with this byte is a map (specification, "Map format family")."""
    return 0x80 <= marker <= 0x8F or marker in (0xDE, 0xDF)
