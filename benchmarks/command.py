"""``pysession check one.json`` as a cold process beside ``check-jsonschema`` on the same file and schema.

    python benchmarks/command.py

Both commands take turns; the figures are the fastest and the median of each.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from pysession.schema import shipped

ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Wall-clock time of one run, which must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    document = str(shipped("fixtures") / "documented" / "python" / "teal.json")
    beside = Path(sys.executable).parent
    commands = {
        "pysession check": [str(beside / "pysession"), "check", document],
        "check-jsonschema": [
            str(beside / "check-jsonschema"),
            "--schemafile",
            str(shipped("schema") / "python" / "1.0" / "open.schema.json"),
            document,
        ],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    took: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            took[name].append(seconds(command))
    print("| command | fastest, ms | median, ms |\n|---|---:|---:|")
    for name, times in took.items():
        print(f"| {name} | {min(times) * 1e3:.0f} | {statistics.median(times) * 1e3:.0f} |")
    print(f"\nratio of the fastest: {min(took['pysession check']) / min(took['check-jsonschema']):.2f}")


if __name__ == "__main__":
    main()
