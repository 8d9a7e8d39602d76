"""Ask builds of the Go SDK what they make of every fixture, and write it down in ``fixtures/recorded/go.json``.

    python tools/record_go.py PROGRAM [PROGRAM …] [--note TEXT]

PROGRAM is a built testee (``testees/go``, its README says how); it says itself which release it is. The column of that
release is replaced, the others stay. ``--note`` is added to how it was recorded.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from pysession.conform import TesteeError, go
from pysession.findings.failures import UsageError
from pysession.readers.recorded import Column, load, render
from pysession.readers.releases import table
from recordings.recorder import Observations, merged, observations, stored

ROOT = Path(__file__).parent.parent
FAMILY = "go"
ABOUT = (
    "What the Go SDK did with the fixtures at several commits: json.Unmarshal into a Session, the default history "
    "provider asked for its messages, json.Marshal; and one more turn with a scripted model behind the SDK's tool "
    "calling middleware. Recorded by tools/record_go.py."
)
HOW = "run by hand: testees/go, built against a checkout of the SDK's repository at commit {commit}"


def record(program: Path, fixtures: Path, note: str) -> tuple[Column, Observations]:
    """The column of the release that ``program`` was built with."""
    with go.start(program) as asked:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        how = HOW.format(commit=asked.reader.partition("@")[2]) + note
        return Column(asked.reader, today, how, asked.testee.describe().environment), observations(
            asked, stored(fixtures)
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Record what builds of the Go SDK make of the fixtures.")
    parser.add_argument("programs", nargs="+", type=Path, metavar="PROGRAM", help="a built testees/go")
    parser.add_argument("--note", default="", help="what else is to be said of how it was built")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    target = options.fixtures / "recorded" / f"{FAMILY}.json"
    columns = {}
    try:
        for program in options.programs:
            column, cells = record(program, options.fixtures, options.note)
            columns[column.reader] = (column, cells)
            print(f"{column.reader}: {len(cells)} fixtures", flush=True)
    except (UsageError, TesteeError) as failure:
        print(f"record_go: {failure}", file=sys.stderr)
        return 1
    target.parent.mkdir(exist_ok=True)
    order = [f"{FAMILY}@{entry.release}" for entry in table()[FAMILY].releases]
    data = render(merged(load(target) if target.exists() else None, FAMILY, ABOUT, columns, order))
    target.write_bytes(data)
    print(f"{target}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
