"""What a Go program with the library's defaults makes of one document.

``json.Unmarshal`` into a session, the in-memory history provider asked for its messages, ``json.Marshal``. The provider
creates its entry of the state where there is none it can read.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from pysession.dialects import Document, detect, histories
from pysession.dialects import History as StoredHistory
from pysession.findings import Failure, NextTurn, Reading, Stage, Verdict, format_pointer
from pysession.readers.comparing import changes, compare
from pysession.readers.go.approvals import next_turn
from pysession.readers.go.decoding import History, UnwritableError, fold, is_object
from pysession.readers.go.settled import Settled
from pysession.readers.go.table import Record, record
from pysession.readers.go.text import GoSyntaxError, decoded, members, parse, plain
from pysession.readers.settings import DEFAULT_SETTINGS, Settings
from pysession.wire import Encoding

# Go reads a time from the characters as they stand, so one that is written with escapes must be seen as it stands.
_TIME_ESCAPES = re.compile(rb"\\u00(?:2[bdeBDE]|3[0-9aA]|5[4aA])")
# 1e21: Go writes 1e+21 when it has decoded the number, and leaves it when it has not.
_EXPONENT = re.compile(rb"[:,\[]-?\d++(?:\.\d++)?e\d++[,}\]]")
# json.Marshal keeps its output safe inside HTML and JavaScript.
_ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


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


class _Session(msgspec.Struct):
    """A session in Go's memory; entries of the state are still what was stored."""

    state: dict[str, Any]
    service_id: str = ""


class _Run:
    """One document in one class of releases."""

    def __init__(self, document: Document, known: Record, settings: Settings) -> None:
        self._document = document
        self._record = known
        # An agent has one history provider: with a key of its own it is not the default one.
        self._keys = settings.history_keys or (known.history_key,)

    def reading(self) -> Reading:
        try:
            return self._reading()
        except _RefusedError as error:
            return Reading("", Verdict.REJECTED, error.stage, error.failure, next_turn=NextTurn.FAILS)

    def _reading(self) -> Reading:
        document = self._document
        root, is_plain = self._parsed()
        session = _loaded(root)
        touched = [self._touched(session, key) for key in self._keys]
        saved = _saved(session, dict(zip(self._keys, touched, strict=True)))
        before, after = (root, saved) if is_plain else (plain(root), plain(saved))
        comparison = compare(before, after, fold_names=True)
        restored = sum(history.restored for history in touched)
        unseen = restored < _held(document.histories if document.reading.readable else _histories(before))
        lost = unseen or any(history.lost for history in touched)
        verdict = Verdict.SILENT_LOSS if lost else comparison.verdict
        return Reading(
            "",
            verdict,
            messages_restored=restored,
            next_turn=_next_turn(session, touched, unseen=unseen),
            same_bytes=_same_bytes(document, comparison.verdict),
            changes=changes(difference.below(document.base) for difference in comparison.differences),
        )

    def _parsed(self) -> tuple[Any, bool]:
        """The session's value; whether it is a plain one, which the text alone determines no further."""
        document = self._document
        value = document.value[0] if document.single else document.value
        whole = not document.base
        odd = not document.reading.readable or bool(document.reading.faults)
        if whole:
            odd = odd or document.embedded or document.encoding is not Encoding.JSON
            odd = odd or bool(_TIME_ESCAPES.search(document.data))
        if not odd:
            return value, True
        try:
            return parse(document.data if whole else _text(document, value), self._record.depth), False
        except GoSyntaxError as error:
            raise _RefusedError(Stage.PARSE, Failure("SyntaxError", message=str(error))) from None

    def _touched(self, session: _Session, key: str) -> _Touched:
        if key in session.state and session.state[key] is None:
            failure = Failure("runtime.Error", message="nil pointer dereference: the entry of the history is null")
            raise _RefusedError(Stage.TOUCH, failure)
        return _Touched(self._record, session.state.get(key))


def _histories(value: Any) -> tuple[StoredHistory, ...]:
    """The histories of a document that is too much for ``wire.read``, and not for Go."""
    return histories(value, detect(value))


def _held(found: tuple[StoredHistory, ...]) -> int:
    """Messages in ``found``, under whatever key."""
    return sum(is_object(message) for history in found if history.live for _, message in history.positioned())


class _Touched:
    """The entry of a history after the provider was asked for its messages."""

    def __init__(self, known: Record, entry: Any) -> None:
        self._entry = entry
        stored = _messages(entry)
        if type(entry) is dict and [*entry] == ["messages"] and stored and Settled(known).messages(stored):
            self.messages: list[Any] = stored
            self._written: dict[str, Any] | None = entry
            self.lost = False
        else:
            history = History(known, entry)
            try:
                self._written = history.written()
                self.messages = self._written.get("messages", [])
            except UnwritableError:
                self._written, self.messages = None, []
            self.lost = _fewer(stored, self.messages)
        self.restored = sum(message is not None for message in self.messages)

    def written(self) -> dict[str, Any]:
        if self._written is None:
            message = "a time with an offset of 24 hours is read and cannot be written"
            raise _RefusedError(Stage.SAVE, Failure("MarshalerError", "errorString", message))
        return self._written


def _messages(entry: Any) -> list[Any]:
    """The messages that an entry of the state holds, however its member is written."""
    found: list[Any] = []
    for name, value in members(entry) if is_object(entry) else ():
        if fold(name) == "MESSAGES" and (value is None or type(value) is list):
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
    contents = [value for name, value in members(message) if fold(name) == "CONTENTS"]
    return bool(contents) and type(contents[-1]) is list and contents[-1] != []


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


def _saved(session: _Session, histories: dict[str, _Touched]) -> dict[str, Any]:
    """``json.Marshal``: both members, the state in the order of its keys."""
    state = session.state | {key: history.written() for key, history in histories.items()}
    return {"State": {key: state[key] for key in sorted(state)}, "ServiceID": session.service_id}


def _next_turn(session: _Session, histories: list[_Touched], *, unseen: bool) -> NextTurn:
    if session.service_id:
        return NextTurn.SERVICE_MANAGED
    found = next_turn([message for history in histories for message in history.messages])
    return NextTurn.SEES_FEWER if unseen and found is NextTurn.SEES_ALL else found


def _same_bytes(document: Document, verdict: Verdict) -> bool | None:
    """Whether the bytes come back; None where that would take the texts of numbers to say."""
    if verdict is not Verdict.IDENTICAL:
        return False
    if document.base or document.embedded or document.reading.faults or not document.reading.readable:
        return None
    try:
        written = _compact(document.value)
    except RecursionError:  # nested deeper than Python's encoders go
        return None
    return True if written == document.data and not _EXPONENT.search(written) else None


def _compact(value: Any) -> bytes:
    """``value`` as Go writes it, apart from how it writes exponents."""
    text = msgspec.json.encode(value)
    for character, escape in _ESCAPES:
        text = text.replace(character, escape)
    return text


def _text(document: Document, value: Any) -> bytes:
    """The text of a session that stands inside a record."""
    if document.embedded:
        found = document.reading.value
        for step in document.base:
            found = found[step]
        if isinstance(found, str):
            return found.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()
