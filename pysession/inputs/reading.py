"""A source → the records of bytes in it, in bounded memory."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import msgspec

from pysession.findings import NotRead
from pysession.inputs.lines import holds_messages, lines, looks_like_lines
from pysession.inputs.source import InputFormat, Record, Source, reason_of
from pysession.inputs.telling import encoding_of
from pysession.wire import Encoding, Limits

_CHUNK_BYTES = 1 << 20
_ATTEMPTS = 2
_CHANGED = "changed while being read"
_NO_RECORD = "empty: it holds no record"
# Never wait for a writer should a pipe take the file's place; never let the system translate line ends.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class _ChangedError(Exception):
    """The file is another one after reading than it was before."""


def records(source: Source, limits: Limits) -> Iterator[Record | NotRead]:
    """The documents of ``source``, at least one value.

    A file of JSON Lines is one document when its first readable record is a message, else one document a line, and then
    it is streamed. Of a store each session is one. Everything else is one document. A document over ``limits.bytes`` comes cut to one byte more than
    that (see :class:`Record`). A file that changes while it is read is read once more, then ``NotRead``; one too large
    to hold, whose records have been handed out by then, ends with that ``NotRead``.
    """
    if source.store is not None:
        # Most inputs are files, and need not pay for the import.
        from pysession.inputs.stored import stored_records

        yield from stored_records(source.store, source.format, limits)
        return
    try:
        yield from _standard_input(source, limits) if source.path is None else _file(source, source.path, limits)
    except _ChangedError:
        yield NotRead(source.name, _CHANGED)
    except OSError as failure:
        yield NotRead(source.name, reason_of(failure))


def _file(source: Source, path: str, limits: Limits) -> Iterator[Record | NotRead]:
    snapshot = _snapshot(path, limits.bytes)
    if source.format in (None, InputFormat.JSONL) and snapshot.cut:
        # Too large to hold, but perhaps not one document.
        with _opened(path) as stream:
            before = _version(stream)
            if _separate(source.format, snapshot.data, limits, stream):
                stream.seek(0)
                yield from _each_line(source, stream, limits.bytes, snapshot.modified)
                if _version(stream) != before:
                    yield NotRead(source.name, f"{_CHANGED}; its records are judged as they were found")
                return
    yield from _held(source, snapshot, limits)


def _standard_input(source: Source, limits: Limits) -> Iterator[Record | NotRead]:
    if sys.stdin is None:
        yield NotRead(source.name, "standard input is closed")
        return
    stream = sys.stdin.buffer
    data = _read_upto(stream, limits.bytes + 1)
    if len(data) <= limits.bytes:
        yield from _held(source, _Snapshot(data, len(data)), limits)
        return
    if _separate(source.format, data, limits, io.BytesIO(data)):
        yield from _each_line(source, io.BufferedReader(_Joined(data, stream), _CHUNK_BYTES), limits.bytes)
        return
    # The rest is not counted: a stream need not end.
    yield Record(source.name, data, encoding_of(source.format, data, limits), None, 1, len(data))


def _held(source: Source, snapshot: _Snapshot, limits: Limits) -> Iterator[Record | NotRead]:
    """The documents of an input whose bytes, or as many of them as are allowed, are in memory."""
    data = snapshot.data
    if not snapshot.cut and _separate(source.format, data, limits, io.BytesIO(data)):
        yield from _each_line(source, io.BytesIO(data), limits.bytes, snapshot.modified)
        return
    encoding = encoding_of(source.format, data, limits)
    yield Record(source.name, data, encoding, None, 1, snapshot.size, snapshot.modified)


def _each_line(
    source: Source, stream: BinaryIO, limit: int, modified: float | None = None
) -> Iterator[Record | NotRead]:
    number = -1
    for number, line in enumerate(lines(stream, limit)):
        yield Record(source.name, line.data, Encoding.JSON, number, line.number, line.size, modified)
    if number < 0:
        yield NotRead(source.name, _NO_RECORD)


def _separate(format: InputFormat | None, head: bytes, limits: Limits, stream: BinaryIO) -> bool:
    """Whether the input is a document a line."""
    if format is None and looks_like_lines(head, limits):
        format = InputFormat.JSONL
    return format is InputFormat.JSONL and not holds_messages(stream, limits)


class _Snapshot(msgspec.Struct, frozen=True):
    """The first bytes of an input, at most one more than the limit, the size of the whole, and when it was changed."""

    data: bytes
    size: int
    modified: float | None = None

    @property
    def cut(self) -> bool:
        return self.size > len(self.data)


def _snapshot(path: str, limit: int) -> _Snapshot:
    """The bytes of the file at one moment.

    Raises:
        _ChangedError: it changed in each of two attempts.
        OSError: it cannot be opened or read, or is not a regular file any more.
    """
    for _ in range(_ATTEMPTS):
        with _opened(path) as stream:
            before = _version(stream)
            size = before[0]
            # One byte more than is expected tells that there is more.
            data = stream.read(min(size, limit) + 1)
            if _version(stream) == before and len(data) == min(size, limit + 1):
                return _Snapshot(data, size, before[1] / 1e9)
    raise _ChangedError


def _version(stream: BinaryIO) -> tuple[int, int]:
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    descriptor = os.open(path, _OPEN_FLAGS)
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file any more")
        yield stream


def _read_upto(stream: BinaryIO, count: int) -> bytes:
    """Up to ``count`` bytes, without reserving memory for bytes that never come."""
    chunks: list[bytes] = []
    while count and (chunk := stream.read(min(count, _CHUNK_BYTES))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


class _Joined(io.RawIOBase):
    """A stream that begins with bytes already taken from it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
