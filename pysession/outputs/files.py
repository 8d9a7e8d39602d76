"""A file is replaced in one step, when its new bytes are safe on the disk; until then the old one is untouched."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
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
    kept: Path | None = None
    try:
        kept = _kept(target) if backup and target.exists() else None
        _replace(target, data)
    except OSError as failure:
        if kept is not None:
            # The file still is what it was; a copy of it would only take room that is short.
            with contextlib.suppress(OSError):
                kept.unlink()
        raise _not_written(path, failure) from failure
    # As the caller called it; the backup of a link's file stands where that file is.
    return kept if kept is None or path.is_symlink() else path.with_name(kept.name)


def make_folder_of(path: Path | str) -> str:
    """Make the folder that the file at ``path`` is to stand in, with those above it, and give its name.

    Raises:
        NotWrittenError: no permission, no space, or a file stands where a folder should.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder or os.curdir, exist_ok=True)
    except OSError as failure:
        raise _not_written(path, failure) from failure
    return folder


def spare_input(path: Path | str, source: Path | str | None, instead: str) -> None:
    """See to it that the output at ``path`` does not take the place of ``source``, the input that it is made from.

    Raises:
        NotWrittenError: it would; ``instead`` is what to do.
    """
    if source is not None and os.path.exists(path) and os.path.samefile(path, source):
        raise NotWrittenError(Path(path), f"it is the input itself; {instead}")


def _not_written(path: Path | str, failure: OSError) -> NotWrittenError:
    return NotWrittenError(Path(path), (failure.strerror or type(failure).__name__).lower())


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
def replacing(path: Path | str, *, waits: bool = True) -> Iterator[BinaryIO]:
    """A stream for the new bytes of the file at ``path``, which takes them when the block ends, all or none.

    When the block ends with an exception the file stays as it was. ``waits`` until they are safe on the disk; without, a
    power cut may take a new file away, never the bytes of one that was there. Whoever writes many can then wait once
    for all of them (:func:`wait_for_disk`).

    Raises:
        NotWrittenError: no permission, no space, no such folder.
    """
    try:
        with _replacing(*_target(path), waits=waits) as stream:
            yield stream
    except OSError as failure:
        raise _not_written(path, failure) from failure


def _target(path: Path | str) -> tuple[str, os.stat_result | None]:
    """Where the file at ``path`` really is, a link followed, and what is known of it, if it is there."""
    target = str(path)
    try:
        status = os.lstat(target)
        if stat.S_ISLNK(status.st_mode):
            target = os.path.realpath(target)
            status = os.lstat(target)
    except FileNotFoundError:
        return target, None
    return target, status


def _replace(target: Path, data: bytes) -> None:
    with _replacing(*_target(target)) as stream:
        stream.write(data)


def wait_for_disk(folders: Iterable[str]) -> None:
    """Wait until the names in ``folders`` are safe; file systems that keep order have written what they name before."""
    for folder in folders:
        _sync_folder(folder)


@contextlib.contextmanager
def _replacing(target: str, status: os.stat_result | None, *, waits: bool = True) -> Iterator[BinaryIO]:
    if status is not None and not stat.S_ISREG(status.st_mode):
        # A device or a pipe has nothing to keep, and a file must never take its place.
        with open(target, "wb") as stream:
            yield stream
        return
    waits = waits or status is not None
    folder = os.path.dirname(target)
    name = os.path.join(folder, f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _NEW_FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            if waits:
                stream.flush()
                os.fsync(stream.fileno())
        if status is not None:
            os.chmod(name, stat.S_IMODE(status.st_mode))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if waits:
        _sync_folder(folder or os.curdir)


def _sync_folder(folder: str) -> None:
    """The new name survives a power cut too, where folders can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
