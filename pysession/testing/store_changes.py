"""Demands on conditions, expiry and immutability."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from pysession.stores import Capability, ConflictError, ImmutableError, NotFoundError, Store
from pysession.testing.store_demands import (
    GROWN,
    NO_MESSAGE,
    SESSION,
    Listed,
    OpenStore,
    demands,
    keeping,
    message,
    raises,
)

CHANGES: Listed = []
_WRITERS = 16
_ROUNDS = 4
_LIFE = timedelta(seconds=2)
_TOLERANCE = timedelta(milliseconds=100)
"""Some backends take how long something shall live, not until when."""


@demands(CHANGES, Capability.CONDITIONS)
async def demand_create_only(open_store: OpenStore) -> None:
    """``if_absent`` makes a session and never replaces one."""
    async with open_store() as store:
        first = await store.put("s", SESSION, if_absent=True)
        with raises(ConflictError):
            await store.put("s", NO_MESSAGE, if_absent=True)
        stored = await store.get("s")
        assert (stored.data, stored.etag) == (SESSION, first.etag)
        await store.delete("s")
        await store.put("s", NO_MESSAGE, if_absent=True)


@demands(CHANGES, Capability.CONDITIONS)
async def demand_stale_etag_is_refused(open_store: OpenStore) -> None:
    """Only with the present etag is a session replaced or deleted."""
    async with open_store() as store:
        with raises(ConflictError):
            await store.put("s", SESSION, if_match="none")
        first = await store.put("s", SESSION)
        second = await store.put("s", NO_MESSAGE, if_match=first.etag)
        for never_given in (first.etag, "", "\0", "é", "x" * 10_000):
            with raises(ConflictError):
                await store.put("s", SESSION, if_match=never_given)
            with raises(ConflictError):
                await store.delete("s", if_match=never_given)
        assert (await store.get("s")).data == NO_MESSAGE
        assert await store.delete("s", if_match=second.etag)
        with raises(ConflictError):
            await store.put("s", SESSION, if_match=second.etag)
        with raises(ConflictError):
            await store.delete("s", if_match=second.etag)
        with raises(NotFoundError):
            await store.get("s")


@demands(CHANGES, Capability.CONDITIONS)
async def demand_no_etag_comes_back(open_store: OpenStore) -> None:
    """Each write has an etag of its own, also when the bytes are the old ones or the session was deleted between."""
    async with open_store() as store:
        etags = []
        for number in range(30):
            if number % 5 == 4:
                await store.delete("s")
            etags.append((await store.put("s", (SESSION, NO_MESSAGE)[number % 2])).etag)
        assert len(set(etags)) == len(etags)


@demands(CHANGES, Capability.CONDITIONS)
async def demand_conflicting_options_are_refused(open_store: OpenStore) -> None:
    """A session cannot be absent and have an etag."""
    async with open_store() as store:
        with raises(Exception):
            await store.put("s", SESSION, if_match="x", if_absent=True)
        with raises(NotFoundError):
            await store.get("s")


async def _count_up(store: Store, conflicts: list[int]) -> None:
    for _ in range(_ROUNDS):
        while True:
            stored = await store.get("s")
            try:
                await store.put("s", b"%d" % (int(stored.data) + 1), if_match=stored.etag)
                break
            except ConflictError:
                conflicts.append(1)


@demands(CHANGES, Capability.CONDITIONS)
async def demand_compare_and_set_by_many_writers(open_store: OpenStore) -> None:
    """Of 16 writers that read, change and put with the etag at once none undoes another's change."""
    stores = [open_store() for _ in range(4)] if Capability.SHARED in open_store().capabilities else [open_store()]
    try:
        await stores[0].put("s", b"0")
        conflicts: list[int] = []
        async with asyncio.timeout(120):
            await asyncio.gather(*(_count_up(stores[number % len(stores)], conflicts) for number in range(_WRITERS)))
        assert (await stores[0].get("s")).data == b"%d" % (_WRITERS * _ROUNDS)
    finally:
        for store in stores:
            await store.close()


@demands(CHANGES, Capability.CONDITIONS)
async def demand_one_of_many_creates(open_store: OpenStore) -> None:
    """Of 16 writers that create one session at once exactly one does."""
    async with open_store() as store:

        async def create(number: int) -> bool:
            try:
                await store.put("s", b"%d" % number, if_absent=True)
            except ConflictError:
                return False
            return True

        made = await asyncio.gather(*map(create, range(_WRITERS)))
        assert sum(made) == 1
        assert (await store.get("s")).data == b"%d" % made.index(True)


