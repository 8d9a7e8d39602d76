"""Recordings made up for tests, in folders of fixtures of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pysession.findings import ChangeKind, NextTurn, Stage, Verdict
from pysession.readers.recorded import Column, Recorded, RecordedFailure, render, tabulate

Cells = Mapping[str, Sequence[Recorded | None]]

IDENTICAL = Recorded(Verdict.IDENTICAL, same_bytes=True, next_turn=NextTurn.SEES_ALL)
UNSEEN = Recorded(Verdict.IDENTICAL, same_bytes=True, next_turn=NextTurn.SEES_FEWER)
EXTENDED = Recorded(
    Verdict.NORMALISED, changes=(("/state/in_memory/messages/*/contents/*/hosted", ChangeKind.APPEARED),)
)
LOSSY = Recorded(
    Verdict.LOSSY,
    changes=(("/state/a~1b", ChangeKind.CHANGED), ("/state/in_memory/messages/*/author_name", ChangeKind.VANISHED)),
)
REFUSED = Recorded(
    Verdict.REJECTED,
    Stage.LOAD,
    RecordedFailure("ValueError", "TypeError", "unexpected keyword argument 'hosted' </script><b>\x1b[2J"),
    next_turn=NextTurn.FAILS,
)
REFUSED_ELSEWHERE = msgspec.structs.replace(REFUSED, error=RecordedFailure("ValueError", "TypeError", "message 7"))

PYTHON = ("1.22.0", "1.20.0", "1.21.0")  # not in their order: a recording need not be
PYTHON_WRITERS = {
    "golden/python/1.20.0/text.json": ("text", ("python@1.20.0", "python@1.21.0", "python@1.22.0")),
    "golden/python/1.20.0/call.json": ("tool_call", ("python@1.20.0", "python@1.21.0")),
    "golden/python/1.22.0/call.json": ("tool_call", ("python@1.22.0",)),
    "golden/python/1.22.0/approval.json": ("approval", ("python@1.22.0",)),
    "hostile/python/deep.json": ("deep", ()),
}
PYTHON_CELLS: Cells = {
    "golden/python/1.20.0/text.json": (IDENTICAL, IDENTICAL, IDENTICAL),
    "golden/python/1.20.0/call.json": (EXTENDED, IDENTICAL, IDENTICAL),
    "golden/python/1.22.0/call.json": (IDENTICAL, REFUSED, REFUSED_ELSEWHERE),
    "golden/python/1.22.0/approval.json": (UNSEEN, LOSSY, LOSSY),
    "hostile/python/deep.json": (None, REFUSED, REFUSED_ELSEWHERE),
}
DOTNET = ("1.17.0",)
DOTNET_WRITERS = {"golden/dotnet/1.17.0/text.json": ("text", ("dotnet@1.17.0",))}
DOTNET_CELLS: Cells = {"golden/dotnet/1.17.0/text.json": (IDENTICAL,)}


def folder(root: Path) -> Path:
    """``root`` as a folder of fixtures with the recordings above. Only their manifest is there, not the fixtures."""
    write_manifest(root, PYTHON_WRITERS | DOTNET_WRITERS)
    write_recording(root, "python", PYTHON, PYTHON_CELLS)
    write_recording(root, "dotnet", DOTNET, DOTNET_CELLS)
    return root


def write_manifest(root: Path, fixtures: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    lines: list[Mapping[str, Any]] = [
        {
            "path": path,
            "kind": path.partition("/")[0],
            "dialect": path.split("/")[1],
            "scenario": scenario,
            "produced": "made up for a test",
            "sha256": hashlib.sha256(path.encode()).hexdigest(),
            "bytes": 1,
            "expect": {"findings": []},
            "writers": list(writers),
        }
        for path, (scenario, writers) in fixtures.items()
    ]
    manifest = {"format": "pysession-fixtures", "version": 1, "fixtures": lines}
    (root / "manifest.json").write_bytes(msgspec.json.encode(manifest))


def write_recording(root: Path, family: str, versions: Sequence[str], cells: Cells) -> None:
    columns = [Column(f"{family}@{each}", "2026-11-25", "made up", {"python": "3.11.7"}) for each in versions]
    target = root / "recorded" / f"{family}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(render(tabulate(family, "Made up for a test.", columns, cells)))
