"""The whole check beside what people would use instead, in one process, as ratios to ``json.loads`` of the same bytes.

    python benchmarks/check.py            the table of the README
    python benchmarks/check.py --large    also 200,000 messages: how the ratio grows, and the memory it takes

Each figure is the best of several runs that take turns, with the garbage collector off for all of them alike.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import jsonschema_rs
from agent_framework import AgentSession
from timing import ROUNDS, best

from pysession import check, model
from pysession.schema import schema_text
from sessions import long_session


def side_by_side(messages: int) -> None:
    """Print the table for a session of that many messages."""
    data = long_session(messages)
    report = check(data)
    assert not [finding for finding in report.findings if finding.severity == "error"], report.findings
    print(f"{messages:,} messages, {len(data):,} bytes, {len(report.findings)} findings\n")
    schema = json.loads(schema_text("python", "open"))
    slow, fast = jsonschema.Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(schema)
    seconds = best(
        {
            "json.loads": lambda: json.loads(data),
            "pysession.check: strict read, schema, all rules": lambda: check(data),
            "jsonschema-rs, schema alone": lambda: fast.is_valid(json.loads(data)),
            "agent_framework: AgentSession.from_dict": lambda: AgentSession.from_dict(json.loads(data)),
            "pydantic: pysession.model.load": lambda: model.load(data),
        }
    )
    seconds |= best({"jsonschema, schema alone": lambda: slow.is_valid(json.loads(data))}, rounds=2)
    base = seconds["json.loads"]
    print("| what | ms | × json.loads |\n|---|---:|---:|")
    for name, took in sorted(seconds.items(), key=lambda row: row[1]):
        print(f"| {name} | {took * 1e3:.1f} | {took / base:.2f} |")
    ratio = seconds["jsonschema, schema alone"] / seconds["pysession.check: strict read, schema, all rules"]
    print(f"\nthe check is {ratio:.0f} times as fast as jsonschema alone")


def growth(small: int, large: int) -> None:
    """Print how the ratio to ``json.loads`` grows from a small to a large session."""
    ratios = []
    for messages in (small, large):
        data = long_session(messages)
        seconds = best(
            {"loads": lambda d=data: json.loads(d), "check": lambda d=data: check(d)},
            rounds=3 if messages > 10_000 else ROUNDS,
        )
        ratios.append(seconds["check"] / seconds["loads"])
        print(f"{messages:>8,} messages: {ratios[-1]:.2f} × json.loads")
    print(f"growth: {ratios[1] / ratios[0]:.2f} ×")


def memory(messages: int) -> None:
    """Print the peak memory of a check in a process of its own, beyond what the process takes before it reads."""
    path = Path(sys.argv[0]).with_name("long.json")
    path.write_bytes(long_session(messages))
    try:
        out = subprocess.run(
            [sys.executable, __file__, "--peak", str(path)], capture_output=True, text=True, check=True
        )
        size = path.stat().st_size
        print(f"{messages:,} messages, {size:,} bytes: peak {int(out.stdout) / size:.1f} × the bytes")
    finally:
        path.unlink()


def peak(path: str) -> None:
    """Print the bytes of resident memory that checking ``path`` adds at its peak (Linux)."""
    check(b"{}")
    before = high_water()
    check(Path(path).read_bytes())
    print(high_water() - before)


def high_water() -> int:
    """The most memory that this process has had resident so far, in bytes; getrusage would count its parent's too."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peak")
    options = parser.parse_args()
    if options.peak:
        peak(options.peak)
        return
    side_by_side(options.messages)
    memory(options.messages * 10)
    if options.large:
        growth(2_000, 200_000)
        memory(200_000)


if __name__ == "__main__":
    main()
