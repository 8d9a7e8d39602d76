"""What a store of files keeps beside a file: what the file system has no place for."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pysession.stores.disk import read_file
from pysession.stores.failures import DamagedSessionError


class State(msgspec.Struct, frozen=True):
    """What holds of a session from the state of its file on that has the time ``since`` (nanoseconds)."""

    since: int
    expires: int | None = None
    immutable: bool = False
    ending: int | None = None
    """The size of what was put, when it is lines of which the last one has no end: it is whole all the same."""

    @property
    def is_plain(self) -> bool:
        return self.expires is None and not self.immutable and self.ending is None


UNKNOWN = State(0, immutable=True)
"""Of a session whose note is damaged nobody knows whether it may change or go."""


class Note(msgspec.Struct, frozen=True):
    """What is kept beside a file: whose it is, and what held before and holds after the last put.

    The note is written first. If the process is killed before the file is, the time of the file tells that the old state
    still holds.
    """

    id: str
    owner: str
    states: tuple[State, ...] = ()

    def at(self, modified: int) -> State:
        return next((state for state in reversed(self.states) if state.since <= modified), State(0))


_DECODER = msgspec.json.Decoder(Note)
"""Made with the module: msgspec crashes where two threads meet a type for the first time at once."""


def read_note(path: Path) -> Note | None:
    """The note at ``path``; None where there is none.

    Raises:
        DamagedSessionError: it is none.
        OSError: it cannot be read.
    """
    content = read_file(path)
    if content is None:
        return None
    try:
        return _DECODER.decode(content[0])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as failure:
        remedy = "restore it, or remove it: the session then has no expiry and may change"
        raise DamagedSessionError(
            str(path), f"it should say what holds of a session ({failure}); {remedy}"
        ) from failure


def note_or_none(path: Path) -> Note | None:
    """The same, but None also where it cannot be read."""
    try:
        return read_note(path)
    except (DamagedSessionError, OSError):
        return None
