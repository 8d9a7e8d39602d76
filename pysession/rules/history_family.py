"""Family ``history``: the order of a conversation, which models and approval middleware insist on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from pysession.dialects.names import member as member_of
from pysession.findings import Severity
from pysession.rules.registry import on_document, on_history, rule
from pysession.rules.words import quoted
from pysession.survey import Act, Event, Fault, Survey, Timeline

TOOL_CALL_UNANSWERED = rule(
    "tool-call-unanswered",
    "history",
    Severity.ERROR,
    "a local tool call without a result before the next turn",
    fixable=True,
)
TOOL_RESULT_ORPHAN = rule(
    "tool-result-orphan",
    "history",
    Severity.ERROR,
    "a tool result whose call is not earlier in the history",
    fixable=True,
)
TOOL_CALL_REPEATED = rule("tool-call-repeated", "history", Severity.ERROR, "one call id called or answered twice")
APPROVAL_PENDING = rule("approval-pending", "history", Severity.INFO, "an approval request waits for its answer")
APPROVAL_UNRESOLVED = rule(
    "approval-unresolved",
    "history",
    Severity.ERROR,
    "an approval request that was passed by, or a response that answers nothing",
    fixable=True,
)
APPROVAL_NOT_RECORDED = rule(
    "approval-not-recorded",
    "history",
    Severity.WARNING,
    "a pending approval that Python from 1.15.0 on ignores, because its state does not list it",
    fixable=True,
)
MESSAGE_REPEATED = rule(
    "message-repeated",
    "history",
    Severity.WARNING,
    "a message id used twice, or a block of messages stored again",
    fixable=True,
)
HISTORY_TWO_OWNERS = rule(
    "history-two-owners", "history", Severity.WARNING, "a service keeps the conversation and the session does too"
)
REASONING_UNPAIRED = rule(
    "reasoning-unpaired", "history", Severity.WARNING, "reasoning apart from the call or text it belongs to"
)
ROLE_MISPLACED = rule(
    "role-misplaced", "history", Severity.WARNING, "a role that is unknown or stands where it must not"
)
TURN_TRUNCATED = rule("turn-truncated", "history", Severity.INFO, "the history ends in the middle of a turn")

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_INSTRUCTING = frozenset({"system", "developer"})
_EXCHANGE = frozenset({Act.RESULT, Act.REQUEST, Act.RESPONSE})
_LOCAL_KINDS = frozenset({"function_call", "function_result"})
_MOVING = frozenset({"user", "assistant"})

# --- one reading of the events, which most rules below share ----------------------------------------------------------


def _identifier(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


class _Exchange:
    """Who answered what in a timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.calls: dict[str, Event] = {}
        self.results: dict[str, list[Event]] = {}
        self.requests: dict[str, Event] = {}
        self.responses: dict[str, list[Event]] = {}
        self.repeated: list[tuple[Event, Event]] = []
        self.orphans: list[Event] = []
        self.unbound: list[Event] = []
        self.asked_calls: dict[str, Event] = {}
        exchanging: set[int] = set()
        for event in timeline.events:
            id_ = _identifier(event.id)
            if event.act in _EXCHANGE:
                exchanging.add(event.turn)
            if id_ is not None:
                self._enter(event, id_)
        self.passing = self._passing_turns(timeline, exchanging)

    def _enter(self, event: Event, id_: str) -> None:
        if event.act is Act.CALL:
            earlier_call = self.calls.setdefault(id_, event)
            if earlier_call is not event and event.shape.kind in _LOCAL_KINDS:
                self.repeated.append((event, earlier_call))
        elif event.act is Act.RESULT:
            earlier = self.results.setdefault(id_, [])
            earlier.append(event)
            if event.shape.kind not in _LOCAL_KINDS:
                return  # what a service executes it may tell in pieces
            if len(earlier) > 1:
                self.repeated.append((event, earlier[0]))
            if id_ not in self.calls and id_ not in self.asked_calls:
                self.orphans.append(event)
        elif event.act is Act.REQUEST:
            self.requests[id_] = event  # a request that is asked again waits where it was asked last
            call_id = call_of(event).get("call_id")
            if isinstance(call_id, str):
                self.asked_calls.setdefault(call_id, event)
        elif event.act is Act.RESPONSE:
            self.responses.setdefault(id_, []).append(event)
            if id_ not in self.requests:
                self.unbound.append(event)

    @staticmethod
    def _passing_turns(timeline: Timeline, exchanging: set[int]) -> list[int]:
        """For each turn, the next one in which the conversation moves on; the length of the history if none does.

        A user or assistant message moves it on, unless it is part of the exchange itself: it holds a result, an approval
        request or an answer to one.
        """
        following = len(timeline)
        passing = [following] * len(timeline)
        for turn in range(len(timeline) - 1, -1, -1):
            passing[turn] = following
            if timeline.roles[turn] in _MOVING and turn not in exchanging:
                following = turn
        return passing

    def answered(self, event: Event) -> bool:
        """Whether a call has a result before the conversation moves on."""
        limit = self.passing[event.turn]
        return any(event.turn <= result.turn < limit for result in self.results.get(event.id, ()))

    def resolved(self, request: Event) -> bool:
        """Whether a request was answered, or its call was.

        Python before 1.13.0 kept the result and not the response.
        """
        if self.responses.get(request.id):
            return True
        call_id = call_of(request).get("call_id")
        return isinstance(call_id, str) and bool(self.results.get(call_id))

    def moved_on(self, event: Event, timeline: Timeline) -> bool:
        return self.passing[event.turn] < len(timeline)


