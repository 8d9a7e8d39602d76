"""Import what .NET releases were recorded doing into ``fixtures/recorded``.

    python tools/import_recordings.py SOURCE_DIR [--fixtures DIR]

SOURCE_DIR is the folder of the .NET recordings: ``matrix.json`` (42 releases read every golden document and ran one more
turn on it), ``python-feed.json`` (one of them was given the Python documents), ``fuzz.jsonl.gz`` (eight of them read
3,000 mutated goldens), ``edge.json`` (27 read documents made by hand), ``tolerance.json`` (four read documents with one
member other than it should be), ``manifest.json`` (how each was built).

Written are ``dotnet.json``, a recording of fixtures (see ``pysession/readers/recorded.py``), and the corpora
``dotnet-fuzz``, ``dotnet-edge`` and ``dotnet-members`` (``pysession/readers/corpus.py``). Importing twice gives the same
bytes. A document that is no fixture, or a word that is not known, ends the import before a file is written.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pysession.findings import Verdict
from pysession.readers.corpus import render_corpus
from pysession.readers.recorded import render
from recordings.corpora import edge, fuzz
from recordings.matrix import SourceError, matrix
from recordings.members import members

ROOT = Path(__file__).parent.parent
Encoder = Callable[[], bytes]


def load(path: Path) -> Any:
    """The JSON in a file of the source."""
    return json.loads(path.read_bytes())


def lines(path: Path) -> Iterator[Any]:
    """The JSON Lines in a compressed file of the source."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def outputs(source: Path, fixtures: Path) -> Mapping[str, bytes]:
    """The files to write, by name.

    Raises:
        SourceError: the source is about a document that is no fixture.
    """
    builds = load(source / "manifest.json")["releases"]
    entries = load(fixtures / "manifest.json")["fixtures"]
    tolerance = load(source / "tolerance.json")
    recording = matrix(load(source / "matrix.json"), load(source / "python-feed.json"), builds, entries, fixtures)
    goldens = {
        path: load(fixtures / path)
        for path in recording.cells
        if (seen := recording.of(path, f"dotnet@{tolerance['reader']}")) is not None
        and seen.verdict in (Verdict.IDENTICAL, Verdict.EQUIVALENT)
    }
    return {
        "dotnet.json": render(recording),
        "dotnet-fuzz.jsonl.gz": render_corpus(fuzz(lines(source / "fuzz.jsonl.gz"), builds)),
        "dotnet-edge.jsonl.gz": render_corpus(edge(load(source / "edge.json"), builds)),
        "dotnet-members.jsonl.gz": render_corpus(members(tolerance, builds, goldens, recording)),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Import recordings of .NET releases.")
    parser.add_argument("source", type=Path, help="folder with matrix.json, fuzz.jsonl.gz and so on")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    try:
        written = outputs(options.source, options.fixtures)
    except SourceError as failure:
        print(f"import_recordings: {failure}", file=sys.stderr)
        return 1
    target = options.fixtures / "recorded"
    target.mkdir(exist_ok=True)
    for name, data in written.items():
        (target / name).write_bytes(data)
        print(f"{target / name}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