@demands(CHANGES, Capability.CONDITIONS, Capability.APPEND)
async def demand_etag_covers_appended_messages(open_store: OpenStore) -> None:
    """An appended message changes the etag: what was read before it can no longer be put back over it."""
    async with open_store() as store:
        first = await store.put("s", SESSION)
        second = await store.append("s", message("one"), if_match=first.etag)
        assert second.etag != first.etag
        with raises(ConflictError):
            await store.put("s", SESSION, if_match=first.etag)
        for another in (first.etag, "", "\0"):
            with raises(ConflictError):
                await store.append("s", message("two"), if_match=another)
        third = await store.append("s", message("two"))
        assert len({first.etag, second.etag, third.etag}) == 3
        assert (await store.get("s")).etag == third.etag
        await store.put("s", SESSION, if_match=third.etag)
        assert (await store.get("s")).data == SESSION


# --- expiry -----------------------------------------------------------------------------------------------------------


def _soon() -> datetime:
    return datetime.now(UTC) + _LIFE


async def _outlive() -> None:
    await asyncio.sleep(_LIFE.total_seconds() + 0.2)


@demands(CHANGES, Capability.EXPIRY)
async def demand_expired_is_gone(open_store: OpenStore) -> None:
    """What has expired is as if it were not there, and what has not is untouched."""
    async with open_store() as store:
        until = _soon()
        for expires in ((await store.put("short", SESSION, expires=until)).expires, (await store.get("short")).expires):
            assert expires is not None
            assert abs(expires - until) <= _TOLERANCE
        assert (await store.get("short")).data == SESSION
        await store.put("long", SESSION, expires=datetime.now(UTC) + timedelta(hours=1))
        await store.put("for ever", SESSION)
        await _outlive()
        with raises(NotFoundError):
            await store.get("short")
        assert await store.delete("short") is False
        await store.put("short", NO_MESSAGE)
        assert (await store.get("short")).expires is None
        for session_id in ("long", "for ever"):
            assert (await store.get(session_id)).data == SESSION


@demands(CHANGES, Capability.EXPIRY, Capability.CONDITIONS)
async def demand_expired_meets_no_condition(open_store: OpenStore) -> None:
    """What has expired has no etag any more, and its place is free."""
    async with open_store() as store:
        entry = await store.put("s", SESSION, expires=_soon())
        await _outlive()
        with raises(ConflictError):
            await store.put("s", SESSION, if_match=entry.etag)
        await store.put("s", NO_MESSAGE, if_absent=True)
        assert (await store.get("s")).data == NO_MESSAGE


@demands(CHANGES, Capability.EXPIRY, Capability.LISTING)
async def demand_sweep_removes_what_expired(open_store: OpenStore) -> None:
    """What has expired is not listed nor counted; a sweep removes it and nothing else."""
    async with open_store() as store:
        for session_id in ("1", "2"):
            await store.put(session_id, SESSION, expires=_soon())
        await store.put("3", SESSION, expires=datetime.now(UTC) + timedelta(hours=1))
        await store.put("4", SESSION)
        await store.put("5", SESSION, expires=_soon())
        await store.put("5", SESSION)
        await _outlive()
        assert [entry.id for entry in (await store.list()).entries] == ["3", "4", "5"]
        assert (await store.stats()).sessions == 3
        await store.sweep()
        assert await store.sweep() == 0
        assert [entry.id for entry in (await store.list()).entries] == ["3", "4", "5"]


@demands(CHANGES, Capability.EXPIRY, Capability.LISTING, Capability.IMMUTABLE)
async def demand_what_a_sweep_would_remove_is_told(open_store: OpenStore) -> None:
    """What has expired can be listed until it is swept; a sweep up to an earlier moment, or a later one, removes no more."""
    async with open_store() as store:
        await store.put("for ever", SESSION)  # the first one opens connections, which may take longer than a life
        until = datetime.now(UTC) + _LIFE / 2
        for session_id in ("a", "b", "c"):
            await store.put(session_id, SESSION, expires=until, immutable=True)
        await store.put("later", SESSION, expires=until + timedelta(days=1), immutable=True)
        assert (await store.expired()).entries == ()
        await _outlive()
        await asyncio.sleep(0.5)  # a backend may remove by itself what is not immutable
        first = await store.expired(limit=2)
        second = await store.expired(limit=2, page=first.next)
        assert [(one.id, one.immutable) for one in (*first.entries, *second.entries)] == [
            (session_id, True) for session_id in ("a", "b", "c")
        ]
        assert second.next is None
        assert all(one.expires is not None and abs(one.expires - until) <= _TOLERANCE for one in first.entries)
        assert (await store.expired(before=until - timedelta(hours=1))).entries == ()
        assert await store.sweep(before=until - timedelta(hours=1)) == 0
        assert len((await store.expired()).entries) == 3
        assert await store.sweep(before=datetime.now(UTC) + timedelta(days=7)) == 3
        assert (await store.expired()).entries == ()
        assert [one.id for one in (await store.list()).entries] == ["for ever", "later"]


