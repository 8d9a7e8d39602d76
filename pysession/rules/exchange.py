"""Who called, answered, asked and granted what in a history: one reading of its events, which several rules share."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.dialects.names import member as member_of
from pysession.survey import Act, Event, Timeline

LOCAL_KINDS = frozenset({"function_call", "function_result"})
"""What the application itself calls and answers. What a service executes it may tell in pieces."""

MOVING = frozenset({"user", "assistant"})
INSTRUCTING = frozenset({"system", "developer"})
_EXCHANGE = frozenset({Act.RESULT, Act.REQUEST, Act.RESPONSE})
_USER_BY_DEFAULT = frozenset({"dotnet", "dotnet-thread"})
"""Where a message without a role is the user's (measured)."""


def identifier(value: Any) -> str | None:
    """``value`` when it can be an id: a text, if need be an empty one, as some clients make them."""
    return value if isinstance(value, str) else None


class Use(msgspec.Struct, eq=False):
    """One use of a call id: the call, its answer, and the approval that was asked for it, as far as they are there.

    ``again`` is the same call where it was stored last, when it was stored more than once; ``events`` are all its calls
    and answers.
    """

    call: Event | None = None
    again: Event | None = None
    answer: Event | None = None
    request: Ask | None = None
    events: list[Event] = msgspec.field(default_factory=list)


class Ask(msgspec.Struct, eq=False):
    """An approval request, its response, and the use of the call id that it asks for; ``events`` are all requests and
    responses under its id."""

    request: Event
    response: Event | None = None
    use: Use | None = None
    events: list[Event] = msgspec.field(default_factory=list)

    @property
    def resolved(self) -> bool:
        """Whether it was answered, or its call was.

        Python before 1.13.0 kept the result and not the response (measured).
        """
        return self.response is not None or (self.use is not None and self.use.answer is not None)


class Repetition(msgspec.Struct, frozen=True):
    """A call id called or answered again. ``over`` is true when everything before it was complete: called and answered."""

    event: Event
    earlier: Event
    over: bool


class Exchange:
    """The calls and approvals of a timeline, in order.

    ``orphans`` are results without a call before them, ``unbound`` responses without a request before them,
    ``contradictions`` second responses that say something else than the first.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.uses: list[Use] = []
        self.asks: list[Ask] = []
        self.repeated: list[Repetition] = []
        self.orphans: list[Event] = []
        self.unbound: list[Event] = []
        self.contradictions: list[tuple[Event, Ask]] = []
        self._uses: dict[str, Use] = {}
        self._asks: dict[str, Ask] = {}
        self._turns = len(timeline)
        exchanging: set[int] = set()
        for event in timeline.events:
            if event.act in _EXCHANGE:
                exchanging.add(event.turn)
            id_ = identifier(event.id)
            if id_ is not None:
                self._enter(event, id_)
        self._passing = _passing_turns(timeline, exchanging)

    def moved_on(self, event: Event) -> bool:
        """Whether the conversation went on after the message that holds ``event``."""
        return self._passing[event.turn] < self._turns

    def passed_by(self, event: Event) -> int | None:
        """The turn in which the conversation goes on after the message that holds ``event``; None: it has not."""
        turn = self._passing[event.turn]
        return turn if turn < self._turns else None

    def answered(self, use: Use) -> bool:
        """Whether the call has its answer before the conversation goes on."""
        call = use.again or use.call
        return call is not None and use.answer is not None and use.answer.turn < self._passing[call.turn]

    def _enter(self, event: Event, id_: str) -> None:
        if event.act is Act.CALL:
            self._called(event, id_)
        elif event.act is Act.RESULT:
            self._answered(event, id_)
        elif event.act is Act.REQUEST:
            self._asked(event, id_)
        elif event.act is Act.RESPONSE:
            self._granted(event, id_)

    def _called(self, event: Event, id_: str) -> None:
        use = self._uses.get(id_)
        if use is not None and use.call is not None and event.kind in LOCAL_KINDS:
            self.repeated.append(Repetition(event, use.call, over=use.answer is not None))
        if use is None or use.answer is not None:
            use = self._use(id_)
            use.call = event
        elif use.call is None:
            use.call = event  # the call that was asked for
        else:
            use.again = event
        use.events.append(event)

    def _answered(self, event: Event, id_: str) -> None:
        use = self._uses.get(id_)
        local = event.kind in LOCAL_KINDS
        if use is None:
            use = self._use(id_)
        if local and use.call is None and use.request is None:
            self.orphans.append(event)
        if use.answer is not None and local:
            self.repeated.append(Repetition(event, use.answer, over=False))
        use.answer = use.answer or event
        use.events.append(event)

    def _asked(self, event: Event, id_: str) -> None:
        ask = self._asks.get(id_)
        if ask is None or ask.resolved:
            ask = self._asks[id_] = Ask(event)
            self.asks.append(ask)
        else:
            ask.request = event  # a request that is asked again waits where it was asked last
        ask.events.append(event)
        call_id = identifier(call_of(event).get("call_id"))
        if call_id is not None:
            use = self._uses.get(call_id)
            if use is None or use.answer is not None:
                use = self._use(call_id)
            use.request, ask.use = ask, use

    def _granted(self, event: Event, id_: str) -> None:
        ask = self._asks.get(id_)
        if ask is None:
            self.unbound.append(event)
            return
        ask.events.append(event)
        if ask.response is None:
            ask.response = event
        elif event.member("approved") != ask.response.member("approved"):
            self.contradictions.append((event, ask))

    def _use(self, id_: str) -> Use:
        """A new use of a call id."""
        use = self._uses[id_] = Use()
        self.uses.append(use)
        return use


def response_groups(timeline: Timeline) -> list[int]:
    """For each turn, the number of the model's response that it belongs to: assistant messages in a row are one."""
    groups: list[int] = []
    before: str | None = None
    for turn in range(len(timeline)):
        role = timeline.roles[turn]
        same = role == "assistant" == before
        groups.append(groups[-1] if same else len(groups))
        before = role
    return groups


