"""What the sessions of a user, and of an application, share through each store."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from pysession.findings.failures import UsageError
from pysession.sessions import CorruptSessionError, NotYoursError, Session, SessionStore, StateValueError, open_sessions
from pysession.stores import SHARED_STATE_OWNER, ConflictError, Store, open_store

STORES = ("memory:", "file:sessions", "sqlite:///sessions.db", "postgres_url", "redis_url", "cosmos_url")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    named = request.param
    return open_store(named if ":" in named else request.getfixturevalue(named)())


@pytest.fixture
def local() -> Store:
    return open_store("memory:")


def run(store: Store, work: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        try:
            await work
        finally:
            await store.close()

    asyncio.run(main())


ANN = {"app_name": "app", "user_id": "ann"}


def test_sessions_of_one_user_share_her_values_and_those_of_the_application(store: Store) -> None:
    async def main() -> None:
        sessions = SessionStore(store)
        async with sessions.opened("one", **ANN) as session:
            session.set_state("theme", "dark", scope="user")
            session.set_state("limit", 3, scope="app")
            session.set_state("topic", "AI")
        async with SessionStore(store).opened("two", **ANN) as session:
            assert session.get_state("theme", scope="user") == "dark"
            assert session.get_state("limit", scope="app") == 3
            assert session.get_state("topic") is None
        async with sessions.opened("of-bob", app_name="app", user_id="bob") as session:
            assert session.get_state("theme", scope="user") is None
            assert session.get_state("limit", scope="app") == 3
        async with sessions.opened("elsewhere", app_name="other", user_id="ann") as session:
            assert session.state_keys("user") == session.state_keys("app") == []

    run(store, main())


def test_what_two_change_at_once_is_merged_by_key_and_the_later_one_wins(store: Store) -> None:
    async def main() -> None:
        one, other = SessionStore(store), SessionStore(store)
        async with one.opened("seed", **ANN) as session:
            for key in ("both", "gone", "kept", "mine"):
                session.set_state(key, "old", scope="user")
        async with one.opened("a", **ANN) as a, other.opened("b", **ANN) as b:
            a.set_state("mine", "of a", scope="user")
            a.set_state("both", "of a", scope="user")
            b.set_state("both", "of b", scope="user")
            b.set_state("new", "of b", scope="user")
            b.delete_state("gone", scope="user")
        found = await SessionStore(store).get_or_new("c", **ANN)
        assert {key: found.get_state(key, "user") for key in sorted(found.state_keys("user"))} == {
            "both": "of a",  # the block of b ends first
            "kept": "old",
            "mine": "of a",
            "new": "of b",
        }
        # A session that was saved knows what the others did.
        assert a.get_state("new", "user") == "of b"
        assert "gone" not in a.state_keys("user")

    run(store, main())


def test_writers_at_once_lose_nothing(store: Store) -> None:
    async def write(number: int) -> None:
        async with SessionStore(store).opened(f"s{number}", **ANN) as session:
            session.set_state(f"key{number}", number, scope="user")

    async def main() -> None:
        await asyncio.gather(*(write(number) for number in range(8)))
        found = await SessionStore(store).get_or_new("last", **ANN)
        assert sorted(found.state_keys("user")) == [f"key{number}" for number in range(8)]

    run(store, main())


def test_owners_of_sessions_share_nothing(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local, owner="tenant-a").opened("s", **ANN) as session:
            session.set_state("theme", "dark", scope="user")
        async with SessionStore(local, owner="tenant-b").opened("s", **ANN) as session:
            assert session.state_keys("user") == []

    run(local, main())


def test_no_session_stands_where_shared_state_does(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local).opened("s", **ANN) as session:
            session.set_state("theme", "dark", scope="user")
        entries = (await local.list()).entries
        assert [entry.owner for entry in entries] == ["", SHARED_STATE_OWNER]
        with pytest.raises(UsageError, match="documents of this package's own"):
            SessionStore(local, owner=SHARED_STATE_OWNER)
        with pytest.raises(UsageError, match="documents of this package's own"):
            open_sessions("memory", owner=SHARED_STATE_OWNER, environment={})

    run(local, main())


def test_nothing_is_stored_for_those_who_share_nothing(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local).opened("s", **ANN) as session:
            session.set_state("topic", "AI")
        assert [entry.id for entry in (await local.list()).entries] == ["s"]

    run(local, main())


def test_without_a_user_what_would_be_shared_stays_with_the_session(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local).opened("s") as session:
            session.set_state("theme", "dark", scope="user")
        found = await SessionStore(local).get("s")
        assert found is not None
        assert found.get_state("theme", "user") == "dark"
        assert [entry.id for entry in (await local.list()).entries] == ["s"]

    run(local, main())


def test_what_was_changed_away_from_the_store_is_stored_with_the_session(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local).opened("seed", **ANN) as session:
            session.set_state("old", 1, scope="user")
            session.set_state("kept", 1, scope="user")
        away = await SessionStore(local).get("seed")
        assert away is not None
        away.set_state("theme", "dark", scope="user")
        away.delete_state("old", scope="user")
        document = Session.from_bytes(away.to_bytes())  # as a file, or another service, would have it
        sessions = SessionStore(local)
        await sessions.get("seed")
        await sessions.set("seed", document)
        assert "unshared" not in document.to_bytes().decode()
        found = await SessionStore(local).get_or_new("other", **ANN)
        assert sorted(found.state_keys("user")) == ["kept", "theme"]

    run(local, main())


def test_what_was_changed_in_place_is_stored(local: Store) -> None:
    async def main() -> None:
        async with SessionStore(local).opened("one", **ANN) as session:
            session.set_state("cart", [], scope="user")
        async with SessionStore(local).opened("two", **ANN) as session:
            session.get_state("cart", "user").append("tea")
        found = await SessionStore(local).get_or_new("three", **ANN)
        assert found.get_state("cart", "user") == ["tea"]

    run(local, main())


def test_a_session_that_cannot_be_saved_changes_nothing_of_what_is_shared(local: Store) -> None:
    async def main() -> None:
        sessions = SessionStore(local)
        session = await sessions.get_or_new("s", **ANN)
        session.set_state("theme", "dark", scope="user")
        session.state["x"] = object()
        with pytest.raises(StateValueError):
            await sessions.set("s", session)
        assert (await local.stats()).sessions == 0

    run(local, main())


def test_a_block_that_raises_saves_nothing(local: Store) -> None:
    async def broken() -> None:
        async with SessionStore(local).opened("s", **ANN) as session:
            session.set_state("theme", "dark", scope="user")
            raise KeyError

    async def main() -> None:
        with pytest.raises(KeyError):
            await broken()
        assert (await local.stats()).sessions == 0

    run(local, main())


@pytest.mark.parametrize("asked", [{"user_id": "bob"}, {"app_name": "other"}, {"app_name": "app", "user_id": "bob"}])
def test_a_session_of_another_is_not_opened(local: Store, asked: dict[str, str]) -> None:
    async def main() -> None:
        sessions = SessionStore(local)
        async with sessions.opened("s", **ANN):
            pass
        with pytest.raises(NotYoursError, match="'s' belongs to another"):
            await sessions.get_or_new("s", **asked)
        assert (await sessions.get_or_new("s")).user_id == "ann"

    run(local, main())


def test_a_session_that_is_nobodys_becomes_theirs(local: Store) -> None:
    async def main() -> None:
        sessions = SessionStore(local)
        async with sessions.opened("other", **ANN) as session:
            session.set_state("theme", "dark", scope="user")
        await local.put("plain", Session(id="plain").to_bytes())
        async with sessions.opened("plain", **ANN) as session:
            assert session.get_state("theme", "user") == "dark"
        again = await sessions.get_or_new("plain")
        assert (again.app_name, again.user_id, again.events()[0].kind) == ("app", "ann", "claimed")
        with pytest.raises(NotYoursError):
            again.claim(user_id="bob")

    run(local, main())


def test_shared_state_under_the_id_of_another_is_refused(local: Store) -> None:
    async def main() -> None:
        for user in ("ann", "bob"):
            async with SessionStore(local).opened(user, app_name="app", user_id=user) as session:
                session.set_state("name", user, scope="user")
        one, other = (await local.list(owner=SHARED_STATE_OWNER)).entries
        stolen = await local.get(one.id, owner=SHARED_STATE_OWNER)
        await local.put(other.id, stolen.data, owner=SHARED_STATE_OWNER)
        asked = [SessionStore(local).get(user) for user in ("ann", "bob")]
        failures = [one for one in await asyncio.gather(*asked, return_exceptions=True) if isinstance(one, Exception)]
        assert [type(failure) for failure in failures] == [CorruptSessionError]
        assert "is not that of this user" in str(failures[0])

    run(local, main())


WRITER = """
import asyncio, sys
from pysession.sessions import SessionStore
from pysession.stores import open_store

