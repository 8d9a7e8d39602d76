"""Paths as a person gives them → sources, in a stable order."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pysession.findings import NotRead
from pysession.inputs.source import STANDARD_INPUT, InputFormat, Source, printable, reason_of

_FORMATS = {
    ".json": InputFormat.JSON,
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".msgpack": InputFormat.MSGPACK,
}

_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}

_FROM_STORE = "'pysession store export' and 'pysession store get' give its documents"

_Identity = tuple[int, int]


def discover(
    paths: Iterable[str], format: InputFormat | None = None, *, stores: bool = False
) -> Iterator[Source | NotRead]:
    """The inputs that ``paths`` name, in the order of ``paths`` and sorted by name inside each.

    A path is a file (any name), a directory (its ``*.json``, ``*.jsonl``, ``*.ndjson``, ``*.msgpack``, recursively,
    without names that start with a dot: stores keep quarantined documents there), a glob, or ``-``. ``format``
    overrides what the names say. What is not there, not readable or not a regular file comes as ``NotRead``, and so does
    the URL of a store, unless ``stores`` says that the caller can do with documents that are no files.
    """
    standard_input_taken = False
    for path in paths:
        if path == "-":
            if standard_input_taken:
                yield NotRead(STANDARD_INPUT, "standard input can be read only once; give '-' once")
            else:
                standard_input_taken = True
                yield Source(None, STANDARD_INPUT, format)
        elif "\0" in path:
            yield NotRead(printable(path), "not a path: it holds a NUL character")
        elif ":" in path and not os.path.lexists(path) and (store := _store(path, format)) is not None:
            yield store if stores else NotRead(store.name, "a store, which this command does not read; " + _FROM_STORE)
        elif glob.has_magic(path) and not os.path.lexists(path):
            yield from _matches(path, format)
        else:
            yield from _named(path, format)


def _store(path: str, format: InputFormat | None) -> Source | None:
    """The store that ``path`` names, if it is a URL of one."""
    # Few paths have a colon, and the others need not pay for the import.
    from pysession.stores import is_store_url, masked

    return Source(None, printable(masked(path)), format, path) if is_store_url(path) else None


def _matches(pattern: str, format: InputFormat | None) -> Iterator[Source | NotRead]:
    """What ``pattern`` matches. ``**`` already reaches into directories, so that these are not walked again."""
    recursive = "**" in pattern
    found = False
    for path in sorted(glob.iglob(pattern, recursive=recursive), key=os.fsencode):
        if recursive and os.path.isdir(path):
            continue
        found = True
        yield from _named(path, format)
    if not found:
        yield NotRead(printable(pattern), "no file matches this pattern")


def _named(path: str, format: InputFormat | None) -> Iterator[Source | NotRead]:
    try:
        status = os.stat(path)
    except OSError as failure:
        yield NotRead(printable(path), reason_of(failure))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield _file(path, status, format)
        return
    found = False
    for item in _walk(path, (status.st_dev, status.st_ino), format):
        found = True
        yield item
    if not found:
        kinds = ", ".join(f"*{suffix}" for suffix in _FORMATS)
        yield NotRead(printable(path), f"a directory without documents ({kinds})")


def _file(path: str, status: os.stat_result, format: InputFormat | None) -> Source | NotRead:
    special = _SPECIAL.get(stat.S_IFMT(status.st_mode))
    if special is not None:
        return NotRead(printable(path), f"{special}, not a regular file; to read a stream, pass '-' and redirect it")
    suffix = os.path.splitext(path)[1].lower()
    return Source(path, printable(path), format or _FORMATS.get(suffix))


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory on the way from the top to where the walk is, and what of it is still to visit."""

    identity: _Identity
    entries: Iterator[os.DirEntry[str]]


def _walk(top: str, identity: _Identity, format: InputFormat | None) -> Iterator[Source | NotRead]:
    """The documents below ``top``, depth first.

    Directories are told apart by device and inode, not by name. A link to a directory on the way here is a loop. A link
    to one that was walked before adds nothing and is passed over: links that fan out twice on each level would
    otherwise make exponentially many paths of few directories.
    """
    try:
        way = [_Directory(identity, _entries(top))]
    except OSError as failure:
        yield NotRead(printable(top), reason_of(failure))
        return
    walked = {identity}
    while way:
        entry = next(way[-1].entries, None)
        if entry is None:
            way.pop()
            continue
        try:
            status = entry.stat()
            if not stat.S_ISDIR(status.st_mode):
                if os.path.splitext(entry.name)[1].lower() in _FORMATS:
                    yield _file(entry.path, status, format)
                continue
            here = _identity(entry.path, status)
            if any(directory.identity == here for directory in way):
                yield NotRead(printable(entry.path), "symlink loop")
                continue
            if here in walked and entry.is_symlink():
                continue
            walked.add(here)
            way.append(_Directory(here, _entries(entry.path)))
        except OSError as failure:
            yield NotRead(printable(entry.path), reason_of(failure))


def _entries(directory: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    return iter(sorted(visible, key=lambda entry: os.fsencode(entry.name)))


def _identity(path: str, status: os.stat_result) -> _Identity:
    """Device and inode; ``DirEntry.stat`` leaves both 0 on Windows, where the path has to be asked again."""
    if status.st_ino == 0:
        status = os.stat(path)
    return status.st_dev, status.st_ino
