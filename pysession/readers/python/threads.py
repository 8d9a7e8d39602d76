"""``AgentThread.deserialize`` and ``serialize``, of the previews before 1.0.0b260212.

A thread is written by way of its state objects: what was loaded is turned into an object, read from that object again,
and written with its nulls. What cannot be read the second time fails when it is saved.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from pysession.findings import NextTurn, Path, Reading, Stage, Verdict
from pysession.readers.comparing import compare
from pysession.readers.python import classes, messages
from pysession.readers.python.conversation import RESPONSE
from pysession.readers.python.failing import RefusedError, unknown_member
from pysession.readers.python.nesting import SHALLOW, check_loaded, check_written, is_shallow, room
from pysession.readers.python.next_turn import is_call
from pysession.readers.python.subject import Subject
from pysession.readers.python.table import Record, Threads

_ABOVE = 3
"""Containers around a message, counted from the store's state, itself among them."""
_SERVICE, _STORE, _MESSAGES = "service_thread_id", "chat_message_store_state", "messages"


def read_thread(known: Record, threads: Threads, subject: Subject) -> Reading:
    """What the releases of ``known`` make of a thread.

    Raises:
        RefusedError: the library raises.
    """
    value = subject.value
    with room() if subject.levels > SHALLOW else nullcontext():
        service, loaded = (_validated if threads.validates else _loaded)(known, threads, value)
        saved = _saved(known, threads, service, loaded)
    comparison = compare(value, saved)
    restored = len(loaded or ())
    fewer = restored < subject.held
    base = subject.document.base
    return Reading(
        "",
        Verdict.SILENT_LOSS if fewer else comparison.verdict,
        messages_restored=restored,
        next_turn=_next_turn(service, fewer=fewer, fails=bool(loaded) and _fails(threads, value[_STORE][_MESSAGES])),
        changes=tuple(difference.below(base).change() for difference in comparison.differences),
    )


def _next_turn(service: Any, *, fewer: bool, fails: bool) -> NextTurn:
    if fails:
        return NextTurn.FAILS
    if service:
        return NextTurn.SERVICE_MANAGED
    return NextTurn.SEES_FEWER if fewer else NextTurn.SEES_ALL


def _fails(threads: Threads, held: list[dict[str, Any]]) -> bool:
    """Whether a run stumbles over an answer to an approval: it puts a result in its place, by the id of the call."""
    need = threads.answers_need

    def lacks(act: dict[str, Any]) -> bool:
        call = act.get("function_call")
        if is_call(call):
            return False
        return ("always" if call is None else "content") in need or ("refusal" in need and not act.get("approved"))

    listed = (message.get("contents") for message in held)
    contents = (content for each in listed if type(each) is list for content in each if type(content) is dict)
    return any(act.get("type") == RESPONSE and lacks(act) for act in contents)


_Loaded = tuple[Any, list[Any] | None]
"""The service's id of a thread, and the messages of its store if it has one."""


def _validated(known: Record, threads: Threads, value: Any) -> _Loaded:
    """1.0.0b251001: pydantic models. They ignore what they do not know, and take messages only as objects in memory."""
    if type(value) is not dict:
        raise RefusedError("ValidationError", "a thread is an object")
    service, store = value.get(_SERVICE), value.get(_STORE)
    if service is not None and store is not None:
        raise _both()
    if service is not None and not isinstance(service, str):
        raise RefusedError("ValidationError", "the id is no text", (_SERVICE,), subject=_SERVICE)
    if store is None:
        return service, None
    if type(store) is not dict or type(store.get(_MESSAGES)) is not list:
        raise RefusedError("ValidationError", "the store holds no list of messages", (_STORE,), subject=_MESSAGES)
    if store[_MESSAGES]:
        place = (_STORE, _MESSAGES, 0)
        raise RefusedError("ValidationError", "messages are not read from JSON", place, subject=_MESSAGES)
    return service, []


def _loaded(known: Record, threads: Threads, value: Any) -> _Loaded:
    _check_object(value, threads.type, ())
    for name in value:
        if name not in ("type", _SERVICE, _STORE):
            raise unknown_member("thread", name, ())
    service, store = value.get(_SERVICE), value.get(_STORE)
    if service is not None and store is not None:
        raise _both()
    loaded = None if store is None else _loaded_store(known, threads, store, (_STORE,))
    return service, loaded


def _loaded_store(known: Record, threads: Threads, store: Any, path: Path) -> list[Any]:
    if type(store) is not dict:
        raise RefusedError("TypeError", "the store is no object", path, subject=_STORE)
    _check_object(store, threads.store_type, path)
    stored = store.get(_MESSAGES)
    if not stored and threads.empty_store:
        return []
    if type(stored) is not list:
        raise RefusedError("TypeError", "messages are no list", (*path, _MESSAGES), subject=_MESSAGES)
    return [_message(known, item, (*path, _MESSAGES, index)) for index, item in enumerate(stored)]


def _message(known: Record, item: Any, path: Path) -> Any:
    if type(item) is not dict:
        raise RefusedError("AttributeError", "a message is no object", path)
    if not is_shallow(item):
        check_loaded(known.nesting, item, _ABOVE)
    return (messages if known.classes is None else classes).load(known, item, path)


def _check_object(value: Any, type_: str, path: Path) -> None:
    """Any text will do as ``type``, and nothing else will."""
    if type(value) is not dict:
        raise RefusedError("AttributeError", "the value is no object", path)
    given = value.get("type")
    if given and not isinstance(given, str):
        raise RefusedError("ValueError", f"the type is not {type_}", path, subject="type")


def _both() -> RefusedError:
    return RefusedError("AgentThreadException", "a thread has both a service's id and a store", subject=_SERVICE)


def _saved(known: Record, threads: Threads, service: Any, loaded: list[Any] | None) -> dict[str, Any]:
    types = {} if threads.validates else {"type": threads.type}
    store_types = {} if threads.validates else {"type": threads.store_type}
    if loaded is None:
        return types | {_SERVICE: service, _STORE: None}
    module = messages if known.classes is None else classes
    once = [module.write(known, message, type_last=False) for message in loaded]
    for item in once:
        if not is_shallow(item):
            check_written(known.nesting, item, _ABOVE)
    try:
        again = [module.load(known, item, (_STORE, _MESSAGES, index)) for index, item in enumerate(once)]
    except RefusedError as error:
        raise error.at(Stage.SAVE) from None
    written = [module.write(known, message, type_last=False, nulls=True) for message in again]
    return types | {_SERVICE: service, _STORE: store_types | {_MESSAGES: written}}
