"""The matrix of golden documents and .NET releases, and the Python documents that one of them was given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pysession.conform import held
from pysession.findings import ChangeKind, NextTurn, Stage, Verdict
from pysession.readers.recorded import Recorded, RecordedFailure, Recording, tabulate
from pysession.readers.releases import releases
from recordings.columns import column
from recordings.verdicts import changed, next_turn, rejected, short, unchanged

HOW = (
    "run: the tagged sources, compiled; DeserializeSessionAsync, the history read, SerializeSessionAsync, and one more "
    "turn with a scripted model. Recorded were the verdict and the places of the differences, not what was saved: a "
    "value that came back the same in other bytes is `equivalent` here, whether or not members changed order"
)
HOW_PYTHON = "; Python documents: every one of its kind, 2,137 in all, was given to this release with the same outcome"

OWN_OPTIONS = frozenset({"custom_state_key"})
"""Cases whose next turn was run by an agent with the options of the one that wrote them, not with the defaults."""

PYTHON_READER = "HEAD-5eb3eb745"


class SourceError(Exception):
    """The source cannot be imported as it is."""


def matrix(
    source: Mapping[str, Any],
    feed: Mapping[str, Any],
    builds: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    fixtures: Path,
) -> Recording:
    """The recording of all releases and all goldens that the source is about.

    Raises:
        SourceError: a document of the source is no golden.
    """
    order = [name.partition("@")[2] for name in releases("dotnet")]
    goldens = {str(entry["sha256"])[:12]: str(entry["path"]) for entry in entries if _is_golden(entry, "dotnet")}
    cells: dict[str, dict[str, Recorded]] = {}
    for digest, facts in source["documents"].items():
        if digest not in goldens:
            raise SourceError(f"no golden has a digest that starts with {digest} ({', '.join(facts['cases'])})")
        path = goldens[digest]
        own_options = not OWN_OPTIONS.isdisjoint(facts["cases"])
        document = json.loads((fixtures / path).read_bytes())
        cells[path] = {
            reader: _cell(source["verdicts"][read], None if own_options else source["verdicts"][turn], document)
            for reader, read, turn in zip(source["readers"], facts["read"], facts["continue"], strict=True)
        }
    for entry in entries:
        if _is_golden(entry, "python"):
            path = str(entry["path"])
            cells[path] = {PYTHON_READER: _python_cell(path, str(entry["dialect"]), fixtures, feed)}
    columns = [column(name, builds, HOW + (HOW_PYTHON if name == PYTHON_READER else "")) for name in order]
    return tabulate(
        "dotnet",
        "What 42 builds of the .NET agent framework did with the documents that .NET wrote, and one of them with those "
        "that Python wrote. Imported by tools/import_recordings.py.",
        columns,
        {path: [row.get(name) for name in order] for path, row in cells.items()},
    )


def _is_golden(entry: Mapping[str, Any], family: str) -> bool:
    return entry["kind"] == "golden" and str(entry["path"]).startswith(f"golden/{family}/")


def _cell(read: Mapping[str, Any], turn: dict[str, Any] | None, document: Any) -> Recorded:
    return msgspec.structs.replace(_read(read, document), next_turn=None if turn is None else next_turn(turn))


def _read(read: Mapping[str, Any], document: Any) -> Recorded:
    match read["verdict"]:
        case "identical":
            return unchanged(same_bytes=True)
        case "equivalent":
            return unchanged(same_bytes=False)
        case "rejected":
            return rejected(read["stage"], read["type"], read["message"])
        case "recased":
            # Which members changed case was not recorded.
            return Recorded(verdict=Verdict.NORMALISED, same_bytes=False)
        case "silent-empty":
            recorded = changed(_differences(read), document, 0)
            return msgspec.structs.replace(recorded, verdict=Verdict.SILENT_LOSS)
        case "nulls-dropped" | "added-only":
            recorded = changed(_differences(read), document)
            return msgspec.structs.replace(recorded, verdict=Verdict.NORMALISED)
        case "changed" | "silent-loss":
            return changed(_differences(read), document)
    raise SourceError(f"unknown verdict {read['verdict']!r}")


def _differences(read: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(what, place) for what in ("lost", "added", "changed") for place in read.get(what, ())]


FED = {"python": "AgentSession json", "python-thread": "AgentThread json"}
PARSE_FAILS = {".jsonl": "FileHistoryProvider jsonl", ".msgpack": "msgpack file"}


def _python_cell(path: str, dialect: str, fixtures: Path, feed: Mapping[str, Any]) -> Recorded:
    """What became of every Python document of this kind: nothing of it is known to .NET, or it is no JSON at all."""
    outcomes = feed["counts"]["a_as_is"]
    file = fixtures / path
    if file.suffix in PARSE_FAILS:
        (outcome,) = outcomes[PARSE_FAILS[file.suffix]]
        _, kind, _ = outcome.split(": ", 2)
        return Recorded(verdict=Verdict.REJECTED, stage=Stage.PARSE, error=RecordedFailure(short(kind)))
    document = json.loads(file.read_bytes())
    expected = {"ok, EMPTY (history invisible)", "ok, no history in the document"}
    if set(outcomes[FED[dialect]]) != expected:
        raise SourceError(f"{FED[dialect]}: outcomes other than {sorted(expected)}")
    # A document without messages loses no messages, but all else.
    histories = held(document)
    vanished = [(f"/{name}", ChangeKind.VANISHED) for name in document]
    turns = feed["counts"]["a_continue"].get(FED[dialect])
    nulls = all(value is None for value in document.values())
    return Recorded(
        verdict=Verdict.SILENT_LOSS if histories else Verdict.NORMALISED if nulls else Verdict.LOSSY,
        messages_restored=0,
        next_turn=NextTurn.SEES_FEWER if turns and histories else None,
        same_bytes=False,
        changes=tuple(sorted([*vanished, ("/stateBag", ChangeKind.APPEARED)])),
    )
