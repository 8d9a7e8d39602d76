"""Every member that the newest .NET writes, with one mutation at a time: which are refused, and how.

The source names places and outcomes, not documents. They are made again here from the first golden that has such a member; a few
members are in no golden of this repository.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pysession.findings import Verdict
from pysession.readers.corpus import Corpus, Observed, gather
from pysession.readers.recorded import Recorded, Recording
from recordings.columns import column
from recordings.verdicts import rejected

ABOUT = (
    "Every member seen in the goldens of the newest .NET build, one mutation at a time: replaced, removed, name in the "
    "other case. The id is `place/mutation`; the documents are made from goldens again. A reading without a verdict is one "
    "that was not refused. Imported by tools/import_recordings.py."
)
HOW = "run: as the fuzz corpus; recorded was whether it was refused, where and with which exception"

_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_REFUSED = re.compile(r"reject@(\w+) (\w+)")
Place = list[str | int]


def members(
    source: Mapping[str, Any], builds: Mapping[str, Any], goldens: Mapping[str, Any], recording: Recording
) -> Corpus:
    """The documents with what the readers did. ``goldens``: the values of those to make them from.

    A reader that refuses a golden as it is says nothing by refusing its mutations.
    """
    names = [source["reader"], *source["other_readers"]]
    # First those that most of the readers read.
    goldens = dict(sorted(goldens.items(), key=lambda one: -sum(_reads(recording, one[0], name) for name in names)))
    observed = [
        Observed(
            f"{place}/{mutation}",
            path,
            ("missing" if mutation == "missing" else "wrong case" if mutation == "wrong case" else "replaced",),
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
            tuple(
                _outcome(_row(source, name, place).get(mutation, outcome)) if _reads(recording, path, name) else None
                for name in names
            ),
        )
        for place, outcomes in source["rows"].items()
        for path, golden, found in _first(place, goldens)
        for mutation, outcome in outcomes.items()
        for document in [_mutated(golden, found, mutation)]
    ]
    return gather("dotnet", ABOUT, [column(name, builds, HOW) for name in names], observed)


def _reads(recording: Recording, path: str, name: str) -> bool:
    seen = recording.of(path, f"dotnet@{name}")
    return seen is not None and seen.verdict is not Verdict.REJECTED


def _row(source: Mapping[str, Any], name: str, place: str) -> Mapping[str, str]:
    """What differs for ``name`` from the build that all rows are of."""
    row: Mapping[str, str] = source["other_readers"].get(name, {}).get(place, {})
    return row


def _outcome(text: str) -> Recorded:
    refused = _REFUSED.match(text)
    return Recorded() if refused is None else rejected(refused[1], refused[2], "")


def _first(place: str, goldens: Mapping[str, Any]) -> list[tuple[str, Any, Place]]:
    """The first golden that has such a member, and where; none where the goldens that were given lack it."""
    steps = [(name, kind) for name, kind in _STEP.findall(place)]
    for path, value in goldens.items():
        found = next(_places(value, steps, []), None)
        if found is not None:
            return [(path, value, found)]
    return []


def _places(value: Any, steps: Sequence[tuple[str, str]], so_far: Place) -> Iterator[Place]:
    if not steps:
        yield so_far
        return
    (name, kind), rest = steps[0], steps[1:]
    if name:
        if isinstance(value, dict) and name in value:
            yield from _places(value[name], rest, [*so_far, name])
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if not kind or (isinstance(one, dict) and one.get("$type") == kind):
                yield from _places(one, rest, [*so_far, index])


def _mutated(golden: Any, place: Place, mutation: str) -> Any:
    document = copy.deepcopy(golden)
    holder = document
    for step in place[:-1]:
        holder = holder[step]
    last = place[-1]
    if mutation == "missing":
        del holder[last]
    elif mutation == "wrong case":
        items = [(name.swapcase() if name == last else name, value) for name, value in holder.items()]
        holder.clear()
        holder.update(items)
    else:
        holder[last] = json.loads(mutation)
    return document
