"""What the file system fails with, in the words of stores."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from pysession.stores.failures import NotAStoreError, NotReadableError, NotServedError, NotWritableError, StoreError

_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM})
_NO_STORE = frozenset({errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.EISDIR})
LET_WRITE = "let this user write there"
REMEDIES: Mapping[int, str] = {
    errno.EACCES: LET_WRITE,
    errno.EPERM: LET_WRITE,
    errno.EROFS: "mount its file system for writing, or name another place",
    errno.ENOSPC: "make room on its file system",
    errno.EDQUOT: "make room in this user's quota",
    errno.EFBIG: "allow larger files (ulimit -f)",
}
"""What to do about a file that cannot be written, by the number of the failure."""


def told(failure: OSError, folder: Path, *, reads: bool) -> StoreError:
    """What ``failure`` means for the store in ``folder``; ``reads``: nothing was to be changed."""
    number = failure.errno or 0
    reason = (failure.strerror or type(failure).__name__).lower()
    place = failure.filename if isinstance(failure.filename, str) else str(folder)
    if reads and number in _NOT_ALLOWED:
        return NotReadableError(place, reason)
    if number in REMEDIES:
        return NotWritableError(str(folder), reason, REMEDIES[number])
    if number in _NO_STORE:
        return NotAStoreError(place, reason)
    return NotServedError(str(folder), reason)
