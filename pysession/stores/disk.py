"""Files that survive being killed, and locks between processes."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

_STRIPES = 64
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
TEMPORARY = ".tmp"
"""The suffix of a file that is not yet whole."""


def read_file(path: Path) -> tuple[bytes, os.stat_result] | None:
    """The bytes of a file and what it is; None when there is none. A link is not followed, a pipe not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ENOTDIR, "it is a folder, a pipe or a device", str(path))
    with open(descriptor, "rb") as stream:
        return stream.read(), os.fstat(descriptor)


def replace_file(path: Path, data: bytes, modified: int | None = None) -> os.stat_result:
    """Put ``data`` at ``path`` in one step, on the disk when this returns; ``modified`` is its time in nanoseconds.

    Unlike :func:`pysession.outputs.write_file` it never asks for the umask, which is one for all threads, and fails when
    the folder cannot be synced.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}{TEMPORARY}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if modified is not None:
                os.utime(temporary, ns=(modified, modified))
            os.fsync(descriptor)
            status = os.fstat(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(path.parent)
    return status


def extend_file(path: Path, start: int, data: bytes, modified: int) -> os.stat_result:
    """Make ``data`` what follows the first ``start`` bytes of the file, on the disk when this returns.

    What was behind them is the end of a write that was killed. A write that fails leaves none.
    """
    descriptor = os.open(path, os.O_WRONLY | _NO_FOLLOW)
    with open(descriptor, "wb", buffering=0) as stream:
        stream.truncate(start)
        stream.seek(start)
        try:
            view = memoryview(data)
            while view:
                view = view[stream.write(view) :]
            os.utime(path, ns=(modified, modified))
            os.fsync(descriptor)
        except OSError:
            stream.truncate(start)
            raise
        return os.fstat(descriptor)


def remove_file(path: Path) -> None:
    """Remove a file that may not be there; it is gone for good when this returns."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, on the disk when this returns."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in reversed(missing):
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """A name that was made or removed in ``folder`` survives a power cut."""
    if sys.platform == "win32":
        return  # Windows opens no folder, and syncs names with the file.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path, name: str, *, shared: bool = False) -> Iterator[None]:
    """Wait until no other process or thread holds the lock for ``name``, and hold it.

    There are 64 lock files in ``folder`` for all names together. They stay: to remove one is to let two processes hold
    one lock each that they take for the same.
    """
    path = folder / f"{zlib.crc32(name.encode()) % _STRIPES:02}"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o666)
    except OSError:
        if not shared:
            raise
        yield  # Where nothing can be written, nothing changes that a reader waits for.
        return
    try:
        _lock(descriptor, shared)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt
    import time

    def _lock(descriptor: int, shared: bool) -> None:
        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return
            time.sleep(0.01)

else:
    import fcntl

    def _lock(descriptor: int, shared: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
