"""Write the tables of ``docs/convert.md``: what every golden loses on the way to each language, and what is read of it.

python tools/build_conversion_docs.py [--check]

The losses are those of the real documents among the fixtures; the verdicts are what the newest release of the target is
predicted to make of the converted documents.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from pysession.dialects import Document, detect, histories
from pysession.findings import LossKind, Verdict, parse_pointer
from pysession.findings.failures import RefusedError
from pysession.inputs import Record, Source, discover, records
from pysession.readers import Settings, readings
from pysession.schema import shipped
from pysession.verbs.convert import Conversion, convert
from pysession.verbs.fixtures import Kind, entries
from pysession.wire import DEFAULT_LIMITS, Encoding, Reading, read

PAGE = Path(__file__).parent.parent / "docs" / "convert.md"
BEGIN, END = "<!-- begin: written by tools/build_conversion_docs.py -->\n", "<!-- end -->\n"

SOURCES = ("python", "dotnet", "go", "python-thread", "dotnet-thread", "python-history")
TARGETS = ("python", "dotnet", "go")
_TAGS = ("type", "$type", "Type")
_ADDED = ("additional_properties", "additionalProperties", "AdditionalProperties")
_STATES = ("state", "stateBag", "State")
_KINDS = (LossKind.DROPPED, LossKind.CHANGED, LossKind.DEFAULTED, LossKind.PARKED)


def tables() -> str:
    """Everything between the marks of the page."""
    return "\n".join(
        _pair(source, target, documents)
        for source in SOURCES
        for documents in (goldens(source),)
        for target in TARGETS
        if source != target
    )


def goldens(dialect: str) -> list[Record]:
    """The documents that real libraries wrote in ``dialect``."""
    found = []
    for entry in entries():
        if entry.kind is Kind.GOLDEN and entry.dialect == dialect:
            (source,) = discover([str(shipped("fixtures") / entry.path)])
            assert isinstance(source, Source)
            (record,) = records(source, DEFAULT_LIMITS)
            assert isinstance(record, Record)
            found.append(record)
    return found


def _pair(source: str, target: str, documents: list[Record]) -> str:
    places: Counter[tuple[LossKind, str]] = Counter()
    verdicts: Counter[Verdict] = Counter()
    changed: dict[Verdict, set[str]] = defaultdict(set)
    refused = 0
    for record in documents:
        try:
            conversion = convert(record.data, target, encoding=record.encoding)
        except RefusedError:
            refused += 1
            continue
        value = read(record.data, record.encoding).value
        places.update({(loss.kind, _place(value, parse_pointer(loss.pointer))) for loss in conversion.losses})
        verdict, names = _verdict(conversion)
        verdicts[verdict] += 1
        changed[verdict] |= names
    lines = [f"### {source} → {target}\n"]
    read_as = ", ".join(
        f"{verdicts[verdict]} {verdict.value}"
        + (f" ({', '.join(sorted(changed[verdict]))})" if changed[verdict] else "")
        for verdict in Verdict
        if verdicts[verdict]
    )
    lines.append(f"{sum(verdicts.values())} documents, read and saved by the newest release: {read_as}.")
    if refused:
        lines.append(f"Refused, because nothing is left in them to convert: {refused}.")
    if places:
        lines.append("\n| | what of the source | documents |\n|---|---|---|")
        for kind in _KINDS:
            found = sorted(
                ((place, count) for (one, place), count in places.items() if one is kind),
                key=lambda row: (-row[1], row[0]),
            )
            lines.extend(f"| {kind.value} | {place} | {count} |" for place, count in found)
    return "\n".join(lines) + "\n"


def _verdict(conversion: Conversion) -> tuple[Verdict, set[str]]:
    """What the target's newest release makes of the result, and the members that it changes."""
    value = read(conversion.data).value
    detection = detect(value)
    if isinstance(value, list):
        return Verdict.IDENTICAL, set()
    document = Document(
        conversion.data,
        Encoding.JSON,
        Reading(value, True, (), Encoding.JSON),
        value,
        detection,
        histories(value, detection),
    )
    keys = tuple(history.key for history in document.histories if history.live)
    (reading,) = readings(document, [conversion.target], Settings(history_keys=keys))
    return reading.verdict, {parse_pointer(change.pointer)[-1] for change in reading.changes}


def _place(value: Any, steps: tuple[str, ...]) -> str:
    """A place in words that many documents share: the kind of object and the member."""
    if not steps:
        return "(the document has no session id)"
    kind, member = "", ""
    for step in steps:
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
            continue
        if member in _ADDED:
            return f"{kind}`{member}`: what applications added"
        named = next((value[tag] for tag in _TAGS if isinstance(value, dict) and isinstance(value.get(tag), str)), None)
        if named is not None and re.fullmatch(r"\w+", named):
            kind = f"`{named}` "
        if member in _STATES and step not in ("messages",):
            inner = value.get(step) if isinstance(value, dict) else None
            if not (isinstance(inner, dict) and len(steps) > 3):
                return f"`{member}`: the entry of an application or provider"
        member = step
        value = value.get(step) if isinstance(value, dict) else None
    if steps[-1].isdecimal():
        named = next((value[tag] for tag in _TAGS if isinstance(value, dict) and isinstance(value.get(tag), str)), None)
        return f"a content of kind `{named}`" if named and re.fullmatch(r"\w+", named) else "a content or message"
    return f"{kind}`{member}`"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is out of date")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    made = f"{head}{BEGIN}\n{tables()}\n{END}{tail}"
    if made == page:
        return 0
    if options.check:
        print("docs/convert.md is out of date: run python tools/build_conversion_docs.py", file=sys.stderr)
        return 1
    PAGE.write_text(made, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
