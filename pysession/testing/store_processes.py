"""Demands on a store that is opened again, by others, and by processes that are killed."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from pysession.stores import Capability, NotFoundError, Store
from pysession.testing.store_demands import NO_MESSAGE, Listed, OpenStore, demands, message

PROCESSES: Listed = []

KILLS = int(os.environ.get("PYSESSION_STORE_KILLS", "20"))
"""How many processes are killed at random moments; a nightly run kills 200."""

_ONE, _TWO = b"[1.0]", b"[2.0]"
_APPENDED = 40
_LONGEST_SECONDS = 0.15
_SESSIONS = 8
_PADDING = 3000
_PATIENCE_SECONDS = 60


@demands(PROCESSES, Capability.PERSISTENT)
async def demand_opened_again_it_holds_what_was_put(open_store: OpenStore) -> None:
    """What is opened again holds what was put, with the same etag."""
    async with open_store() as store:
        entry = await store.put("s", _ONE)
        await store.close()
        assert (await store.get("s")).data == _ONE
    async with open_store() as store:
        stored = await store.get("s")
        assert (stored.data, stored.etag, stored.changed) == (_ONE, entry.etag, entry.changed)


@demands(PROCESSES, Capability.SHARED)
async def demand_handles_see_each_other(open_store: OpenStore) -> None:
    """What one handle puts or deletes the other sees at once."""
    async with open_store() as one, open_store() as other:
        await one.put("s", _ONE)
        assert (await other.get("s")).data == _ONE
        await other.put("s", _TWO)
        assert (await one.get("s")).data == _TWO
        await one.delete("s")
        try:
            await other.get("s")
        except NotFoundError:
            return
        raise AssertionError("the other handle still sees what was deleted")


@demands(PROCESSES, Capability.SHARED, Capability.APPEND)
async def demand_processes_lose_no_message(open_store: OpenStore) -> None:
    """Of messages that two processes append to the same sessions at once none is lost."""
    async with open_store() as store:
        await store.put("lines", b"")
        await store.put("session", NO_MESSAGE)
        started = [_start(_append_all, open_store, name) for name in ("a", "b")]
        for process, _ in started:
            await asyncio.to_thread(process.join, _PATIENCE_SECONDS)
            assert process.exitcode == 0, f"a process ended with {process.exitcode}"
        lines = [json.loads(line) for line in (await store.get("lines")).data.splitlines()]
        session = json.loads((await store.get("session")).data)["state"]["in_memory"]["messages"]
        for found in (lines, session):
            texts = [one["contents"][0]["text"] for one in found]
            for name in ("a", "b"):
                expected = [f"{name}{number}" for number in range(_APPENDED)]
                assert [text for text in texts if text.startswith(name)] == expected


@demands(PROCESSES, Capability.DURABLE)
async def demand_killed_put_loses_nothing(open_store: OpenStore) -> None:
    """When the process is killed while it puts, each session is whole, and no older than what was acknowledged."""
    async with open_store() as store:
        await _kill_often(open_store, _put_on, lambda told: _check_put(store, told))


@demands(PROCESSES, Capability.DURABLE, Capability.APPEND)
async def demand_killed_append_loses_nothing(open_store: OpenStore) -> None:
    """When the process is killed while it appends, no acknowledged message is lost, and none is torn."""
    async with open_store() as store:
        await store.put("lines", b"")
        await store.put("session", NO_MESSAGE)
        await _kill_often(open_store, _append_on, lambda told: _check_appended(store, told))


# --- what the other processes do ----------------------------------------------------------------------------------------


def _append_all(open_store: OpenStore, told: Connection, name: str) -> None:
    async def run() -> None:
        async with open_store() as store:
            for number in range(_APPENDED):
                for session_id in ("lines", "session"):
                    await store.append(session_id, message(f"{name}{number}"))

    asyncio.run(run())


def _put_on(open_store: OpenStore, told: Connection, first: int) -> None:
    """Put higher and higher numbers, and tell each when it is acknowledged."""

    async def run() -> None:
        async with open_store() as store:
            number = first
            while True:
                session_id = f"s{number % _SESSIONS}"
                await store.put(session_id, _numbered(number))
                told.send((session_id, number))
                number += 1

    asyncio.run(run())


def _append_on(open_store: OpenStore, told: Connection, first: int) -> None:
    async def run() -> None:
        async with open_store() as store:
            number = first
            while True:
                session_id = ("lines", "session")[number % 2]
                await store.append(session_id, message(f"{number}"))
                told.send((session_id, number))
                number += 1

    asyncio.run(run())


def _numbered(number: int) -> bytes:
    return json.dumps([number, str(number) * _PADDING, number]).encode()


# --- killing ------------------------------------------------------------------------------------------------------------


class _Told:
    """What processes told before they were killed: by session, the numbers that were acknowledged."""

    def __init__(self) -> None:
        self.numbers: dict[str, list[int]] = {}

    def add(self, session_id: str, number: int) -> None:
        self.numbers.setdefault(session_id, []).append(number)

    @property
    def next(self) -> int:
        # One more may have been written that nobody was told of.
        return max((number for numbers in self.numbers.values() for number in numbers), default=0) + 2


async def _kill_often(
    open_store: OpenStore, work: Callable[..., None], check: Callable[[_Told], Awaitable[None]]
) -> None:
    """Start a process that writes, kill it at a random moment after its first write, and look; again and again."""
    moments = random.Random()  # noqa: S311 (moments, not secrets)
    told = _Told()
    for _ in range(KILLS):
        process, receiver = _start(work, open_store, told.next)
        try:
            assert await asyncio.to_thread(receiver.poll, _PATIENCE_SECONDS), "the process writes nothing"
            await asyncio.sleep(moments.uniform(0, _LONGEST_SECONDS))
        finally:
            process.kill()
            await asyncio.to_thread(process.join)
        try:
            while receiver.poll():
                told.add(*receiver.recv())
        except EOFError:
            pass
        await check(told)
    assert sum(map(len, told.numbers.values())) >= KILLS


async def _check_put(store: Store, told: _Told) -> None:
    for session_id, numbers in told.numbers.items():
        data = (await store.get(session_id)).data
        number = json.loads(data)[0]
        assert data == _numbered(number), "a document is torn"
        assert number >= max(numbers), f"{max(numbers)} was acknowledged, {number} is there"


async def _check_appended(store: Store, told: _Told) -> None:
    for session_id, numbers in told.numbers.items():
        data = (await store.get(session_id)).data
        lines = session_id == "lines"
        found = [*map(json.loads, data.splitlines())] if lines else json.loads(data)["state"]["in_memory"]["messages"]
        texts = [int(one["contents"][0]["text"]) for one in found]
        missing = set(numbers) - set(texts)
        assert not missing, f"acknowledged messages are gone: {sorted(missing)}"
        assert texts == sorted(set(texts)), "messages are repeated or out of order"


def _start(work: Callable[..., None], open_store: OpenStore, *arguments: object) -> tuple[BaseProcess, Connection]:
    """Run ``work`` in another process, and what it tells through a pipe."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(open_store, sender, *arguments), daemon=True)
    process.start()
    sender.close()
    return process, receiver
