"""Fixes of the family ``history``: calls, results, approvals and messages stored again.

What is said of a history here is what its rules say: both read the same exchange.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pysession.fixes.fix import Mend, Patient
from pysession.fixes.words import Speaker
from pysession.rules.exchange import Ask, Exchange, Use, call_of, same_call
from pysession.rules.repetition import essence, repeated_blocks
from pysession.rules.words import quoted
from pysession.survey import Act, Event, Timeline
from pysession.wire import Add, Edit, Insert, Path, Remove, Replace

INTERRUPTED = (
    "Error: the call was interrupted before its result was stored; whether it took effect is not known. "
    "(Added when the session was repaired.)"
)
REJECTED = "Error: the call was not approved and did not run. (Added when the session was repaired.)"
ORPHANED = "The result of a tool call that is no longer part of this conversation: "

_MESSAGE_IDS = frozenset({"message_id", "messageid", "id"})
_ALWAYS_WRITTEN = frozenset({"ID"})
"""Go writes an empty id for none."""


def unanswered_calls(patient: Patient) -> Iterator[Mend]:
    """A result for each local call without one: the real one, where it came too late, else one that says that the call was
    interrupted."""
    queued = _queued(patient.document.value)
    for timeline in patient.survey.timelines:
        exchange = Exchange(timeline)
        # Calls beside one that waits for its approval wait with it.
        waiting = {ask.request.turn for ask in exchange.asks if not ask.resolved and not exchange.moved_on(ask.request)}
        silent: dict[int, list[tuple[Event, Event | None]]] = {}
        places: dict[int, list[Path]] = {}
        for use in exchange.uses:
            call = use.again if use.again is not None and use.again.local else use.call
            if call is None or not call.local or exchange.answered(use):
                continue
            if call.turn in waiting or call.id in queued:
                continue
            if use.request is not None and not use.request.resolved:
                continue  # approval-unresolved mends it
            silent.setdefault(call.turn, []).append((call, use.answer))
            asked = (one for one in (use.call, use.again) if one is not None)
            places.setdefault(call.turn, []).extend(map(timeline.event_path, asked))
        for turn, calls in silent.items():
            speaker = Speaker(timeline)
            results = [speaker.result(call.id, INTERRUPTED) if late is None else late.content for call, late in calls]
            edits = [*_answering(timeline, turn, speaker, results)]
            edits += _taken_away(timeline, [late for _, late in calls if late is not None])
            yield Mend(timeline.event_path(calls[0][0]), _told_of(calls), tuple(edits), tuple(places[turn]))


def _queued(value: Any) -> frozenset[str]:
    """Ids of calls whose approval is still to be asked for: middleware asks for one at a time and keeps the others."""
    state = next((value[name] for name in _STATES if isinstance(value, dict) and name in value), None)
    entries = state.values() if isinstance(state, dict) else ()
    lists = (entry[name] for entry in entries if isinstance(entry, dict) for name in _QUEUES if name in entry)
    requests = [request for queue in lists if isinstance(queue, list) for request in queue if isinstance(request, dict)]
    calls = [call for request in requests for call in request.values() if isinstance(call, dict)]
    return frozenset(
        value for call in calls for name, value in call.items() if name.lower() in _CALL_IDS and isinstance(value, str)
    )


_STATES = ("state", "stateBag", "State")
_QUEUES = ("queued_approval_requests", "queuedApprovalRequests", "queuedRequests")
_CALL_IDS = frozenset({"call_id", "callid"})


def _told_of(calls: list[tuple[Event, Event | None]]) -> str:
    silent = [quoted(call.id) for call, late in calls if late is None]
    interrupted = f"{', '.join(silent)} {'was' if len(silent) == 1 else 'were'}" if silent else ""
    moved = ", ".join(quoted(call.id) for call, late in calls if late is not None)
    return "; ".join(
        sentence
        for names, sentence in (
            (interrupted, f"a result says that {interrupted} interrupted"),
            (moved, f"the result of {moved}, which came later, stands behind its call"),
        )
        if names
    )


def _taken_away(timeline: Timeline, events: list[Event]) -> Iterator[Remove]:
    """The contents go, and a message goes whole when nothing else is in it."""
    by_turn: dict[int, list[Event]] = {}
    for event in events:
        by_turn.setdefault(event.turn, []).append(event)
    for turn, theirs in by_turn.items():
        if len(theirs) == len(timeline.contents(turn)):
            yield Remove(timeline.turn_path(turn))
        else:
            yield from (Remove(timeline.event_path(event)) for event in theirs)


def _answering(timeline: Timeline, turn: int, speaker: Speaker, results: list[Any]) -> tuple[Edit, ...]:
    """The results behind the message of their calls: in the tool message that follows, else in one of their own."""
    following = turn + 1
    if following < len(timeline) and timeline.roles[following] == "tool":
        contents = timeline.contents(following)
        key = _contents_key(timeline.messages[following])
        if key is not None:
            place = (*timeline.turn_path(following), key)
            return tuple(Insert((*place, len(contents)), result) for result in results)
    return (Insert(_behind(timeline, turn), speaker.message("tool", results)),)


def _behind(timeline: Timeline, turn: int) -> Path:
    path = timeline.turn_path(turn)
    return (*path[:-1], int(path[-1]) + 1)


def _contents_key(message: Any) -> str | None:
    return next((key for key in message if key.lower() == "contents" and isinstance(message[key], list)), None)


def orphan_results(patient: Patient) -> Iterator[Mend]:
    """Results without a call: dropped, with the message that held nothing else; or said as a text."""
    for timeline in patient.survey.timelines:
        orphans = Exchange(timeline).orphans
        if patient.wishes.orphans_as_text:
            yield from _told(timeline, Speaker(timeline), orphans)
        else:
            yield from _dropped(timeline, orphans, "the result for {id}, which has no call, is gone")


def _dropped(timeline: Timeline, events: list[Event], sentence: str) -> Iterator[Mend]:
    """One mend for all that goes from one message."""
    by_turn: dict[int, list[Event]] = {}
    for event in events:
        by_turn.setdefault(event.turn, []).append(event)
    for theirs in by_turn.values():
        names = ", ".join(quoted(event.id) for event in theirs)
        first, *others = map(timeline.event_path, theirs)
        yield Mend(first, sentence.format(id=names), tuple(_taken_away(timeline, theirs)), tuple(others))


def _told(timeline: Timeline, speaker: Speaker, orphans: list[Event]) -> Iterator[Mend]:
    for event in orphans:
        path = timeline.event_path(event)
        result = event.member("result")
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        edits: list[Edit] = [Replace(path, speaker.text(ORPHANED + text))]
        others = [other for other in timeline.events if other.turn == event.turn and other.act is Act.RESULT]
        role = _role_key(timeline.messages[event.turn])
        if role is not None and event is others[-1] and all(other in orphans for other in others):
            # A text under the role "tool" is refused; under "user" it would speak with the user's voice.
            edits.append(Replace((*timeline.turn_path(event.turn), role), speaker.role("assistant")))
        yield Mend(path, f"the result for {quoted(event.id)}, which has no call, is told as a text", tuple(edits))


def _role_key(message: Any) -> str | None:
    return next((key for key in message if key.lower() == "role"), None)


def unresolved_approvals(patient: Patient) -> Iterator[Mend]:
    """Requests that were passed by are rejected, responses that answer nothing dropped."""
    for timeline in patient.survey.timelines:
        exchange = Exchange(timeline)
        speaker = Speaker(timeline)
        done: set[Use] = set()
        for ask in exchange.asks:
            if ask.response is not None and not same_call(ask.request, ask.response):
                yield _not_as_asked(timeline, speaker, ask)
            elif not ask.resolved and exchange.moved_on(ask.request):
                # Workflows of .NET ask twice for one call, under two ids; it has one result.
                yield _rejected(timeline, speaker, ask, with_result=ask.use not in done)
                if ask.use is not None:
                    done.add(ask.use)
        answers_to_nothing = [*exchange.unbound, *(response for response, _ in exchange.contradictions)]
        yield from _dropped(timeline, answers_to_nothing, "the response {id}, which answers nothing, is gone")


def _rejected(timeline: Timeline, speaker: Speaker, ask: Ask, *, with_result: bool) -> Mend:
    request = ask.request
    said: list[Any] = [speaker.message("user", [speaker.rejection(request)])]
    if with_result and _is_local(request) and (ask.use is None or ask.use.answer is None):
        if ask.use is None or ask.use.call is None:
            # .NET keeps the request alone; what models are shown is a call and its result.
            said.append(speaker.message("assistant", [speaker.call_content(request)]))
        said.append(speaker.message("tool", [speaker.result(call_of(request)["call_id"], REJECTED)]))
    edits: list[Edit] = [Insert(_behind(timeline, request.turn), message) for message in said]
    edits += _dealt_with(timeline, speaker, request)
    return Mend(timeline.event_path(request), f"the request {quoted(request.id)} is answered: no", tuple(edits))


def _is_local(request: Event) -> bool:
    """Whether it asks for a function of the application's own, whose result the application stores."""
    call = request.member("function_call")
    kinds = [call[name] for name in _DISCRIMINATORS if name in call] if isinstance(call, dict) else []
    return isinstance(call_of(request).get("call_id"), str) and all(kind in _FUNCTION_CALLS for kind in kinds)


