"""A file is replaced in one step, when its new bytes are safe on the disk; until then the old one is untouched."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pysession.findings.failures import PysessionError

BACKUP_SUFFIX = ".bak"
_NEW_FILE_MODE = 0o666


class NotWrittenError(PysessionError):
    """``path`` could not be written; what was there before is still there, and nothing else was left behind."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be written: {why}; what was there before is untouched")
        self.path = path
        self.why = why


def write_file(path: Path, data: bytes, *, backup: bool = False) -> Path | None:
    """Put ``data`` into the file at ``path``, in place of what it holds; the backup of that, when there is one.

    A link is followed, and the file that it leads to keeps its permissions. With ``backup`` the old bytes are kept beside
    it, under a name that no file has yet.

    Raises:
        NotWrittenError: no permission, no space, no such folder.
    """
    target = Path(os.path.realpath(path))
    try:
        kept = _kept(target) if backup and target.exists() else None
        _replace(target, data)
    except OSError as failure:
        raise NotWrittenError(path, (failure.strerror or type(failure).__name__).lower()) from failure
    return kept


def backup_of(path: Path) -> Path:
    """The name under which the next backup of ``path`` is kept: ``a.json.bak``, else ``a.json.bak.1`` and so on."""
    first = path.with_name(path.name + BACKUP_SUFFIX)
    candidate, number = first, 0
    while candidate.exists():
        number += 1
        candidate = first.with_name(f"{first.name}.{number}")
    return candidate


def _kept(target: Path) -> Path:
    kept = backup_of(target)
    try:
        # Only when the backup is on the disk may the file itself change.
        with target.open("rb") as source, kept.open("xb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copystat(target, kept)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            kept.unlink()
        raise
    return kept


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream for the new bytes of the file at ``path``, which takes them when the block ends, all or none.

    When the block ends with an exception the file stays as it was.

    Raises:
        NotWrittenError: no permission, no space, no such folder.
    """
    target = Path(os.path.realpath(path))
    try:
        with _replacing(target) as stream:
            yield stream
    except OSError as failure:
        raise NotWrittenError(path, (failure.strerror or type(failure).__name__).lower()) from failure


def _replace(target: Path, data: bytes) -> None:
    with _replacing(target) as stream:
        stream.write(data)


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    if target.exists() and not target.is_file():
        # A device or a pipe has nothing to keep, and a file must never take its place.
        with target.open("wb") as stream:
            yield stream
        return
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, name)
        else:
            os.chmod(name, _NEW_FILE_MODE & ~_umask())
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _umask() -> int:
    # There is no other way to ask for it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut too, where folders can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
