"""What an input is before it is read, and what it yields when it is."""

from __future__ import annotations

import errno
import os
from enum import StrEnum

import msgspec

from pysession.wire import Encoding

STANDARD_INPUT = "<stdin>"
"""The source name of standard input in reports."""

TYPED_SUFFIX = ".binpb"
"""Of files that hold a serialised ``pysession.v1.Session``: what the tools of protobuf give to a message in binary."""


class InputFormat(StrEnum):
    """How the bytes of an input are cut into documents, when its name does not tell."""

    JSON = "json"
    JSONL = "jsonl"
    MSGPACK = "msgpack"


class Source(msgspec.Struct, frozen=True):
    """An input that was found and not yet opened.

    ``path`` is as the operating system wants it (None: standard input), ``name`` as a person can read it. ``format`` is
    what its suffix or the caller says, None when the first bytes shall decide. ``store`` is the URL of a session store,
    which has no path.
    """

    path: str | None
    name: str
    format: InputFormat | None
    store: str | None = None


class Record(msgspec.Struct, frozen=True):
    """The bytes of one document.

    ``record`` is its 0-based number among the non-blank lines of a file of several documents, else None;
    ``first_line`` is the physical line of the file on which ``data`` starts (1-based). ``size`` is the whole document's
    size in bytes, as far as it is known: the rest of an oversized stream is not read. ``data`` is shorter than ``size``
    only for a document over ``limits.bytes``, of which one byte more than the limit is kept, so that the reader of the
    bytes reports the limit. ``modified`` is when its file was changed last (Unix time), None for a stream. ``session_id``
    is what a store keeps it under.
    """

    source: str
    data: bytes
    encoding: Encoding
    record: int | None
    first_line: int
    size: int
    modified: float | None = None
    session_id: str | None = None


def printable(path: str) -> str:
    r"""``path`` as text that any terminal or file can hold: what is not UTF-8 or not printable becomes ``\xNN``.

    >>> printable("caf\udce9.json")
    'caf\\xe9.json'
    >>> printable("a\x1b[2J.json")
    'a\\x1b[2J.json'
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "symlink loop",
    errno.ENOENT: "no such file or directory",
    errno.ENAMETOOLONG: "the name is too long for the file system",
    errno.EMFILE: "too many open files; raise 'ulimit -n'",
    errno.EIO: "input/output error of the device",
}


def reason_of(failure: OSError) -> str:
    """Why the operating system refused, in words that do not differ between systems where that matters."""
    return _REASONS.get(failure.errno or 0) or (failure.strerror or type(failure).__name__).lower()
