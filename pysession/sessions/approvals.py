"""Approvals: which questions and answers in a history are still open, and those that the state records.

The model is never shown a question that has been answered and acted upon (agent-framework-core 1.15.0 on). What a
person may answer is only what the agent itself asked, which the state has under ``tool_approval``: a request that merely
stands in the history proves nothing.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pysession.sessions import messages as wording
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.messages import (
    APPROVAL_REQUEST,
    APPROVAL_RESPONSE,
    CALL,
    RESULT,
    Content,
    Message,
    approval_response,
)

STATE_KEY = "tool_approval"
PENDING = "pending_approval_requests"
GROUPS = "already_approved_approval_request_groups"
RESPONSES = "approval_responses"
REASONING = "text_reasoning"
REQUEST_ID = "_approval_request_id"


def without_settled_approvals(messages: Sequence[Message]) -> list[Message]:
    """``messages`` without the questions and answers that are done with, and without messages of nothing else."""
    kept = _open(messages)
    found: list[Message] = []
    for message in messages:
        contents = message.get("contents") or []
        left = [one for one in contents if not _is_control(one) or id(one) in kept]
        if len(left) == len(contents):
            if contents:
                found.append(message)
        elif left:
            found.append(message | {"contents": left})
    return found


def _is_control(content: Any) -> bool:
    return isinstance(content, Mapping) and content.get("type") in (APPROVAL_REQUEST, APPROVAL_RESPONSE)


def _open(messages: Sequence[Message]) -> set[int]:
    """The identities (``id()``) of the requests without an answer and the answers without a result."""
    book = _Book()
    for message in messages:
        for content in message.get("contents") or []:
            if isinstance(content, Mapping):
                book.enter(content)
    return {id(content) for content in (*book.requests.values(), *book.responses.values())}


class _Book:
    """Requests and responses that are open while a history is read from its beginning."""

    def __init__(self) -> None:
        self.requests: dict[str, Mapping[str, Any]] = {}
        self.responses: dict[str, Mapping[str, Any]] = {}
        self._closed: set[str] = set()
        self._request_ids: dict[str, deque[str]] = {}
        self._response_ids: dict[str, deque[str]] = {}

    def enter(self, content: Mapping[str, Any]) -> None:
        kind, own = content.get("type"), content.get("id")
        call = content.get("function_call") or {}
        if kind == APPROVAL_REQUEST:
            if own is not None and call.get("call_id") is not None:
                self.requests.setdefault(own, content)
                self._request_ids.setdefault(call["call_id"], deque()).append(own)
                self._closed.discard(own)
            self.responses.pop(own or "", None)  # asked anew, what was answered before counts no more
        elif kind == APPROVAL_RESPONSE:
            self.requests.pop(own or "", None)
            answered = own in self._closed or call.get("hosted")
            if own is not None and call.get("call_id") is not None and not answered:
                self.responses.setdefault(own, content)
                self._response_ids.setdefault(call["call_id"], deque()).append(own)
        elif kind == RESULT and content.get("call_id") is not None:
            self._close(content["call_id"])

    def _close(self, call_id: str) -> None:
        for ids, open_ones in ((self._response_ids, self.responses), (self._request_ids, self.requests)):
            waiting = ids.get(call_id, deque())
            while waiting:
                own = waiting.popleft()
                if open_ones.pop(own, None) is not None:
                    self._closed.add(own)
                    return


def pending(state: Mapping[str, Any]) -> dict[str, Content]:
    """The requests that wait for an answer, by id, as a session's state records them."""
    requests = (state.get(STATE_KEY) or {}).get(PENDING) or []
    return {request["id"]: request for request in requests}


def record_pending(
    state: dict[str, Any], requests: Sequence[Content], hidden: Sequence[Content], calls: Sequence[Content]
) -> None:
    """Record that ``requests`` wait for an answer.

    ``hidden`` are requests for calls of the same answer of the model that need no approval; they wait too, so that the
    results come together, in the order of ``calls``.
    """
    own = state.setdefault(STATE_KEY, {})
    own.setdefault(GROUPS, []).append(
        {
            "approval_request_ids": [request["id"] for request in requests],
            "approval_requests": list(hidden),
            "function_call_order": [{"id": call.get("id"), "call_id": call.get("call_id")} for call in calls],
        }
    )
    own[PENDING] = list(requests)
    asked = {request["id"] for request in requests}
    own[GROUPS] = [group for group in own[GROUPS] if asked.issuperset(group["approval_request_ids"])]


class Batch(msgspec.Struct):
    """What a person's answers amount to.

    ``decided`` are calls with whether they may be made, in the order in which the model made them; ``waiting`` are
    requests of the same answer of the model that have none yet; ``unknown`` are ids that nothing was asked under.
    """

    decided: list[tuple[Content, bool]] = msgspec.field(default_factory=list)
    waiting: list[Content] = msgspec.field(default_factory=list)
    unknown: set[str | None] = msgspec.field(default_factory=set)


def answer(state: dict[str, Any], responses: Sequence[Content]) -> Batch:
    """What ``responses`` amount to, as :func:`_answered` says.

    Raises:
        CorruptSessionError: what the state records is not what an agent writes there.
    """
    try:
        return _answered(state, responses)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        why = f"/{STATE_KEY} of its state is not what an agent records there ({type(error).__name__})"
        raise CorruptSessionError(why) from error


