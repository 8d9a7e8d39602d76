"""Keep documents about which prediction and release once disagreed, with what releases did with them.

    python tools/keep_candidates.py DIR [DIR …]

DIR is what ``tools/fuzz_readers.py --write`` wrote. Each document that is not there yet is put into
``fixtures/recorded/python-found.jsonl.gz``, and one release of each class of Python releases is asked about all of them. A
test holds the predictions against it.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from pysession.conform import oracle
from pysession.findings.failures import PysessionError
from pysession.readers.corpus import Observed, gather, load_corpus, render_corpus
from pysession.readers.recorded import Column, Recorded, load
from pysession.wire import Encoding
from recordings.recorder import steady

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "fixtures" / "recorded"
TARGET = RECORDED / "python-found.jsonl.gz"
ABOUT = (
    "Documents about which a prediction for a Python release was once wrong, found by tools/fuzz_readers.py and shrunk; "
    "asked is the oldest release of each class of releases. All are JSON, read as a session or thread, or as a file of a "
    "FileSessionStore where they have a version."
)
MOST_BYTES = 8_000


def found(folder: Path) -> Iterator[Observed]:
    """The JSON documents in ``folder``, of which nobody was asked yet."""
    for path in sorted(folder.glob("*.about.json")):
        document = path.with_name(path.name.removesuffix(".about.json") + ".json")
        if document.exists() and document.stat().st_size <= MOST_BYTES:
            about = json.loads(path.read_bytes())
            data = document.read_bytes()
            base = about["made from"].partition("#")[0]
            yield Observed(hashlib.sha256(data).hexdigest()[:12], base, tuple(about["mutations"]), data, ())


def kept() -> Iterator[Observed]:
    """The documents that are there already."""
    if TARGET.exists():
        for one in load_corpus(TARGET).specimens:
            yield Observed(one.id, one.base, one.operations, one.document, ())


def readers() -> list[str]:
    """The oldest release of each class, as far as fixtures tell them apart."""
    recording = load(RECORDED / "python.json")
    return [column.reader for column in recording.readers if column.same_as is None]


def asked(documents: Iterable[Observed]) -> bytes:
    """The file of the corpus."""
    known = {one.id: one for one in documents}
    those = [known[identity] for identity in sorted(known)]
    readings: list[list[Recorded | None]] = [[] for _ in those]
    columns = []
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for name in readers():
        with oracle(name, ROOT / "testees") as release:
            columns.append(Column(name, today, "run: testees/python", release.testee.describe().environment))
            for one, row in zip(those, readings, strict=True):
                seen = release.observe(one.document, Encoding.JSON, next_turn=True)
                row.append(None if seen is None else steady(seen))
        print(f"{name}: {len(those)} documents", flush=True)
    observed = [msgspec.structs.replace(one, readings=tuple(row)) for one, row in zip(those, readings, strict=True)]
    return render_corpus(gather("python", ABOUT, columns, observed))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Keep documents that were once predicted wrong.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        data = asked([*kept(), *(one for folder in options.folders for one in found(folder))])
    except PysessionError as failure:
        print(f"keep_candidates: {failure}", file=sys.stderr)
        return 1
    TARGET.write_bytes(data)
    print(f"{TARGET}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
