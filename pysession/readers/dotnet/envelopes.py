"""The envelopes: what a release of the framework loads, where its history is, and what it saves.

A thread has its history read when it is loaded. A session only keeps the text of each entry of its state bag; an entry
that nobody reads is saved as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pysession.findings import Stage
from pysession.readers.dotnet.bag import ordered
from pysession.readers.dotnet.table import Record
from pysession.readers.every_member import is_object, members
from pysession.readers.meai.comparison import History, Source
from pysession.readers.meai.decoding import decoded, object_members
from pysession.readers.meai.history import Messages, read_messages
from pysession.readers.meai.media import is_blank
from pysession.readers.meai.refusal import ARGUMENT, NULL_REFERENCE, RefusedError, StageError
from pysession.readers.meai.scalars import text
from pysession.readers.meai.table import fold
from pysession.wire import Path

_CONVERSATION_ID = "conversationId"
_STATE_BAG = "stateBag"
_MESSAGES = "messages"

Converter = Callable[[Any, Path], Any]


class Loaded(msgspec.Struct, frozen=True):
    """A session after its history was looked at: what it would save, and what the next run starts from.

    ``bag`` are the entries of the state bag as they were stored; those that are not in ``kept`` were read.
    """

    saved: dict[str, Any]
    histories: list[History]
    conversation_id: str | None
    bag: dict[str, Any] = {}
    kept: frozenset[str] = frozenset()


def load_session(known: Record, source: Source, root: Any, keys: tuple[str, ...]) -> Loaded:
    """``DeserializeSessionAsync``, the histories under ``keys`` read, ``SerializeSessionAsync``.

    Raises:
        StageError: one of them throws.
    """
    base = source.document.base
    try:
        envelope = _envelope(root, {_CONVERSATION_ID: _conversation_id, _STATE_BAG: _bag})
    except RefusedError as error:
        raise StageError(Stage.LOAD, error.failure(base)) from None
    conversation_id = _not_blank(envelope.get(_CONVERSATION_ID, (None, ""))[0])
    bag, bag_name = envelope.get(_STATE_BAG, ({}, _STATE_BAG))
    histories: list[History] = []
    written = dict(bag)
    try:
        for key in keys:
            if key in bag:
                history, written[key] = _touched(known, source, bag[key], (bag_name, key))
                histories.append(history)
    except RefusedError as error:
        raise StageError(Stage.TOUCH, error.failure(base)) from None
    kept = frozenset(bag) - frozenset(keys)
    saved: dict[str, Any] = {} if conversation_id is None else {_CONVERSATION_ID: conversation_id}
    saved[_STATE_BAG] = {key: written[key] for key in ordered(bag)}
    return Loaded(saved, histories, conversation_id, bag, kept)


def load_thread(known: Record, source: Source, root: Any) -> Loaded:
    """``DeserializeThread`` and ``Serialize`` of the previews: with a conversation id there is no history.

    Raises:
        StageError: one of them throws.
    """
    member = known.history_member
    assert member is not None
    try:
        envelope = _envelope(root, {_CONVERSATION_ID: _conversation_id, member: _as_it_is})
        given, _ = envelope.get(_CONVERSATION_ID, (None, ""))
        if given is not None:
            conversation_id = _not_blank(given)
            return Loaded({} if conversation_id is None else {_CONVERSATION_ID: conversation_id}, [], conversation_id)
        stored, name = envelope.get(member, (None, member))
        history = _history(known, source, stored, (name,)) if is_object(stored) else ([], Messages([]))
    except RefusedError as error:
        raise StageError(Stage.LOAD, error.failure(source.document.base)) from None
    written = history[1].saved
    same = type(stored) is dict and [*stored] == [_MESSAGES] and stored[_MESSAGES] is written
    return Loaded({member: stored if same else {_MESSAGES: written}}, [history], None)


def _envelope(root: Any, converters: dict[str, Converter]) -> dict[str, tuple[Any, str]]:
    """The members of the envelope that are known: what the last of a name was converted to, and that name as written.

    Raises:
        RefusedError: it is no object, or what one of them holds cannot be converted.
    """
    if not is_object(root):
        raise RefusedError(ARGUMENT, (), "a session is a JSON object")
    known = {fold(name): name for name in converters}
    found: dict[str, tuple[Any, str]] = {}
    for name, value in members(root):
        folded = fold(decoded(name, ()))
        if folded in known:
            found[known[folded]] = converters[known[folded]](value, (name,)), name
    return found


def _as_it_is(value: Any, _path: Path) -> Any:
    return value


def _conversation_id(value: Any, path: Path) -> str | None:
    return None if value is None else text(value, path)


def _not_blank(conversation_id: str | None) -> str | None:
    """The id of a conversation that the service keeps; a blank one counts as none."""
    return None if conversation_id is None or is_blank(conversation_id) else conversation_id


def _bag(value: Any, path: Path) -> dict[str, Any]:
    return {} if value is None else {text(name, path): entry for name, entry in object_members(value, path)}


def _touched(known: Record, source: Source, entry: Any, path: Path) -> tuple[History, Any]:
    """The history in an entry of the state bag, and the entry as it is saved."""
    if entry is None:
        raise RefusedError(NULL_REFERENCE, path, "the entry of the history is null", subject=str(path[-1]))
    stored, messages = history = _history(known, source, entry, path)
    if messages.saved is stored and type(entry) is dict and [*entry] == [_MESSAGES]:
        return history, entry
    return history, {} if stored is None else {_MESSAGES: messages.saved}


def _history(known: Record, source: Source, state: Any, path: Path) -> History:
    """The messages of a history provider's state; what is stored is None where they are null."""
    found: Any = []
    name = _MESSAGES
    for one, value in object_members(state, path):
        if fold(decoded(one, path)) == fold(_MESSAGES):
            # Of several, each is converted and the last is kept.
            if found:
                read_messages(known.contract, found, (*path, name), None)
            name, found = one, value
    if found is None:
        return None, Messages([])
    return found, read_messages(known.contract, found, (*path, name), source.outline(found))
