"""Reading the tables that are a part of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec

from pysession.findings.failures import DamagedError

_Table = TypeVar("_Table")

_DECODING = Lock()
"""msgspec finds out about a type when it first decodes one, and crashes where two threads do that at once."""


def read_table(path: Path, type: type[_Table]) -> _Table:
    """The table in the JSON file at ``path``.

    Raises:
        DamagedError: the file is missing, or holds no such table.
    """
    with belongs_to(path), _DECODING:
        return msgspec.json.decode(path.read_bytes(), type=type)


@contextmanager
def belongs_to(path: Path) -> Iterator[None]:
    """What is made of the table at ``path`` inside of this; where that fails, the file is at fault.

    Raises:
        DamagedError: it failed.
    """
    try:
        yield
    except OSError as failure:
        raise DamagedError(path, (failure.strerror or "it cannot be read").lower()) from failure
    except (UnicodeDecodeError, msgspec.DecodeError) as failure:
        raise DamagedError(path, str(failure)) from failure
