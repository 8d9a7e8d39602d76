"""What a Go program with the library's defaults makes of one document.

``json.Unmarshal`` into a session, the in-memory history provider asked for its messages, ``json.Marshal``. The provider
creates its entry of the state where there is none it can read.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from pysession.dialects import Document, History as StoredHistory
from pysession.findings import ChangeKind, Failure, NextTurn, Reading, Stage, Verdict
from pysession.readers.comparing import Comparison, changes, compare
from pysession.readers.go.approvals import blocked
from pysession.readers.go.decoding import History, UnwritableError, fold, is_object
from pysession.readers.go.settled import Settled
from pysession.readers.go.table import Record, record
from pysession.readers.go.text import GoSyntaxError, decoded, members, parse, plain
from pysession.readers.settings import DEFAULT_SETTINGS, Settings
from pysession.wire import Encoding

_DIALECT = "go"
# Go reads a time from the characters as they stand, so one that is written with escapes must be seen as it stands.
_TIME_ESCAPES = re.compile(rb"\\u00(?:2[bdeBDE]|3[0-9aA]|5[4aA])|\\u005[4aA]")


class Interpreter:
    """Applies what the table says of a release to one document."""

    def __init__(self, document: Document, settings: Settings = DEFAULT_SETTINGS) -> None:
        self._document = document
        self._settings = settings
        self._found: dict[int, Reading] = {}

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""
        known = record(release.partition("@")[2])
        if id(known) not in self._found:
            self._found[id(known)] = _Run(self._document, known, self._settings).reading()
        return msgspec.structs.replace(self._found[id(known)], reader=release)


class _RefusedError(Exception):
    def __init__(self, stage: Stage, failure: Failure) -> None:
        super().__init__(failure.message)
        self.stage = stage
        self.failure = failure
