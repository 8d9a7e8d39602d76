"""What the exchange costs, beside a bare ``grpc.aio`` service that commits the same bytes to SQLite.

    python benchmarks/exchange.py [OPTION OF PYSESSION SERVE...]

Both services are processes of their own, without TLS, tokens and policy, and are called from this one in turns. The exchange
gives each document an id, an owner, an etag, a digest in both directions, and its place in a store; the bare service keeps
bytes. Memory is what the kernel says that the server's process had at most (VmHWM), less what it has when idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from bare_exchange import BareClient

from pysession.exchange.client import ExchangeClient

SIZES = {"10 KB": (10_000, 40, 20), "1 MB": (1_000_000, 30, 5), "50 MB": (50_000_000, 5, 1)}
"""Bytes, rounds, and how often each is called in a round: as often as a server that has other calls before and after."""
CLIENTS = 64
CALLS = 40
WARM_CALLS = 5
AT_ONCE = 16
Times = tuple[float, float, float]
"""Seconds of a put and a get, of the put, of the get."""
_HERE = Path(__file__).parent
_numbers = itertools.count()


def document(size: int) -> bytes:
    """A session of so many bytes that was never there before: SQLite writes no page that stays as it is."""
    head = b'{"type":"session","session_id":"s","state":{"in_memory":{"messages":[]},"text":"'
    return head + b"%012d" % next(_numbers) * ((size - len(head) - 3) // 12) + b'"}}'


class Process:
    """A server in a process of its own."""

    def __init__(self, command: list[str], log: Path, port: re.Pattern[str]) -> None:
        self.log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(command, stdout=stream, stderr=stream)
        while (found := port.search(log.read_text())) is None:
            assert self._process.poll() is None, log.read_text()
            time.sleep(0.05)
        self.address = f"127.0.0.1:{found[1]}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextlib.contextmanager
def servers(options: list[str]) -> Iterator[tuple[Process, Process]]:
    """The exchange and the bare service, each with an empty database."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store = f"sqlite:///{folder}/sessions.db"
        serve = [sys.executable, "-m", "pysession", "serve", "--store", store, "--address", "127.0.0.1:0", *options]
        exchange = Process(serve, folder / "exchange.log", re.compile(r"http://127\.0\.0\.1:(\d+)"))
        stack.callback(exchange.end)
        plain = [sys.executable, str(_HERE / "bare_exchange.py"), str(folder / "bare.db")]
        bare = Process(plain, folder / "bare.log", re.compile(r"^(\d+)$", re.MULTILINE))
        stack.callback(bare.end)
        yield exchange, bare


