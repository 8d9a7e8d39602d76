"""What predictions cost on top of a check, beside reading the document with the real library, as ratios to ``json.loads``.

    python benchmarks/readers.py

The readers are of different classes: what releases share is found out once, so ten of one class would cost little more
than one. Each figure is the best of several runs that take turns.
"""

from __future__ import annotations

import json

from agent_framework import AgentSession
from timing import best

from pysession import check
from sessions import OLDER_PYTHON_GOLDEN, long_dotnet_session, long_session

MESSAGES = 2_000
PYTHON = "1.0.0b260212 1.0.0rc3 1.0.0 1.10.0 1.12.1 1.13.0 1.19.0 1.20.0 1.22.0 1.23.0".split()
DOTNET = "1.0.0-rc1 1.0.0-rc3 1.0.0-rc5 1.1.0 1.2.0 1.4.0 1.5.0 1.13.0 1.16.0 1.17.0".split()


def table(name: str, data: bytes, releases: list[str], one: str) -> None:
    """Print the costs of one document's readings."""
    readers = {"one reader": [one], "ten readers": releases}
    candidates = {
        "json.loads": lambda: json.loads(data),
        "check": lambda: check(data),
        **{name: lambda readers=chosen: check(data, readers=readers) for name, chosen in readers.items()},
    }
    if name == "python":
        candidates["the library itself"] = lambda: AgentSession.from_dict(json.loads(data)).to_dict()
    seconds = best(candidates)
    unit = seconds["json.loads"]
    print(f"{name}: {len(data):,} bytes, json.loads {unit * 1000:.2f} ms")
    print(f"  check without readers                {seconds['check'] / unit:6.2f} x json.loads")
    for label in readers:
        print(f"  {label} on top of it{'':<16}{(seconds[label] - seconds['check']) / unit:6.2f} x")
    if "the library itself" in seconds:
        whole = seconds["the library itself"]
        alone = seconds["one reader"] - seconds["check"]
        print(f"  json.loads, from_dict, to_dict       {whole / unit:6.2f} x, {whole / alone:.0f} times one prediction")
    print()


def main() -> None:
    table(
        "python",
        long_session(MESSAGES, golden=OLDER_PYTHON_GOLDEN),
        [f"python@{release}" for release in PYTHON],
        "python@1.21.0",
    )
    table("dotnet", long_dotnet_session(MESSAGES), [f"dotnet@{release}" for release in DOTNET], "dotnet@1.17.0")


if __name__ == "__main__":
    main()
