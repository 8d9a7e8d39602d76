from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from pysession.findings.failures import UsageError
from pysession.sessions import CorruptSessionError, Session, SessionStore, StoreHistoryProvider, message, open_sessions
from pysession.sessions.messages import text_of
from pysession.stores import ConflictError, Store, StoreUrlError, open_store


@pytest.fixture(params=["memory:", "file:sessions", "sqlite:///sessions.db", "postgres_url", "redis_url", "cosmos_url"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    named = request.param
    return open_store(named if ":" in named else request.getfixturevalue(named)())


async def closing(store: Store, main: Awaitable[None]) -> None:
    try:
        await main
    finally:
        await store.close()


def test_a_session_is_kept_as_it_was(store: Store) -> None:
    async def main() -> None:
        async with SessionStore(store) as sessions:
            assert await sessions.get("s") is None
            session = await sessions.get_or_new("s")
            session.state["n"] = 1.0
            await sessions.set("s", session)
            await sessions.set("s", session)
            found = await sessions.get("s")
            assert found is not None
            assert found.to_dict() == session.to_dict()
            assert (await store.get("s")).data == session.to_bytes()
            await sessions.delete("s")
            assert await sessions.get("s") is None

    asyncio.run(closing(store, main()))


def test_what_another_has_changed_is_not_overwritten(store: Store) -> None:
    async def main() -> None:
        one, other = SessionStore(store), SessionStore(store)
        await one.set("s", Session(session_id="s"))
        with pytest.raises(ConflictError):
            await other.set("s", Session(session_id="s"))
        found = await other.get("s")
        assert found is not None
        await other.set("s", found)
        with pytest.raises(ConflictError):
            await one.set("s", Session(session_id="s"))
        await one.get("s")
        await one.set("s", Session(session_id="s"))

    asyncio.run(closing(store, main()))


def test_the_sessions_of_owners_are_apart(store: Store) -> None:
    async def main() -> None:
        await SessionStore(store, owner="ann").set("s", Session(session_id="s"))
        assert await SessionStore(store, owner="bob").get("s") is None

    asyncio.run(closing(store, main()))


def test_what_is_no_whole_session_raises(store: Store) -> None:
    async def main() -> None:
        await store.put("s", b'{"type":"session"')
        with pytest.raises(CorruptSessionError, match=r"^s: "):
            await SessionStore(store).get("s")

    asyncio.run(closing(store, main()))


def test_a_history_in_a_store_grows_and_is_told_apart_by_its_session(store: Store) -> None:
    async def main() -> None:
        history = StoreHistoryProvider(store)
        for session_id in ("a", "b"):
            assert await history.get_messages(session_id) == []
            await history.save_messages(session_id, [message("user", f"of {session_id}"), message("assistant", "é")])
            await history.save_messages(session_id, [message("assistant", "é"), message("user", "more")])
        assert [text_of(one) for one in await history.get_messages("a")] == ["of a", "é", "more"]
        document = Session.from_bytes((await store.get(history.key_of("b"))).data)
        assert document.session_id == "b"
        assert len(document.state["store_history"]["messages"]) == 3

    asyncio.run(closing(store, main()))


def test_writers_of_one_history_lose_nothing(store: Store) -> None:
    async def main() -> None:
        writers = [StoreHistoryProvider(store) for _ in range(4)]
        saves = [writer.save_messages("s", [message("user", f"m{place}")]) for place, writer in enumerate(writers)]
        await asyncio.gather(*saves)
        assert sorted(text_of(one) for one in await writers[0].get_messages("s")) == ["m0", "m1", "m2", "m3"]

    asyncio.run(closing(store, main()))


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, "SqliteStore"),
        ({"MAF_SESSION_BACKEND": "memory"}, "MemoryStore"),
        ({"MAF_SESSION_BACKEND": "file"}, "FileStore"),
        ({"MAF_SESSION_BACKEND": "sqlite", "MAF_SESSION_URL": "sqlite:///x.db"}, "SqliteStore"),
        ({"MAF_SESSION_URL": "memory:"}, "MemoryStore"),
    ],
)
def test_the_backend_is_that_of_the_environment(environment: dict[str, str], kind: str) -> None:
    assert type(open_sessions(environment=environment)._store).__name__ == kind


@pytest.mark.parametrize(
    ("environment", "failure", "match"),
    [
        ({"MAF_SESSION_BACKEND": "oracle"}, UsageError, "one of memory, file, sqlite, postgres, redis, cosmos"),
        ({"MAF_SESSION_BACKEND": "redis"}, UsageError, "MAF_SESSION_URL=redis://"),
        ({"MAF_SESSION_BACKEND": "file", "MAF_SESSION_URL": "sqlite:///x.db"}, UsageError, "begin with file:"),
        ({"MAF_SESSION_URL": "nowhere"}, StoreUrlError, "begins with none of"),
    ],
)
def test_a_backend_that_is_none_is_refused(environment: dict[str, str], failure: type, match: str) -> None:
    with pytest.raises(failure, match=match):
        open_sessions(environment=environment)
