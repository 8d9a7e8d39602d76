"""What the next run on a loaded session does: an agent with the library's defaults, asked something new.

Where calls wait for an approval the user gives it, and what counts is whether the tools then run.
"""

from __future__ import annotations

from typing import Any

from pysession.findings import NextTurn
from pysession.readers.python import contents
from pysession.readers.python.conversation import REQUEST, Conversation
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.table import Record, Turns

_APPROVALS, _PENDING = "tool_approval", "pending_approval_requests"


def next_turn(
    known: Record, saved: dict[str, Any], conversation: Conversation, keys: tuple[str, ...], restored: int
) -> NextTurn:
    """What the releases of ``known`` do with a session, which would be ``saved`` like that.

    ``keys`` are the state keys of the application's own history providers; ``restored`` counts the messages in all
    histories of the state.
    """
    turns, state, service = known.turns, saved["state"], saved["service_session_id"]
    if turns.text_service_id and service is not None and not isinstance(service, str):
        return NextTurn.FAILS
    given = said = 0
    for key in keys or (() if service else (turns.history_key,)):
        entry = conversation.entry(key)
        is_null = turns.null_entry and state.get(key, ...) is None
        if not (entry.usable or is_null) or entry.odd_kinds:
            return NextTurn.FAILS
        if entry.odd_properties and not known.contents.dict_properties:
            return NextTurn.FAILS
        given += entry.messages
        said += entry.said
    if service:
        return NextTurn.SERVICE_MANAGED
    if conversation.waiting:
        return _approved(known, turns, state, conversation.waiting, given)
    sent = said if turns.drops_approvals else given
    return NextTurn.SEES_FEWER if restored and not sent else NextTurn.SEES_ALL


def _approved(
    known: Record, turns: Turns, state: dict[str, Any], waiting: tuple[dict[str, Any], ...], given: int
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
    return NextTurn.SEES_ALL if given else NextTurn.SEES_FEWER


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
        if request.kind == REQUEST and number is not None:
            if type(number) in (dict, list):
                raise RefusedError("TypeError", "the id of a request cannot be looked up", path, subject="id")
            if number in found:
                raise RefusedError("ValueError", "a request is pending twice", path, subject="id")
            found[number] = request
    return found


def _is_pending(request: dict[str, Any], pending: dict[Any, contents.Content]) -> bool:
    recorded = pending.get(request.get("id"))
    return recorded is not None and type(recorded.members.get("function_call")) is contents.Content
