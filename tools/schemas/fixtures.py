"""The fixtures as JSON values, for judging them by the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysession.dialects import SINGLE_MESSAGE, detect
from pysession.inputs import Record, Source, discover, records
from pysession.wire import DEFAULT_LIMITS, read


@dataclass(frozen=True, slots=True)
class Fixture:
    """A fixture of the manifest and the documents in it.

    ``faulty``: a check must find an error in it. ``values`` is empty when a document is not JSON, or is no whole
    document (it lies inside another).
    """

    path: str
    kind: str
    dialect: str
    scenario: str
    faulty: bool
    values: tuple[Any, ...]


def fixtures(root: Path) -> Iterator[Fixture]:
    """The fixtures of the repository at ``root`` whose dialect is known, in the order of the manifest."""
    folder = root / "fixtures"
    for entry in json.loads((folder / "manifest.json").read_bytes())["fixtures"]:
        if entry["dialect"] == "unknown":
            continue
        expected = entry.get("expect", {}).get("findings", ())
        yield Fixture(
            path=entry["path"],
            kind=entry["kind"],
            dialect=entry["dialect"],
            scenario=entry.get("scenario", Path(entry["path"]).stem),
            faulty=any(finding["severity"] == "error" for finding in expected),
            values=() if entry.get("at") else _values(folder / entry["path"]),
        )


def _values(path: Path) -> tuple[Any, ...]:
    """The documents in a file that JSON can say without a fault; what is no JSON is not the schemas' business."""
    found = []
    for source in discover([str(path)]):
        for record in records(source, DEFAULT_LIMITS) if isinstance(source, Source) else ():
            if not isinstance(record, Record):
                continue
            reading = read(record.data, record.encoding)
            # Nor is a document that has to be unwrapped first.
            if reading.readable and not reading.faults and not isinstance(reading.value, str):
                single = detect(reading.value).form == SINGLE_MESSAGE
                found.append([reading.value] if single else reading.value)
    return tuple(found)