def call_of(event: Event) -> dict[str, Any]:
    """The call inside an approval, by canonical names: ``call_id``, ``name``, ``arguments`` as far as they are there."""
    call = event.member("function_call")
    if not isinstance(call, dict):
        return {}
    return {
        "call_id": next((call[key] for key in ("call_id", "callId", "CallID", "CallId") if key in call), None),
        "name": member_of(call, "name"),
        "arguments": member_of(call, "arguments"),
    }


@on_history
def tool_calls_and_approvals(timeline: Timeline) -> Iterator[Fault]:
    if not timeline.events:
        return
    exchange = _Exchange(timeline)
    yield from _unanswered(timeline, exchange)
    yield from _orphans(timeline, exchange)
    yield from _repeated(timeline, exchange)
    yield from _approvals(timeline, exchange)


def _unanswered(timeline: Timeline, exchange: _Exchange) -> Iterator[Fault]:
    for event in exchange.calls.values():
        if not event.local or exchange.answered(event):
            continue
        path = timeline.event_path(event)
        request = exchange.asked_calls.get(event.id)
        if request is not None and not exchange.resolved(request):
            if not exchange.moved_on(request, timeline):
                yield TOOL_CALL_UNANSWERED.at(
                    path,
                    f"The call {quoted(event.id)} has no result yet: its approval is pending.",
                    severity=Severity.INFO,
                    identity=event.id,
                )
            continue  # passed by: approval-unresolved tells it
        if exchange.moved_on(event, timeline):
            yield TOOL_CALL_UNANSWERED.at(
                path,
                f"The call {quoted(event.id)} has no result before the conversation goes on, and models refuse such a "
                "history at every turn; add a result that says the call was interrupted.",
                identity=event.id,
            )
        else:
            yield TOOL_CALL_UNANSWERED.at(
                path,
                f"The call {quoted(event.id)} at the end of the history has no result; the next turn will fail unless the "
                "run is resumed or a result is added.",
                severity=Severity.WARNING,
                identity=event.id,
            )


def _orphans(timeline: Timeline, exchange: _Exchange) -> Iterator[Fault]:
    for event in exchange.orphans:
        yield TOOL_RESULT_ORPHAN.at(
            timeline.event_path(event),
            f"The result for {quoted(event.id)} has no call before it, and models refuse such a history; drop it or turn it "
            "into text.",
            identity=event.id,
        )


