"""Whatever is done to them, all stores answer alike; the one in memory is simple enough to be the measure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysession.stores import NotFoundError, Store, StoreError, open_store
from pysession.testing.store_demands import NO_MESSAGE, SESSION, message

_INDENTED = b'{\n  "type": "session",\n  "state": {\n    "in_memory": {\n      "messages": [\n        {}\n      ]\n    }\n  }\n}\n'
_PACKED = b"\x81\xa5state\x81\xa9in_memory\x81\xa8messages\x90"
_LINES = message("a") + b"\n" + message("b")
DOCUMENTS = [
    SESSION,
    NO_MESSAGE,
    _INDENTED,
    _PACKED,
    _LINES,
    _LINES + b"\n",
    _LINES[:-3],
    message("a"),
    b"",
    b"{}",
    b"\x00",
    b'{"a": 1}\n{"b": 2}\n',
    message("a") + b'\n{"b": 2}\n',
    b'{"b": 2}\n' + message("a"),
    b"\n" + message("a") + b"\n",
    b'{"type": "message"',
]
MESSAGES = [message("new"), b'{\n "n": 1.0\n}', b'{"text":"\xc3\xa9"}', b"\x81\xa1n\x01", b"[]", b"{"]
AT = [None, None, None, "/state/in_memory/messages", "/state", ""]
_ids = st.sampled_from(["a", "A", "a/b"])
_owners = st.sampled_from(["", "ada"])
_etag = st.sampled_from(["none", "seen", "seen before", "wrong"])
OPERATIONS = st.one_of(
    st.tuples(st.just("put"), _ids, _owners, st.sampled_from(DOCUMENTS), _etag, st.booleans()),
    st.tuples(st.just("append"), _ids, _owners, st.sampled_from(MESSAGES), _etag, st.sampled_from(AT)),
    st.tuples(st.just("append"), _ids, _owners, st.sampled_from(MESSAGES[:3]), st.just("none"), st.just(None)),
    st.tuples(st.just("delete"), _ids, _owners, _etag),
    st.tuples(st.just("reopen")),
)


class Subject:
    """A store with what was seen of it: etags differ between stores, so an operation names one by when it was seen."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: dict[tuple[str, str], list[str]] = {}

    async def do(self, operation: tuple[Any, ...]) -> object:
        """The operation's outcome, as far as it must be the same everywhere."""
        if operation[0] == "reopen":
            await self.store.close()
            return None
        name, session_id, owner, *rest = operation
        seen = self._seen.setdefault((session_id, owner), [])
        try:
            if name == "delete":
                return await self.store.delete(session_id, owner=owner, if_match=self._etag(seen, rest[0]))
            if name == "put":
                data, which, absent = rest
                etag = self._etag(seen, which)
                entry = await self.store.put(
                    session_id, data, owner=owner, if_match=etag, if_absent=absent and etag is None
                )
            else:
                data, which, at = rest
                entry = await self.store.append(session_id, data, owner=owner, if_match=self._etag(seen, which), at=at)
        except StoreError as failure:
            return type(failure), str(failure)
        seen.append(entry.etag)
        return entry.size

    def _etag(self, seen: list[str], which: str) -> str | None:
        return {
            "none": None,
            "seen": seen[-1] if seen else "x",
            "seen before": seen[-2] if len(seen) > 1 else "x",
            "wrong": "x",
        }[which]

    async def holds(self) -> dict[tuple[str, str], bytes]:
        """Everything in it, with each entry of the list held against what is got."""
        found = {}
        for entry in (await self.store.list()).entries:
            stored = await self.store.get(entry.id, owner=entry.owner)
            assert (stored.etag, stored.size, stored.changed) == (entry.etag, entry.size, entry.changed)
            assert len(stored.data) == entry.size
            found[entry.owner, entry.id] = stored.data
        return found


@pytest.fixture(params=["file", "sqlite", "postgres", "redis", "cosmos", "cosmos in parts", "gcs"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """The URL of a new store with that number."""
    if request.param == "file":
        return lambda number: f"file:{tmp_path}/{number}?max_bytes=700"
    if request.param == "sqlite":
        return lambda number: f"sqlite:///{tmp_path}/{number}.db?max_bytes=700"
    name, in_parts, _ = request.param.partition(" in parts")
    if in_parts:
        # Of a document of some hundred bytes, what else only large ones meet.
        for module in ("cosmos", "cosmos_items"):
            monkeypatch.setattr(f"pysession.stores.{module}.PART_BYTES", 60)
        monkeypatch.setattr("pysession.stores.cosmos.MOST_OPERATIONS", 4)
    url: Callable[[], str] = request.getfixturevalue(f"{name}_url")
    return lambda number: f"{url()}&max_bytes=700"


_numbers: Iterator[int] = iter(range(10**9))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(operations=st.lists(OPERATIONS, max_size=12))
def test_stores_agree(make: Callable[[int], str], operations: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        subjects = [Subject(open_store("memory:?max_bytes=700")), Subject(open_store(make(next(_numbers))))]
        for operation in operations:
            outcomes = [await subject.do(operation) for subject in subjects]
            assert outcomes[0] == outcomes[1], operation
        held = [await subject.holds() for subject in subjects]
        assert held[0] == held[1]
        stats = [await subject.store.stats() for subject in subjects]
        assert stats[0] == stats[1]
        with pytest.raises(NotFoundError):
            await subjects[1].store.get("never put")
        for subject in subjects:
            await subject.store.close()

    asyncio.run(run())
