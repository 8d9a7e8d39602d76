"""The fixtures as JSON values, for judging them by the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

LENGTH = 4
"""Bytes of the big-endian length before each record of a MessagePack history."""


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
            values=() if entry.get("at") else _values(folder / entry["path"], entry["dialect"]),
        )


def _values(path: Path, dialect: str) -> tuple[Any, ...]:
    """The documents in a file; a history file is one document, the array of its messages."""
    data = path.read_bytes()
    history = dialect == "python-history"
    try:
        if path.suffix == ".msgpack":
            found = [msgspec.msgpack.decode(record) for record in (_framed(data) if history else (data,))]
        elif path.suffix in (".jsonl", ".ndjson"):
            found = [json.loads(line) for line in data.splitlines() if line.strip()]
        else:
            found = [json.loads(data)]
        # A lone surrogate is a value that no validator takes.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, msgspec.DecodeError, RecursionError):
        return ()
    framed = path.suffix != ".json"
    if history and framed:
        return (found,)
    # A document stored as a JSON string is judged after it is unwrapped, which is not the schemas' business.
    return tuple(value for value in found if not isinstance(value, str))


def _framed(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = start + LENGTH + int.from_bytes(data[start : start + LENGTH], "big")
        yield data[start + LENGTH : end]
        start = end