def _repeated(timeline: Timeline, exchange: _Exchange) -> Iterator[Fault]:
    for event, first in exchange.repeated:
        done = "called" if event.act is Act.CALL else "answered"
        yield TOOL_CALL_REPEATED.at(
            timeline.event_path(event),
            f"{quoted(event.id)} is {done} a second time; a call id must be used once, keep one of the two.",
            related=(timeline.event_path(first),),
            identity=f"{done} {event.id}",
        )


def _approvals(timeline: Timeline, exchange: _Exchange) -> Iterator[Fault]:
    for request in exchange.requests.values():
        if exchange.resolved(request):
            continue
        path = timeline.event_path(request)
        if exchange.moved_on(request, timeline):
            yield APPROVAL_UNRESOLVED.at(
                path,
                f"The approval request {quoted(request.id)} was never answered and the conversation went on; .NET refuses "
                "every further turn: add a rejection.",
                identity=request.id,
            )
        else:
            name = call_of(request).get("name")
            yield APPROVAL_PENDING.at(
                path,
                f"Approval {quoted(request.id)} to call {quoted(name)} waits for an answer.",
                identity=request.id,
            )
    for response in exchange.unbound:
        yield APPROVAL_UNRESOLVED.at(
            timeline.event_path(response),
            f"The response {quoted(response.id)} answers no request of this history; it was tampered with or its request "
            "was lost: drop it.",
            identity=response.id,
        )
    for id_, responses in exchange.responses.items():
        asked = exchange.requests.get(id_)
        for response in responses:
            if asked is not None and response.turn >= asked.turn and not _same_call(asked, response):
                yield APPROVAL_UNRESOLVED.at(
                    timeline.event_path(response),
                    f"The response {quoted(id_)} names another call than the request it answers; what was approved is not "
                    "what would run: reject it.",
                    related=(timeline.event_path(asked),),
                    identity=id_,
                )


def _same_call(request: Event, response: Event) -> bool:
    asked, granted = call_of(request), call_of(response)
    if not asked or not granted:
        return True  # a member that is missing is a finding of its own
    same = asked["call_id"] == granted["call_id"] and asked["name"] == granted["name"]
    return same and bool(_parsed(asked["arguments"]) == _parsed(granted["arguments"]))


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return msgspec.json.decode(arguments)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return arguments


