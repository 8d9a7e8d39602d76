"""``Session.prune``: what it takes and gives, and that the real framework goes on with what it leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import agent_framework as maf
import pytest
from hypothesis import HealthCheck, given, settings

import pysession
from pysession.findings.failures import UsageError
from pysession.pruning import Pruned, PruningError
from pysession.sessions import HistoryChangedError, Session, message
from pysession.sessions.messages import text_of
from tests.pruning.test_laws import strategies
from tests.sessions.scenarios import SCENARIOS, Scenario, ours, scenarios
from tests.sessions.test_differential import unanswered

Json = dict[str, Any]


def told(count: int) -> Session:
    session = Session(session_id="s")
    session.state["in_memory"] = {"messages": [message("user", f"m{n}", message_id=f"id{n}") for n in range(count)]}
    return session


def texts(session: Session) -> list[str]:
    return [text_of(one) for one in session.state["in_memory"]["messages"]]


def test_it_is_done_at_once_and_may_be_awaited_too() -> None:
    async def main() -> None:
        session = told(5)
        account = await session.prune(strategy="keep_last_2")
        assert (account.removed, account.kept, account.ids) == (3, 2, ("id0", "id1", "id2"))
        assert account.reasons == {"older than what stays": 3}
        assert texts(session) == ["m3", "m4"]

    asyncio.run(main())
    session = told(5)
    assert isinstance(session.prune("sliding_window", window_size=1), Pruned)
    assert texts(session) == ["m4"]


def test_a_model_is_asked_when_the_pruning_is_awaited() -> None:
    async def scorer(one: Json) -> float:
        await asyncio.sleep(0)
        return float(text_of(one)[1:]) % 3

    async def summariser(old: Sequence[Json]) -> str:
        await asyncio.sleep(0)
        return " ".join(map(text_of, old))

    async def main() -> None:
        session = told(20)
        await session.prune("keep_important", scorer=scorer, threshold=2)
        assert texts(session) == ["m2", "m5", "m8", "m11", "m14", "m17", "m19"]
        await session.prune("summarize_old", threshold=3, summariser=summariser)
        assert texts(session) == ["Summary of the conversation so far:\nm2 m5 m8 m11 m14", "m17", "m19"]

    asyncio.run(main())


def test_what_comes_while_a_model_is_asked_stays_and_a_history_that_was_rewritten_is_left_alone() -> None:
    async def main() -> None:
        session, asked, answer = told(6), asyncio.Event(), asyncio.Event()

        async def summariser(old: Sequence[Json]) -> str:
            asked.set()
            await answer.wait()
            return "old"

        pruning = asyncio.ensure_future(session.prune("summarize_old", threshold=3, summariser=summariser))
        await asked.wait()
        session.state["in_memory"]["messages"].append(message("assistant", "late"))
        answer.set()
        await pruning
        assert texts(session) == ["Summary of the conversation so far:\nold", "m4", "m5", "late"]

        asked.clear()
        answer.clear()
        pruning = asyncio.ensure_future(session.prune("summarize_old", threshold=2, summariser=summariser))
        await asked.wait()
        session.state["in_memory"]["messages"] = [message("user", "anew")]
        answer.set()
        with pytest.raises(HistoryChangedError, match="/state/in_memory/messages was rewritten"):
            await pruning
        assert texts(session) == ["anew"]

    asyncio.run(main())


def test_each_history_is_pruned_or_the_one_that_is_named_and_other_lists_are_not() -> None:
    session = told(4)
    session.state["log"] = {"messages": [message("user", str(n)) for n in range(4)], "count": 4}
    session.state["cart"] = {"messages": ["a", "b", "c"]}
    session.prune("keep_last_3", source_id="log")
    assert [len(session.state[key]["messages"]) for key in ("in_memory", "log", "cart")] == [4, 3, 3]
    account = session.prune("keep_last_1")
    assert {history.key: len(history.removed) for history in account.histories} == {"in_memory": 3, "log": 2}
    assert session.state["log"]["count"] == 4
    assert session.state["cart"] == {"messages": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("strategy", "options", "match"),
    [
        ("keep_first_5", {}, "no pruning strategy 'keep_first_5'; there are keep_last_<N>, sliding_window"),
        ("keep_last_", {}, "no pruning strategy"),
        ("keep_last_0", {}, "whole number from 1 on"),
        ("keep_last_-3", {}, "no pruning strategy"),
        ("keep_last_5", {"window_size": 3}, "takes no window_size; it takes its number from its name"),
        ("sliding_window", {"window_size": 0}, "window_size of sliding_window is a whole number from 1 on, and not 0"),
        ("sliding_window", {"window_size": 2.5}, "and not 2.5"),
        ("sliding_window", {"window_size": True}, "and not True"),
        ("sliding_window", {"threshold": 3}, "takes no threshold"),
        ("keep_important", {"scorer": "mine"}, "the scorer is a function or a model"),
        ("keep_important", {"threshold": "high"}, "the least score that stays, and not 'high'"),
        ("keep_important", {"max_messages": 0}, "whole number from 1 on"),
        ("summarize_old", {"threshold": 50}, "needs a summariser"),
        ("summarize_old", {"threshold": 1, "summariser": str}, "from 2 on, and not 1"),
        (5, {}, "named by a text"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_removed(strategy: Any, options: Json, match: str) -> None:
    session = told(9)
    with pytest.raises(PruningError, match=match):
        session.prune(strategy, **options)
    assert len(texts(session)) == 9


def test_a_history_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="no history under 'log'; there are in_memory"):
        told(1).prune("keep_last_1", source_id="log")


def test_without_a_scorer_what_changed_something_and_what_was_said_at_length_stays() -> None:
    def called(name: str, number: int) -> list[Json]:
        content = {"type": "function_call", "call_id": f"c{number}", "name": name, "arguments": "{}"}
        result = {"type": "function_result", "call_id": f"c{number}", "result": "ok"}
        return [message("assistant", content), message("tool", result)]

    session = Session()
    session.state["in_memory"] = {
        "messages": [
            message("system", "be brief"),
            message("user", "first"),
            *called("get_weather", 1),
            message("assistant", "sunny"),
            message("user", "thanks"),
            *called("deleteFile", 2),
            message("user", "long " * 60),
            message("assistant", "ok"),
            *(message("assistant", f"recent {n}") for n in range(10)),
        ]
    }
    session.prune("keep_important")
    left = session.state["in_memory"]["messages"]
    assert [one["contents"][0].get("name") or text_of(one)[:8] for one in left[:5]] == [
        *("be brief", "first", "deleteFile"),
        *("", "long lon"),
    ]
    assert len(left) == 15


class _Listening(maf.FunctionInvocationLayer, maf.ChatMiddlewareLayer, maf.BaseChatClient):  # type: ignore[misc]
    """A model that says nothing new, and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[list[Json]] = []

    def _inner_get_response(self, *, messages: Any, stream: bool, options: Mapping[str, Any], **kwargs: Any) -> Any:
        self.shown.append([one.to_dict() for one in messages])

        async def respond() -> maf.ChatResponse:
            return maf.ChatResponse(messages=[maf.Message("assistant", ["well"])])

        return respond()