async def main(url, who):
    async with SessionStore(open_store(url)) as sessions:
        for turn in range(20):
            async with sessions.opened(f"{who}-{turn}", app_name="app", user_id="ann") as session:
                session.set_state(f"{who}-{turn}", turn, scope="user")
                session.set_state("last", who, scope="user")

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("place", ["file:sessions", "sqlite:///sessions.db", "postgres_url", "redis_url", "cosmos_url"])
def test_two_processes_keep_each_others_values(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = place if ":" in place else request.getfixturevalue(place)()
    both = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, who], cwd=tmp_path, stderr=subprocess.PIPE)
        for who in ("a", "b")
    ]
    for process in both:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told

    async def main() -> None:
        async with SessionStore(open_store(url)) as sessions:
            found = await sessions.get_or_new("c", **ANN)
            written = {f"{who}-{turn}" for who in ("a", "b") for turn in range(20)}
            assert set(found.state_keys("user")) == written | {"last"}
            assert found.get_state("last", "user") in ("a", "b")

    with contextlib.chdir(tmp_path):
        asyncio.run(main())


def test_a_conflict_of_the_session_is_told_and_recorded(local: Store) -> None:
    async def main() -> None:
        one, other = SessionStore(local), SessionStore(local)
        async with one.opened("s", **ANN):
            pass
        mine, theirs = await one.get("s"), await other.get("s")
        assert mine is not None
        assert theirs is not None
        await other.set("s", theirs)
        with pytest.raises(ConflictError):
            await one.set("s", mine)
        assert [(event.kind, dict(event.detail)) for event in mine.events(limit=2)] == [
            *(("saved", {}), ("save_failed", {"why": "ConflictError"}))
        ]

    run(local, main())
