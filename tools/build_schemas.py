"""Writes the vocabularies and the JSON Schemas from ``schema/source/``, or tells whether they are as written.

    python tools/build_schemas.py [--check] [--release VERSION]

``--release`` records which fixtures the schemas accept as of that version of pysession, so that a later schema that
stops accepting one fails a test (``schema/released/<version>/fixtures.json``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from schemas import documents, load, names  # noqa: E402


def main() -> int:
    """0 when everything is written or, with ``--check``, up to date; 1 when a file is not what the sources give."""
    parser = argparse.ArgumentParser(description="Build schemas and vocabularies from schema/source.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    parser.add_argument("--release", metavar="VERSION", help="record the fixtures that the schemas accept")
    options = parser.parse_args()
    files = {path: content for dialect in names() for path, content in documents(load(dialect)).items()}
    stale = [path for path, content in files.items() if not _holds(ROOT / path, content)]
    if options.check:
        for path in stale:
            print(f"{path} differs from what schema/source gives; run python tools/build_schemas.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files[path])
        print(path)
    if options.release:
        # Only now: it reads the schemas that were just written.
        from schemas.released import record

        print(record(ROOT, options.release).relative_to(ROOT))
    return 0


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    sys.exit(main())
