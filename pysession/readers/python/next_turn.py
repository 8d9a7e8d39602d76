"""What the next run on a loaded session does: an agent with the library's defaults, asked something new.

Where calls wait for an approval the user gives it, and what counts is whether the tools then run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pysession.findings import NextTurn
from pysession.readers.python import contents
from pysession.readers.python.census import MESSAGE
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.table import Record, Turns

_REQUEST, _RESPONSE, _RESULT = "function_approval_request", "function_approval_response", "function_result"
_CONTROLS = frozenset({_REQUEST, _RESPONSE})
_APPROVALS, _PENDING = "tool_approval", "pending_approval_requests"


def next_turn(
    known: Record, turns: Turns, state: dict[str, Any], service: Any, keys: tuple[str, ...], restored: int
) -> NextTurn:
    """What the releases of ``known`` do with a session of this ``state`` and ``service`` id.

    ``keys`` are the state keys of the application's own history providers; ``restored`` counts the messages in all
    histories of the state.
    """
    if turns.text_service_id and service is not None and not isinstance(service, str):
        return NextTurn.FAILS
    own: list[dict[str, Any]] = []
    if keys or not service:
        for key in keys or (turns.history_key,):
            found = _history(turns, state, key)
            if found is None:
                return NextTurn.FAILS
            own.extend(found)
    if service:
        return NextTurn.SERVICE_MANAGED
    waiting = _waiting(_contents(_all_messages(state)))
    if waiting:
        return _approved(known, turns, state, waiting, own)
    return NextTurn.SEES_FEWER if restored and not _sent(turns, own) else NextTurn.SEES_ALL


def _history(turns: Turns, state: dict[str, Any], key: str) -> list[dict[str, Any]] | None:
    """The messages that a provider finds under ``key``; None where asking for them fails."""
    entry = state.get(key, {})
    if entry is None and turns.null_entry:
        return []
    if type(entry) is not dict or entry.get("type") == MESSAGE:
        return None
    found = entry.get("messages", [])
    if not isinstance(found, list | dict | str):
        return None
    messages = list(found)
    if not all(type(message) is dict and message.get("type") == MESSAGE for message in messages):
        return None
    if turns.looks_up_kinds and any(type(kind) in (list, dict) for kind in _kinds(messages)):
        return None
    return messages


def _sent(turns: Turns, messages: list[dict[str, Any]]) -> bool:
    """Whether any of the messages reaches the model: since 1.13.0 none that held nothing but approvals."""
    if not turns.looks_up_kinds:
        return bool(messages)
    return any(kind not in _CONTROLS for kind in _kinds(messages))


def _approved(
    known: Record, turns: Turns, state: dict[str, Any], waiting: list[dict[str, Any]], own: list[dict[str, Any]]
) -> NextTurn:
    """What comes of the user's approvals: since 1.15.0 only those count whose request the state has as pending."""
    if any(type(request.get("id")) in (dict, list) for request in waiting):
        return NextTurn.FAILS
    if turns.authority:
        try:
            pending = _pending(known, state)
        except RefusedError:
            return NextTurn.FAILS
        if any(not _is_pending(request, pending) for request in waiting):
            return NextTurn.APPROVAL_IGNORED
    if len({request.get("id") for request in waiting}) < len(waiting):
        return NextTurn.APPROVAL_IGNORED
    return NextTurn.SEES_ALL if own else NextTurn.SEES_FEWER


def _pending(known: Record, state: dict[str, Any]) -> dict[Any, contents.Content]:
    """The requests that the state has as pending, read as contents only now.

    Raises:
        RefusedError: the library raises.
    """
    approvals = state.get(_APPROVALS)
    if approvals is None:
        return {}
    if type(approvals) is not dict:
        raise RefusedError("TypeError", "the state of approvals is no object", ("state", _APPROVALS))
    listed = approvals.get(_PENDING, [])
    found: dict[Any, contents.Content] = {}
    for index, item in enumerate(listed if type(listed) is list else ()):
        if type(item) is not dict:
            continue
        path = ("state", _APPROVALS, _PENDING, index)
        request = contents.load(known.contents, item, path)
        number = request.members.get("id")
        if request.kind == _REQUEST and number is not None:
            if type(number) in (dict, list):
                raise RefusedError("TypeError", "the id of a request cannot be looked up", path, subject="id")
            if number in found:
                raise RefusedError("ValueError", "a request is pending twice", path, subject="id")
            found[number] = request
    return found


def _is_pending(request: dict[str, Any], pending: dict[Any, contents.Content]) -> bool:
    recorded = pending.get(request.get("id"))
    return recorded is not None and type(recorded.members.get("function_call")) is contents.Content


def _all_messages(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in state.values():
        messages = entry.get("messages") if type(entry) is dict else None
        for message in messages if type(messages) is list else ():
            if type(message) is dict and message.get("type") == MESSAGE:
                yield message


def _contents(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for message in messages:
        held = message.get("contents")
        for content in held if type(held) is list else ():
            if type(content) is dict:
                yield content


def _kinds(messages: Iterable[dict[str, Any]]) -> Iterator[Any]:
    for content in _contents(messages):
        yield content.get("type")


def _waiting(held: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests that nobody has answered and whose call has no result."""
    requests: list[dict[str, Any]] = []
    answered: list[Any] = []
    done: list[Any] = []
    for content in held:
        kind = content.get("type")
        if kind == _REQUEST:
            requests.append(content)
        elif kind == _RESPONSE:
            answered.append(content.get("id"))
        elif kind == _RESULT:
            done.append(content.get("call_id"))
    return [
        request
        for request in requests
        if type(request.get("function_call")) is dict
        and request["function_call"]
        and request.get("id") not in answered
        and request["function_call"].get("call_id") not in done
    ]
