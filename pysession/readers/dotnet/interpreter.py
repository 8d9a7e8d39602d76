"""What a release of Agent Framework for .NET makes of one document, with an agent that has only the defaults."""

from __future__ import annotations

import msgspec

from pysession.dialects import Document
from pysession.findings import NextTurn, Reading, Verdict
from pysession.readers.dotnet.envelopes import Loaded, load_session, load_thread
from pysession.readers.dotnet.next_turn import APPROVALS, next_turn
from pysession.readers.dotnet.table import Record, record
from pysession.readers.meai.comparison import Source
from pysession.readers.meai.refusal import StageError
from pysession.readers.settings import DEFAULT_SETTINGS, Settings


class Interpreter:
    """Applies what the table says of a release to one document."""

    def __init__(self, document: Document, settings: Settings = DEFAULT_SETTINGS) -> None:
        self._source = Source(document)
        self._keys = settings.history_keys
        self._found: dict[int, Reading] = {}

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""
        known = record(release.partition("@")[2])
        if id(known) not in self._found:
            self._found[id(known)] = self._read(known)
        return msgspec.structs.replace(self._found[id(known)], reader=release)

    def _read(self, known: Record) -> Reading:
        try:
            loaded = self._loaded(known, self._source.opened(known.contract.depth).root)
            self._source.check_writable(loaded.saved)
        except StageError as error:
            return Reading("", Verdict.REJECTED, error.stage, error.failure, next_turn=NextTurn.FAILS)
        turn = next_turn(
            known,
            loaded,
            held=sum(one.messages for one in self._source.held),
            may_have_approvals=any(self._may_have_approvals(stored) for stored, _ in loaded.histories),
            own_provider=bool(self._keys),
        )
        return self._source.compared(
            loaded.saved, loaded.histories, kept=loaded.kept, next_turn=turn, encoder=known.encoder
        )

    def _may_have_approvals(self, stored: object) -> bool:
        outline = self._source.outline(stored)
        return outline is None or outline.has_any(frozenset(APPROVALS))

    def _loaded(self, known: Record, root: object) -> Loaded:
        if known.history_key is None:
            return load_thread(known, self._source, root)
        # An agent has one history provider: with a key of its own it does not use the default one.
        return load_session(known, self._source, root, self._keys or (known.history_key,))