_DISCRIMINATORS = ("type", "$type", "Type")
_FUNCTION_CALLS = ("function_call", "functionCall")


def _dealt_with(timeline: Timeline, speaker: Speaker, request: Event) -> Iterator[Edit]:
    """.NET and Go mark the call of a request that is dealt with, and look at the others again in every turn."""
    key = request.names.get("function_call")
    call = request.member("function_call")
    mark = speaker.informational(call) if isinstance(call, dict) else None
    if key is not None and mark is not None:
        path = (*timeline.event_path(request), key, mark)
        yield Replace(path, True) if mark in call else Add(path, True)


def _not_as_asked(timeline: Timeline, speaker: Speaker, ask: Ask) -> Mend:
    answer = ask.response or ask.request
    path = timeline.event_path(answer)
    edits: list[Edit] = [Replace(path, speaker.rejection(ask.request))]
    if _is_local(ask.request) and ask.use is not None and ask.use.call is not None and ask.use.answer is None:
        result = speaker.result(call_of(ask.request)["call_id"], REJECTED)
        edits.append(Insert(_behind(timeline, answer.turn), speaker.message("tool", [result])))
    return Mend(
        path,
        f"the response {quoted(ask.request.id)} granted another call than was asked for; it says no now",
        tuple(edits),
    )


