"""The entry of a history in the state, after the history provider was asked for its messages."""

from __future__ import annotations

from typing import Any

from pysession.readers.every_member import is_object, members
from pysession.readers.go.decoding import History, UnwritableError, fold
from pysession.readers.go.stored import Stored
from pysession.readers.go.table import Record

_MESSAGES = "MESSAGES"
_CONTENTS = "CONTENTS"

ABSENT = object()
"""An entry that is not there."""


class Touched:
    """One entry: what became of it, and the messages that the provider returned.

    ``stays``: it was seen to be saved as it is, and holds no fractions. ``lost``: messages that the entry holds are not
    among them, or have come back without their contents.
    """

    def __init__(self, known: Record, document: Stored, entry: Any) -> None:
        stored = _messages(entry)
        self.messages: list[Any] = stored
        self.lost = False
        self._saved: Any = entry
        self._unwritable = False
        self.stays = _stays(known, document, entry, stored)
        if not self.stays:
            self._decode(known, entry, stored)
        self.restored = len(self.messages) - self.messages.count(None)

    def saved(self) -> Any:
        """The entry as it is saved, ``ABSENT`` if it is not.

        Raises:
            UnwritableError: it holds a value that cannot be written.
        """
        if self._unwritable:
            raise UnwritableError
        return self._saved

    def _decode(self, known: Record, entry: Any, stored: list[Any]) -> None:
        history = History(known, entry)
        self.messages = history.messages
        self.lost = _fewer(stored, self.messages)
        # A provider that creates no entry leaves alone what it could not read.
        if history.sound or known.creates_entry:
            try:
                self._saved = history.written()
            except UnwritableError:
                self._unwritable = True


def _stays(known: Record, document: Stored, entry: Any, stored: list[Any]) -> bool:
    """Whether the entry is one that the SDK saves as it is."""
    if type(entry) is not dict or [*entry] != ["messages"] or not stored:
        return False
    found = document.shapes(stored)
    return found is not None and all(shape.stays(known) for shape in found)


def _messages(entry: Any) -> list[Any]:
    """The messages that an entry of the state holds, however its member is written."""
    found: list[Any] = []
    for name, value in members(entry) if is_object(entry) else ():
        if fold(name) == _MESSAGES and (value is None or type(value) is list):
            found = value or []
    return found


def _fewer(stored: list[Any], restored: list[Any]) -> bool:
    """Whether messages are missing, or have come back without the contents that they have in the document."""
    if sum(message is not None for message in restored) < sum(map(is_object, stored)):
        return True
    return any(
        is_object(old) and new is not None and not new.get("Contents") and _has_contents(old)
        for old, new in zip(stored, restored, strict=False)
    )


def _has_contents(message: Any) -> bool:
    contents = [value for name, value in members(message) if fold(name) == _CONTENTS]
    return bool(contents) and type(contents[-1]) is list and contents[-1] != []
