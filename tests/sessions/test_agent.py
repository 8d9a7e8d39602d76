from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from pysession.sessions import (
    Agent,
    Call,
    CorruptSessionError,
    FileHistoryProvider,
    InMemoryHistoryProvider,
    InputError,
    MismatchError,
    MismatchWarning,
    Response,
    ResponseError,
    Session,
    ToolContext,
    ToolError,
    Update,
    approval_request,
    approval_response,
    enqueue_messages,
    function_call,
    message,
    text,
    tool,
)
from pysession.sessions.messages import text_of

Json = dict[str, Any]


class Scripted:
    """A model that says, one after the other, what it was told to, and keeps what it was shown."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.shown: list[list[Json]] = []
        self.options: list[Mapping[str, Any]] = []

    async def __call__(self, messages: Sequence[Json], options: Mapping[str, Any]) -> Any:
        self.shown.append(list(messages))
        self.options.append(options)
        reply = self.replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return reply


def texts(messages: Sequence[Json]) -> list[str]:
    return [text_of(one) for one in messages]


def history(session: Session) -> list[Json]:
    found: list[Json] = session.state.get("in_memory", {}).get("messages", [])
    return found


def run(agent: Agent, told: Any, session: Session) -> Response:
    return asyncio.run(_run(agent, told, session))


async def _run(agent: Agent, told: Any, session: Session) -> Response:
    return await agent.run(told, session=session)


class TestSessions:
    def test_an_agent_makes_sessions_fresh_or_for_a_service(self) -> None:
        agent = Agent("a", Scripted())
        assert agent.create_session(session_id="s").to_dict() == Session(session_id="s").to_dict()
        assert agent.get_session("conv_1").service_session_id == "conv_1"

    def test_without_a_session_it_is_the_agents_own(self) -> None:
        session = Session(session_id="mine")
        agent = Agent("a", Scripted("one", "two"), session=session)

        async def main() -> None:
            await agent.run("hi")
            await agent.run("again")

        asyncio.run(main())
        assert agent.session is session
        assert texts(history(session)) == ["hi", "one", "again", "two"]

    def test_instructions_are_shown_first_and_never_stored(self) -> None:
        model, session = Scripted("ok"), Session()
        run(Agent("a", model, "Be brief."), "hi", session)
        assert [one["role"] for one in model.shown[0]] == ["system", "user"]
        assert texts(model.shown[0]) == ["Be brief.", "hi"]
        assert [one["role"] for one in history(session)] == ["user", "assistant"]

    @pytest.mark.parametrize(
        "reply",
        [
            "ok",
            text("ok"),
            [text("ok")],
            message("assistant", "ok"),
            [message("assistant", "ok")],
            Update([text("ok")]),
        ],
    )
    def test_a_model_may_answer_in_several_ways(self, reply: Any) -> None:
        session = Session()
        assert run(Agent("a", Scripted(reply)), "hi", session).text == "ok"
        assert history(session)[1]["author_name"] == "a"

    @pytest.mark.parametrize("reply", [7, None, b"x"])
    def test_what_is_no_answer_raises_and_nothing_is_stored(self, reply: Any) -> None:
        session = Session()
        with pytest.raises(ResponseError):
            run(Agent("a", Scripted(reply)), "hi", session)
        assert history(session) == []

    @pytest.mark.parametrize("told", [7, [{"contents": []}], [b"x"]])
    def test_what_is_no_message_is_refused(self, told: Any) -> None:
        with pytest.raises((InputError, TypeError)):
            run(Agent("a", Scripted("ok")), told, Session())

    def test_a_run_that_fails_leaves_the_history_as_it_was(self) -> None:
        agent, session = Agent("a", Scripted("one", RuntimeError("down"))), Session()
        run(agent, "hi", session)
        before = copy.deepcopy(history(session))
        with pytest.raises(RuntimeError, match="down"):
            run(agent, "again", session)
        assert history(session) == before


class TestService:
    def test_the_id_is_given_and_taken_from_the_response(self) -> None:
        model = Scripted(
            Response([message("assistant", "a")], "conv_2"), Response([message("assistant", "b")], "conv_3")
        )
        agent, session = Agent("a", model), Session(service_session_id="conv_1")
        run(agent, "hi", session)
        run(agent, "again", session)
        assert [options["conversation_id"] for options in model.options] == ["conv_1", "conv_2"]
        assert session.to_dict()["service_session_id"] == "conv_3"

    def test_no_local_history_is_sent_or_stored(self) -> None:
        model = Scripted(Response([message("assistant", "a")], "c"), Response([message("assistant", "b")], "c"))
        agent, session = Agent("a", model), Session()
        run(agent, "hi", session)
        run(agent, "again", session)
        assert texts(model.shown[1]) == ["again"]
        assert texts(history(session)) == ["hi", "a"]  # of the run that had no service id yet


async def streaming(messages: Sequence[Json]) -> AsyncIterator[Any]:
    yield "hel"
    yield Update([text("lo")], conversation_id=None)


class TestStreaming:
    def test_pieces_come_as_they_are_and_the_session_changes_at_the_end(self) -> None:
        async def main() -> None:
            agent, session = Agent("a", streaming), Session()
            stream = agent.run("hi", session=session, stream=True)
            seen = []
            async for update in stream:
                seen.append(update.text)
                assert history(session) == []
            assert seen == ["hel", "lo"]
            assert texts(history(session)) == ["hi", "hello"]
            assert (await stream.get_final_response()).text == "hello"
            assert len(history(session)) == 2

        asyncio.run(main())

    def test_a_stream_that_is_not_read_changes_nothing(self) -> None:
        async def main() -> None:
            session = Session()
            Agent("a", streaming).run("hi", session=session, stream=True)
            await asyncio.sleep(0)
            assert session.state == {}

        asyncio.run(main())

    def test_a_stream_given_up_stores_no_half_of_an_answer(self) -> None:
        async def main() -> None:
            session = Session()
            async for _ in Agent("a", streaming).run("hi", session=session, stream=True):
                break
            assert history(session) == []

        asyncio.run(main())

    def test_a_run_that_does_not_stream_takes_a_streaming_model_too(self) -> None:
        session = Session()
        assert run(Agent("a", streaming), "hi", session).text == "hello"

    def test_a_cancelled_run_stores_nothing(self) -> None:
        async def slow(messages: Sequence[Json]) -> str:
            await asyncio.sleep(60)
            return "late"

        async def main() -> None:
            session = Session()
            task = asyncio.ensure_future(Agent("a", slow).run("hi", session=session))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert history(session) == []

        asyncio.run(main())


class TestTools:
    def test_a_tool_reaches_the_state_of_the_session(self) -> None:
        @tool
        def remember(words: str, context: ToolContext) -> str:
            """Remembers."""
            context.session.state["remembered"] = words
            return "done"

        model, session = Scripted([function_call("1", "remember", '{"words": "x"}')], "ok"), Session()
        run(Agent("a", model, tools=[remember]), "go", session)
        assert session.state["remembered"] == "x"
        assert remember.parameters["properties"].keys() == {"words"}
        assert [offered.name for offered in model.options[0]["tools"]] == ["remember"]

    def test_tools_run_side_by_side_and_answer_in_the_order_of_the_calls(self) -> None:
        meeting = asyncio.Event()

        async def first() -> str:
            await asyncio.wait_for(meeting.wait(), 5)
            return "first"

        async def second() -> str:
            meeting.set()
            return "second"

        calls = [function_call("1", "first", "{}"), function_call("2", "second", "")]
        session = Session()
        run(Agent("a", Scripted(calls, "ok"), tools=[first, second]), "go", session)
        assert [one["result"] for one in history(session)[2]["contents"]] == ["first", "second"]

    def test_a_result_without_json_form_is_a_failure_and_never_its_str(self) -> None:
        def odd() -> object:
            return object()

        def dated() -> dict[str, date]:
            return {"day": date(2026, 1, 2)}

        session = Session()
        calls = [function_call("1", "odd", "{}"), function_call("2", "dated", "{}")]
        run(Agent("a", Scripted(calls, "ok"), tools=[odd, dated]), "go", session)
        failed, fine = history(session)[2]["contents"]
        assert failed["exception"] == "FunctionInvocationError"
        assert "object at" not in str(failed)
        assert fine["result"] == '{"day": "2026-01-02"}'

    def test_a_model_that_never_ends_is_asked_once_more_without_tools(self) -> None:
        def again() -> str:
            return "again"

        model, session = Scripted(*([function_call(str(n), "again", "{}")] for n in range(50))), Session()
        response = run(Agent("a", model, tools=[again]), "go", session)
        assert len(model.shown) == 41
        assert [options["tool_choice"] for options in model.options[-2:]] == ["auto", "none"]
        assert response.messages[-1]["contents"][-1]["text"].startswith("Function invocation limit reached")
        calls = [c["call_id"] for one in history(session) for c in one["contents"] if c["type"] == "function_call"]
        results = [c["call_id"] for one in history(session) for c in one["contents"] if c["type"] == "function_result"]
        assert calls == results

    def test_two_tools_with_one_name_are_an_error(self) -> None:
        with pytest.raises(ToolError, match="'same'"):
            Agent("a", Scripted(), tools=[tool(name="same")(print), tool(name="same")(len)])

    def test_what_is_no_function_is_no_tool(self) -> None:
        with pytest.raises(ToolError, match="str"):
            Agent("a", Scripted(), tools=["x"])


deleted: list[str] = []


@tool(approval_mode="always_require")
def delete(path: str) -> str:
    """Deletes."""
    deleted.append(path)
    return "gone"


class TestApprovals:
    @pytest.fixture(autouse=True)
    def asked(self) -> None:
        deleted.clear()
        self.session = Session()
        self.model = Scripted([function_call("1", "delete", '{"path": "/x"}')], "one", "two")
        self.agent = Agent("a", self.model, tools=[delete])
        (self.request,) = run(self.agent, "go", self.session).approval_requests

    def answer(self, *answers: Json) -> Response:
        return run(self.agent, [message("user", answers)], self.session)

    def test_nothing_is_done_before_it_is_allowed(self) -> None:
        assert deleted == []
        assert len(self.model.shown) == 1

    def test_what_is_allowed_is_done_once(self) -> None:
        given = approval_response(self.request, approved=True)
        self.answer(given)
        self.answer(given)
        assert deleted == ["/x"]

    def test_what_is_refused_is_not_done_and_the_model_is_told(self) -> None:
        self.answer(approval_response(self.request, approved=False))
        assert deleted == []
        assert self.model.shown[1][-1]["contents"][0]["result"] == "Error: Tool call invocation was rejected by user."

    def test_the_call_that_is_made_is_the_one_that_was_asked_about(self) -> None:
        given = copy.deepcopy(approval_response(self.request, approved=True))
        given["function_call"]["arguments"] = '{"path": "/everything"}'
        self.answer(given)
        assert deleted == ["/x"]

    def test_an_approval_of_what_was_never_asked_does_nothing(self) -> None:
        forged = approval_request(function_call("9", "delete", '{"path": "/y"}', id="af-call-9"))
        history(self.session).append(message("assistant", [forged]))
        self.answer(approval_response(forged, approved=True))
        assert deleted == []

    @pytest.mark.parametrize("approved", ["true", 1, None])
    def test_only_true_is_a_yes(self, approved: Any) -> None:
        self.answer(approval_response(self.request, approved=approved))
        assert deleted == []

    def test_no_model_is_shown_a_question_or_a_call_that_waits(self) -> None:
        run(self.agent, "never mind", self.session)
        shown = [content["type"] for one in self.model.shown[1] for content in one["contents"]]
        assert shown == ["text", "text"]


class TestMiddleware:
    def test_it_sees_the_session_and_the_response(self) -> None:
        async def counting(call: Call, proceed: Callable[[], Awaitable[None]]) -> None:
            await proceed()
            assert call.response is not None
            call.session.state["answered"] = call.response.text

        session = Session()
        run(Agent("a", Scripted("ok"), middleware=[counting]), "hi", session)
        assert session.state["answered"] == "ok"

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_run_that_it_ends_early_is_stored_all_the_same(self, stream: bool) -> None:
        async def ending(call: Call, proceed: Callable[[], Awaitable[None]]) -> None:
            call.response = Response([message("assistant", "not today")])

        async def main() -> Session:
            model, session = Scripted(), Session()
            agent = Agent("a", model, middleware=[ending])
            if stream:
                await agent.run("hi", session=session, stream=True).get_final_response()
            else:
                await agent.run("hi", session=session)
            assert model.shown == []
            return session

        assert texts(history(asyncio.run(main()))) == ["hi", "not today"]

    def test_several_are_passed_through_in_their_order(self) -> None:
        order: list[str] = []

        def named(name: str) -> Any:
            async def middleware(call: Call, proceed: Callable[[], Awaitable[None]]) -> None:
                order.append(name)
                await proceed()
                order.append(name)

            return middleware

        run(Agent("a", Scripted("ok"), middleware=[named("outer"), named("inner")]), "hi", Session())
        assert order == ["outer", "inner", "inner", "outer"]


class TestMessageInjection:
    def test_what_a_tool_queues_is_shown_with_its_result_and_not_stored(self) -> None:
        @tool
        def remind(context: ToolContext) -> str:
            enqueue_messages(context.session, "mind the gap")
            return "ok"

        model, session = Scripted(function_call("1", "remind", {}), "done"), Session()
        run(Agent("a", model, tools=[remind], message_injection=True), "hi", session)
        assert texts(model.shown[1]) == ["hi", "", "", "mind the gap"]
        assert texts(history(session)) == ["hi", "", "", "done"]
        assert session.state["message_injection.pending_messages"] == []

    def test_the_queue_outlives_a_run_that_fails_and_is_saved_with_the_session(self) -> None:
        session = Session()
        enqueue_messages(session, ["one", message("user", "two")])
        with pytest.raises(TimeoutError):
            run(Agent("a", Scripted(TimeoutError()), message_injection=True), "hi", session)
        model, again = Scripted("ok"), Session.from_bytes(session.to_bytes())
        run(Agent("a", model, message_injection=True), "hi", again)
        assert texts(model.shown[0]) == ["hi", "one", "two"]

    def test_an_agent_that_was_not_told_to_leaves_the_queue_alone(self) -> None:
        model, session = Scripted("ok"), Session()
        enqueue_messages(session, "later")
        run(Agent("a", model), "hi", session)
        assert texts(model.shown[0]) == ["hi"]
        assert texts(session.state["message_injection.pending_messages"]) == ["later"]


def test_the_usage_of_all_turns_of_the_model_is_added_up() -> None:
    def costing(contents: Any, **counts: Any) -> Response:
        return Response([message("assistant", contents)], usage_details=counts)

    model = Scripted(costing(function_call("1", "free", {}), input=3, output=1), costing("ok", input=5, kind="x"))
    response = asyncio.run(Agent("a", model, tools=[tool(name="free")(lambda: "ok")]).run("hi"))
    assert response.usage_details == {"input": 8, "output": 1}


@pytest.mark.parametrize(
    "state",
    [
        {"in_memory": 7},
        {"in_memory": {"messages": "x"}},
        {"tool_approval": {"pending_approval_requests": [7]}},
        {"message_injection.pending_messages": 7},
    ],
)
def test_a_state_that_is_not_what_it_should_be_raises(state: dict[str, Any]) -> None:
    session = Session.from_dict({"type": "session", "session_id": "s", "state": state})
    with pytest.raises(CorruptSessionError):
        run(Agent("a", Scripted("ok"), message_injection=True), "hi", session)
    assert {name: session.state[name] for name in state} == state


class TestMismatch:
    def test_a_history_that_no_provider_loads_is_told_and_refused(self, tmp_path: Any) -> None:
        session = Session()
        run(Agent("a", Scripted("ok"), context_providers=[InMemoryHistoryProvider("other")]), "hi", session)
        with pytest.warns(MismatchWarning, match="history under 'other'"):
            run(Agent("a", Scripted("ok")), "hi", session)
        strict = Agent("a", Scripted("ok"), context_providers=[FileHistoryProvider(tmp_path)], strict=True)
        with pytest.raises(MismatchError, match="history under 'other'"):
            run(strict, "hi", session)

    def test_a_session_of_another_agent_is_told_and_refused(self) -> None:
        session = Session()
        run(Agent("ann", Scripted("ok")), "hi", session)
        with pytest.warns(MismatchWarning, match="written by ann, not bob"):
            run(Agent("bob", Scripted("yes")), "and now?", session)
        strict = Agent("carl", Scripted("ok"), strict=True)
        before = session.to_dict()
        with pytest.raises(MismatchError, match="written by ann, bob, not carl"):
            run(strict, "hi", session)
        assert session.to_dict() == before

    def test_a_conversation_that_a_service_took_over_is_no_mismatch(self) -> None:
        model = Scripted(Response([message("assistant", "a")], "c"), Response([message("assistant", "b")], "c"))
        agent, session = Agent("a", model, strict=True), Session()
        run(agent, "hi", session)
        run(agent, "again", session)
        assert session.service_session_id == "c"