def _passing_turns(timeline: Timeline, exchanging: set[int]) -> list[int]:
    """For each turn, the next one in which the conversation moves on; the length of the history if none does.

    A user or assistant message moves it on, unless it is part of the exchange itself: it holds a result, an approval
    request or an answer to one.
    """
    following = len(timeline)
    passing = [following] * len(timeline)
    by_default = timeline.history.language in _USER_BY_DEFAULT
    for turn in range(len(timeline) - 1, -1, -1):
        passing[turn] = following
        role = timeline.roles[turn]
        moves = role in MOVING or (role is None and by_default and isinstance(timeline.messages[turn], dict))
        if moves and turn not in exchanging:
            following = turn
    return passing


_CALL_IDS = ("call_id", "callId")
_CALL_NAMES = ("name", "tool_name", "toolName")


def call_of(event: Event) -> dict[str, Any]:
    """The call inside an approval, by canonical names: ``call_id``, ``name``, ``arguments``; empty when there is none."""
    call = event.member("function_call")
    if not isinstance(call, dict):
        return {}
    return {
        "call_id": _first(call, _CALL_IDS),
        "name": _first(call, _CALL_NAMES),
        "arguments": member_of(call, "arguments"),
    }


def _first(holder: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((found for name in names if (found := member_of(holder, name)) is not None), None)


def same_call(request: Event, response: Event) -> bool:
    """Whether a response grants the call that the request asks for: its id, its name, its arguments as values."""
    asked, granted = call_of(request), call_of(response)
    if not asked or not granted:
        return True  # a member that is missing is a finding of its own
    same = asked["call_id"] == granted["call_id"] and asked["name"] == granted["name"]
    return same and _alike(_parsed(asked["arguments"]), _parsed(granted["arguments"]))


def _parsed(arguments: Any) -> Any:
    """Arguments as a value; none at all, an empty text and an empty object say the same."""
    if not isinstance(arguments, str):
        return {} if arguments is None else arguments
    if not arguments.strip():
        return {}
    try:
        return msgspec.json.decode(arguments)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return arguments


def _alike(left: Any, right: Any) -> bool:
    """Equal as JSON values, ``1`` and ``1.0`` the same, ``1`` and ``true`` not; never recursive."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, bool) is not isinstance(other, bool):
            return False
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pending.extend((one[key], other[key]) for key in one)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pending.extend(zip(one, other, strict=True))
        elif one != other:
            return False
    return True
