"""Ask real releases what they make of every fixture, and write it down in ``fixtures/recorded``.

    python tools/record.py python@1.21.0 [meai@10.11.0 …]    those releases
    python tools/record.py --all python                      every release of a library in the tables

A Python release is installed into an environment of its own (kept in the folder that PYSESSION_RELEASES names, else in
the user's cache) and run by ``testees/python``; ``testees/dotnet`` is compiled against a release of the .NET serializer.
Its column in ``fixtures/recorded/<library>.json`` is replaced; the others stay. The serializer is also given the message
arrays inside .NET sessions (``meai-messages.jsonl.gz``).
``docs/recording.md`` tells what to do when a new release has appeared.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pysession.conform import oracle
from pysession.findings.failures import PysessionError, UsageError
from pysession.readers import release
from pysession.readers.corpus import render_corpus
from pysession.readers.recorded import Column, load, render
from pysession.readers.releases import table
from recordings.arrays import NAME, Array, arrays, merged_arrays, observed
from recordings.recorder import Observations, merged, observations, stored

ROOT = Path(__file__).parent.parent
ABOUT = {
    "python": (
        "What releases of agent-framework-core did with the fixtures: AgentSession.from_dict and to_dict (files of a "
        "FileSessionStore, that is documents with a version, and of a FileHistoryProvider through these where the "
        "release has them), in older releases AgentThread.deserialize and serialize, and one more turn with a scripted "
        "model, which approves what waits for an approval. No state types registered. Recorded by tools/record.py."
    ),
    "meai": (
        "What releases of Microsoft.Extensions.AI.Abstractions did with the fixtures when each was given as a bare array "
        "of ChatMessage: JsonDocument.Parse, Deserialize with the options of the agent framework, every property looked "
        "at, Serialize. Recorded by tools/record.py."
    ),
}
HOW = {"python": "run: testees/python", "meai": "run: testees/dotnet"}


def order(family: str) -> list[str]:
    """All releases of a library, oldest first."""
    return [f"{family}@{entry.release}" for entry in table()[family].releases]


def names(options: argparse.Namespace) -> dict[str, list[str]]:
    """The releases to record, by library, oldest first.

    Raises:
        UsageError: one is not in the tables, or its library is not run.
    """
    wanted = [*map(str, map(release, options.releases)), *(order(options.all) if options.all else ())]
    by_family: dict[str, list[str]] = {}
    for name in wanted:
        family = name.partition("@")[0]
        if family not in ABOUT:
            raise UsageError(f"{name} is not run here; {family} is recorded by tools/import_recordings.py")
        by_family.setdefault(family, []).append(name)
    return {family: sorted(set(several), key=order(family).index) for family, several in by_family.items()}


def record(name: str, fixtures: Path, those: Sequence[Array]) -> tuple[Column, Observations, Observations]:
    """The column of one release: what it did with the fixtures, and with ``those`` message arrays."""
    with oracle(name, ROOT / "testees") as asked:
        described = asked.testee.describe()
        if described.reader != name:
            raise UsageError(f"the environment of {name} has {described.reader}; remove it and record again")
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        column = Column(name, today, HOW[name.partition("@")[0]], described.environment)
        return column, observations(asked, stored(fixtures)), observed(asked, those)


def record_family(family: str, wanted: list[str], fixtures: Path) -> None:
    """Record ``wanted`` and put their columns into the recording of their library."""
    those = list(arrays(fixtures)) if family == "meai" else []
    columns, of_arrays = {}, {}
    for name in wanted:
        begun = time.monotonic()
        column, of_fixtures, found = record(name, fixtures, those)
        columns[name], of_arrays[name] = (column, of_fixtures), (column, found)
        print(f"{name}: {len(columns[name][1])} fixtures in {time.monotonic() - begun:.1f} s", flush=True)
    target = fixtures / "recorded" / f"{family}.json"
    target.parent.mkdir(exist_ok=True)
    before = load(target) if target.exists() else None
    data = render(merged(before, family, ABOUT[family], columns, order(family)))
    target.write_bytes(data)
    print(f"{target}: {len(data):,} bytes")
    if those:
        corpus = fixtures / "recorded" / NAME
        corpus.write_bytes(render_corpus(merged_arrays(corpus, those, of_arrays, order(family))))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Record what real releases make of the fixtures.")
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help="python@1.21.0, python@latest, meai@10.11.0")
    parser.add_argument("--all", choices=sorted(ABOUT), help="every release of that library in the tables")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    if bool(options.releases) == bool(options.all):
        parser.error("name releases, or --all with a library")
    try:
        for family, wanted in names(options).items():
            record_family(family, wanted, options.fixtures)
    except PysessionError as failure:
        print(f"record: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
