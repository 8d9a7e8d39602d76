"""The JSON Schemas that this package ships: of every dialect, and of every file the tool reads or writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from pysession.schema.exporting import exported
from pysession.schema.shipped import shipped

_PATTERN = "*/*/*.schema.json"


@dataclass(frozen=True, slots=True)
class ShippedSchema:
    """One schema: its path below the folder of the schemas (with ``/``), its ``$id`` and its ``title``."""

    path: str
    id: str
    title: str


class _Head(msgspec.Struct, rename={"id": "$id"}):
    id: str = ""
    title: str = ""


def entries() -> tuple[ShippedSchema, ...]:
    """The schemas, by path."""
    root = shipped("schema")
    found = []
    for file in sorted(root.glob(_PATTERN)):
        head = msgspec.json.decode(file.read_bytes(), type=_Head)
        found.append(ShippedSchema(file.relative_to(root).as_posix(), head.id, head.title))
    return tuple(found)


def export(directory: str | Path) -> tuple[Path, ...]:
    """Copy every schema into ``directory``, which is made if need be; the files written.

    Files of an earlier export are written again, others are left alone.

    Raises:
        UsageError: ``directory`` cannot be written to.
    """
    return exported("schema", (entry.path for entry in entries()), directory, "the schemas")
