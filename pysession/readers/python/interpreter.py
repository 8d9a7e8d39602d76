"""What a Python program with the library's defaults makes of one document.

``AgentSession.from_dict(json.loads(data))`` and ``to_dict()``; a file of FileSessionStore or FileHistoryProvider goes
through that release's store or provider, where it has one; releases before 1.0.0b260212 have threads instead.
"""

from __future__ import annotations

import msgspec

from pysession.dialects import Document
from pysession.findings import NextTurn, Reading, Verdict
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.histories import read_history
from pysession.readers.python.nesting import check_levels
from pysession.readers.python.sessions import read_session, read_store
from pysession.readers.python.subject import Subject
from pysession.readers.python.table import Histories, Record, record
from pysession.readers.python.threads import read_thread
from pysession.readers.settings import DEFAULT_SETTINGS, Settings
from pysession.wire import Encoding


class Interpreter:
    """Applies what the table says of a release to one document."""

    def __init__(self, document: Document, settings: Settings = DEFAULT_SETTINGS) -> None:
        self._subject = Subject(document, settings)
        self._found: dict[Record, Reading] = {}

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""
        known = record(release.partition("@")[2])
        if known not in self._found:
            self._found[known] = _reading(known, self._subject)
        return msgspec.structs.replace(self._found[known], reader=release)


def _reading(known: Record, subject: Subject) -> Reading:
    try:
        return _read(known, subject)
    except RefusedError as error:
        failure = error.below(subject.document.base).failure()
        return Reading("", Verdict.REJECTED, error.stage, failure, next_turn=NextTurn.FAILS)


def _read(known: Record, subject: Subject) -> Reading:
    document = subject.document
    if known.threads is not None:
        check_levels(known.nesting, subject.levels)
        return read_thread(known, known.threads, subject)
    if known.histories is not None and _is_history(known.histories, document):
        return read_history(known, known.histories, subject)
    if known.store is not None and subject.is_store:
        check_levels(known.store, subject.levels)
        return read_store(known, known.store, subject)
    check_levels(known.nesting, subject.levels)
    return read_session(known, subject)


def _is_history(provider: Histories, document: Document) -> bool:
    if document.encoding is Encoding.MESSAGEPACK_RECORDS:
        return provider.messagepack
    return document.encoding is Encoding.JSON_LINES
