"""Scenarios that are acted out twice, by an agent of the real library and by ours, with the same scripted model."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import agent_framework as maf
import msgspec
from hypothesis import strategies as st
from pydantic import BaseModel

from pysession.sessions import (
    Agent,
    ContextProvider,
    InMemoryHistoryProvider,
    Response,
    Session,
    Update,
    approval_response,
    enqueue_messages,
    message,
    register_state_type,
    text,
    tool,
)
from pysession.sessions.messages import CALL, function_call

Json = dict[str, Any]


class Turn(msgspec.Struct, frozen=True):
    """One run. ``told`` is the input, or with ``decisions`` the answers to the approvals that wait, in their order.

    ``restart``: the process ends before it, so that the session comes from its document and the agent is new.
    ``taken``: of a streamed answer only so many pieces are taken.
    """

    told: Any = None
    decisions: tuple[bool | None, ...] = ()
    stream: bool = False
    taken: int | None = None
    restart: bool = False


class Scenario(msgspec.Struct, frozen=True):
    """``replies`` are what the model says in turn: contents each; of a streamed turn each content is a piece.

    ``queued``: messages that are queued for the model while it gives the reply of that number, -1 before the first run.
    """

    replies: Sequence[Sequence[Json]]
    turns: Sequence[Turn]
    conversations: Sequence[str | None] = ()
    service_session_id: str | None = None
    providers: Sequence[str] = ()
    state: Mapping[str, Any] = {}
    history_switches: Mapping[str, Any] = {}
    queued: Mapping[int, str] = {}


def call(name: str, number: int, **arguments: Any) -> Json:
    return function_call(f"call_{number}", name, json.dumps(arguments))


class Basket:
    """A type of the application, registered with both."""

    def __init__(self, items: list[str]) -> None:
        self.items = items

    def to_dict(self) -> Json:
        return {"items": self.items}

    @classmethod
    def from_dict(cls, data: Json) -> Basket:
        return cls(data["items"])


class Profile(BaseModel):
    """A model of the application, registered with both."""

    name: str


for registered in (Basket, Profile):
    type_id = f"scenarios.{registered.__name__.lower()}"
    register_state_type(registered, type_id=type_id)
    maf.register_state_type(registered, type_id=type_id)


def weather(city: str) -> str:
    """What the weather is like."""
    return f"sunny in {city}"


def numbers(count: int) -> list[dict[str, Any]]:
    """Numbers."""
    return [{"n": number, "half": number / 2} for number in range(count)]


def broken(city: str) -> str:
    """Always fails."""
    raise RuntimeError(city)


def delete(path: str) -> str:
    """Deletes a file."""
    return f"deleted {path}"


FREE, ASKED = (weather, numbers, broken), (delete,)


class Exchange(msgspec.Struct):
    """What came of a scenario: the document, and the messages that the model was shown each time."""

    document: Json
    shown: list[list[Json]]


async def ours(scenario: Scenario) -> Exchange:
    script, shown = _script(scenario), []

    def model(messages: list[Json], options: Mapping[str, Any]) -> Any:
        enqueue_messages(session, scenario.queued.get(len(shown), []))
        shown.append([_bare(one) for one in messages])
        contents, conversation, stream = next(script)
        return _pieces(contents, conversation) if stream else _whole(contents, conversation)

    async def _whole(contents: Sequence[Json], conversation: str | None) -> Response:
        return Response([message("assistant", contents)], conversation)

    async def _pieces(contents: Sequence[Json], conversation: str | None) -> AsyncIterator[Update]:
        for content in contents:
            yield Update([content], conversation_id=conversation)

    def agent() -> Agent:
        tools = [*FREE, *(tool(approval_mode="always_require")(one) for one in ASKED)]
        providers = [_our_provider(name, scenario) for name in scenario.providers]
        injecting = bool(scenario.queued)
        return Agent("helper", model, tools=tools, context_providers=providers, message_injection=injecting)

    acting, session = agent(), Session(session_id="s", service_session_id=scenario.service_session_id)
    session.state.update(copy.deepcopy(scenario.state))
    enqueue_messages(session, scenario.queued.get(-1, []))
    for turn in scenario.turns:
        if turn.restart:
            acting, session = agent(), Session.from_bytes(session.to_bytes())
        waiting = (session.state.get("tool_approval") or {}).get("pending_approval_requests", [])
        answers = [
            approval_response(request, approved=decision)
            for request, decision in zip(waiting, turn.decisions, strict=False)
            if decision is not None
        ]
        told = [message("user", answers)] if answers else turn.told
        if not turn.stream:
            await acting.run(told, session=session)
            continue
        stream = acting.run(told, session=session, stream=True)
        if turn.taken is None:
            await stream.get_final_response()
            continue
        taken = stream.__aiter__()
        for _ in range(turn.taken):
            await taken.__anext__()
    return Exchange(session.to_dict(), shown)


async def real(scenario: Scenario) -> Exchange:
    script, shown = _script(scenario), []

    class Scripted(maf.FunctionInvocationLayer, maf.ChatMiddlewareLayer, maf.BaseChatClient):  # type: ignore[misc]
        def _inner_get_response(self, *, messages: Any, stream: bool, options: Any, **kwargs: Any) -> Any:
            maf.enqueue_messages(session, scenario.queued.get(len(shown), []))
            told = options.get("instructions")
            first = [_bare(message("system", told))] if told else []
            shown.append([*first, *(_bare(one.to_dict()) for one in messages)])
            contents, conversation, _ = next(script)
            found = [maf.Content.from_dict(content) for content in contents]

            async def respond() -> maf.ChatResponse:
                return maf.ChatResponse(messages=[maf.Message("assistant", found)], conversation_id=conversation)

            async def pieces() -> AsyncIterator[maf.ChatResponseUpdate]:
                for content in found:
                    yield maf.ChatResponseUpdate(contents=[content], role="assistant", conversation_id=conversation)

            if stream:
                return maf.ResponseStream(pieces(), finalizer=maf.ChatResponse.from_updates)
            return respond()

    def agent() -> maf.Agent:
        tools = [maf.tool(approval_mode="never_require")(one) for one in FREE]
        tools += [maf.tool(approval_mode="always_require")(one) for one in ASKED]
        providers = [_real_provider(name, scenario) for name in scenario.providers]
        middleware = [maf.MessageInjectionMiddleware()] if scenario.queued else []
        return maf.Agent(Scripted(), tools=tools, name="helper", context_providers=providers, middleware=middleware)

    acting = agent()
    session = maf.AgentSession(session_id="s", service_session_id=scenario.service_session_id)
    session.state.update(copy.deepcopy(scenario.state))
    maf.enqueue_messages(session, scenario.queued.get(-1, []))
    for turn in scenario.turns:
        if turn.restart:
            acting, session = agent(), maf.AgentSession.from_dict(json.loads(json.dumps(session.to_dict())))
        waiting = (session.state.get("tool_approval") or {}).get("pending_approval_requests", [])
        answers = [
            maf.Content.from_dict(request).to_function_approval_response(approved=decision)
            for request, decision in zip(waiting, turn.decisions, strict=False)
            if decision is not None
        ]
        told = [maf.Message("user", answers)] if answers else turn.told
        if isinstance(told, list) and told and isinstance(told[0], dict):
            told = [maf.Message.from_dict(one) for one in told]
        if not turn.stream:
            await acting.run(told, session=session)
            continue
        stream = acting.run(told, session=session, stream=True)
        if turn.taken is None:
            await stream.get_final_response()
            continue
        taken = stream.__aiter__()
        for _ in range(turn.taken):
            await taken.__anext__()
    return Exchange(session.to_dict(), shown)


def _script(scenario: Scenario) -> Any:
    stream = any(turn.stream for turn in scenario.turns)
    conversations = [*scenario.conversations, *[None] * len(scenario.replies)]
    return iter([(reply, conversations[place], stream) for place, reply in enumerate(scenario.replies)])


class _Notes(ContextProvider):
    """Brings in messages and instructions, and counts in its own state."""

    async def before_run(self, *, agent: Any, session: Any, context: Any, state: Any) -> None:
        context.extend_messages(self, [message("user", f"note of {self.source_id}")])
        context.extend_instructions(self.source_id, f"be {self.source_id}")

    async def after_run(self, *, agent: Any, session: Any, context: Any, state: Any) -> None:
        state["runs"] = state.get("runs", 0) + 1
        session.state.setdefault("order", []).append(self.source_id)


class _RealNotes(maf.ContextProvider):
    async def before_run(self, *, agent: Any, session: Any, context: Any, state: Any) -> None:
        context.extend_messages(self, [maf.Message("user", [f"note of {self.source_id}"])])
        context.extend_instructions(self.source_id, f"be {self.source_id}")

    async def after_run(self, *, agent: Any, session: Any, context: Any, state: Any) -> None:
        state["runs"] = state.get("runs", 0) + 1
        session.state.setdefault("order", []).append(self.source_id)


_RealNotes.__name__ = "_Notes"


def _our_provider(name: str, scenario: Scenario) -> ContextProvider:
    return InMemoryHistoryProvider(name, **scenario.history_switches) if name.startswith("history") else _Notes(name)


def _real_provider(name: str, scenario: Scenario) -> Any:
    if name.startswith("history"):
        return maf.InMemoryHistoryProvider(name, **scenario.history_switches)
    return _RealNotes(name)


def _bare(one: Json) -> Json:
    """A message without what no model is shown."""
    return {"role": one["role"], "contents": one["contents"]}


_OWN_ID = re.compile(r"af-call-[0-9a-f]{32}")


def numbered(value: Any) -> str:
    """``value`` as JSON text in its own order, with the ids that are made up at random numbered as they occur."""
    seen: dict[str, str] = {}
    return _OWN_ID.sub(lambda found: seen.setdefault(found[0], f"af-call-{len(seen)}"), json.dumps(value, indent=1))


Acting = Callable[[Scenario], Any]


def _approve(*decisions: bool | None, restart: bool = False) -> Turn:
    return Turn(decisions=decisions, restart=restart)


_REASONING = {"type": "text_reasoning", "id": "rs_1", "text": "hm", "protected_data": "enc"}
_USAGE = {"type": "usage", "usage_details": {"input_token_count": 3, "output_token_count": 1}}

SCENARIOS: dict[str, Scenario] = {
    "plain turns": Scenario([[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you")]),
    "the same words twice": Scenario([[text("hello")], [text("hello")]], [Turn("hi"), Turn("hi")]),
    "several messages at once": Scenario(
        [[text("ok")]], [Turn([message("system", "be brief"), message("user", "go")])]
    ),
    "messages with ids and properties": Scenario(
        [[text("ok")]],
        [Turn([message("user", "go", message_id="m1", author_name="ann", additional_properties={"k": 1.0})])],
    ),
    "a restart between turns": Scenario([[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you", restart=True)]),
    "a tool": Scenario([[call("weather", 1, city="Oslo")], [text("sunny")]], [Turn("weather?")]),
    "tools in parallel": Scenario(
        [[call("weather", 1, city="Oslo"), call("weather", 2, city="Rome")], [text("both sunny")]], [Turn("weather?")]
    ),
    "tools one after the other": Scenario(
        [[call("weather", 1, city="Oslo")], [text("and"), call("numbers", 2, count=2)], [text("done")]], [Turn("go")]
    ),
    "a failing tool": Scenario([[call("broken", 1, city="Oslo")], [text("sorry")]], [Turn("go")]),
    "a tool that fails three times": Scenario(
        [[call("broken", number, city="Oslo")] for number in range(3)] + [[text("sorry")]], [Turn("go")]
    ),
    "wrong arguments": Scenario([[call("numbers", 1, count="many")], [text("sorry")]], [Turn("go")]),
    "an unknown tool": Scenario([[call("fly", 1)], [text("sorry")]], [Turn("go")]),
    "usage in an answer": Scenario([[text("hello"), _USAGE], [text("bye")]], [Turn("hi"), Turn("see you")]),
    "usage in a streamed answer": Scenario(
        [[text("hel"), _USAGE, text("lo"), _USAGE], [_USAGE]], [Turn("hi", stream=True), Turn("see you", stream=True)]
    ),
    "reasoning": Scenario([[_REASONING, text("done")]], [Turn("think")]),
    "reasoning and a tool": Scenario([[_REASONING, call("weather", 1, city="Oslo")], [text("done")]], [Turn("think")]),
    "a pending approval": Scenario([[call("delete", 1, path="/x")]], [Turn("delete it")]),
    "an approval given": Scenario(
        [[call("delete", 1, path="/x")], [text("gone")]], [Turn("delete it"), _approve(True)]
    ),
    "an approval refused": Scenario(
        [[call("delete", 1, path="/x")], [text("ok")]], [Turn("delete it"), _approve(False)]
    ),
    "an approval given after a restart": Scenario(
        [[call("delete", 1, path="/x")], [text("gone")]], [Turn("delete it"), _approve(True, restart=True)]
    ),
    "a turn after an approval": Scenario(
        [[call("delete", 1, path="/x")], [text("gone")], [text("sure")]],
        [Turn("delete it"), _approve(True), Turn("thanks")],
    ),
    "a turn while an approval is pending": Scenario(
        [[call("delete", 1, path="/x")], [text("what?")]], [Turn("delete it"), Turn("never mind")]
    ),
    "two approvals, one given and one refused": Scenario(
        [[call("delete", 1, path="/x"), call("delete", 2, path="/y")], [text("done")]],
        [Turn("delete both"), _approve(True, False)],
    ),
    "two approvals, answered one at a time": Scenario(
        [[call("delete", 1, path="/x"), call("delete", 2, path="/y")], [text("done")]],
        [Turn("delete both"), _approve(True), _approve(None, True)],
    ),
    "an approval beside a tool that needs none": Scenario(
        [[call("weather", 2, city="Oslo"), call("delete", 1, path="/x")], [text("done")]],
        [Turn("go"), _approve(True, restart=True)],
    ),
    "a second approval after the first": Scenario(
        [[call("delete", 1, path="/x")], [call("delete", 2, path="/y")], [text("done")]],
        [Turn("go"), _approve(True), _approve(True)],
    ),
    "streaming": Scenario(
        [[text("hel"), text("lo")], [text("bye")]], [Turn("hi", stream=True), Turn("x", stream=True)]
    ),
    "streaming with a tool": Scenario(
        [
            [text("let "), text("me see"), call("weather", 1, city="Oslo"), call("weather", 2, city="Rome")],
            [text("sun"), text("ny")],
        ],
        [Turn("weather?", stream=True)],
    ),
    "streamed reasoning": Scenario(
        [[_REASONING, {"type": "text_reasoning", "text": " hm"}, text("a"), text("b")]], [Turn("think", stream=True)]
    ),
    "a streamed approval": Scenario(
        [[call("delete", 1, path="/x")], [text("gone")]],
        [Turn("delete it", stream=True), Turn(decisions=(True,), stream=True)],
    ),
    "a stream given up": Scenario([[text("hel"), text("lo")]], [Turn("hi", stream=True, taken=1)]),
    "a service that keeps the conversation": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        conversations=["conv_2", "conv_3"],
        service_session_id="conv_1",
    ),
    "a service and a tool": Scenario(
        [[call("weather", 1, city="Oslo")], [text("sunny")]],
        [Turn("hi")],
        conversations=["resp_1", "resp_2"],
        service_session_id="resp_0",
    ),
    "a service, streaming": Scenario(
        [[text("hel"), text("lo")]],
        [Turn("hi", stream=True)],
        conversations=["conv_2"],
        service_session_id="conv_1",
    ),
    "a service that begins to keep the conversation": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you", restart=True)],
        conversations=["conv_1", "conv_1"],
    ),
    "a history of one's own beside a service": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        conversations=["conv_1", "conv_1"],
        service_session_id="conv_1",
        providers=["history"],
    ),
    "providers in order": Scenario(
        [[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you")], providers=["kind", "history", "brief"]
    ),
    "providers without a history": Scenario([[text("hello")]], [Turn("hi")], providers=["kind", "brief"]),
    "two histories": Scenario(
        [[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you")], providers=["history", "history_2"]
    ),
    "injected messages": Scenario(
        [[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you")], queued={-1: "by the way"}
    ),
    "messages injected while a tool is at work": Scenario(
        [[call("weather", 1, city="Oslo")], [text("sunny")], [text("bye")]],
        [Turn("weather?"), Turn("see you", restart=True)],
        queued={0: "in Fahrenheit"},
    ),
    "a streamed answer and injected messages": Scenario(
        [[call("weather", 1, city="Oslo")], [text("sun"), text("ny")], [text("bye")]],
        [Turn("weather?", stream=True), Turn("see you", stream=True)],
        queued={-1: "by the way", 0: "in Fahrenheit"},
    ),
    "messages injected and a service": Scenario(
        [[text("hello")], [text("noted")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        conversations=["conv_1", "conv_2", "conv_3"],
        service_session_id="conv_0",
        queued={0: "by the way"},
    ),
    "context of providers stored": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        providers=["kind", "brief", "history"],
        history_switches={"store_context_messages": True},
    ),
    "context of one provider stored": Scenario(
        [[text("hello")]],
        [Turn("hi")],
        providers=["kind", "brief", "history"],
        history_switches={"store_context_messages": True, "store_context_from": {"kind"}},
    ),
    "only outputs stored": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        providers=["history"],
        history_switches={"store_inputs": False},
    ),
    "only inputs stored": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        providers=["history"],
        history_switches={"store_outputs": False},
    ),
    "a history that is not loaded": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you")],
        providers=["history"],
        history_switches={"load_messages": False},
    ),
    "registered types in the state, over a restart": Scenario(
        [[text("hello")], [text("bye")]],
        [Turn("hi"), Turn("see you", restart=True)],
        providers=["kind", "history"],
        state={"basket": Basket(["a"]), "kind": {"all": [Basket([]), Profile(name="Ann")]}},
    ),
    "state of the application": Scenario(
        [[text("hello")]], [Turn("hi")], state={"cart": {"items": ["a", 1, 2.5, None, True], "total": 1e3}}
    ),
}


class Difference(msgspec.Struct, frozen=True):
    """A scenario in which ours is meant to differ; ``lines`` are some that do, with the sign of a difference."""

    scenario: Scenario
    reason: str
    lines: frozenset[str]


DIFFERENCES: dict[str, Difference] = {
    "an approval given after another turn": Difference(
        Scenario(
            [[call("delete", 1, path="/x")], [text("what?")], [text("gone")]],
            [Turn("delete it"), Turn("wait"), _approve(True)],
        ),
        "the model is shown the result right behind its call, where the services of OpenAI and Anthropic want it;"
        " the framework shows it last. The document is the same.",
        frozenset({'+"result": "deleted /x"', '-"result": "deleted /x"'}),
    ),
    "a service that begins to keep the conversation, one agent all along": Difference(
        Scenario([[text("hello")], [text("bye")]], [Turn("hi"), Turn("see you")], conversations=["conv_1", "conv_1"]),
        "an agent of the framework keeps the in-memory provider that one run added, so that the next sends and stores"
        " what the service has already; ours adds it for one run. A new agent of the framework does as ours does.",
        frozenset({'-"text": "see you"', '-"text": "bye"'}),
    ),
    "an approved call of a tool that is not there": Difference(
        Scenario(
            [[call("fly", 1), call("delete", 2, path="/x")], [text("done")]],
            [Turn("go"), _approve(True, True)],
        ),
        "the framework takes it for a tool of the service and stores no result, so that the call stays unanswered for ever;"
        " here it gets the result that any call of an unknown tool gets.",
        frozenset({'+"result": "Error: Requested function \\"fly\\" not found."'}),
    ),
    "a question twice in two histories that store each other's": Difference(
        Scenario(
            [
                [_REASONING],
                [_REASONING, call("delete", 1, path="/x")],
                [_REASONING, call("delete", 2, path="/y")],
                [text("what?")],
                [text("and?")],
            ],
            [Turn("start"), Turn("delete it"), _approve(True), Turn("wait"), Turn("go")],
            providers=["history", "history_2"],
            history_switches={"store_inputs": False, "store_context_messages": True},
        ),
        "the framework knows an open question that a history has twice by the object that both are, as long as nobody saves"
        " and loads the session, and then stores it twice more; after loading it leaves one out, as ours always does.",
        frozenset({'-"type": "function_approval_request"'}),
    ),
    "messages injected while the model answers": Difference(
        Scenario([[text("hello")], [text("noted")]], [Turn("hi")], queued={0: "by the way"}),
        "the framework asks again with nothing but what was injected, and keeps the last answer only; ours keeps both"
        " answers, and the model is shown the conversation.",
        frozenset({'+"text": "hello"'}),
    ),
    "a stream given up, with a service": Difference(
        Scenario(
            [[text("hel"), text("lo")]],
            [Turn("hi", stream=True, taken=1)],
            conversations=["conv_2"],
            service_session_id="conv_1",
        ),
        "the framework takes the id of the conversation from the first piece; ours changes nothing of the session"
        " before the whole answer is there.",
        frozenset({'-"service_session_id": "conv_2"', '+"service_session_id": "conv_1"'}),
    ),
}


_ARGUMENTS: dict[str, dict[str, Any]] = {
    "weather": {"city": "Oslo"},
    "numbers": {"count": 2},
    "wrong": {"count": "many"},
    "broken": {"city": "Oslo"},
    "delete": {"path": "/x"},
    "fly": {},
}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Conversations of any such turns: a model that says and calls what it likes, and people who answer or do not."""
    stream = draw(st.booleans())
    replies: list[list[Json]] = []
    for _ in range(draw(st.integers(1, 8))):
        reply: list[Json] = [_REASONING] if draw(st.integers(0, 4)) == 0 else []
        reply += [text(words) for words in draw(st.lists(st.sampled_from(["yes", "no"]), max_size=1))]
        names = draw(st.lists(st.sampled_from(list(_ARGUMENTS)), max_size=3))
        # An approved call of a tool that is not there is one of the differences.
        for name in [name for name in names if not (name == "fly" and "delete" in names)]:
            tool_name = "numbers" if name == "wrong" else name
            reply.append(call(tool_name, 10 * len(replies) + len(reply), **_ARGUMENTS[name]))
        replies.append(reply or [text("end")])
    decisions = st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3).map(tuple) | st.just(())
    service = draw(st.sampled_from([None, None, "conv_1"]))
    providers = draw(
        st.sampled_from([(), (), ("kind",), ("history",), ("kind", "history", "brief"), ("history", "history_2")])
    )
    switched = "history" in providers and draw(st.booleans())
    switches = {name: draw(st.booleans()) for name in ("store_inputs", "store_outputs", "store_context_messages")}
    # Two of the differences show under an agent that is not new: it keeps the history that an earlier run added, and in a
    # session that was not loaded anew a question that is there twice is one and the same object.
    anew = service is not None or (switched and "history_2" in providers)
    turn = st.tuples(st.sampled_from(["hi", "go"]), decisions, st.booleans())
    turns = [
        Turn(told, decided, stream, restart=restart or anew)
        for told, decided, restart in draw(st.lists(turn, min_size=1, max_size=5))
    ]
    # What is queued while the model answers without a call is one of the differences.
    calling = [-1, *(place for place, reply in enumerate(replies) if any(one["type"] == CALL for one in reply))]
    queued = draw(st.just([]) | st.lists(st.sampled_from(calling), max_size=3))
    ending = [[text(f"end {number}")] for number in range(40)]
    return Scenario(
        [*replies, *ending],
        [Turn("start", stream=stream), *turns],
        conversations=() if service is None else [f"conv_{number}" for number in range(2, 60)],
        service_session_id=draw(st.sampled_from([service, None])),
        providers=providers,
        history_switches=switches if switched else {},
        queued={place: f"note {place}" for place in queued},
    )
