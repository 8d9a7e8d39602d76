"""State in four scopes, without a store; what a store does with it is in ``test_shared_state.py``."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.sessions import Agent, Memory, Scope, ScopeError, Session, StateValueError, ToolContext, function_call

SCOPES = ("session", "user", "app", "temp")


@given(st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from("abc"), st.integers() | st.none()), max_size=20))
def test_scopes_are_apart(changes: list[tuple[str, str, int | None]]) -> None:
    session = Session(id="s", app_name="app", user_id="ann")
    known: dict[str, dict[str, int]] = {scope: {} for scope in SCOPES}
    for scope, key, value in changes:
        if value is None:
            assert session.delete_state(key, scope=scope) == (known[scope].pop(key, None) is not None)
        else:
            session.set_state(key, value, scope=scope)
            known[scope][key] = value
    for scope in SCOPES:
        assert {key: session.get_state(key, scope=scope) for key in session.state_keys(scope)} == known[scope]


def test_the_scope_is_the_session_unless_given() -> None:
    session = Session(id="s")
    session.set_state("topic", "AI")
    assert session.get_state("topic") == session.get_state("topic", Scope.SESSION) == "AI"
    assert session.get_state("topic", "user") is None
    assert session.get_state("none", default=7) == 7
    assert session.delete_state("topic")
    assert not session.delete_state("topic")
    assert session.state_keys() == []


def test_values_of_the_session_are_in_its_document_as_what_they_were() -> None:
    session = Session(id="s")
    values = {"at": datetime(2026, 1, 1, tzinfo=UTC), "price": Decimal("1.10"), "tags": {"a", "b"}, "n": 1.0}
    for key, value in values.items():
        session.set_state(key, value)
    again = Session.from_bytes(session.to_bytes())
    assert {key: again.get_state(key) for key in again.state_keys()} == values
    assert again.to_bytes() == session.to_bytes()


def test_a_value_that_was_got_is_the_live_one() -> None:
    session = Session(id="s", user_id="ann")
    for scope in ("session", "user"):
        session.set_state("cart", {"items": []}, scope=scope)
        session.get_state("cart", scope)["items"].append("tea")
        assert Session.from_bytes(session.to_bytes()).get_state("cart", scope) == {"items": ["tea"]}


def test_what_is_shared_and_in_no_store_yet_is_not_lost_with_the_object() -> None:
    session = Session(id="s", user_id="ann")
    session.set_state("theme", "dark", scope="user")
    session.set_state("limit", 3, scope="app")
    again = Session.from_bytes(session.to_bytes())
    assert (again.get_state("theme", "user"), again.get_state("limit", "app")) == ("dark", 3)


@pytest.mark.parametrize("call", ["set", "get", "delete", "keys"])
def test_a_scope_that_is_none_is_told(call: str) -> None:
    session = Session(id="s")
    calls = {
        "set": lambda: session.set_state("k", 1, scope="global"),
        "get": lambda: session.get_state("k", scope="global"),
        "delete": lambda: session.delete_state("k", scope="global"),
        "keys": lambda: session.state_keys("global"),
    }
    with pytest.raises(ScopeError, match="'global'; it is one of session, user, app, temp"):
        calls[call]()


@pytest.mark.parametrize("key", ["", 7, None])
def test_a_key_that_is_none_is_told(key: Any) -> None:
    with pytest.raises(ScopeError, match="a key is a text"):
        Session(id="s").set_state(key, 1)


@pytest.mark.parametrize(
    ("scope", "place"), [("session", "state"), ("user", "unshared/user/values"), ("app", "unshared/app/values")]
)
def test_a_value_without_json_form_changes_nothing(scope: str, place: str) -> None:
    session = Session(id="s")
    session.set_state("k", 1, scope=scope)
    before = session.to_bytes()
    with pytest.raises(StateValueError, match=f"/state/pysession.session/{place}/k"):
        session.set_state("k", object(), scope=scope)
    assert (session.get_state("k", scope), session.to_bytes()) == (1, before)


def test_what_is_temporary_is_never_in_the_document() -> None:
    session = Session(id="s")
    session.set_state("secret", object(), scope="temp")
    assert session.to_bytes() == Session(id="s").to_bytes()


class TestTemporary:
    """What is temporary ends with a run."""

    def agent(self, *replies: Any, **options: Any) -> Agent:
        left = list(replies)

        async def model(messages: Any) -> Any:
            return left.pop(0)

        async def look(context: ToolContext) -> str:
            """Looks."""
            context.session.set_state("in_run", 1, scope="temp")
            return str(context.session.get_state("given", "temp"))

        return Agent("helper", model, tools=[look], **options)

    def test_it_is_there_during_the_run_and_not_after_it(self) -> None:
        session = Session(id="s")
        session.set_state("given", "before", scope="temp")
        asyncio.run(self._run(self.agent([function_call("c", "look", "{}")], "done"), session))
        assert json.loads(session.export().split("\n")[2])["message"] == "before"
        assert session.state_keys("temp") == []

    def test_it_ends_with_a_run_that_fails(self) -> None:
        session = Session(id="s")
        session.set_state("given", 1, scope="temp")
        with pytest.raises(IndexError):
            asyncio.run(self._run(self.agent(), session))
        assert session.state_keys("temp") == []

    def test_it_ends_with_a_stream_that_is_dropped(self) -> None:
        async def pieces(messages: Any) -> Any:
            yield "a"
            yield "b"

        async def main() -> None:
            session = Session(id="s")
            session.set_state("given", 1, scope="temp")
            updates = aiter(Agent("helper", pieces).run("go", session=session, stream=True))
            await anext(updates)
            assert session.state_keys("temp") == ["given"]
            del updates  # as long as it is there, it may be gone on with
            await asyncio.sleep(0.01)
            assert session.state_keys("temp") == []

        asyncio.run(main())

    def test_it_lasts_as_long_as_the_outermost_run(self) -> None:
        session = Session(id="s")
        inner = self.agent("inner")

        async def ask(context: ToolContext) -> str:
            """Asks another agent."""
            await inner.run("go", session=context.session)
            return str(context.session.get_state("given", "temp"))

        left: list[Any] = [[function_call("c", "ask", "{}")], "done"]

        async def model(messages: Any) -> Any:
            return left.pop(0)

        session.set_state("given", "kept", scope="temp")
        asyncio.run(self._run(Agent("outer", model, tools=[ask]), session))
        results = [json.loads(line) for line in session.export().split("\n")]
        assert [one["message"] for one in results if one["role"] == "tool"] == ["kept"]
        assert session.state_keys("temp") == []

    async def _run(self, agent: Agent, session: Session) -> None:
        await agent.run("go", session=session)


def test_a_memory_is_of_the_user() -> None:
    async def main() -> None:
        session = Session(id="s", user_id="ann")
        memory = Memory(session)
        await memory.store("likes", ["tea"])
        assert await memory.recall("likes") == await session.memory.recall("likes") == ["tea"]
        assert session.get_state("likes", scope="user") == ["tea"]
        assert await memory.recall("none", default=0) == 0
        await memory.store("a", 1)
        assert await memory.keys() == ["a", "likes"]
        assert await memory.forget("a")
        assert not await memory.forget("a")

    asyncio.run(main())
