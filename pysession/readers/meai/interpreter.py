"""What ``JsonSerializer`` makes of a list of messages with the options of the agent framework's sessions."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.findings import NextTurn, Reading, Stage, Verdict
from pysession.readers.meai.comparison import Source
from pysession.readers.meai.history import Messages, read_messages
from pysession.readers.meai.refusal import RefusedError, StageError
from pysession.readers.meai.table import Record, record
from pysession.readers.settings import DEFAULT_SETTINGS, Settings


class Interpreter:
    """Applies what the table says of a version to one document."""

    def __init__(self, document: Document, settings: Settings = DEFAULT_SETTINGS) -> None:
        self._source = Source(document)
        self._found: dict[int, Reading] = {}

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""
        known = record(release.partition("@")[2])
        if id(known) not in self._found:
            self._found[id(known)] = self._read(known)
        return msgspec.structs.replace(self._found[id(known)], reader=release)

    def _read(self, known: Record) -> Reading:
        source = self._source
        try:
            root = source.opened(known.depth).root
            messages = None if root is None else self._messages(known, root)
            saved: Any = None if messages is None else messages.saved
            source.check_writable(saved)
        except StageError as error:
            return Reading("", Verdict.REJECTED, error.stage, error.failure, next_turn=NextTurn.FAILS)
        histories = [] if messages is None else [(root, messages)]
        return source.compared(saved, histories)

    def _messages(self, known: Record, root: Any) -> Messages:
        try:
            return read_messages(known, root, (), self._source.outline(root))
        except RefusedError as error:
            raise StageError(Stage.LOAD, error.failure(self._source.document.base)) from None