async def _next_turn(data: bytes) -> list[Json]:
    """What the real framework shows a model when the session goes on; nothing while it waits for another approval."""
    model = _Listening()
    providers = [maf.InMemoryHistoryProvider(name) for name in json.loads(data)["state"] if name.startswith("history")]
    agent = maf.Agent(model, name="helper", context_providers=providers)
    await agent.run("and now?", session=maf.AgentSession.from_dict(json.loads(data)))
    return model.shown[0] if model.shown else []


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("strategy", ["keep_last_1", "keep_last_3", "keep_important"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_real_framework_goes_on_with_what_is_left(name: str, strategy: str) -> None:
    document = asyncio.run(ours(SCENARIOS[name])).document
    _goes_on(
        document, {"strategy": strategy} if strategy != "keep_important" else {"strategy": strategy, "max_messages": 2}
    )


@pytest.mark.filterwarnings("default")
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(scenarios(), strategies())
def test_any_conversation_goes_on_in_the_real_framework(scenario: Scenario, options: Json) -> None:
    if scenario.service_session_id is None and len(scenario.providers) < 3:
        _goes_on(asyncio.run(ours(scenario)).document, options)


def _goes_on(document: Json, options: Json) -> None:
    before = Session.from_dict(document).to_bytes()
    session = Session.from_dict(document)
    session.prune(**options)
    after = session.to_bytes()
    shown = asyncio.run(_next_turn(before)), asyncio.run(_next_turn(after))
    assert bool(shown[0]) == bool(shown[1])
    assert len(unanswered(shown[1])) <= len(unanswered(shown[0]))
    approvals = ("approval-pending", "tool-call-unanswered", "approval-unresolved", "approval-not-recorded")
    assert _rules(after, approvals) <= _rules(before, approvals)
    assert Session.from_bytes(after).state.get("tool_approval") == Session.from_bytes(before).state.get("tool_approval")


def _rules(data: bytes, among: Sequence[str]) -> set[str]:
    return {one.rule for one in pysession.check(data).findings} & set(among)