@demands(CHANGES, Capability.EXPIRY, Capability.APPEND)
async def demand_append_keeps_expiry(open_store: OpenStore) -> None:
    """An appended message changes nothing about when a session expires, and none goes to one that has."""
    async with open_store() as store:
        entry = await store.put("s", SESSION, expires=_soon())
        assert (await store.append("s", message("one"))).expires == entry.expires
        assert (await store.get("s")).expires == entry.expires
        await _outlive()
        with raises(NotFoundError):
            await store.append("s", message("two"))


# --- immutability -----------------------------------------------------------------------------------------------------


@demands(CHANGES, Capability.IMMUTABLE)
async def demand_immutable_cannot_be_replaced(open_store: OpenStore) -> None:
    """An immutable session is neither replaced nor deleted, whoever asks."""
    async with open_store() as store:
        entry = await store.put("s", SESSION, immutable=True)
        assert entry.immutable
        with raises(ImmutableError):
            await store.put("s", NO_MESSAGE)
        with raises(ImmutableError):
            await store.put("s", SESSION, immutable=True)
        with raises(ImmutableError):
            await store.delete("s")
        stored = await store.get("s")
        assert (stored.data, stored.etag, stored.immutable) == (SESSION, entry.etag, True)


@demands(CHANGES, Capability.IMMUTABLE, Capability.CONDITIONS)
async def demand_an_etag_does_not_open_what_is_immutable(open_store: OpenStore) -> None:
    """The right etag changes nothing about that."""
    async with open_store() as store:
        entry = await store.put("s", SESSION, immutable=True)
        with raises(ImmutableError):
            await store.put("s", NO_MESSAGE, if_match=entry.etag)
        with raises(ImmutableError):
            await store.delete("s", if_match=entry.etag)
        assert (await store.get("s")).data == SESSION


@demands(CHANGES, Capability.IMMUTABLE, Capability.APPEND)
async def demand_immutable_grows(open_store: OpenStore) -> None:
    """Messages can be appended to an immutable session, which stays one."""
    async with open_store() as store:
        await store.put("s", NO_MESSAGE, immutable=True)
        for text in ("one", "two"):
            assert (await store.append("s", message(text))).immutable
        with raises(ImmutableError):
            await store.put("s", NO_MESSAGE)
        both = message("one") + b"," + message("two")
        assert (await store.get("s")).data == NO_MESSAGE.replace(b"[]", b"[" + both + b"]")


@demands(CHANGES, Capability.IMMUTABLE, Capability.EXPIRY)
async def demand_immutable_expires(open_store: OpenStore) -> None:
    """Only expiry ends an immutable session; then another may take its place."""
    async with open_store() as store:
        await store.put("s", SESSION, immutable=True, expires=_soon())
        await store.sweep()
        assert (await store.get("s")).data == SESSION
        await _outlive()
        with raises(NotFoundError):
            await store.get("s")
        await store.put("s", NO_MESSAGE)
        stored = await store.get("s")
        assert (stored.data, stored.immutable) == (NO_MESSAGE, False)
        await store.delete("s")


@demands(CHANGES, Capability.IMMUTABLE)
async def demand_immutable_is_put_again_only_when_it_has_grown(open_store: OpenStore) -> None:
    """What is put over an immutable session is taken when it is that session with more in it, stays immutable, and in no
    other case."""
    async with open_store() as store:
        await store.put("s", SESSION, immutable=True)
        for data in (GROWN.replace(b"hello", b"hallo"), GROWN.replace(b'"s"', b'"t"'), b"[%s]" % GROWN, GROWN[:-1]):
            with raises(ImmutableError):
                await store.put("s", data, immutable=True)
        with raises(ImmutableError):
            await store.put("s", GROWN)
        entry = await store.put("s", GROWN, immutable=True)
        stored = await store.get("s")
        assert (stored.data, stored.etag, stored.immutable) == (GROWN, entry.etag, True)
        with raises(ImmutableError):
            await store.put("s", SESSION, immutable=True)


