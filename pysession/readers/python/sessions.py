"""``AgentSession.from_dict`` and ``to_dict``, on their own and in a FileSessionStore."""

from __future__ import annotations

from functools import partial
from typing import Any

from pysession.findings import NextTurn, Reading, Stage, Verdict
from pysession.readers.comparing import Comparison, compare
from pysession.readers.python import messages
from pysession.readers.python.census import MESSAGE, is_restored
from pysession.readers.python.effects import effects
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.foreign import check_durable, with_text_names
from pysession.readers.python.nesting import check_state, room
from pysession.readers.python.next_turn import next_turn
from pysession.readers.python.outcome import outcome
from pysession.readers.python.stores import snapshot
from pysession.readers.python.subject import Subject
from pysession.readers.python.table import Nesting, Record

_NEW_ID = object()


def read_session(known: Record, subject: Subject) -> Reading:
    """What the releases of ``known`` make of a session.

    Raises:
        RefusedError: the library raises.
    """
    value = subject.value
    if type(value) is not dict:
        raise RefusedError("TypeError", "a session is an object")
    if "session_id" not in value:
        raise RefusedError("KeyError", "a session has no session_id", subject="session_id")
    state = value.get("state", {})
    if type(state) is not dict:
        raise RefusedError("AttributeError", "the state is no object", ("state",), subject="state")
    saved = _saved(value["session_id"], value.get("service_session_id"), state)
    return _read(known, known.nesting, subject, value, saved)


def read_store(known: Record, nesting: Nesting, subject: Subject) -> Reading:
    """What the releases of ``known`` make of a file of their FileSessionStore.

    Raises:
        RefusedError: the library raises.
    """
    found = snapshot(known, subject)
    saved = _saved(found.session_id, found.service_session_id, found.state) | {"version": found.version}
    reading = _read(known, nesting, subject, subject.stored, saved, is_file=not subject.inside)
    if subject.foreign:
        with room():
            check_durable(saved["state"], partial(_written, known))
    return reading


def _written(known: Record, value: dict[str, Any]) -> dict[str, Any] | None:
    if value.get("type") != MESSAGE:
        return None
    return messages.write(known, messages.load(known, value, ()), type_last=known.type_last)


def _saved(session_id: Any, service_session_id: Any, state: Any) -> dict[str, Any]:
    """A session as it is saved, but for its messages."""
    return {
        "type": "session",
        "session_id": session_id or _NEW_ID,
        "service_session_id": service_session_id,
        "state": state,
    }


def _read(
    known: Record, nesting: Nesting, subject: Subject, value: Any, saved: dict[str, Any], *, is_file: bool = False
) -> Reading:
    state = saved["state"]
    found = subject.census(state)
    # Of several things that are refused the first is met.
    runs = found.runs[: found.before] if found.frames > nesting.load else found.runs
    around = compare(value, saved if not subject.foreign else saved | {"state": _named(state, subject)})
    if not (found.last if known.type_last else found.first):
        around = Comparison(around.differences, reordered=True)
    try:
        restored = outcome(around, runs, effects(known, nesting, type_last=known.type_last), subject.document.base)
    except RefusedError as error:
        raise (error.wrapped("ValueError") if known.wraps and error.stage is Stage.LOAD else error) from None
    check_state(nesting, found.frames)
    seen = messages_restored(state, subject.settings.registered_types)
    fewer = seen < subject.held
    turn = next_turn(known, saved, subject.conversation(state), subject.settings.history_keys, seen)
    return Reading(
        "",
        Verdict.SILENT_LOSS if fewer else restored.verdict,
        messages_restored=seen,
        next_turn=NextTurn.SEES_FEWER if fewer and turn is NextTurn.SEES_ALL else turn,
        same_bytes=restored.verdict is Verdict.IDENTICAL and subject.is_as_stored if is_file else None,
        changes=restored.changes,
    )


def _named(state: dict[str, Any], subject: Subject) -> Any:
    """The state with the names that are written of it; MessagePack has some that are no text."""
    registered = subject.settings.registered_types
    with room():
        return with_text_names(state, lambda value: is_restored(value, registered))


def messages_restored(state: dict[str, Any], registered: frozenset[str]) -> int:
    """Messages of the histories of a state that come back as messages."""
    return sum(
        type(message) is dict and message.get("type") == MESSAGE
        for entry in state.values()
        if type(entry) is dict and not is_restored(entry, registered)
        for listed in [entry.get("messages")]
        if type(listed) is list
        for message in listed
    )
