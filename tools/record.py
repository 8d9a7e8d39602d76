"""Ask real releases what they make of every fixture, and write it down in ``fixtures/recorded``.

    python tools/record.py python@1.21.0 [python@…]     those releases
    python tools/record.py --all                        every Python release in the tables

A release is installed into an environment of its own (kept in the folder that PYSESSION_RELEASES names, else in the
user's cache) and run by ``testees/python``. Its column in ``fixtures/recorded/python.json`` is replaced; the others stay.
``docs/recording.md`` tells what to do when a new release has appeared.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from pathlib import Path

from pysession.conform import EXACT, InstallError, Testee, TesteeError, interpreter
from pysession.findings.failures import UsageError
from pysession.readers import release
from pysession.readers.recorded import Column, load, render
from pysession.readers.releases import table
from recordings.recorder import Observations, merged, observations, stored

ROOT = Path(__file__).parent.parent
FAMILY = "python"
PROGRAM = ROOT / "testees" / "python" / "testee.py"
ABOUT = (
    "What releases of agent-framework-core did with the fixtures: AgentSession.from_dict and to_dict (files of a "
    "FileSessionStore, that is documents with a version, and of a FileHistoryProvider through these where the release "
    "has them), in older releases AgentThread.deserialize and serialize, and one more turn with a scripted model, which "
    "approves what waits for an approval. No state types registered. Recorded by tools/record.py."
)
HOW = "run: testees/python"


def names(options: argparse.Namespace) -> list[str]:
    """The releases to record, oldest first.

    Raises:
        UsageError: one is not in the tables, or is no Python release.
    """
    order = [f"{FAMILY}@{entry.release}" for entry in table()[FAMILY].releases]
    if options.all:
        return order
    wanted = [str(release(name)) for name in options.releases]
    foreign = [name for name in wanted if name not in order]
    if foreign:
        raise UsageError(f"{foreign[0]} is no Python release; .NET is recorded by tools/import_recordings.py")
    return sorted(set(wanted), key=order.index)


def record(name: str, fixtures: Path) -> tuple[Column, Observations]:
    """The column of one release."""
    command = [str(interpreter(name)), str(PROGRAM)]
    with Testee(command) as testee:
        described = testee.describe()
        if described.reader != name:
            raise UsageError(f"the environment of {name} has {described.reader}; remove it and record again")
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        column = Column(name, today, HOW, described.environment)
        return column, observations(testee, stored(fixtures), EXACT)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Record what real Python releases make of the fixtures.")
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help="python@1.21.0, python@latest")
    parser.add_argument("--all", action="store_true", help="every Python release in the tables")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    if bool(options.releases) == options.all:
        parser.error("name releases, or --all")
    target = options.fixtures / "recorded" / f"{FAMILY}.json"
    try:
        columns = {}
        for name in names(options):
            begun = time.monotonic()
            columns[name] = record(name, options.fixtures)
            print(f"{name}: {len(columns[name][1])} fixtures in {time.monotonic() - begun:.1f} s", flush=True)
    except (UsageError, InstallError, TesteeError) as failure:
        print(f"record: {failure}", file=sys.stderr)
        return 1
    target.parent.mkdir(exist_ok=True)
    order = [f"{FAMILY}@{entry.release}" for entry in table()[FAMILY].releases]
    data = render(merged(load(target) if target.exists() else None, FAMILY, ABOUT, columns, order))
    target.write_bytes(data)
    print(f"{target}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
