"""Demands on ids and owners, and on lists of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pysession.stores import Capability, NotFoundError, SessionIdError
from pysession.testing.store_demands import Listed, OpenStore, demands, every_entry, pages, raises

KEYS: Listed = []

_LONG = "long" + "x" * 500
_APART = (
    ("a/b", "a_b", "a\\b", "a-b", "a b", "a.b", "a%2Fb", "a:b", "a|b", "ab"),
    ("session", "Session", "SESSION", "sESSION", "ſession"),
    ("é", "e\u0301", "e", "É", "\u00e9 ", "%C3%A9"),
    ("..", ".", "../a", "/a", "a/", "a", "./a", "a/../a", "~a", "~session-me", "$a", "*", "?", "a*", "-a"),
    ("con", "CON", "nul", "aux.txt", "com1", "con.", "a.", "a ", " a", "a\t", "a\n", "a\x00", "\x00", "a\x00b"),
    ("a.json", "a.jsonl", "a.msgpack", "a.tmp", ".a.json", "owners", ".pysession"),
    (_LONG, _LONG + "x", _LONG[:-1], _LONG.upper(), "\U0001f600" * 200, "\U0001f600" * 201, "x" * 1024),
    ("1", "01", "1.0", "true", "null", "''", '"', "a'b", "a;b", "%", "_", "a%", "a_", "{a}", "[a]"),
)


@demands(KEYS)
async def demand_ids_stay_apart(open_store: OpenStore) -> None:
    """Ids that differ in any way (separators, case, Unicode form, length) are different sessions."""
    async with open_store() as store:
        for group in _APART:
            for session_id in group:
                await store.put(session_id, repr(session_id).encode())
            for session_id in group:
                stored = await store.get(session_id)
                assert (stored.data, stored.id) == (repr(session_id).encode(), session_id)
            for session_id in group[::2]:
                assert await store.delete(session_id), session_id
            for session_id in group[::2]:
                with raises(NotFoundError):
                    await store.get(session_id)
            for session_id in group[1::2]:
                assert (await store.get(session_id)).data == repr(session_id).encode()
                await store.delete(session_id)


@demands(KEYS)
async def demand_what_is_no_id_is_refused(open_store: OpenStore) -> None:
    """An empty id, one with an unpaired surrogate and one of more than 1,024 bytes are refused alike by all methods."""
    async with open_store() as store:
        for session_id in ("", "a\ud800", "x" * 1025, "é" * 513):
            with raises(SessionIdError):
                await store.put(session_id, b"{}")
            with raises(SessionIdError):
                await store.get(session_id)
            with raises(SessionIdError):
                await store.delete(session_id)


@demands(KEYS, Capability.OWNERS)
async def demand_owners_stay_apart(open_store: OpenStore) -> None:
    """The same id of two owners is two sessions; nobody reads or deletes another's."""
    owners = ("", "ada", "Ada", "ada/s", "..", "owners", "~nobody", "ada\x00", "é", "e\u0301", "x" * 1024, "x" * 1023)
    async with open_store() as store:
        for number, owner in enumerate(owners):
            with raises(NotFoundError):
                await store.get("s", owner=owner)
            await store.put("s", b"%d" % number, owner=owner)
        for number, owner in enumerate(owners):
            stored = await store.get("s", owner=owner)
            assert (stored.data, stored.owner) == (b"%d" % number, owner)
        assert await store.delete("s", owner="ada")
        with raises(NotFoundError):
            await store.get("s", owner="ada")
        for owner in owners:
            if owner != "ada":
                assert (await store.get("s", owner=owner)).owner == owner


@demands(KEYS, Capability.OWNERS)
async def demand_no_id_leads_to_another_owner(open_store: OpenStore) -> None:
    """An owner and an id never add up to another owner and id."""
    pairs = [("a", "b/c"), ("a/b", "c"), ("", "a/b/c"), ("a:b", "c"), ("a", "b:c"), ("", "owners/a/c"), ("a", "c")]
    async with open_store() as store:
        for owner, session_id in pairs:
            await store.put(session_id, f"{owner} {session_id}".encode(), owner=owner)
        for owner, session_id in pairs:
            assert (await store.get(session_id, owner=owner)).data == f"{owner} {session_id}".encode()