def unrecorded_approvals(patient: Patient) -> Iterator[Mend]:
    """Pending requests are listed where Python from 1.15.0 on looks for them."""
    state = patient.document.value["state"]
    wanted = {fault.path for fault in patient.faults}
    requests = [
        event.content
        for timeline in patient.survey.timelines
        for event in timeline.events
        if event.act is Act.REQUEST and timeline.event_path(event) in wanted
    ]
    place: Path = ("state", "tool_approval")
    approval = state.get("tool_approval")
    listed = approval.get("pending_approval_requests") if isinstance(approval, dict) else None
    edits: list[Edit]
    if isinstance(listed, list):
        end = len(listed)
        edits = [Insert((*place, "pending_approval_requests", end), request) for request in requests]
    elif isinstance(approval, dict):
        path = (*place, "pending_approval_requests")
        edits = [Replace(path, requests) if "pending_approval_requests" in approval else Add(path, requests)]
    else:
        record = {"pending_approval_requests": requests}
        edits = [Replace(place, record) if "tool_approval" in state else Add(place, record)]
    if requests:
        first, *others = (fault.path for fault in patient.faults)
        yield Mend(first, f"{len(requests)} pending requests are recorded as genuine", tuple(edits), tuple(others))


def repeated_messages(patient: Patient) -> Iterator[Mend]:
    """A block that was stored again goes; so does a message stored twice. Different messages that share an id keep their
    words, and when the rule is named all but the first lose the id."""
    for timeline in patient.survey.timelines:
        gone: set[int] = set()
        for block in repeated_blocks(timeline):
            gone.update(block.turns)
            yield Mend(
                timeline.turn_path(block.start),
                f"{block.length} messages that were stored a second time are gone",
                tuple(Remove(timeline.turn_path(turn)) for turn in block.turns),
                tuple(map(timeline.turn_path, block.turns)),
            )
        named = {fault.path for fault in patient.faults}
        first: dict[str, int] = {}
        for turn, id_ in enumerate(timeline.ids):
            if type(id_) is not str or not id_:
                continue
            earlier = first.setdefault(id_, turn)
            path = timeline.turn_path(turn)
            if earlier == turn or turn in gone or path not in named:
                continue
            if essence(timeline.messages[turn]) == essence(timeline.messages[earlier]):
                yield Mend(path, f"the message {quoted(id_)}, stored a second time, is gone", (Remove(path),))
            elif patient.wishes.named:
                key = next(key for key in timeline.messages[turn] if key.lower() in _MESSAGE_IDS)
                edit: Edit = Replace((*path, key), "") if key in _ALWAYS_WRITTEN else Remove((*path, key))
                yield Mend(path, f"another message has the id {quoted(id_)}; this one has none now", (edit,))
