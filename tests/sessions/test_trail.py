"""The audit trail of sessions: what is recorded, by whom, and that nothing of it goes."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pysession.outputs import NotWrittenError
from pysession.sessions import (
    Agent,
    ContextProvider,
    MismatchError,
    MismatchWarning,
    Session,
    SessionStore,
    TrailConflictError,
    message,
)
from pysession.stores import ConflictError, Store, open_store

EXAMPLES = Path(__file__).parents[2] / "examples"


def saying(words: str) -> Any:
    async def model(messages: Any) -> str:
        return words

    return model


def agent(name: str, **options: Any) -> Agent:
    return Agent(name, saying(f"{name} speaking"), **options)


def run(one: Agent, session: Session, told: str = "go") -> None:
    async def main() -> None:
        await one.run(told, session=session)

    asyncio.run(main())


def kinds(session: Session) -> list[str]:
    return [event.kind for event in session.events()]


def did(session: Session) -> list[tuple[str, str | None]]:
    return [(event.kind, event.actor) for event in session.events()]


class TestWhatIsRecorded:
    def test_a_session_that_says_whose_it_is_begins_with_its_creation(self) -> None:
        before = datetime.now(UTC)
        session = Session(id="s", user_id="ann")
        (event,) = session.events()
        assert (event.sequence, event.kind, event.actor) == (1, "created", None)
        assert before <= event.time <= datetime.now(UTC)

    @pytest.mark.parametrize("begin", ["message", "state", "handoff"])
    def test_a_plain_session_keeps_a_trail_from_the_first_of_these_on(self, begin: str) -> None:
        session = Session(id="s")
        run(agent("helper"), session)
        session.export()
        assert kinds(session) == []
        first = {
            "message": lambda: asyncio.run(_awaited(session.send_message("hi"))),
            "state": lambda: session.set_state("k", 1),
            "handoff": lambda: session.handoff("writer"),
        }
        first[begin]()
        recorded = {"message": "message_added", "state": "state_set", "handoff": "handoff"}[begin]
        assert kinds(session) == ["created", recorded]
        run(agent("helper"), session)
        assert kinds(session)[-2:] == ["message_added", "message_added"]

    def test_a_session_that_was_loaded_without_one_was_not_created_now(self) -> None:
        session = Session.from_bytes(Session(id="s").to_bytes())
        session.set_state("k", 1)
        assert kinds(session) == ["state_set"]

    def test_keys_and_scopes_are_recorded_and_no_value(self) -> None:
        session = Session(id="s", user_id="ann")
        session.set_state("k", "hunter2", scope="user")
        session.delete_state("k", scope="user")
        session.set_state("tmp", 1, scope="temp")
        asyncio.run(_awaited(session.send_message("hunter2")))
        session.export(format="json")
        assert [(event.kind, dict(event.detail)) for event in session.events()][1:] == [
            ("state_set", {"key": "k", "scope": "user"}),
            ("state_deleted", {"key": "k", "scope": "user"}),
            ("message_added", {"role": "user"}),
            ("exported", {"format": "json", "messages": 1}),
        ]
        assert "hunter2" not in json.dumps([event.stored() for event in session.events()])

    def test_what_agents_do_is_theirs_and_what_the_user_says_the_users(self) -> None:
        class Marks(ContextProvider):
            async def after_run(self, *, agent: Any, session: Session, context: Any, state: dict[str, Any]) -> None:
                session.set_state("marked", 1)

        session = Session(id="s", user_id="ann")
        run(agent("researcher", context_providers=[Marks("marks")]), session)
        assert did(session)[1:] == [
            *(("message_added", "ann"), ("message_added", "researcher"), ("state_set", "researcher"))
        ]
        session.set_state("after", 1)
        assert did(session)[-1] == ("state_set", None)

    def test_a_run_that_fails_adds_no_message(self) -> None:
        async def broken(messages: Any) -> str:
            raise RuntimeError

        session = Session(id="s", user_id="ann")
        with pytest.raises(RuntimeError):
            run(Agent("helper", broken), session)
        assert kinds(session) == ["created"]

    def test_messages_of_a_run_have_its_time(self) -> None:
        session = Session(id="s", user_id="ann")
        run(agent("helper"), session)
        times = [one["timestamp"] for one in asyncio.run(session.history())]
        assert times == [event.timestamp for event in session.events() if event.kind == "message_added"]

    def test_a_save_is_recorded_and_one_that_fails_too(self, tmp_path: Path) -> None:
        session = Session(id="s", user_id="ann")
        session.save(tmp_path / "s.json")
        assert kinds(Session.load(tmp_path / "s.json")) == ["created", "saved"]
        with pytest.raises(NotWrittenError):
            session.save(tmp_path / "none" / "s.json")
        assert kinds(session) == ["created", "saved", "saved", "save_failed"]

    def test_clear_forgets_the_conversation_and_not_what_happened(self) -> None:
        session = Session(id="s", app_name="app", user_id="ann", metadata={"project": "x"})
        run(agent("helper"), session)
        session.set_state("k", 1)
        session.set_state("theme", "dark", scope="user")
        session.set_state("tmp", 1, scope="temp")
        session.clear()
        assert (session.state, session.state_keys(), session.state_keys("temp")) == ({}, [], [])
        assert (session.user_id, session.metadata) == ("ann", {"project": "x"})
        assert session.get_state("theme", "user") == "dark"
        assert kinds(session)[-1] == "cleared"
        assert len(kinds(session)) == 6


class TestHandoff:
    def test_an_agent_that_was_handed_the_session_goes_on_without_a_warning(self) -> None:
        session, writer = Session(id="s", user_id="ann"), agent("writer", strict=True)
        run(agent("researcher"), session)
        with pytest.raises(MismatchError):
            run(writer, session)
        session.handoff(writer)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(writer, session)
        assert did(session)[3:] == [*(("handoff", "researcher"), ("message_added", "ann"), ("message_added", "writer"))]
        (event,) = (event for event in session.events() if event.kind == "handoff")
        assert dict(event.detail) == {"from": "researcher", "to": "writer"}

    def test_an_agent_that_takes_over_unasked_is_recorded_too(self) -> None:
        session = Session(id="s", user_id="ann")
        run(agent("researcher"), session)
        with pytest.warns(MismatchWarning):
            run(agent("writer"), session)
        assert did(session)[3] == ("handoff", "writer")

    def test_where_an_agent_is_bound_the_next_one_is_bound_in_its_place(self) -> None:
        session = Session(id="s", user_id="ann")
        session.bind(agent("researcher"))
        asyncio.run(_awaited(session.send_message("hi")))
        session.handoff(agent("writer"))
        response = asyncio.run(_awaited(session.send_message("and?")))
        assert response.text == "writer speaking"

    def test_the_example_tells_who_did_what(self) -> None:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "handoff.py")], capture_output=True, text=True, check=True
        )
        first, *events = done.stdout.splitlines()
        assert first == "Dear reader, AI alignment is hard."
        assert [tuple(event.split()[1:3]) for event in events] == [
            ("created", "-"),
            ("state_set", "researcher"),
            ("message_added", "ann"),
            ("message_added", "researcher"),
            ("message_added", "researcher"),
            ("message_added", "researcher"),
            ("handoff", "researcher"),
            ("message_added", "ann"),
            ("message_added", "writer"),
        ]


class TestNothingGoes:
    def test_a_trail_that_does_not_go_on_from_the_stored_one_is_a_conflict(self) -> None:
        async def main(store: Store) -> None:
            sessions = SessionStore(store)
            async with sessions.opened("s", user_id="ann") as session:
                session.set_state("k", 1)
            stored = (await store.get("s")).data
            for other in (Session(id="s"), Session(id="s", user_id="ann")):
                with pytest.raises(TrailConflictError, match="'s' does not begin with the events that are stored"):
                    await sessions.set("s", other)
            cut = json.loads(stored)
            cut["state"]["pysession.session"]["events"].pop()
            with pytest.raises(ConflictError):
                await sessions.set("s", Session.from_dict(cut))
            assert (await store.get("s")).data == stored
            await sessions.set("s", Session.from_bytes(stored))

        asyncio.run(main(open_store("memory:")))

    @pytest.mark.parametrize("name", ["s.json", "s.msgpack"])
    def test_so_it_is_in_a_file(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        session = Session(id="s", user_id="ann")
        session.save(path)
        before = path.read_bytes()
        with pytest.raises(TrailConflictError, match=f"{name}: "):
            Session(id="s").save(path)
        assert path.read_bytes() == before
        again = Session.load(path)
        again.set_state("k", 1)
        again.save(path)
        with pytest.raises(TrailConflictError):
            session.save(path)

    def test_another_session_may_take_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        Session(id="s", user_id="ann").save(path)
        Session(id="other").save(path)
        path.write_bytes(b'{"pysession.session"')
        Session(id="s").save(path)
        assert Session.load(path).id == "s"

    def test_copies_have_it_too(self) -> None:
        session = Session(id="s", user_id="ann")
        session.set_state("k", 1)
        for again in (copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
            assert again.events() == session.events()
            again.set_state("k", 2)
            assert (session.get_state("k"), len(session.events())) == (1, 2)

    def test_emptying_the_state_does_not_take_it(self) -> None:
        session = Session(id="s", user_id="ann")
        session.state["in_memory"] = {"messages": [message("user", "hi")]}
        session.state.clear()
        session.state = {}
        assert kinds(Session.from_bytes(session.to_bytes())) == ["created"]


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def test_what_one_process_remembers_of_a_user_another_one_knows(tmp_path: Path) -> None:
    def told(*arguments: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "remembering.py"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert told("ann", "I like tea.") == ["ann once said: I like tea.", "met ann"]
    assert told("ann") == ["ann once said: I like tea.", "met ann"]
    assert told("bob") == ["bob once said: nothing", "met ann, met bob"]
