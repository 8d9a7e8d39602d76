"""What the next run on a loaded session does: an agent with the library's defaults, asked something new.

Where calls wait for an approval the user gives it, and what counts is whether the tools then run.
"""

from __future__ import annotations

from typing import Any

from pysession.findings import NextTurn
from pysession.readers.python import contents
from pysession.readers.python.conversation import REQUEST, RESPONSE, Conversation, Entry
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
    entries: list[Entry] = []
    for key in keys or (() if service else (turns.history_key,)):
        is_null = turns.null_entry and state.get(key, ...) is None
        entries.append(Entry(True) if is_null else conversation.entry(key))
    waiting = conversation.waiting
    # One that the history holds is an answer like the user's own. Without an id it is not looked up, before 1.15.0.
    answers = (act for entry in entries for act in entry.approvals if act.get("type") == RESPONSE)
    is_answered = any(turns.authority or act.get("id") for act in (*waiting, *answers))
    if any(_fails(known, entry) for entry in entries) or _has_odd_approvals(turns, state, is_answered=is_answered):
        return NextTurn.FAILS
    if service:
        return NextTurn.SERVICE_MANAGED
    given = any(entry.messages for entry in entries)
    if waiting:
        return _approved(known, state, waiting, given=given)
    sent = any(_is_sent(turns, entry) for entry in entries) if turns.drops_approvals else given
    return NextTurn.SEES_FEWER if restored and not sent else NextTurn.SEES_ALL


def _fails(known: Record, entry: Entry) -> bool:
    """Whether a run cannot be given this history."""
    turns = known.turns
    if not entry.usable or (entry.odd_properties and not known.contents.dict_properties):
        return True
    if turns.drops_approvals and (entry.odd_kinds or any(_has_odd_call(act) for act in entry.approvals)):
        return True
    for act in entry.approvals:
        call, is_request = act.get("function_call"), act.get("type") == REQUEST
        if is_request:
            if turns.drops_approvals and act.get("id") is not None and _is_other(call):
                return True
        elif _is_other(call) if turns.looks_into_calls else (call is None and not act.get("approved")):
            return True
    return False


def is_call(call: Any) -> bool:
    """Whether what stands for a call becomes a content."""
    return type(call) is dict and bool(call)


def _is_other(call: Any) -> bool:
    """Whether something stands for a call that is no content."""
    return call is not None and not is_call(call)


def _has_odd_call(act: dict[str, Any]) -> bool:
    call = act.get("function_call")
    return type(call) is dict and type(call.get("call_id")) in (dict, list)


def _has_odd_approvals(turns: Turns, state: dict[str, Any], *, is_answered: bool) -> bool:
    """Whether the state of approvals is looked at and is no object."""
    looks = turns.approvals_state == "always" or (turns.approvals_state == "answered" and is_answered)
    return looks and state.get(_APPROVALS) is not None and type(state[_APPROVALS]) is not dict


def _is_sent(turns: Turns, entry: Entry) -> bool:
    """Whether anything of a history reaches the model: since 1.13.0 no approval that is done with."""
    if entry.said or turns.authority:
        return entry.said
    calls = (act["function_call"] for act in entry.approvals if type(act.get("function_call")) is dict)
    return any(isinstance(call.get("call_id"), str) and call["call_id"] not in entry.results for call in calls)


def _approved(known: Record, state: dict[str, Any], waiting: tuple[dict[str, Any], ...], *, given: bool) -> NextTurn:
    """What comes of the user's approvals: since 1.15.0 only those count whose request the state has as pending."""
    turns = known.turns
    if any(type(request.get("id")) in (dict, list) or _has_odd_call(request) for request in waiting):
        return NextTurn.FAILS
    if any(not _can_run(turns, request) for request in waiting):
        return NextTurn.APPROVAL_IGNORED
    if turns.authority:
        try:
            pending = _pending(known, state)
        except RefusedError:
            return NextTurn.FAILS
        if any(not _is_pending(request, pending) for request in waiting):
            return NextTurn.APPROVAL_IGNORED
    return NextTurn.SEES_ALL if given else NextTurn.SEES_FEWER


def _can_run(turns: Turns, request: dict[str, Any]) -> bool:
    """Whether the call that is asked for is one that the application itself can execute."""
    call = request["function_call"]
    if call.get("type") != "function_call" or (turns.authority and not call["name"]):
        return False
    properties = call.get("additional_properties")
    if turns.hosted_label and type(properties) is dict and properties.get(turns.hosted_label):
        return False
    return not turns.drops_approvals or (request.get("id") is not None and call.get("call_id") is not None)


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
