"""Mutants of fixtures read by real releases and by the tables, and what came out differently.

    python tools/fuzz_readers.py --reader python@1.21.0 [--reader …] --count 500 --seed 1 [--base GLOB] [--write DIR]

Mutants are made of the fixtures in the dialects that a reader speaks.

Prints the agreement for each kind of mutation. With --write each kind of disagreement is shrunk to a small document and
written to DIR: a candidate for a fixture, with what was predicted and what the release did beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from pysession import predict
from pysession.conform import Base, Disagreement, Predict, Tally, Trial, mutants, oracle, sort
from pysession.findings.failures import PysessionError
from pysession.readers import release
from pysession.wire import Encoding
from recordings.recorder import stored

ROOT = Path(__file__).parent.parent
TESTEES = ROOT / "testees"
SUFFIXES = {
    Encoding.JSON: ".json",
    Encoding.JSON_LINES: ".jsonl",
    Encoding.MESSAGEPACK: ".msgpack",
    Encoding.MESSAGEPACK_RECORDS: ".msgpack",
}


def predictor(reader: str) -> Predict:
    """What the tables say of ``reader``."""
    return lambda document, encoding: predict(document, reader, encoding=encoding)


def bases(fixtures: Path, pattern: str, dialects: Sequence[str], most_bytes: int = 20_000) -> list[Base]:
    """The fixtures in one of ``dialects`` whose path matches ``pattern``."""
    return [
        Base(entry.path, record.data, entry.dialect, record.encoding)
        for entry, record in stored(fixtures)
        if fnmatchcase(entry.path, pattern) and entry.dialect in dialects and len(record.data) <= most_bytes
    ]


def write(folder: Path, reader: str, number: int, one: Disagreement) -> None:
    """The document, and beside it what it is about."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{reader.replace('@', '-')}-{number:03}"
    (folder / f"{name}{SUFFIXES[one.encoding]}").write_bytes(one.document)
    about = {
        "reader": reader,
        "made from": one.name,
        "mutations": one.kinds,
        "differs in": sorted(one.found),
        "release": msgspec.to_builtins(one.recorded),
        "predicted": msgspec.to_builtins(one.predicted),
    }
    (folder / f"{name}.about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hold predictions against real releases.")
    parser.add_argument("--reader", action="append", required=True, help="python@1.21.0, meai@10.11.0; may be repeated")
    parser.add_argument("--count", type=int, default=500, help="mutants for each reader")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--base", default="*", help="which fixtures, for example golden/*")
    parser.add_argument("--write", type=Path, metavar="DIR", help="shrink disagreements and write them there")
    parser.add_argument("--tries", type=int, default=300, help="documents tried to shrink one")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    whole = Tally()
    try:
        for reader in map(str, map(release, options.reader)):
            known = bases(options.fixtures, options.base, release(reader).dialects)
            those = mutants(known, count=options.count, seed=options.seed, start=options.start)
            begun = time.monotonic()
            with oracle(reader, TESTEES) as asked:
                trial = Trial(asked, predictor(reader), whole)
                found = trial.fuzz(those)
                wrong = sum(one.matters for one in found)
                seconds = time.monotonic() - begun
                print(f"{reader}: {options.count} mutants, {wrong} predicted wrong, {seconds:.1f} s", flush=True)
                if options.write is not None:
                    kinds = {sort(one): one for one in reversed(found)}
                    for number, one in enumerate(kinds.values()):
                        write(options.write, reader, number, trial.shrunk(one, tries=options.tries))
    except PysessionError as failure:
        print(f"fuzz_readers: {failure}", file=sys.stderr)
        return 1
    print(f"\nseed {options.seed}, agreement {whole.agreement:.4%} of {whole.asked}\n\n{whole.table()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
