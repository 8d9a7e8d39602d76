"""The conformance suite for stores notices what stores get wrong."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from pysession.stores import Capability, ConflictError, Entry, ImmutableError, Page, Stored
from pysession.stores.base import Condition, Key
from pysession.stores.checking import microseconds
from pysession.stores.memory import MemoryStore
from pysession.testing.stores import ALL_CASES, store_cases


class Reordering(MemoryStore):
    """As a column of type jsonb."""

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        import json

        import msgspec

        stored = await super().get(session_id, owner=owner)
        try:
            data = json.dumps(json.loads(stored.data), sort_keys=True).encode()
        except ValueError:
            data = stored.data
        return msgspec.structs.replace(stored, data=data, size=len(data))


class Folding(MemoryStore):
    """As a file system that replaces slashes and ignores case."""

    def _fold(self, session_id: str) -> str:
        return session_id.replace("/", "_").lower()

    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        return await super().get(self._fold(session_id), owner=owner)

    async def put(self, session_id: str, data: bytes, **options: Any) -> Entry:
        return await super().put(self._fold(session_id), data, **options)


class Ownerless(MemoryStore):
    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        return await super().get(session_id)

    async def put(self, session_id: str, data: bytes, *, owner: str = "", **options: Any) -> Entry:
        return await super().put(session_id, data, **options)


class LastWriterWins(MemoryStore):
    async def put(self, session_id: str, data: bytes, *, if_match: str | None = None, **options: Any) -> Entry:
        await asyncio.sleep(0)
        return await super().put(session_id, data, **options)


class CheckingTooEarly(MemoryStore):
    """Looks at the etag, waits, and then writes."""

    async def put(self, session_id: str, data: bytes, *, if_match: str | None = None, **options: Any) -> Entry:
        if if_match is not None and (await self.get(session_id)).etag != if_match:
            raise ConflictError(session_id, "", if_match, None)
        await asyncio.sleep(0)
        return await super().put(session_id, data, **options)


class WritingMoreThanItReads(MemoryStore):
    async def get(self, session_id: str, *, owner: str = "") -> Stored:
        stored = await super().get(session_id, owner=owner)
        assert stored.size < self.max_bytes
        return stored


class CountingPages(MemoryStore):
    """Pages by number: what is deleted before a page moves the next ones up."""

    async def list(self, *, page: str | None = None, limit: int = 10, **options: Any) -> Page:
        everything = (await super().list(limit=10_000, **options)).entries
        start = int(page or 0)
        return Page(everything[start : start + limit], str(start + limit) if start + limit < len(everything) else None)


class Forgetful(MemoryStore):
    """Declares what it does not have."""

    capabilities = MemoryStore.capabilities | {Capability.PERSISTENT}


class Replacing(MemoryStore):
    async def put(self, session_id: str, data: bytes, *, immutable: bool = False, **options: Any) -> Entry:
        return await super().put(session_id, data, **options)


class Deathless(MemoryStore):
    async def put(self, session_id: str, data: bytes, *, expires: object = None, **options: Any) -> Entry:
        return await super().put(session_id, data, **options)


class TakingAnythingForGrowth(MemoryStore):
    async def put(self, session_id: str, data: bytes, *, immutable: bool = False, **options: Any) -> Entry:
        try:
            return await super().put(session_id, data, immutable=immutable, **options)
        except ImmutableError:
            if not immutable:
                raise
            del self._slots[Key(b"", session_id.encode())]
            return await super().put(session_id, data, immutable=True, **options)


class HasteningTheEnd(MemoryStore):
    async def put(self, session_id: str, data: bytes, *, expires: datetime | None = None, **options: Any) -> Entry:
        entry = await super().put(session_id, data, **options)
        slot = self._slots[Key(b"", session_id.encode())]
        until = None if expires is None else microseconds(expires)
        slot.facts = msgspec.structs.replace(slot.facts, expires=until or slot.facts.expires)
        return slot.facts.entry(Key(b"", entry.id.encode()))


class DeafToDocuments(MemoryStore):
    async def put(self, session_id: str, data: bytes, **options: Any) -> Entry:
        return await super().put(session_id, data.replace(b"retention", b"Retention"), **options)


class AppendingInside(MemoryStore):
    async def append(self, session_id: str, message: bytes, *, at: str | None = None, **options: Any) -> Entry:
        key = Key(b"", session_id.encode())
        return (await self._append(key, message, at, Condition())).entry(key)


class SweepingTooMuch(MemoryStore):
    async def sweep(self, *, before: datetime | None = None) -> int:
        return await super().sweep()


class AppendingInFront(MemoryStore):
    async def append(self, session_id: str, message: bytes, **options: Any) -> Entry:
        data = (await self.get(session_id)).data
        entry = await super().append(session_id, message, **options)
        await self.put(session_id, message + b"\n" + data)
        return entry


@pytest.mark.parametrize(
    ("store", "case"),
    [
        (Reordering, "keeps-the-order-of-members"),
        (Reordering, "keeps-repeated-names"),
        (Folding, "ids-stay-apart"),
        (Ownerless, "owners-stay-apart"),
        (LastWriterWins, "stale-etag-is-refused"),
        (LastWriterWins, "compare-and-set-by-many-writers"),
        (CheckingTooEarly, "compare-and-set-by-many-writers"),
        (WritingMoreThanItReads, "limit-is-the-same-for-writing-and-reading"),
        (CountingPages, "list-under-change"),
        (Forgetful, "opened-again-it-holds-what-was-put"),
        (Replacing, "immutable-cannot-be-replaced"),
        (TakingAnythingForGrowth, "immutable-is-put-again-only-when-it-has-grown"),
        (HasteningTheEnd, "immutable-never-expires-earlier"),
        (DeafToDocuments, "what-a-document-says-of-its-keeping-holds"),
        (DeafToDocuments, "a-document-expires-when-it-says"),
        (AppendingInside, "nothing-is-appended-inside-what-is-immutable"),
        (SweepingTooMuch, "what-a-sweep-would-remove-is-told"),
        (Deathless, "expired-is-gone"),
        (AppendingInFront, "appends-to-json-lines"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_store_that_is_wrong_fails_its_case(store: type[MemoryStore], case: str) -> None:
    (chosen,) = (one for one in store_cases(store.capabilities) if one.name == case)
    opened = store(100_000)
    with pytest.raises(AssertionError) as caught:
        chosen.check((lambda: opened) if store is not Forgetful else partial(store, 100_000))
    assert str(caught.value).startswith(chosen.sentence)


def test_a_known_failure_has_a_reason_and_must_still_fail() -> None:
    (case,) = (one for one in store_cases(()) if one.name == "keeps-the-order-of-members")
    case.check(partial(Reordering, 1000), {case.name: "its column is jsonb"})
    with pytest.raises(AssertionError, match=r"is known to fail .its column was jsonb., and does not"):
        case.check(partial(MemoryStore, 1000), {case.name: "its column was jsonb"})


def test_each_capability_has_cases_and_a_store_without_any_has_some_too() -> None:
    assert len(store_cases(())) >= 20
    for capability in Capability:
        assert any(capability in case.capabilities for case in ALL_CASES)
    assert len(store_cases(Capability)) == len(ALL_CASES)


def test_a_capability_that_nothing_tries_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="nothing tries flying"):
        store_cases(["flying"])  # type: ignore[list-item]


def test_names_are_unique_and_each_case_says_what_it_demands() -> None:
    assert len({case.name for case in ALL_CASES}) == len(ALL_CASES)
    assert [case.name for case in ALL_CASES if not case.sentence.endswith(".")] == []
