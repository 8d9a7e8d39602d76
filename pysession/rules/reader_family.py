"""Family ``reader``: what a release that was named (``--reader``) makes of a document.

The readings themselves come from the readers room; here they become findings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from pysession.dialects import UNKNOWN, Document
from pysession.findings import ChangeKind, NextTurn, Path, Reading, Severity, Verdict, parse_pointer
from pysession.readers import Release, known_kinds, release
from pysession.rules.content_family import DISCRIMINATOR_UNKNOWN
from pysession.rules.registry import on_reading, rule
from pysession.rules.shape_family import DIALECT_MISMATCH, LEGACY_THREAD
from pysession.rules.words import printed, quoted
from pysession.survey import Fault

READER_REJECTS = rule(
    "reader-rejects", "reader", Severity.ERROR, "a release refuses the document, or its next run fails"
)
READER_LOSES_SILENTLY = rule(
    "reader-loses-silently", "reader", Severity.ERROR, "a release loads the document and does not see all that it holds"
)
READER_LOSES = rule(
    "reader-loses", "reader", Severity.WARNING, "a release changes or drops values when it saves the document again"
)

_SHOWN_CHANGES = 3
_LOST = frozenset({ChangeKind.CHANGED, ChangeKind.VANISHED})
_THREADS = frozenset({"python-thread", "dotnet-thread"})
_REFUSES_UNKNOWN_KINDS = frozenset({"dotnet", "meai"})


@on_reading
def verdict(document: Document, reading: Reading) -> Iterator[Fault]:
    tell = _TOLD.get(reading.outcome)
    if tell is not None:
        yield tell(document, reading)


def _rejection(document: Document, reading: Reading) -> Fault:
    if reading.verdict is not Verdict.REJECTED:
        return READER_REJECTS.at(
            (), f"{reading.reader} loads this document, but the next run on it fails{_why(reading)}."
        )
    path = _path(document, reading.error.pointer) if reading.error is not None else ()
    return READER_REJECTS.at(
        path, f"{reading.reader} refuses this document when it {_DOES[reading.stage]}{_why(reading)}."
    )


def _silent_loss(document: Document, reading: Reading) -> Fault:
    if reading.verdict is not Verdict.SILENT_LOSS:
        return READER_LOSES_SILENTLY.at((), f"{reading.reader} loads this document, but {_NEXT[reading.next_turn]}.")
    held = sum(len(history) for history in document.histories if history.live)
    seen = f"{reading.messages_restored} of {held} messages" if reading.messages_restored is not None else "not all"
    return READER_LOSES_SILENTLY.at(
        (), f"{reading.reader} reads this document without an error and sees {seen}; convert it before it is read."
    )


def _loss(document: Document, reading: Reading) -> Fault:
    lost = [change.pointer for change in reading.changes if change.kind in _LOST]
    path = _path(document, lost[0]) if lost else ()
    return READER_LOSES.at(
        path, f"{reading.reader} changes or drops what is at {_places(lost)} when it saves this document."
    )


def _places(pointers: list[str]) -> str:
    named = [printed(parse_pointer(pointer)) for pointer in pointers[:_SHOWN_CHANGES]]
    more = len(pointers) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def other_file(document: Document, source: str, reading: Reading) -> Iterator[Fault]:
    """A session in a file that its reader does not look into: FileSessionStore has named them anew twice."""
    session_id = document.value.get("session_id") if document.dialect == "python" else None
    if not isinstance(session_id, str) or reading.reader.partition("@")[0] != "python" or document.base:
        return
    from pysession.readers.python import looked_for  # most runs ask about no release of Python

    wanted = looked_for(reading.reader, session_id, PurePath(source).name, document.encoding)
    if wanted is not None:
        yield READER_LOSES_SILENTLY.at(
            (),
            f"FileSessionStore of {reading.reader} looks for this session in {quoted(wanted)} and not in this file, which is "
            "how other releases name it: it would begin with an empty session; rename the file.",
            identity=f"file {reading.reader}",
        )


def slight_change(reading: Reading) -> Fault:
    """What is told of an equivalent or normalised reading where only better ones are accepted."""
    if reading.outcome is Verdict.EQUIVALENT:
        return READER_LOSES.at((), f"{reading.reader} saves the members of this document in another order.")
    places = _places([change.pointer for change in reading.changes])
    return READER_LOSES.at(
        (), f"{reading.reader} adds members, drops nulls or renames members at {places} when it saves this document."
    )


_TOLD = {Verdict.REJECTED: _rejection, Verdict.SILENT_LOSS: _silent_loss, Verdict.LOSSY: _loss}
_DOES = {
    "parse": "parses it",
    "load": "loads it",
    "touch": "looks at its history",
    "save": "saves it",
    None: "reads it",
}
_NEXT = {
    NextTurn.SEES_FEWER: "its next run does not see the whole history",
    NextTurn.APPROVAL_IGNORED: "its next run ignores the answer to the pending approval",
}


def _why(reading: Reading) -> str:
    error = reading.error
    if error is None:
        return ""
    kind = error.type if error.cause in (None, error.type) else f"{error.type} caused by {error.cause}"
    return f": {kind}" + (f" over {quoted(error.subject)}" if error.subject else "")


@on_reading
def mismatch(document: Document, reading: Reading) -> Iterator[Fault]:
    """A document in a dialect that is not the reader's own."""
    reader = release(reading.reader)
    if document.dialect == UNKNOWN or document.dialect in reader.dialects:
        return
    if document.dialect in _THREADS:
        yield LEGACY_THREAD.at(
            (), f"{reader} does not read threads of the time before AgentSession; convert it.", severity=Severity.ERROR
        )
    else:
        yield DIALECT_MISMATCH.at(
            (),
            f"This is a document of the {document.dialect} dialect, and {reader} reads {_listed(reader)}; convert it.",
        )


@on_reading
def unknown_kinds(document: Document, reading: Reading) -> Iterator[Fault]:
    """Kinds that other releases know, and this one refuses the history over."""
    reader = release(reading.reader)
    if reading.verdict is not Verdict.REJECTED or reader.family not in _REFUSES_UNKNOWN_KINDS:
        return
    known, later = known_kinds(str(reader)), known_kinds(f"{reader.family}@latest")
    told: set[Any] = set()
    for history in document.histories:
        for path, message in history.positioned():
            contents = message.get("contents") if isinstance(message, dict) else None
            for index, content in enumerate(contents if isinstance(contents, list) else ()):
                kind = content.get("$type") if isinstance(content, dict) else None
                if isinstance(kind, str) and kind in later and kind not in known and kind not in told:
                    told.add(kind)
                    yield DISCRIMINATOR_UNKNOWN.at(
                        (*path, "contents", index),
                        f"{reader} does not know contents of kind {quoted(kind)} and refuses them.",
                    )


def _listed(reader: Release) -> str:
    return " and ".join(reader.dialects)


def _path(document: Document, pointer: str | None) -> Path:
    """The steps that ``pointer`` takes in the session, as far as they lead; it may begin at the root of the record."""
    steps = parse_pointer(pointer or "")
    base = tuple(map(str, document.base))
    value: Any = document.value
    path: Path = ()
    for step in steps[len(base) :] if steps[: len(base)] == base else steps:
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value, path = value[int(step)], (*path, int(step))
        elif isinstance(value, dict) and step in value:
            value, path = value[step], (*path, step)
        else:
            break
    return path
