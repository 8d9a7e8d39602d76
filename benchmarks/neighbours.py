"""How long a small get and a check take while another owner has large sessions judged.

    python benchmarks/neighbours.py [OPTION OF PYSESSION SERVE...]

The server is a process of its own with two owners. One gets 10 KB again and again, one get after the other, then has 200 KB
checked so; the other keeps four calls of Check under way, of a stored session of 10 MB, for two readers.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from exchange import Process, document, seconds

from pysession.exchange.client import ExchangeClient
from pysession.v1 import exchange_pb2 as pb

SECONDS = 8.0
AT_ONCE = 4
LARGE = 10_000_000
MIDDLING = 200_000
POLICY = pb.Policy(readers=["python@1.21.0", "dotnet@1.17.0"])
TOKENS = {"small": "the-token-of-the-small", "large": "the-token-of-the-large"}


def conversation(size: int) -> bytes:
    """A session of about so many bytes, in messages of three hundred."""
    text = "what was said in between, at some length, " * 5
    message = {"type": "message", "role": "user", "contents": [{"type": "text", "text": text}]}
    count = size // len(json.dumps(message))
    state = {"in_memory": {"messages": [message] * count}}
    return json.dumps({"type": "session", "session_id": "s", "state": state}).encode()


async def times(call: Callable[[], Awaitable[Any]]) -> list[float]:
    """What each of the calls takes for which there is time, in seconds."""
    found: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        found.append(await seconds(call()))
    return found


async def show(client: ExchangeClient, when: str) -> None:
    data = conversation(MIDDLING)
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "get of 10 KB": lambda: client.get("small"),
        "check of 200 KB": lambda: client.check(data, policy=POLICY),
    }
    for name, call in calls.items():
        await call()
        found = await times(call)
        p99 = statistics.quantiles(found, n=100)[98] if len(found) > 1 else found[0]
        print(f"{name:<16} {when:<36}{statistics.median(found) * 1e3:9.2f} ms {p99 * 1e3:9.2f} ms")


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = folder / "tokens.toml"
        tokens.write_text("".join(f'[[token]]\nowner = "{who}"\ntoken = "{token}"\n' for who, token in TOKENS.items()))
        serve = [sys.executable, "-m", "pysession", "serve", "--store", f"sqlite:///{folder}/sessions.db", "--quiet"]
        serve += ["--address", "127.0.0.1:0", "--tokens", str(tokens), *sys.argv[1:]]
        server = Process(serve, folder / "log", re.compile(r"http://127\.0\.0\.1:(\d+)"))
        try:
            small, large = (ExchangeClient(server.address, token=token, timeout=600) for token in TOKENS.values())
            await small.put("small", document(10_000))
            await large.put("large", conversation(LARGE))
            print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\n")
            print(f"{'':<53}      p50          p99")
            await show(small, "alone")

            checked: list[float] = []

            async def check() -> None:
                while True:
                    checked.append(await seconds(large.check(session_id="large", policy=POLICY)))

            checks = [asyncio.create_task(check()) for _ in range(AT_ONCE)]
            await asyncio.sleep(3)  # what judges has begun by then
            checked.clear()
            await show(small, f"while another owner checks {LARGE // 10**6} MB")
            while not checked:
                await asyncio.sleep(0.1)
            for task in checks:
                task.cancel()
            await asyncio.gather(*checks, return_exceptions=True)
            print(f"\na check took {statistics.median(checked):.2f} s, {AT_ONCE} at once")
            for client in (small, large):
                await client.close()
        finally:
            server.end()


if __name__ == "__main__":
    asyncio.run(main())
