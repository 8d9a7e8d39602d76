"""The byte forms in which a document is stored, and what the first bytes of a text tell about its encoding."""

from __future__ import annotations

from enum import StrEnum

MARK = b"\xef\xbb\xbf"
"""The byte order mark in UTF-8."""


class Encoding(StrEnum):
    """How the bytes of a file hold its value or values.

    ``MESSAGEPACK`` is the form of FileSessionStore with ``serialization_format="msgpack"``. ``MESSAGEPACK_RECORDS`` is
    the form of FileHistoryProvider with the same option: before each value its length in bytes, 4 bytes big-endian
    (agent-framework-core 1.23.0).
    """

    JSON = "json"
    JSON_LINES = "json-lines"
    MESSAGEPACK = "messagepack"
    MESSAGEPACK_RECORDS = "messagepack-records"

    @property
    def is_messagepack(self) -> bool:
        """Whether the bytes are binary, so that there are no lines."""
        return self in (Encoding.MESSAGEPACK, Encoding.MESSAGEPACK_RECORDS)


# Longest first: the UTF-32 LE mark begins with the UTF-16 LE mark.
_FOREIGN_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32 LE"),
    (b"\x00\x00\xfe\xff", "UTF-32 BE"),
    (b"\xff\xfe", "UTF-16 LE"),
    (b"\xfe\xff", "UTF-16 BE"),
)
# A JSON text begins with an ASCII character and mostly with two, so which of the first bytes are NUL gives the encoding
# (RFC 4627, section 3). Fewer bytes tell too little: a stray NUL looks the same.
_NUL_PATTERNS = (
    ((True, True, True, False), "UTF-32 BE"),
    ((False, True, True, True), "UTF-32 LE"),
    ((True, False, True, False), "UTF-16 BE"),
    ((False, True, False, True), "UTF-16 LE"),
)


def foreign_encoding(data: bytes) -> str | None:
    """The name of the UTF-16 or UTF-32 form that ``data`` begins like, or None."""
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            return name
    nuls = tuple(byte == 0 for byte in data[:4])
    for pattern, name in _NUL_PATTERNS:
        if nuls == pattern:
            return name
    return None


_FOREIGN_FORMATS = (
    (b"\x1f\x8b", "gzip-compressed data; decompress it"),
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data; decompress it"),
    (b"SQLite format 3\x00", "an SQLite database; export its rows"),
    (b"PAR1", "a Parquet file; export its rows"),
    (b"\x80\x04\x95", "a Python pickle; never load it, it runs what it says"),
    (b"\x80\x05\x95", "a Python pickle; never load it, it runs what it says"),
)


def foreign_format(data: bytes) -> str | None:
    """What ``data`` is by its first bytes, and what to do, when it is a well-known format that holds no text; else None."""
    return next((what for magic, what in _FOREIGN_FORMATS if data.startswith(magic)), None)
