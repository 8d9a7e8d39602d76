"""What a Go program with the library's defaults makes of one document.

``json.Unmarshal`` into a session, the in-memory history provider asked for its messages, ``json.Marshal``. Since
2a6492ececb0 the provider creates its entry of the state where there is none it can read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.findings import Failure, NextTurn, Reading, Stage, Verdict, format_pointer
from pysession.readers.comparing import changes, compare
from pysession.readers.every_member import NotJsonError, is_object, members
from pysession.readers.go.approvals import next_turn
from pysession.readers.go.decoding import UnwritableError, fold
from pysession.readers.go.stored import Stored
from pysession.readers.go.table import Record, record
from pysession.readers.go.text import decoded, plain
from pysession.readers.go.touching import ABSENT, Touched
from pysession.readers.settings import DEFAULT_SETTINGS, Settings


class Interpreter:
    """Applies what the table says of a release to one document."""

    def __init__(self, document: Document, settings: Settings = DEFAULT_SETTINGS) -> None:
        self._document = document
        self._stored = Stored(document)
        self._settings = settings
        self._found: dict[int, Reading] = {}

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""
        known = record(release.partition("@")[2])
        if id(known) not in self._found:
            self._found[id(known)] = _Run(self._document, self._stored, known, self._settings).reading()
        return msgspec.structs.replace(self._found[id(known)], reader=release)


class _RefusedError(Exception):
    def __init__(self, stage: Stage, failure: Failure) -> None:
        super().__init__(failure.message)
        self.stage = stage
        self.failure = failure


class _Session(msgspec.Struct):
    """A session in Go's memory; entries of the state are still what was stored."""

    state: dict[str, Any]
    service_id: str = ""


class _Run:
    """One document in one class of releases."""

    def __init__(self, document: Document, stored: Stored, known: Record, settings: Settings) -> None:
        self._document = document
        self._stored = stored
        self._record = known
        # An agent has one history provider: with a key of its own it is not the default one.
        self._keys = settings.history_keys or (known.history_key,)

    def reading(self) -> Reading:
        try:
            return self._reading()
        except _RefusedError as error:
            return Reading("", Verdict.REJECTED, error.stage, error.failure, next_turn=NextTurn.FAILS)

    def _reading(self) -> Reading:
        stored = self._stored
        root = self._parsed()
        session = _loaded(root)
        touched = [self._touched(session, key) for key in self._keys]
        saved = _saved(session, dict(zip(self._keys, touched, strict=True)))
        before, after = (root, saved) if stored.is_plain else (plain(root), plain(saved))
        comparison = compare(before, after, fold_names=True)
        restored = sum(history.restored for history in touched)
        unseen = restored < stored.held
        lost = unseen or any(history.lost for history in touched)
        return Reading(
            "",
            Verdict.SILENT_LOSS if lost else comparison.verdict,
            messages_restored=restored,
            next_turn=_next_turn(session, touched, unseen=unseen),
            same_bytes=self._same_bytes(touched) if comparison.verdict is Verdict.IDENTICAL else False,
            changes=changes(difference.below(self._document.base) for difference in comparison.differences),
        )

    def _same_bytes(self, touched: list[Touched]) -> bool | None:
        """Whether an identical value is saved in the same bytes; None where that cannot be said."""
        decoded_numbers = not all(history.stays for history in touched)
        return None if decoded_numbers and self._stored.has_exponents else self._stored.is_compact

    def _parsed(self) -> Any:
        try:
            return self._stored.value(self._record.depth)
        except NotJsonError as error:
            raise _RefusedError(Stage.PARSE, Failure("SyntaxError", message=str(error))) from None

    def _touched(self, session: _Session, key: str) -> Touched:
        entry = session.state.get(key, ABSENT)
        if entry is None:
            failure = Failure("runtime.Error", message="nil pointer dereference: the entry of the history is null")
            raise _RefusedError(Stage.TOUCH, failure)
        return Touched(self._record, self._stored, entry)


def _loaded(root: Any) -> _Session:
    """``json.Unmarshal``: members are found whatever their case; of a repeated one the state is merged."""
    session = _Session({})
    if root is None:
        return session
    if not is_object(root):
        raise _wrong_type("a session is an object")
    wrong = None
    for name, value in members(root):
        folded = fold(name)
        if folded == "STATE" and value is None:
            session.state = {}
        elif folded == "STATE" and is_object(value):
            session.state |= {decoded(key): entry for key, entry in members(value)}
        elif folded == "SERVICEID" and isinstance(value, str):
            session.service_id = decoded(value)
        elif folded == "STATE" or (folded == "SERVICEID" and value is not None):
            wrong = wrong or _wrong_type(f"{name} has a value of another type", name)
    if wrong is not None:
        raise wrong
    return session


def _wrong_type(message: str, name: str | None = None) -> _RefusedError:
    pointer = "" if name is None else format_pointer((name,))
    return _RefusedError(Stage.LOAD, Failure("UnmarshalTypeError", message=message, pointer=pointer, subject=name))


def _saved(session: _Session, touched: dict[str, Touched]) -> dict[str, Any]:
    """``json.Marshal``: both members, the state in the order of its keys."""
    try:
        entries = {key: history.saved() for key, history in touched.items()}
    except UnwritableError:
        message = "a time with an offset of 24 hours is read and cannot be written"
        raise _RefusedError(Stage.SAVE, Failure("MarshalerError", "errorString", message)) from None
    state = session.state | {key: entry for key, entry in entries.items() if entry is not ABSENT}
    return {"State": {key: state[key] for key in sorted(state)}, "ServiceID": session.service_id}


def _next_turn(session: _Session, touched: list[Touched], *, unseen: bool) -> NextTurn:
    if session.service_id:
        return NextTurn.SERVICE_MANAGED
    found = next_turn([message for history in touched for message in history.messages])
    return NextTurn.SEES_FEWER if unseen and found is NextTurn.SEES_ALL else found