@demands(KEYS, Capability.LISTING)
async def demand_list_is_all_in_order(open_store: OpenStore) -> None:
    """A list has each session once, in the order of ids, on pages of any size."""
    ids = sorted([f"{number:02}" for number in range(23)] + ["A", "a", "é", "\U0001f600", "\uffff", _LONG])
    async with open_store() as store:
        assert (await store.list()).entries == ()
        for session_id in reversed(ids):
            await store.put(session_id, b"{}")
        for limit in (1, 7, len(ids), len(ids) + 1):
            assert [entry.id for entry in await every_entry(store, limit=limit)] == ids
        last = await store.list(limit=len(ids))
        assert last.next is None, "a page that is the last one must not ask for another"


@demands(KEYS, Capability.LISTING)
async def demand_list_tells_what_get_tells(open_store: OpenStore) -> None:
    """An entry has the size, the etag and the time of the session."""
    before = datetime.now(UTC) - timedelta(seconds=5)
    async with open_store() as store:
        await store.put("s", b"{}")
        (entry,) = (await store.list()).entries
        stored = await store.get("s")
        assert (entry.id, entry.etag, entry.size, entry.changed) == ("s", stored.etag, 2, stored.changed)
        assert before < entry.changed < datetime.now(UTC) + timedelta(seconds=5)


@demands(KEYS, Capability.LISTING)
async def demand_prefix_means_itself(open_store: OpenStore) -> None:
    """A prefix is text, in which no character stands for others, and whose case counts."""
    ids = ["a", "a%", "a%b", "a_", "a_b", "ab", "a*c", "aXb", "A", "A%", "b", "\U0001f600a", "\U0001f600"]
    async with open_store() as store:
        for session_id in ids:
            await store.put(session_id, b"{}")
        for prefix in ("a", "a%", "a_", "a*", "A", "b", "c", "\U0001f600", "ab"):
            found = [entry.id for entry in await every_entry(store, prefix=prefix, limit=2)]
            assert found == sorted(one for one in ids if one.startswith(prefix)), prefix


@demands(KEYS, Capability.LISTING, Capability.OWNERS)
async def demand_list_of_one_owner(open_store: OpenStore) -> None:
    """The list of an owner has that one's sessions only, and the list of all has those of all."""
    async with open_store() as store:
        for owner in ("", "ada", "ada2", "bob"):
            for session_id in ("1", "2"):
                await store.put(session_id + owner, b"{}", owner=owner)
        for owner in ("", "ada", "bob", "nobody"):
            expected = [] if owner == "nobody" else [(owner, "1" + owner), (owner, "2" + owner)]
            assert [(entry.owner, entry.id) for entry in await every_entry(store, owner=owner, limit=1)] == expected
        assert len(await every_entry(store, limit=3)) == 8
        stats = await store.stats()
        assert (stats.sessions, stats.owners, stats.bytes) == (8, 4, 16)


@demands(KEYS, Capability.LISTING)
async def demand_list_of_what_changed(open_store: OpenStore) -> None:
    """``changed_since`` leaves out what was put before."""
    async with open_store() as store:
        for session_id in ("1", "2", "3"):
            await store.put(session_id, b"{}")
        since = (await store.get("3")).changed
        await store.put("1", b"{ }")
        found = {entry.id for entry in (await store.list(changed_since=since)).entries}
        assert found - {"2"} == {"1", "3"}
        assert (await store.list(changed_since=since + timedelta(days=1))).entries == ()


@demands(KEYS, Capability.LISTING)
async def demand_list_under_change(open_store: OpenStore) -> None:
    """What is there throughout is listed once, whatever is put, changed and deleted between the pages."""
    ids = [f"{number:03}" for number in range(40)]
    async with open_store() as store:
        for session_id in ids:
            await store.put(session_id, b"{}")
        seen: list[str] = []
        turn = 0
        async for page in pages(store, limit=6):
            seen += [entry.id for entry in page]
            await store.put(f"{turn:03}-new", b"{}")
            await store.put("zzz", b"{}")
            await store.put(ids[-1], b'{"changed": true}')
            for session_id in ids[turn * 3 : turn * 3 + 2]:
                await store.delete(session_id)
            turn += 1
        deleted = {ids[turn_before * 3 + which] for turn_before in range(turn) for which in (0, 1)}
        assert [one for one in seen if one in ids and one not in deleted] == [one for one in ids if one not in deleted]
        assert len(seen) == len(set(seen))
