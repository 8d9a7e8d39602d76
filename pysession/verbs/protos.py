"""The protobuf definitions that this package ships, and whether they carry every fixture without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pysession.findings.failures import RefusedError
from pysession.schema.exporting import exported
from pysession.schema.shipped import shipped
from pysession.verbs.protobuf import from_proto, to_proto, value_of

_PATTERN = "pysession/*/*.proto"
_DOCUMENTS = frozenset((".json", ".jsonl", ".msgpack"))


@dataclass(frozen=True, slots=True)
class Definition:
    """One file of definitions: its path as other definitions import it, and what it says that it is."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A fixture, by its path below the folder of fixtures, and what went wrong with it."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """``carried`` fixtures came back unchanged, ``refused`` are no JSON that may be carried, the rest are problems."""

    carried: int
    refused: int
    problems: tuple[Problem, ...]


def definitions() -> tuple[Definition, ...]:
    """The definitions, by path."""
    root = shipped("proto")
    files = sorted(root.glob(_PATTERN))
    return tuple(Definition(file.relative_to(root).as_posix(), _title(file)) for file in files)


def export(directory: str | Path) -> tuple[Path, ...]:
    """Copy every definition into ``directory``, which is made if need be; the files written.

    Files of an earlier export are written again, others are left alone.

    Raises:
        UsageError: ``directory`` cannot be written to.
    """
    return exported("proto", (definition.path for definition in definitions()), directory, "the definitions")


def verify(progress: Callable[[int, int], None] | None = None) -> Verification:
    """Send every fixture through the typed form and back.

    What comes back must be the same value with every member and number as it was, and the protobuf library must write the
    same bytes from what it reads. ``progress`` is told how many of how many are done.

    Raises:
        UsageError: the extra ``proto`` is not installed.
    """
    root = shipped("fixtures")
    files = [file for file in sorted(root.rglob("*")) if file.suffix in _DOCUMENTS and file.parent != root]
    carried = refused = 0
    problems: list[Problem] = []
    for number, file in enumerate(files, 1):
        data = file.read_bytes()
        try:
            blob = to_proto(data)
        except RefusedError:
            refused += 1
        else:
            found = list(_problems(data, blob))
            problems += (Problem(file.relative_to(root).as_posix(), what) for what in found)
            carried += not found
        if progress is not None:
            progress(number, len(files))
    return Verification(carried, refused, tuple(problems))


def _problems(data: bytes, blob: bytes) -> Iterator[str]:
    from pysession.protobuf import json_text
    from pysession.v1.session_pb2 import Session

    value, by_lines = value_of(data)
    wanted = b"".join(json_text(line) + b"\n" for line in value) if by_lines else json_text(value)
    if from_proto(blob) != wanted:
        yield "another document came back"
    if Session.FromString(blob).SerializeToString(deterministic=True) != blob:
        yield "the protobuf library writes other bytes"


def _title(file: Path) -> str:
    """The first sentence of the comment that a definition begins with."""
    comment = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        comment.append(line.removeprefix("//").strip())
    return " ".join(comment).partition(". ")[0].rstrip(".")