def _answered(state: dict[str, Any], responses: Sequence[Content]) -> Batch:
    """Bind ``responses`` to what the state records, and take out of it what is decided.

    The call that is made is the recorded one: what the answer says of it is not trusted. Calls of one answer of the
    model are decided together; until the last is answered the others wait in the state.
    """
    batch = Batch()
    own = state.get(STATE_KEY) or {}
    asked = pending(state)
    given: dict[str, bool] = {}
    for response in responses:
        if response.get("id") in asked:
            given.setdefault(response["id"], response.get("approved") is True)
        else:
            batch.unknown.add(response.get("id"))
    if not given:
        return batch
    left: list[dict[str, Any]] = []
    for group in own.get(GROUPS, []):
        left += _decide(group, asked, given, batch)
    for key, value in ((GROUPS, left), (PENDING, list(asked.values()))):
        if value:
            own[key] = value
        else:
            own.pop(key, None)
    return batch


def _decide(
    group: dict[str, Any], asked: dict[str, Content], given: Mapping[str, bool], batch: Batch
) -> list[dict[str, Any]]:
    """Enter what is decided of ``group`` into ``batch``; the group itself as long as it waits for more."""
    ids = group["approval_request_ids"]
    if not given.keys() & set(ids):
        return [group]
    before = {one["additional_properties"][REQUEST_ID]: one for one in group.get(RESPONSES, [])}
    answers = before | {
        own: _bound(asked[own], approved=given[own]) for own in ids if own in given and own not in before
    }
    if missing := [own for own in ids if own not in answers]:
        batch.waiting += [asked[own] for own in missing]
        return [group | {RESPONSES: [answers[own] for own in ids if own in answers]}]
    decided = [(one["function_call"], one["approved"]) for one in answers.values()]
    decided += [(request["function_call"], True) for request in group["approval_requests"]]
    order = [entry["id"] or entry["call_id"] for entry in group["function_call_order"]]
    batch.decided += sorted(decided, key=lambda one: order.index(one[0].get("id") or one[0]["call_id"]))
    for own in ids:
        asked.pop(own, None)
    return []


def _bound(request: Content, *, approved: bool) -> Content:
    return approval_response(request, approved=approved) | {"additional_properties": {REQUEST_ID: request["id"]}}


def show_settled(messages: list[Message], results: Sequence[Content]) -> None:
    """Have the model see calls with their results, and neither questions nor calls that wait for an answer.

    A model refuses a call without its result, so what waits is left out until it is decided.
    """
    done = {result["call_id"] for result in results}
    waiting = {
        request["function_call"]["call_id"]
        for one in messages
        for request in one["contents"]
        if request["type"] == APPROVAL_REQUEST
    } - done
    answered = {one["call_id"] for entry in messages for one in entry["contents"] if one["type"] == RESULT} | done
    found: list[Message] = []
    for one in messages:
        kept = _shown(one, waiting, answered)
        if _waits_whole(one, kept):
            # The reasoning that led to calls which are not shown is not shown either, wherever it stands.
            kept = [content for content in kept if content["type"] != REASONING]
            while found and _is_reasoning(found[-1]):
                found.pop()
        if kept:
            found.append(one | {"contents": kept})
    if results:
        found.append(wording.message("tool", results))
    messages[:] = _with_results_behind_calls(found)


def _with_results_behind_calls(messages: list[Message]) -> list[Message]:
    """``messages`` with each result in the message behind its call, where services want it.

    A history has it where it came to be, which for an approved call is behind whatever was said before the approval.
    """
    found: list[Message] = []
    left = deque(messages)
    while left:
        one = left.popleft()
        found.append(one)
        calls = {content["call_id"] for content in one["contents"] if content["type"] == CALL}
        if calls:
            behind = itertools.takewhile(lambda later: later["role"] == "tool", left)
            calls -= {content.get("call_id") for later in behind for content in later["contents"]}
        moved: list[Content] = []
        for place, later in enumerate(left if calls else ()):
            mine = [c for c in later["contents"] if c["type"] == RESULT and c["call_id"] in calls]
            moved += mine
            left[place] = later | {"contents": [c for c in later["contents"] if not any(c is own for own in mine)]}
        if moved:
            found.append(wording.message("tool", moved))
            left = deque(later for later in left if later["contents"])
    return found


def _shown(holder: Message, waiting: set[str], answered: set[str]) -> list[Content]:
    """The contents without questions and answers, and without the calls of a message whose calls wait."""
    asks = any(
        one["type"] == APPROVAL_REQUEST and one["function_call"]["call_id"] in waiting for one in holder["contents"]
    )
    return [
        content
        for content in holder["contents"]
        if not _is_control(content) and not (asks and content["type"] == CALL and content["call_id"] not in answered)
    ]


def _waits_whole(holder: Message, kept: Sequence[Content]) -> bool:
    had = any(content["type"] == CALL for content in holder["contents"])
    return had and not any(content["type"] == CALL for content in kept)


def _is_reasoning(one: Message) -> bool:
    return one["role"] == "assistant" and all(content["type"] == REASONING for content in one["contents"])
