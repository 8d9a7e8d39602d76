"""Mutants of fixtures read by real releases and by the tables, and what came out differently.

    python tools/fuzz_readers.py --reader python@1.21.0 [--reader …] --count 500 --seed 1 [--base GLOB] [--write DIR]

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
from pysession.conform import (
    Base,
    Difference,
    Disagreement,
    Mutant,
    Oracle,
    Tally,
    differences,
    mutants,
    oracle,
    shrink,
    value,
)
from pysession.findings.failures import PysessionError
from pysession.readers import release
from pysession.wire import Encoding
from recordings.recorder import stored

ROOT = Path(__file__).parent.parent
GOLDEN = "golden/{family}/*"


def bases(fixtures: Path, pattern: str, most_bytes: int = 20_000) -> list[Base]:
    """The fixtures whose path matches ``pattern``, as far as they are in a dialect."""
    return [
        Base(entry.path, record.data, entry.dialect, record.encoding)
        for entry, record in stored(fixtures)
        if fnmatchcase(entry.path, pattern) and entry.dialect != "unknown" and len(record.data) <= most_bytes
    ]


def differing(asked: Oracle, document: bytes, encoding: Encoding, *, next_turn: bool) -> Disagreement | None:
    """How prediction and release disagree about ``document``, None where they agree or nobody could ask."""
    recorded = asked.observe(document, encoding, next_turn=next_turn)
    if recorded is None:
        return None
    predicted = predict(document, asked.reader, encoding=encoding)
    found = differences(predicted, recorded, value(document, encoding))
    return Disagreement(asked.reader, "", (), document, predicted, recorded, found)


def fuzz(asked: Oracle, those: Sequence[Mutant], tally: Tally, *, next_turn: bool = True) -> list[Disagreement]:
    """Ask about each mutant; the disagreements, as they were found."""
    disagreements = []
    for mutant in those:
        seen = differing(asked, mutant.document, mutant.encoding, next_turn=next_turn)
        if seen is None:
            continue
        tally.add(mutant.kinds, seen.found)
        if seen.found:
            name = f"{mutant.base}#{mutant.number}"
            disagreements.append(msgspec.structs.replace(seen, name=name, kinds=mutant.kinds))
    return disagreements


def shrunk(asked: Oracle, one: Disagreement, encoding: Encoding, tries: int) -> Disagreement:
    """The same disagreement about less: the same words differ, and the release says the same of it."""

    def differs(document: bytes) -> bool:
        seen = differing(asked, document, encoding, next_turn=Difference.NEXT_TURN in one.found)
        return seen is not None and _sort(seen) == _sort(one)

    small = shrink(one.document, differs, tries=tries)
    seen = differing(asked, small, encoding, next_turn=True)
    return one if seen is None else msgspec.structs.replace(seen, name=one.name, kinds=one.kinds)


def _sort(one: Disagreement) -> tuple[object, ...]:
    recorded, predicted = one.recorded, one.predicted
    most = min(one.found, key=list(Difference).index)
    error = None if recorded.error is None else (recorded.error.type, recorded.error.cause)
    ours = None if predicted.error is None else (predicted.error.type, predicted.error.cause)
    return most, recorded.verdict, predicted.verdict, recorded.stage, error, ours


def write(folder: Path, number: int, one: Disagreement) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{one.reader.replace('@', '-')}-{number:03}"
    (folder / f"{name}.json").write_bytes(one.document)
    about = {
        "reader": one.reader,
        "made from": one.name,
        "mutations": one.kinds,
        "differs in": sorted(one.found),
        "release": msgspec.to_builtins(one.recorded),
        "predicted": msgspec.to_builtins(one.predicted),
    }
    (folder / f"{name}.about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def made(reader: str, options: argparse.Namespace) -> list[Mutant]:
    """The mutants that ``reader`` is asked about."""
    pattern = options.base or GOLDEN.format(family=reader.partition("@")[0])
    some = bases(options.fixtures, pattern)
    return list(mutants(some, count=options.count, seed=options.seed, start=options.start))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hold predictions against real releases.")
    parser.add_argument("--reader", action="append", required=True, help="python@1.21.0, meai@10.11.0; may be repeated")
    parser.add_argument("--count", type=int, default=500, help="mutants for each reader")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--base", help="which fixtures, default those that the library of the reader wrote")
    parser.add_argument("--write", type=Path, metavar="DIR", help="shrink disagreements and write them there")
    parser.add_argument("--tries", type=int, default=300, help="documents tried to shrink one")
    parser.add_argument("--fixtures", type=Path, default=ROOT / "fixtures")
    options = parser.parse_args(arguments)
    whole = Tally()
    try:
        for reader in map(str, map(release, options.reader)):
            begun = time.monotonic()
            those = made(reader, options)
            with oracle(reader, ROOT / "testees") as asked:
                found = fuzz(asked, those, whole)
                seconds = time.monotonic() - begun
                wrong = sum(any(difference.matters for difference in one.found) for one in found)
                print(f"{reader}: {len(those)} mutants, {wrong} predicted wrong, {seconds:.1f} s", flush=True)
                if options.write is not None:
                    encodings = {f"{mutant.base}#{mutant.number}": mutant.encoding for mutant in those}
                    kinds = {_sort(one): one for one in reversed(found)}
                    for number, one in enumerate(kinds.values()):
                        write(options.write, number, shrunk(asked, one, encodings[one.name], options.tries))
    except PysessionError as failure:
        print(f"fuzz_readers: {failure}", file=sys.stderr)
        return 1
    print(f"\nseed {options.seed}, agreement {whole.agreement:.4%} of {whole.asked}\n\n{whole.table()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