@demands(CHANGES, Capability.IMMUTABLE, Capability.CONDITIONS)
async def demand_growth_meets_conditions(open_store: OpenStore) -> None:
    """An immutable session that has grown is put under the same conditions as any other."""
    async with open_store() as store:
        first = await store.put("s", SESSION, immutable=True)
        with raises(ConflictError):
            await store.put("s", GROWN, immutable=True, if_absent=True)
        with raises(ConflictError):
            await store.put("s", GROWN, immutable=True, if_match="another")
        await store.put("s", GROWN, immutable=True, if_match=first.etag)
        with raises(ConflictError):
            await store.put("s", GROWN, immutable=True, if_match=first.etag)


@demands(CHANGES, Capability.IMMUTABLE, Capability.APPEND)
async def demand_growth_by_many_writers(open_store: OpenStore) -> None:
    """Of writers that put and append at once none takes away what another added."""
    async with open_store() as store:
        await store.put("s", SESSION, immutable=True)

        async def grow(number: int) -> bool:
            if number % 2:
                await store.append("s", message(f"m{number}"))
                return True
            try:
                await store.put("s", SESSION.replace(b"]}}}", b",%s]}}}" % message(f"m{number}")), immutable=True)
            except (ConflictError, ImmutableError):
                return False
            return True

        done = await asyncio.gather(*map(grow, range(_WRITERS)))
        data = (await store.get("s")).data
        for number, written in enumerate(done):
            assert (b'"m%d"' % number in data) == written, f"m{number} was acknowledged: {written}"


@demands(CHANGES, Capability.IMMUTABLE, Capability.APPEND)
async def demand_nothing_is_appended_inside_what_is_immutable(open_store: OpenStore) -> None:
    """A message that is there does not take a further content."""
    async with open_store() as store:
        await store.put("s", SESSION, immutable=True)
        with raises(ImmutableError):
            await store.append("s", b'{"type":"text","text":"x"}', at="/state/in_memory/messages/0/contents")
        await store.append("s", message("one"), at="/state/in_memory/messages")
        assert (await store.get("s")).immutable


@demands(CHANGES, Capability.IMMUTABLE, Capability.EXPIRY)
async def demand_immutable_never_expires_earlier(open_store: OpenStore) -> None:
    """Neither put nor append brings the end of an immutable session nearer."""
    async with open_store() as store:
        later = datetime.now(UTC) + timedelta(days=2)
        await store.put("s", SESSION, immutable=True, expires=later)
        with raises(ImmutableError):
            await store.put("s", GROWN, immutable=True, expires=datetime.now(UTC) + timedelta(days=1))
        await store.put("s", GROWN, immutable=True)
        expires = (await store.get("s")).expires
        assert expires is not None
        assert abs(expires - later) <= _TOLERANCE
        await store.put("for ever", SESSION, immutable=True)
        with raises(ImmutableError):
            await store.put("for ever", GROWN, immutable=True, expires=later)
        await store.sweep()
        assert (await store.get("for ever")).data == SESSION


@demands(CHANGES, Capability.IMMUTABLE, Capability.PERSISTENT)
async def demand_immutable_for_whoever_opens_the_store(open_store: OpenStore) -> None:
    """It is immutable for everybody who opens the store, and not only for who put it there."""
    async with open_store() as store:
        await store.put("s", SESSION, immutable=True)
    async with open_store() as store:
        with raises(ImmutableError):
            await store.put("s", NO_MESSAGE)
        with raises(ImmutableError):
            await store.delete("s")
        assert (await store.get("s")).data == SESSION


@demands(CHANGES, Capability.IMMUTABLE)
async def demand_what_a_document_says_of_its_keeping_holds(open_store: OpenStore) -> None:
    """A session whose own retention says that it is immutable is, however it is put."""
    async with open_store() as store:
        assert (await store.put("s", keeping(b'{"immutable":true}'))).immutable
        with raises(ImmutableError):
            await store.put("s", SESSION)
        with raises(ImmutableError):
            await store.delete("s")
        assert (await store.get("s")).immutable


@demands(CHANGES, Capability.EXPIRY, Capability.IMMUTABLE)
async def demand_a_document_expires_when_it_says(open_store: OpenStore) -> None:
    """A session whose own retention says for how many days it lives expires then, unless another moment is given."""
    async with open_store() as store:
        entry = await store.put("s", keeping(b'{"ttl_days":2}'))
        assert entry.expires is not None
        assert abs(entry.expires - datetime.now(UTC) - timedelta(days=2)) < timedelta(minutes=1)
        until = datetime.now(UTC) + timedelta(hours=1)
        entry = await store.put("s", keeping(b'{"ttl_days":2}'), expires=until)
        assert entry.expires is not None
        assert abs(entry.expires - until) <= _TOLERANCE
