"""Family ``history``: the order of a conversation, which models and approval middleware insist on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pysession.dialects.names import key_of
from pysession.findings import Severity
from pysession.rules.exchange import INSTRUCTING, MOVING, Exchange, call_of, identifier, response_groups, same_call
from pysession.rules.registry import on_document, on_history, rule
from pysession.rules.repetition import repeated_blocks
from pysession.rules.words import quoted
from pysession.survey import Act, Fault, Survey, Timeline

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

# --- calls and approvals ----------------------------------------------------------------------------------------------


@on_history
def tool_calls_and_approvals(timeline: Timeline) -> Iterator[Fault]:
    if not timeline.events:
        return
    exchange = Exchange(timeline)
    yield from _unanswered(timeline, exchange)
    yield from _orphans(timeline, exchange)
    yield from _repeated(timeline, exchange)
    yield from _approvals(timeline, exchange)


def _unanswered(timeline: Timeline, exchange: Exchange) -> Iterator[Fault]:
    for use in exchange.uses:
        call = use.call
        if call is None or not call.local or exchange.answered(use):
            continue
        path = timeline.event_path(call)
        if use.request is not None and not use.request.resolved:
            if not exchange.moved_on(use.request.request):
                yield TOOL_CALL_UNANSWERED.at(
                    path,
                    f"The call {quoted(call.id)} has no result yet: its approval is pending.",
                    severity=Severity.INFO,
                    identity=call.id,
                )
            continue  # passed by: approval-unresolved tells it
        if exchange.moved_on(call):
            yield TOOL_CALL_UNANSWERED.at(
                path,
                f"The call {quoted(call.id)} has no result before the conversation goes on, and models refuse such a "
                "history at every turn; add a result that says the call was interrupted.",
                identity=call.id,
            )
        else:
            yield TOOL_CALL_UNANSWERED.at(
                path,
                f"The call {quoted(call.id)} at the end of the history has no result; the next turn will fail unless the "
                "run is resumed or a result is added.",
                severity=Severity.WARNING,
                identity=call.id,
            )


def _orphans(timeline: Timeline, exchange: Exchange) -> Iterator[Fault]:
    for event in exchange.orphans:
        yield TOOL_RESULT_ORPHAN.at(
            timeline.event_path(event),
            f"The result for {quoted(event.id)} has no call before it, and models refuse such a history; drop it or turn it "
            "into text.",
            identity=event.id,
        )


def _repeated(timeline: Timeline, exchange: Exchange) -> Iterator[Fault]:
    for repetition in exchange.repeated:
        event = repetition.event
        done = "called" if event.act is Act.CALL else "answered"
        # Ollama has no call ids; its Python client takes the tool's name, in every round again.
        by_name = repetition.over and event.member("name") == event.id
        message = (
            f"{quoted(event.id)} is called again after it was answered, under the tool's name as its call id; some models "
            "refuse a call id that comes back: give each call an id of its own."
            if by_name
            else f"{quoted(event.id)} is {done} a second time; a call id must be used once, keep one of the two."
        )
        yield TOOL_CALL_REPEATED.at(
            timeline.event_path(event),
            message,
            severity=Severity.WARNING if by_name else None,
            related=(timeline.event_path(repetition.earlier),),
            identity=f"{done} {event.id}",
        )


def _approvals(timeline: Timeline, exchange: Exchange) -> Iterator[Fault]:
    for ask in exchange.asks:
        request = ask.request
        if ask.response is not None and not same_call(request, ask.response):
            yield APPROVAL_UNRESOLVED.at(
                timeline.event_path(ask.response),
                f"The response {quoted(request.id)} grants another call than the one that was asked for (its id, name or "
                "arguments differ); what was approved is not what would run: reject it.",
                related=(timeline.event_path(request),),
                identity=request.id,
            )
        if ask.resolved:
            continue
        path = timeline.event_path(request)
        if exchange.moved_on(request):
            yield APPROVAL_UNRESOLVED.at(
                path,
                f"The approval request {quoted(request.id)} was never answered and the conversation went on; "
                f"{_BLOCKED.get(timeline.history.language, _STALE)}: add a rejection.",
                identity=request.id,
            )
        else:
            name = call_of(request).get("name")
            what = f"to call {quoted(name)} " if isinstance(name, str) else ""
            yield APPROVAL_PENDING.at(
                path, f"Approval {quoted(request.id)} {what}waits for an answer.", identity=request.id
            )
    for response in exchange.unbound:
        yield APPROVAL_UNRESOLVED.at(
            timeline.event_path(response),
            f"The response {quoted(response.id)} answers no request before it; it was tampered with or its request was "
            "lost: drop it.",
            identity=response.id,
        )
    for response, ask in exchange.contradictions:
        first = ask.response or ask.request
        yield APPROVAL_UNRESOLVED.at(
            timeline.event_path(response),
            f"The request {quoted(response.id)} was answered before, and otherwise; keep the answer that was meant.",
            related=(timeline.event_path(first),),
            identity=f"again {response.id}",
        )


@on_document
def approval_not_recorded(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect != "python":
        return
    state = document.value.get("state")
    approval = state.get("tool_approval") if isinstance(state, dict) else None
    recorded = approval.get("pending_approval_requests") if isinstance(approval, dict) else None
    known = (
        {identifier(entry.get("id")) for entry in recorded if isinstance(entry, dict)}
        if isinstance(recorded, list)
        else set()
    )
    for timeline in seen.timelines:
        if not any(event.act is Act.REQUEST for event in timeline.events):
            continue
        exchange = Exchange(timeline)
        for request in (ask.request for ask in exchange.asks if not ask.resolved):
            if request.id not in known and not exchange.moved_on(request):
                yield APPROVAL_NOT_RECORDED.at(
                    timeline.event_path(request),
                    f"Python from 1.15.0 on ignores an answer to {quoted(request.id)}, because "
                    "state.tool_approval.pending_approval_requests does not list the request; record it only if you know "
                    "it to be genuine.",
                    identity=request.id,
                )


# --- messages ---------------------------------------------------------------------------------------------------------


@on_history
def message_repeated(timeline: Timeline) -> Iterator[Fault]:
    blocks = repeated_blocks(timeline)
    for block in blocks:
        yield MESSAGE_REPEATED.at(
            timeline.turn_path(block.start),
            f"{block.length} messages from here on are stored a second time; the model sees them twice: drop the "
            "repetition.",
            related=(timeline.turn_path(block.earlier),),
        )
    yield from _repeated_ids(timeline, {turn for block in blocks for turn in block.turns})


def _repeated_ids(timeline: Timeline, told: set[int]) -> Iterator[Fault]:
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
        if earlier != turn and earlier not in asking and turn not in told and not _of_one_run(timeline, earlier, turn):
            yield MESSAGE_REPEATED.at(
                timeline.turn_path(turn),
                f"The message id {quoted(id_)} is used a second time; the message was stored twice, or two messages share "
                "an id.",
                related=(timeline.turn_path(earlier),),
                identity=id_,
            )


def _of_one_run(timeline: Timeline, earlier: int, turn: int) -> bool:
    """Whether the two hold results of one run, which the Go SDK stores under one id (measured)."""
    return (
        timeline.history.language == "go"
        and timeline.roles[earlier] == timeline.roles[turn] == "tool"
        and timeline.messages[earlier] != timeline.messages[turn]
    )


_SERVICE_IDS = ("service_session_id", "service_thread_id", "conversationId", "ServiceID")
_SENTINEL = "_agent_local_chat_history"
"""What .NET and Go store as a conversation id when the history is local after all (measured)."""


@on_document
def history_two_owners(seen: Survey) -> Iterator[Fault]:
    value = seen.document.value
    filled = [timeline for timeline in seen.timelines if len(timeline)]
    for name in _SERVICE_IDS if isinstance(value, dict) else ():
        key = key_of(value, name)
        if key is not None and value[key] and value[key] != _SENTINEL and filled:
            yield HISTORY_TWO_OWNERS.at(
                (key,),
                "A service keeps this conversation and the session holds messages too; they are stored but not sent, and "
                "the two will drift apart: keep one.",
                related=(filled[0].history.path,),
            )
    if len(filled) > 1:
        yield from _overlaps(filled)


_SHARED = 2
"""Messages in common from which on two histories overlap: one question alone may have gone to two agents."""


def _overlaps(timelines: list[Timeline]) -> Iterator[Fault]:
    """Histories that hold the same messages."""
    holder: dict[tuple[str | None, str], Timeline] = {}
    by_path = {timeline.history.path: timeline for timeline in timelines}
    for timeline in timelines:
        marks = {
            (role, first)
            for role, first in zip(timeline.roles, timeline.firsts, strict=True)
            if type(first) is str and first
        }
        shared = Counter(holder[mark].history.path for mark in marks if mark in holder)
        path, count = max(shared.items(), key=lambda entry: entry[1], default=((), 0))
        other = by_path.get(path, timeline)
        if count >= min(_SHARED, len(marks), len(other)) > 0:
            yield HISTORY_TWO_OWNERS.at(
                timeline.history.path,
                f"This history holds messages that the history under {quoted(other.history.key)} holds too; if both "
                "providers load, the model sees them twice.",
                related=(other.history.path,),
            )
        for mark in marks:
            holder.setdefault(mark, timeline)


# --- roles ------------------------------------------------------------------------------------------------------------


_BLOCKED = dict.fromkeys(("dotnet", "dotnet-thread"), ".NET refuses every further turn")
_STALE = "the call stays open, and an answer that comes now is ignored or refused"


@on_history
def role_misplaced(timeline: Timeline) -> Iterator[Fault]:
    answering = {event.turn for event in timeline.events if event.act is Act.RESULT}
    answers_are_texts = timeline.history.language == "agnt5"
    begun = False
    for turn, role in enumerate(timeline.roles):
        if role is None or role in MOVING:
            begun = True
            continue
        if role in INSTRUCTING:
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
        elif turn not in answering and not answers_are_texts:
            yield ROLE_MISPLACED.at(timeline.turn_path(turn), "A tool message without a tool result; models refuse it.")
    for event in timeline.events:
        if event.kind == "function_result" and timeline.roles[event.turn] != "tool":
            yield ROLE_MISPLACED.at(
                timeline.event_path(event),
                "A tool result outside a tool message; models expect it under the role tool.",
                identity=identifier(event.id),
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
    groups = response_groups(timeline)
    ends = _last_utterances(timeline, groups, {(event.turn, event.place) for event in reasoning})
    thinking = {groups[event.turn] for event in reasoning}
    calls = [event for event in timeline.events if event.act is Act.CALL and event.local]
    thought_calls = any(groups[call.turn] in thinking for call in calls)
    for event in reasoning:
        path, id_ = timeline.event_path(event), identifier(event.id)
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
                identity=identifier(call.id),
            )


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
