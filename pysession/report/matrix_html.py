"""The matrix as one page for a browser: a heat map to look at, to search and to print.

Everything is in the page: style, script and data. Its policy (a Content-Security-Policy with the digests of exactly this
style and this script) forbids the browser to load anything, or to run anything else. Where scripts are switched off, the
page shows the matrix as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pysession.findings import Verdict
from pysession.readers.recorded import NOTHING, Column, Recorded
from pysession.readers.releases import UnknownReleaseError, release
from pysession.report import matrix_text
from pysession.report.characters import encodable, printable
from pysession.report.matrix_legend import CHANGES, LETTERS, MEANINGS, NEXT_TURNS
from pysession.report.tool import NAME, tool_version
from pysession.verbs.matrix import Matrix

_PAGES = Path(__file__).with_name("pages")
_SCRIPTS = ("matrix_model.js", "matrix_view.js", "matrix_main.js")
_ORDER = tuple(Verdict)
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_TEXT_WIDTH = 160


def render(matrices: Sequence[Matrix], *, merged: bool = True) -> str:
    """The page, ending in a newline. ``merged``: it first shows neighbouring releases that fare alike as one."""
    style = _file("matrix.css")
    script = "\n".join(map(_file, _SCRIPTS))
    texts = {
        "policy": "; ".join(
            (
                "default-src 'none'",
                f"style-src '{_digest(style)}'",
                f"script-src '{_digest(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        "generator": html.escape(f"{NAME} {tool_version()}"),
        "families": html.escape(", ".join(encodable(matrix.family) for matrix in matrices)),
        "style": style,
        "script": script,
        "data": _inside_script(_page(matrices, merged)),
        "text": html.escape(matrix_text.render(matrices, merged=merged, width=_TEXT_WIDTH)),
    }
    # One pass, so that nothing inside of what is put in is taken for a place.
    return _PLACE.sub(lambda place: texts[place[1]], _file("matrix.html"))


def _page(matrices: Sequence[Matrix], merged: bool) -> dict[str, Any]:
    """The data of the page. A verdict is its place from best to worst; -1: nothing recorded."""
    return {
        "grouped": merged,
        "nextTurn": any(matrix.counts_next_turn for matrix in matrices),
        "firstLoss": _ORDER.index(Verdict.LOSSY),
        "verdicts": [
            {"name": verdict, "letter": LETTERS[verdict], "meaning": MEANINGS[verdict]}
            for verdict in _ORDER
            # No release can crash here; only programs that run do.
            if not verdict.worse_than(Verdict.REJECTED) or any(verdict in matrix.verdicts for matrix in matrices)
        ],
        "nextTurns": NEXT_TURNS,
        "changes": CHANGES,
        "matrices": [_matrix(matrix) for matrix in matrices],
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    """One family. Writers, pointers and readings are told once, and meant by their places."""
    writer_places = {writer: place for place, writer in enumerate(matrix.writers)}
    pointers: dict[str, int] = {}
    readings = [_reading(matrix, place, reading, pointers) for place, reading in enumerate(matrix.readings)]
    return {
        "family": encodable(matrix.family),
        "about": encodable(matrix.about),
        "writers": list(map(encodable, matrix.writers)),
        "readers": [_reader(column) for column in matrix.readers],
        "finals": [
            encodable(name) for name in dict.fromkeys((*matrix.writers, *matrix.reader_names)) if _is_final(name)
        ],
        "scenarios": list(map(encodable, matrix.scenarios)),
        "pointers": list(map(printable, pointers)),
        "documents": [
            {
                "path": printable(document.path),
                "scenario": encodable(document.scenario),
                "produced": encodable(document.produced),
                "writers": [writer_places[writer] for writer in document.writers],
                "readings": document.readings,
            }
            for document in matrix.documents
        ],
        "readings": readings,
    }


def _is_final(name: str) -> bool:
    """Whether ``name`` is a release that is no preview."""
    try:
        return release(name).final
    except UnknownReleaseError:
        return False


def _reader(column: Column) -> dict[str, str]:
    return {
        "name": encodable(column.reader),
        "recorded": encodable(column.recorded),
        "how": encodable(column.how),
        "environment": encodable(", ".join(f"{name} {version}" for name, version in column.environment.items())),
    }


def _reading(matrix: Matrix, place: int, reading: Recorded, pointers: dict[str, int]) -> dict[str, Any]:
    """A reading, with ``kind``: what it shares with those that say the same. Adds its pointers to ``pointers``."""
    error = reading.error
    value = {
        "kind": matrix.kinds[place],
        "verdict": _place(reading.verdict),
        "outcome": _place(matrix.outcomes[place]),
        "stage": reading.stage,
        "error": None
        if error is None
        else {"type": printable(error.type), "cause": error.cause, "message": printable(error.message)},
        "restored": reading.messages_restored,
        "next": reading.next_turn,
        "changes": [(pointers.setdefault(pointer, len(pointers)), kind) for pointer, kind in reading.changes or ()]
        or None,
    }
    return {name: each for name, each in value.items() if each is not None}


def _place(verdict: Verdict | None) -> int:
    return NOTHING if verdict is None else _ORDER.index(verdict)


def _inside_script(value: Any) -> str:
    """``value`` as JSON that no HTML parser sees the end of a script in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _digest(text: str) -> str:
    """The source expression of a policy (CSP, hash-source) that allows exactly ``text``."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _file(name: str) -> str:
    return (_PAGES / name).read_text(encoding="utf-8")