async def seconds(work: Awaitable[Any]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def transfers(exchange: ExchangeClient, bare: BareClient) -> None:
    """Print what a put and a get take, alone."""
    print(f"{'put + get':<12}{'exchange':>22}{'bare':>22}   bare / exchange")
    for name, (size, rounds, calls) in SIZES.items():

        async def both(put: Callable[[bytes], Awaitable[Any]], get: Callable[[], Awaitable[Any]]) -> list[Times]:
            found = []
            for _ in range(calls):  # noqa: B023 (it is called before the next size)
                data = document(size)  # noqa: B023
                putting = await seconds(put(data))
                getting = await seconds(get())
                found.append((putting + getting, putting, getting))
            return found

        ours: list[Times] = []
        theirs: list[Times] = []
        for _ in range(rounds):
            ours += await both(lambda data: exchange.put("s", data), lambda: exchange.get("s"))
            theirs += await both(bare.put, lambda: bare.get(size))  # noqa: B023
        fast, plain = min(ours), min(theirs)
        told = (f"{put * 1e3:8.2f} + {get * 1e3:6.2f} ms" for _, put, get in (fast, plain))
        ratio = statistics.median(plain[0] for plain in theirs) / statistics.median(fast[0] for fast in ours)
        print(f"{name:<12}{''.join(f'{one:>22}' for one in told)}   {plain[0] / fast[0]:.2f} (of medians {ratio:.2f})")
    print()


class Memory:
    """What a process has in memory, in bytes."""

    def __init__(self, pid: int | str) -> None:
        self._folder = Path(f"/proc/{pid}")
        self._start = self.now("VmRSS")

    def begin(self) -> None:
        """Forget what it had at most so far."""
        (self._folder / "clear_refs").write_text("5")

    def peak(self) -> int:
        """What it had at most since, less what it had when this was made."""
        return self.now("VmHWM") - self._start

    def now(self, which: str) -> int:
        found = re.search(rf"{which}:\s+(\d+) kB", (self._folder / "status").read_text())
        assert found is not None
        return int(found[1]) * 1024


async def memory(server: Process) -> None:
    """Print what the server needs for transfers of 50 MB, one at a time and many at once, and what a client needs."""
    size = SIZES["50 MB"][0]
    clients = [ExchangeClient(server.address) for _ in range(AT_ONCE)]
    client = clients[0]
    await client.put("s", document(10_000))
    theirs, ours = Memory(server.pid), Memory("self")
    data = document(size)

    async def put_all() -> None:
        await asyncio.gather(*(one.put(f"many{number}", data) for number, one in enumerate(clients)))

    async def get_all() -> None:
        async def get(number: int, one: ExchangeClient) -> None:
            await one.get(f"many{number}")

        await asyncio.gather(*(get(number, one) for number, one in enumerate(clients)))

    print("at most, above an idle process           server               client")
    for name, work in (
        ("one put of 50 MB", lambda: client.put("s", data)),
        ("one get of 50 MB", lambda: client.get("s")),
        (f"{AT_ONCE} puts of 50 MB at once", put_all),
        (f"{AT_ONCE} gets of 50 MB at once", get_all),
    ):
        theirs.begin()
        ours.begin()
        await work()
        told = "".join(f"{peak / 2**20:8.0f} MiB ({peak / size:4.1f} x)" for peak in (theirs.peak(), ours.peak()))
        print(f"{name:<32}{told}")
    print()
    for one in clients:
        await one.close()


async def latencies(exchange: str, bare: str) -> None:
    """Print how long the slowest of a hundred calls takes when many clients call at once."""
    data = document(10_000)
    clients = [ExchangeClient(exchange) for _ in range(CLIENTS)]
    echoes = [BareClient(bare) for _ in range(CLIENTS)]
    await clients[0].put("small", data)

    async def times(call: Callable[[], Awaitable[Any]]) -> list[float]:
        for _ in range(WARM_CALLS):
            await call()
        return [await seconds(call()) for _ in range(CALLS)]

    found: dict[str, list[float]] = {"echo of 10 KB": [], "get of 10 KB": []}
    for _ in range(3):
        for name, calls in (
            ("echo of 10 KB", [lambda one=one: one.echo(data) for one in echoes]),
            ("get of 10 KB", [lambda one=one: one.get("small") for one in clients]),
        ):
            for one in await asyncio.gather(*map(times, calls)):
                found[name] += one
    p99 = {name: statistics.quantiles(values, n=100)[98] for name, values in found.items()}
    print(f"{CLIENTS} clients at once      p50          p99")
    for name, values in found.items():
        print(f"{name:<20}{statistics.median(values) * 1e3:8.2f} ms {p99[name] * 1e3:8.2f} ms")
    print(f"p99 of get / echo: {p99['get of 10 KB'] / p99['echo of 10 KB']:.2f}\n")
    for one in (*clients, *echoes):
        await one.close()


async def main() -> None:
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\n")
    with servers(sys.argv[1:]) as (exchange, bare):
        async with ExchangeClient(exchange.address) as client:
            plain = BareClient(bare.address)
            await transfers(client, plain)
            await plain.close()
        await latencies(exchange.address, bare.address)
    with servers(sys.argv[1:]) as (exchange, _):
        await memory(exchange)


if __name__ == "__main__":
    asyncio.run(main())