@on_document
def approval_not_recorded(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect != "python":
        return
    approval = (
        document.value.get("state", {}).get("tool_approval") if isinstance(document.value.get("state"), dict) else None
    )
    recorded = approval.get("pending_approval_requests") if isinstance(approval, dict) else None
    known = {entry.get("id") for entry in recorded if isinstance(entry, dict)} if isinstance(recorded, list) else set()
    for timeline in seen.timelines:
        if not any(event.act is Act.REQUEST for event in timeline.events):
            continue
        exchange = _Exchange(timeline)
        for request in exchange.requests.values():
            waits = not exchange.resolved(request) and not exchange.moved_on(request, timeline)
            if waits and request.id not in known:
                yield APPROVAL_NOT_RECORDED.at(
                    timeline.event_path(request),
                    f"Python from 1.15.0 on ignores an answer to {quoted(request.id)}, because "
                    "state.tool_approval.pending_approval_requests does not list the request; record it only if you know "
                    "it to be genuine.",
                    identity=request.id,
                )


# --- messages ---------------------------------------------------------------------------------------------------------


@on_history
def message_id_repeated(timeline: Timeline) -> Iterator[Fault]:
    known = [id_ for id_ in timeline.ids if type(id_) is str and id_]
    if len(set(known)) == len(known):
        return
    first: dict[str, int] = {}
    asking = {event.turn for event in timeline.events if event.act is Act.REQUEST}
    for turn, id_ in enumerate(timeline.ids):
        if type(id_) is not str or not id_:
            continue
        earlier = first.setdefault(id_, turn)
        # An approved call is stored once more, under the id of the message that asked for it (.NET, measured).
        if earlier != turn and earlier not in asking:
            yield MESSAGE_REPEATED.at(
                timeline.turn_path(turn),
                f"The message id {quoted(id_)} is used a second time; the message was stored twice, or two messages share "
                "an id.",
                related=(timeline.turn_path(earlier),),
                identity=id_,
            )


@on_history
def message_block_repeated(timeline: Timeline) -> Iterator[Fault]:
    """Two or more messages in a row that were stored before, ids and times and usage apart."""
    marks = [first if type(first) is str else None for first in timeline.firsts]
    pairs = list(pairwise(marks))
    if len(set(pairs)) == len(pairs):
        return
    seen: dict[tuple[str | None, str | None], int] = {}
    reported = 0
    for turn, pair in enumerate(pairs):
        earlier = seen.setdefault(pair, turn)
        if None in pair or earlier >= turn - 1 or turn < reported:
            continue
        length = 0
        while turn + length < len(timeline) and earlier + length < turn and _same(timeline, turn, earlier, length):
            length += 1
        if length >= 2:
            reported = turn + length
            yield MESSAGE_REPEATED.at(
                timeline.turn_path(turn),
                f"{length} messages from here on are stored a second time; the model sees them twice: drop the repetition.",
                related=(timeline.turn_path(earlier),),
            )


def _same(timeline: Timeline, turn: int, earlier: int, offset: int) -> bool:
    return timeline.firsts[turn + offset] == timeline.firsts[earlier + offset] and (
        _essence(timeline.messages[turn + offset]) == _essence(timeline.messages[earlier + offset])
    )


_PASSING_MEMBERS = frozenset({"message_id", "messageId", "MessageId", "ID", "created_at", "createdAt", "CreatedAt"})


def _essence(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what differs between two copies of it: ids, times, usage."""
    message = {key: value for key, value in message.items() if key not in _PASSING_MEMBERS}
    for key in ("contents", "Contents"):
        contents = message.get(key)
        if isinstance(contents, list):
            message[key] = [
                content
                for content in contents
                if not (
                    isinstance(content, dict)
                    and "usage" in (content.get("type"), content.get("$type"), content.get("Type"))
                )
            ]
    return message


_SERVICE_IDS = ("service_session_id", "service_thread_id", "conversationId", "ServiceID")
_SENTINEL = "_agent_local_chat_history"
"""What .NET and Go store as a conversation id when the history is local after all (measured)."""


@on_document
def history_two_owners(seen: Survey) -> Iterator[Fault]:
    value = seen.document.value
    filled = [timeline for timeline in seen.timelines if len(timeline)]
    for name in _SERVICE_IDS if isinstance(value, dict) else ():
        owner = member_of(value, name)
        if owner and owner != _SENTINEL and filled:
            key = next(key for key in value if key.lower() == name.lower())
            yield HISTORY_TWO_OWNERS.at(
                (key,),
                "A service keeps this conversation and the session holds messages too; they are stored but not sent, and "
                "the two will drift apart: keep one.",
                related=(filled[0].history.path,),
            )
    if len(filled) > 1:
        yield from _overlaps(filled)


def _overlaps(timelines: list[Timeline]) -> Iterator[Fault]:
    """Histories that hold the same messages."""
    holder: dict[tuple[str | None, str], Timeline] = {}
    for timeline in timelines:
        marks = {
            (role, first)
            for role, first in zip(timeline.roles, timeline.firsts, strict=True)
            if type(first) is str and first
        }
        other = next((holder[mark] for mark in marks if mark in holder), None)
        if other is not None:
            yield HISTORY_TWO_OWNERS.at(
                timeline.history.path,
                f"This history holds messages that the history under {quoted(other.history.key)} holds too; if both "
                "providers load, the model sees them twice.",
                related=(other.history.path,),
            )
        for mark in marks:
            holder.setdefault(mark, timeline)


# --- roles ------------------------------------------------------------------------------------------------------------


@on_history
def role_misplaced(timeline: Timeline) -> Iterator[Fault]:
    answering = {event.turn for event in timeline.events if event.act is Act.RESULT}
    begun = False
    for turn, role in enumerate(timeline.roles):
        if role is None or role in _MOVING:
            begun = True
            continue
        if role in _INSTRUCTING:
            if begun:
                yield ROLE_MISPLACED.at(
                    timeline.turn_path(turn),
                    f"A {role} message in the middle of the conversation; frameworks put instructions first: was it "
                    "injected?",
                )
            continue
        begun = True
        if role not in _ROLES:
            yield ROLE_MISPLACED.at(
                timeline.turn_path(turn),
                f"{quoted(role)} is no role that models know; use system, developer, user, assistant or tool.",
            )
        elif turn not in answering:
            yield ROLE_MISPLACED.at(timeline.turn_path(turn), "A tool message without a tool result; models refuse it.")
    for event in timeline.events:
        if event.shape.kind == "function_result" and timeline.roles[event.turn] != "tool":
            yield ROLE_MISPLACED.at(
                timeline.event_path(event),
                "A tool result outside a tool message; models expect it under the role tool.",
                identity=_identifier(event.id),
            )


@on_history
def turn_truncated(timeline: Timeline) -> Iterator[Fault]:
    if not len(timeline):
        return
    last = len(timeline) - 1
    role = timeline.roles[last]
    if role == "user":
        yield TURN_TRUNCATED.at(
            timeline.turn_path(last),
            "The history ends with the user's message: the answer was never stored, or is on its way.",
        )
    elif role == "assistant" and not timeline.contents(last):
        yield TURN_TRUNCATED.at(
            timeline.turn_path(last), "The history ends with an assistant message without contents: it was cut off."
        )


# --- reasoning (profile openai-responses) -----------------------------------------------------------------------------


@on_document
def reasoning_unpaired(seen: Survey) -> Iterator[Fault]:
    if "openai-responses" not in seen.profiles:
        return
    for timeline in seen.timelines:
        yield from _reasoning(timeline)


def _reasoning(timeline: Timeline) -> Iterator[Fault]:
    reasoning = [event for event in timeline.events if event.act is Act.REASONING]
    if not reasoning:
        return
    groups = _response_groups(timeline)
    ends = _last_utterances(timeline, groups, {(event.turn, event.place) for event in reasoning})
    thinking = {groups[event.turn] for event in reasoning}
    calls = [event for event in timeline.events if event.act is Act.CALL and event.local]
    thought_calls = any(groups[call.turn] in thinking for call in calls)
    for event in reasoning:
        path, id_ = timeline.event_path(event), _identifier(event.id)
        if id_ and not event.member("text") and not event.member("protected_data"):
            yield REASONING_UNPAIRED.at(
                path,
                f"The reasoning {quoted(id_)} has neither text nor protected data; it cannot be replayed once the service has "
                "forgotten it.",
                identity=id_,
            )
        if (event.turn, event.place) > ends.get(groups[event.turn], (-1, -1)):
            yield REASONING_UNPAIRED.at(
                path,
                "This reasoning is not followed by the call or text it led to; the Responses API refuses it alone.",
                identity=id_,
            )
    for call in calls:
        if thought_calls and groups[call.turn] not in thinking:
            yield REASONING_UNPAIRED.at(
                timeline.event_path(call),
                f"The call {quoted(call.id)} came without its reasoning, unlike others here; the Responses API refuses it.",
                identity=_identifier(call.id),
            )


def _response_groups(timeline: Timeline) -> list[int]:
    """For each turn, the number of the model's response that it belongs to: assistant messages in a row are one."""
    groups: list[int] = []
    before: str | None = None
    for turn in range(len(timeline)):
        role = timeline.roles[turn]
        same = role == "assistant" == before
        groups.append(groups[-1] if same else len(groups))
        before = role
    return groups


def _last_utterances(
    timeline: Timeline, groups: list[int], thoughts: set[tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    """For each response, the place of its last content that is no reasoning."""
    return {
        groups[turn]: (turn, index)
        for turn in range(len(timeline))
        for index in range(len(timeline.contents(turn)))
        if (turn, index) not in thoughts
    }
