"""Writes ``pysession/v1/`` from ``proto/pysession/v1/``, or tells whether it is as written and the definitions are sound.

    python tools/build_protos.py [--check] [--release VERSION]

``--check`` writes nothing; it regenerates and compares, runs ``buf lint`` and ``buf format``, and ``buf breaking`` against the
last release. ``--release`` records the definitions as released with that version of pysession (``proto/released/README.md``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from protos import PACKAGE, breaks, flaws, generated, newest, record, stale  # noqa: E402
from protos.generating import PROTO  # noqa: E402


def main() -> int:
    """0 when everything is written or, with ``--check``, up to date and sound; else 1."""
    parser = argparse.ArgumentParser(description="Build the generated code from proto/pysession/v1.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs or buf objects")
    parser.add_argument("--release", metavar="VERSION", help="record the definitions as released")
    options = parser.parse_args()
    try:
        files = generated()
    except (OSError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    different = stale(files)
    if options.check:
        said = [f"{PACKAGE / name} differs; run python tools/build_protos.py" for name in different] + objections()
        print("\n".join(said), end="\n" if said else "", file=sys.stderr)
        return 1 if said else 0
    for name in different:
        target = ROOT / PACKAGE / name
        if name in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files[name])
        else:
            target.unlink()
        print(PACKAGE / name)
    if options.release:
        print(record(options.release).relative_to(ROOT))
    return 0


def objections() -> list[str]:
    """What is unsound in the definitions: by ``proto/buf.yaml``, and against the last release."""
    last = newest()
    return [*flaws(), *(breaks(PROTO, last) if last else ())]


if __name__ == "__main__":
    sys.exit(main())
