"""How long sessions are kept, how much of them, and that what is immutable only grows, by whatever way."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pysession.sessions import (
    Agent,
    CorruptSessionError,
    Retention,
    RetentionError,
    RetentionWarning,
    Session,
    SessionStore,
    StoreHistoryProvider,
    message,
    tool,
)
from pysession.sessions.messages import approval_response, function_call, text_of
from pysession.stores import Capability, ImmutableError, Store, open_store
from pysession.stores.memory import MemoryStore

Json = dict[str, Any]


@pytest.fixture(params=["memory:", "file:{}/folder", "sqlite:///{}/s.db"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(request.param.format(tmp_path))


def texts(session: Session) -> list[str]:
    return [text_of(one) for one in session.state["in_memory"]["messages"]]


async def echo(messages: Sequence[Json]) -> str:
    return f"you said {text_of(messages[-1])}"


def test_the_example_runs() -> None:
    example = Path(__file__).parents[2] / "examples" / "retention.py"
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == "6 messages are left, the first one says:"
    assert lines[2].endswith("messages about the weather")
    assert lines[3:] == [
        "the session 'kept' is immutable: /state/in_memory/messages/0 would be changed",
        "1 session has expired",
        "expired kept",
    ]


# --- the value --------------------------------------------------------------------------------------------------------


def test_it_is_a_value_and_a_mapping_of_what_was_said() -> None:
    session = Session(retention={"ttl_days": 30, "auto_prune": True, "prune_strategy": "keep_last_50"})
    assert session.retention == {"ttl_days": 30, "auto_prune": True, "prune_strategy": "keep_last_50"}
    assert (session.retention.ttl_days, session.retention["ttl_days"], session.retention.most) == (30, 30, 50)
    again = Session.from_bytes(session.to_bytes())
    assert again.retention == session.retention
    assert Session(retention=Retention(max_messages=5)).retention.max_messages == 5
    assert "pysession.session" not in Session(retention={}).to_dict()["state"]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"ttl": 3}, "no retention 'ttl'; there are ttl_days, auto_prune"),
        ({"ttl_days": 0}, "greater than 0, and not 0"),
        ({"ttl_days": -1}, "greater than 0"),
        ({"ttl_days": "30"}, "and not '30'"),
        ({"ttl_days": True}, "and not True"),
        ({"ttl_days": float("inf")}, "and not inf"),
        ({"max_messages": 0}, "whole number from 1 on"),
        ({"max_messages": 2.0}, "whole number from 1 on"),
        ({"auto_prune": 1}, "auto_prune is true or false"),
        ({"immutable": "yes"}, "immutable is true or false"),
        ({"prune_strategy": "keep_some"}, "no pruning strategy 'keep_some'"),
        ({"prune_strategy": "keep_last_50", "max_messages": 20}, "would leave more than max_messages, which is 20"),
        ({"prune_strategy": "summarize_old", "max_messages": 1}, "from 2 on, and not 1"),
        ({"immutable": True, "auto_prune": True}, "an immutable session is never pruned"),
    ],
)
def test_what_cannot_be_is_refused(given: Json, match: str) -> None:
    with pytest.raises(RetentionError, match=match):
        Session(retention=given)


def test_a_document_with_a_retention_that_cannot_be_is_not_loaded_and_one_of_a_later_version_is_kept() -> None:
    def document(retention: Json) -> bytes:
        state = {"pysession.session": {"v": 1, "retention": retention}}
        return json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": state}).encode()

    with pytest.raises(CorruptSessionError, match=r"/state/pysession\.session/retention: ttl_days is a number of days"):
        Session.from_bytes(document({"ttl_days": "long"}))
    later = document({"ttl_days": 1, "region": "eu"})
    session = Session.from_bytes(later)
    assert (session.retention["region"], session.to_bytes()) == ("eu", later)


# --- pruned by itself -------------------------------------------------------------------------------------------------


def test_after_a_run_there_are_no_more_messages_than_are_allowed() -> None:
    async def main() -> None:
        session = Session(retention={"auto_prune": True, "max_messages": 5, "prune_strategy": "keep_last_4"})
        agent = Agent("helper", echo)
        for number in range(3):
            await agent.run(f"m{number}", session=session)
        assert texts(session) == ["m1", "you said m1", "m2", "you said m2"]
        pruned = [event for event in session.events() if event.kind == "pruned"]
        assert [dict(event.detail) for event in pruned] == [
            {"strategy": "keep_last_4", "removed": 2, "kept": 4, "summarised": False}
        ]

    asyncio.run(main())


def test_histories_that_providers_keep_elsewhere_are_pruned_too() -> None:
    async def main() -> None:
        session = Session(session_id="s", retention={"auto_prune": True, "max_messages": 3})
        history = StoreHistoryProvider(MemoryStore())
        agent = Agent("helper", echo, context_providers=[history])
        for number in range(3):
            await agent.run(f"m{number}", session=session)
        assert [text_of(one) for one in await history.get_messages("s")] == ["you said m1", "m2", "you said m2"]
        assert [event.detail["removed"] for event in session.events() if event.kind == "pruned"] == [1, 2]

    asyncio.run(main())


@pytest.mark.parametrize("strategy", ["sliding_window", "keep_important"])
def test_the_most_messages_are_the_number_of_a_strategy_that_has_none(strategy: str) -> None:
    async def main() -> None:
        session = Session(retention={"auto_prune": True, "max_messages": 3, "prune_strategy": strategy})
        for number in range(9):
            await session.send_message({"role": "user", "content": f"m{number}"})
        assert len(texts(session)) == 3
        assert texts(session)[-1] == "m8"

    asyncio.run(main())


def test_without_auto_prune_nothing_goes_before_it_is_asked_for() -> None:
    async def main() -> None:
        session = Session(retention={"max_messages": 3})
        for number in range(9):
            await session.send_message(f"m{number}")
        assert len(texts(session)) == 9
        await session.prune()
        assert texts(session) == ["m6", "m7", "m8"]

    asyncio.run(main())


def test_a_session_is_pruned_when_it_is_saved(store: Store, tmp_path: Path) -> None:
    async def main() -> None:
        session = Session(session_id="s", retention={"auto_prune": True, "max_messages": 2})
        session.state["in_memory"] = {"messages": [message("user", f"m{n}") for n in range(5)]}
        session.save(tmp_path / "s.json")
        assert texts(Session.load(tmp_path / "s.json")) == ["m3", "m4"]
        session.state["in_memory"] = {"messages": [message("user", f"n{n}") for n in range(5)]}
        async with SessionStore(store) as sessions:
            await sessions.set("s", session)
            found = await sessions.get("s")
        assert found is not None
        assert texts(found) == ["n3", "n4"]

    asyncio.run(main())


def test_a_summariser_is_asked_by_itself_and_what_fails_is_told_and_loses_nothing() -> None:
    async def summariser(old: Sequence[Json]) -> str:
        await asyncio.sleep(0)
        return f"{len(old)} messages"

    async def failing(old: Sequence[Json]) -> str:
        raise ConnectionError("the text of nobody's business")

    async def main() -> None:
        session = Session(retention={"auto_prune": True, "max_messages": 4, "prune_strategy": "summarize_old"})
        agent = Agent("helper", echo)
        await agent.run("m0", session=session)
        await agent.run("m1", session=session)
        with pytest.warns(RetentionWarning, match="needs a summariser"):
            await agent.run("m2", session=session)
        session.summariser = failing
        with pytest.warns(RetentionWarning, match="was not pruned: ConnectionError$"):
            await agent.run("m3", session=session)
        assert len(texts(session)) == 8
        session.summariser = summariser
        await agent.run("m4", session=session)
        assert len(texts(session)) == 4
        assert texts(session)[0].endswith("\n7 messages")

    asyncio.run(main())


# --- expiry -----------------------------------------------------------------------------------------------------------


def test_it_expires_so_many_days_after_it_was_last_saved(store: Store) -> None:
    async def main() -> None:
        async with SessionStore(store) as sessions:
            session = Session(session_id="s", retention={"ttl_days": 30})
            for _ in range(2):
                await sessions.set("s", session)
                entry = await store.get("s")
                assert entry.expires is not None
                assert abs(entry.expires - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)
            session.retention = {"ttl_days": 1.5 / 86400}
            await sessions.set("s", session)
            assert await sessions.get("s") is not None
            await asyncio.sleep(1.8)
            assert await sessions.get("s") is None
            assert (await sessions.get_or_new("s")).retention == {}

    asyncio.run(main())


def test_a_document_says_itself_how_it_is_kept_by_whatever_way_it_comes(store: Store) -> None:
    async def main() -> None:
        async with store:
            session = Session(session_id="s", retention={"ttl_days": 2, "immutable": True})
            entry = await store.put("s", session.to_bytes())
            assert entry.immutable
            assert entry.expires is not None
            assert abs(entry.expires - datetime.now(UTC) - timedelta(days=2)) < timedelta(minutes=1)
            with pytest.raises(ImmutableError, match="it can only grow"):
                await store.put("s", Session(session_id="s").to_bytes())

    asyncio.run(main())


def test_what_a_store_was_told_is_not_forgotten_by_a_save() -> None:
    async def main() -> None:
        store = MemoryStore()
        until = datetime.now(UTC) + timedelta(hours=1)
        await store.put("s", Session(session_id="s").to_bytes(), expires=until, immutable=True)
        sessions = SessionStore(store)
        session = await sessions.get("s")
        assert session is not None
        session.state["new"] = 1
        for _ in range(2):
            await sessions.set("s", session)
        entry = await store.get("s")
        assert entry.immutable
        assert entry.expires is not None
        assert abs(entry.expires - until) < timedelta(seconds=1)

    asyncio.run(main())


@pytest.mark.parametrize("retention", [{"ttl_days": 1}, {"immutable": True}])
def test_a_store_that_does_not_promise_it_is_told_of(retention: Json) -> None:
    class Simple(MemoryStore):
        capabilities = frozenset({Capability.CONDITIONS})

    async def main() -> None:
        sessions = SessionStore(Simple())
        await sessions.set("plain", Session(session_id="plain"))
        with pytest.raises(RetentionError, match=r"Simple does not promise (expiry|immutable)"):
            await sessions.set("s", Session(session_id="s", retention=retention))

    asyncio.run(main())


# --- immutability -----------------------------------------------------------------------------------------------------


def test_an_immutable_session_takes_messages_events_and_new_state(store: Store) -> None:
    async def main() -> None:
        async with SessionStore(store) as sessions:
            agent = Agent("helper", echo)
            session = await sessions.get_or_new("s", retention={"immutable": True})
            for number in range(3):
                await agent.run(f"m{number}", session=session)
                session.set_state(f"k{number}", number)
                await sessions.set("s", session)
            found = await SessionStore(store).get("s")
            assert found is not None
            assert len(texts(found)) == 6
            assert [event.kind for event in found.events()].count("saved") == 3
            assert found.get_state("k2") == 2

    asyncio.run(main())


def _shorten(session: Session) -> None:
    session.state["in_memory"]["messages"].pop()


def _rewrite(session: Session) -> None:
    session.state["in_memory"]["messages"][0]["contents"][0]["text"] = "never said"


def _slip_in(session: Session) -> None:
    session.state["in_memory"]["messages"].insert(0, message("user", "never said"))


def _add_to_message(session: Session) -> None:
    session.state["in_memory"]["messages"][0]["contents"].append({"type": "text", "text": "never said"})


def _drop_state(session: Session) -> None:
    del session.state["cart"]


def _change_state(session: Session) -> None:
    session.state["cart"]["items"][0] = 1.0


def _change_metadata(session: Session) -> None:
    session.metadata["case"] = "another"


def _change_retention(session: Session) -> None:
    session.record.retention["ttl_days"] = 0.001


def _make_mutable(session: Session) -> None:
    session.record.retention.clear()


@pytest.mark.parametrize(
    "change",
    [
        *(_shorten, _rewrite, _slip_in, _add_to_message, _drop_state, _change_state, _change_metadata),
        *(_change_retention, _make_mutable),
    ],
)
def test_what_was_changed_of_it_in_memory_is_not_saved(change: Any, store: Store, tmp_path: Path) -> None:
    async def main() -> None:
        session = Session(session_id="s", metadata={"case": "x"}, retention={"immutable": True})
        session.state["cart"] = {"items": [1]}
        await Agent("helper", echo).run("hi", session=session)
        async with SessionStore(store) as sessions:
            await sessions.set("s", session)
            session.save(tmp_path / "s.json")
            change(session)
            stored, file = (await store.get("s")).data, (tmp_path / "s.json").read_bytes()
            with pytest.raises(ImmutableError, match=r"would (be gone|be changed|expire earlier)|can only grow"):
                await sessions.set("s", session)
            with pytest.raises(ImmutableError):
                session.save(tmp_path / "s.json")
            assert (await store.get("s")).data == stored
            assert (tmp_path / "s.json").read_bytes() == file
            with pytest.raises(ImmutableError):
                await sessions.delete("s")

    asyncio.run(main())


def test_nothing_of_it_is_pruned_cleared_set_again_or_deleted() -> None:
    session = Session(session_id="s", retention={"immutable": True})
    session.state["in_memory"] = {"messages": [message("user", f"m{n}") for n in range(5)]}
    session.set_state("k", 1)
    session.set_state("k", 1)
    for forbidden in (
        lambda: session.prune("keep_last_1"),
        session.clear,
        lambda: session.set_state("k", 2),
        lambda: session.delete_state("k"),
        lambda: setattr(session, "retention", {}),
    ):
        with pytest.raises(ImmutableError, match="the session 's' is immutable"):
            forbidden()
    assert (len(texts(session)), session.get_state("k")) == (5, 1)


def test_an_approval_is_settled_in_an_immutable_session(store: Store) -> None:
    replies = iter([[function_call("c1", "delete", "{}")], "done"])

    async def model(messages: Sequence[Json]) -> Any:
        return next(replies)

    def delete() -> str:
        """Deletes."""
        return "deleted"

    async def main() -> None:
        async with SessionStore(store) as sessions:
            agent = Agent("helper", model, tools=[tool(approval_mode="always_require")(delete)])
            session = Session(session_id="s", retention={"immutable": True})
            first = await agent.run("delete it", session=session)
            await sessions.set("s", session)
            (asked,) = first.approval_requests
            waiting = session.state["tool_approval"]
            session.state["tool_approval"] = {}
            with pytest.raises(ImmutableError, match="/state/tool_approval would lose a request that has no answer"):
                await sessions.set("s", session)
            session.state["tool_approval"] = waiting
            await agent.run(message("user", approval_response(asked, approved=True)), session=session)
            await sessions.set("s", session)
            found = await SessionStore(store).get("s")
            assert found is not None
            assert not found.state.get("tool_approval", {}).get("pending_approval_requests")

    asyncio.run(main())
