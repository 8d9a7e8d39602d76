from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pysession.sessions import (
    Agent,
    ContextProvider,
    CorruptSessionError,
    DuplicateSourceError,
    HistoryProvider,
    InMemoryHistoryProvider,
    RunContext,
    Session,
    message,
)
from pysession.sessions.messages import not_yet_stored, text_of


async def echo(messages: Sequence[Mapping[str, Any]]) -> str:
    return "you said " + text_of(messages[-1])


class Kept(HistoryProvider):
    """A history in a list; what is stored is seen by tests."""

    def __init__(self, source_id: str = "kept", **switches: Any) -> None:
        super().__init__(source_id, **switches)
        self.messages: list[dict[str, Any]] = []

    async def get_messages(self, session_id: str | None, *, state: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        return list(self.messages)

    async def save_messages(self, session_id: str | None, messages: Any, *, state: Any = None, **kwargs: Any) -> None:
        self.messages += messages


class Memo(ContextProvider):
    async def before_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        context.extend_messages(self, [message("user", f"memo of {self.source_id}")])

    async def after_run(self, *, agent: Any, session: Session, context: RunContext, state: dict[str, Any]) -> None:
        state["last"] = context.response.text if context.response else None


def stored(*more: ContextProvider, told: str = "hi", **switches: Any) -> list[str]:
    history = Kept(**switches)
    asyncio.run(Agent("a", echo, context_providers=[*more, history]).run(told))
    return [text_of(one) for one in history.messages]


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, ["hi", "you said hi"]),
        ({"store_inputs": False}, ["you said hi"]),
        ({"store_outputs": False}, ["hi"]),
        ({"store_inputs": False, "store_outputs": False}, []),
        ({"store_context_messages": True}, ["memo of one", "memo of two", "hi", "you said hi"]),
        ({"store_context_messages": True, "store_context_from": {"two"}}, ["memo of two", "hi", "you said hi"]),
        ({"store_context_from": {"two"}}, ["hi", "you said hi"]),
    ],
)
def test_a_history_stores_what_its_switches_say(switches: dict[str, Any], expected: list[str]) -> None:
    assert stored(Memo("one"), Memo("two"), **switches) == expected


def test_what_is_not_to_be_loaded_is_not_shown() -> None:
    shown: list[int] = []

    async def counting(messages: Sequence[Mapping[str, Any]]) -> str:
        shown.append(len(messages))
        return "ok"

    history = Kept(load_messages=False)
    agent = Agent("a", counting, context_providers=[history, Kept("other")])
    for _ in range(2):
        asyncio.run(agent.run("hi"))
    assert shown == [1, 3]
    assert len(history.messages) == 4


def test_a_provider_has_its_own_part_of_the_state() -> None:
    agent = Agent("a", echo, context_providers=[Memo("one"), Memo("two")])
    session = agent.create_session()
    asyncio.run(agent.run("hi", session=session))
    assert session.state["one"] == session.state["two"] == {"last": "you said hi"}
    assert [text_of(one) for one in session.state["in_memory"]["messages"]] == ["hi", "you said hi"]


def test_two_providers_with_one_source_id_are_an_error() -> None:
    with pytest.raises(DuplicateSourceError) as raised:
        Agent("a", echo, context_providers=[Memo("one"), Kept("one")])
    assert raised.value.source_id == "one"


def test_a_provider_with_the_source_id_of_the_default_history_is_an_error() -> None:
    with pytest.raises(DuplicateSourceError):
        asyncio.run(Agent("a", echo, context_providers=[Memo("in_memory")]).run("hi"))


def test_messages_are_copied_and_marked_with_who_brought_them_in() -> None:
    context = RunContext(session_id="s", service_session_id=None, input_messages=[])
    mine = message("user", "x")
    marked = message("user", "y", additional_properties={"_attribution": {"source_id": "first"}})
    context.extend_messages(Memo("one"), [mine, marked])
    context.extend_messages("two", [mine])
    assert mine == message("user", "x")
    marks = [one["additional_properties"]["_attribution"] for one in context.get_messages()]
    assert marks == [
        {"source_id": "one", "source_type": "Memo"},
        {"source_id": "first", "source_type": "Memo"},
        {"source_id": "two"},
    ]


def test_context_messages_are_asked_for_by_source() -> None:
    context = RunContext(session_id="s", service_session_id=None, input_messages=[message("user", "in")])
    context.extend_messages("one", [message("user", "1")])
    context.extend_messages("two", [message("user", "2")])
    assert [text_of(one) for one in context.get_messages(sources={"two"})] == ["2"]
    assert [text_of(one) for one in context.get_messages(exclude_sources={"two"}, include_input=True)] == ["1", "in"]


def test_messages_that_compaction_excluded_are_left_out_on_demand() -> None:
    excluded = message("user", "old", additional_properties={"_excluded": True})
    state = {"messages": [excluded, message("user", "new")]}
    for skips, expected in ((False, ["old", "new"]), (True, ["new"])):
        provider = InMemoryHistoryProvider(skip_excluded=skips)
        found = asyncio.run(provider.get_messages("s", state=state))
        assert [text_of(one) for one in found] == expected


def test_a_history_that_holds_what_is_no_message_raises() -> None:
    with pytest.raises(CorruptSessionError, match="'in_memory'"):
        asyncio.run(InMemoryHistoryProvider().get_messages("s", state={"messages": ["<Message object>"]}))


A, B, C = (message("user", words) for words in "abc")
ANSWER = message("assistant", "answer")


@pytest.mark.parametrize(
    ("before", "incoming", "new"),
    [
        ([], [A], [A]),
        ([A, ANSWER], [B], [B]),
        ([A, ANSWER], [A, ANSWER, B], [B]),
        ([A, ANSWER, B], [ANSWER, B, C], [C]),
        ([A], [A], [A]),
        ([ANSWER], [ANSWER], []),
        ([A, ANSWER], [A, ANSWER], []),
        ([B, A], [A, C], [A, C]),
        ([message("user", "x", message_id="1")], [message("user", "y", message_id="1")], []),
    ],
)
def test_a_transcript_told_again_is_not_stored_again(before: Any, incoming: Any, new: Any) -> None:
    assert not_yet_stored(before, incoming) == new
