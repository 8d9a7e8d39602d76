"""From faults to findings: the place in the bytes, and the fingerprint that outlives it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from pysession import wire
from pysession.dialects import Document
from pysession.findings import Finding, Place, Severity, format_pointer
from pysession.rules import find
from pysession.survey import Fault
from pysession.wire import Encoding, Path, Position

_OF_RECORDS = frozenset({Encoding.JSON_LINES, Encoding.MESSAGEPACK_RECORDS})
_MESSAGE_IDS = ("message_id", "messageId", "ID")
_START = Position(1, 1, 0)
_NOT_UTF8 = "json-not-utf8"
"""Only a byte order mark can be taken away: of other bytes nobody knows what they were."""


def findings_of(
    document: Document,
    faults: Sequence[Fault],
    chosen: Collection[str],
    *,
    mended: Mapping[str, AbstractSet[Path]],
    record: int | None,
    first_line: int,
) -> tuple[Finding, ...]:
    """What the reader found and ``faults`` (whose paths lead from the session), in the order of the bytes.

    Only the rules in ``chosen`` count. ``mended`` are by rule the places that a fix reaches; of a rule that is not there, and
    has a fix, it reaches all. ``record`` and ``first_line`` say where the document begins in its file.
    """
    faults = [fault for fault in faults if fault.rule.id in chosen]
    placing = _Placing(document, faults, mended, record, first_line)
    found = [placing.of_reader(fault) for fault in document.reading.faults if fault.rule in chosen]
    found.extend(placing.of_rule(fault) for fault in faults)
    found.sort(key=_in_order)
    unique: list[Finding] = []
    for _, alike in groupby(found, key=_in_order):
        unique.extend({(one.record, one.related): one for one in alike}.values())
    return tuple(unique)


_in_order = attrgetter("line", "column", "pointer", "rule", "message")


class _Placing:
    def __init__(
        self,
        document: Document,
        faults: Sequence[Fault],
        mended: Mapping[str, AbstractSet[Path]],
        record: int | None,
        first_line: int,
    ) -> None:
        self._document = document
        self._mended = mended
        self._record = record
        self._lines_before = first_line - 1
        self._messages = {
            segment.path: segment.messages for history in document.histories for segment in history.segments
        }
        self._digests: dict[int, str] = {}
        """By the identity of the content, which lives as long as the document."""
        wanted = {self._in_bytes(path) for fault in faults for path in (fault.path, *fault.related)}
        self._positions = wire.locate(document.data, document.encoding, wanted) if wanted else {}

    def _in_bytes(self, path: Path) -> Path:
        """A path of the session as a path of the record; nothing inside an embedded session has a place of its own."""
        return self._document.base if self._document.embedded else self._in_record(path)

    def _in_record(self, path: Path) -> Path:
        """A path of the session as it would be in the record, were everything there to be seen."""
        return self._document.base + (path[1:] if self._document.single else path)

    def _pointer(self, path: Path) -> tuple[str, int | None]:
        """The pointer inside its record, and which record that is."""
        if self._document.encoding in _OF_RECORDS and path and isinstance(path[0], int):
            return format_pointer(path[1:]), path[0]
        return format_pointer(path), self._record

    def _place(self, path: Path, position: Position) -> Place:
        return Place(self._pointer(path)[0], position.line + self._lines_before, position.column)

    def of_reader(self, fault: wire.Fault) -> Finding:
        """A finding of the reader, which knows its own position."""
        rule = find(fault.rule)
        path = fault.path or ()
        pointer, record = self._pointer(path)
        return Finding(
            rule=rule.id,
            severity=Severity.WARNING if fault.warning else rule.severity,
            message=_sentence(fault.detail),
            pointer=pointer,
            line=fault.position.line + self._lines_before,
            column=fault.position.column,
            fixable=rule.fixable and self._mends_of_bytes(fault),
            fingerprint=_fingerprint(rule.id, format_pointer(path) or f"byte {fault.position.offset}"),
            record=record,
            related=tuple(self._place(other or path, position) for other, position in fault.related),
        )

    def _mends_of_bytes(self, fault: wire.Fault) -> bool:
        """Whether a fix reaches what the reader found: nothing where the document cannot be read, nor outside of the session."""
        if not self._document.reading.readable:
            return False
        if fault.rule == _NOT_UTF8:
            return fault.warning
        base = self._document.base
        return fault.path is not None and fault.path[: len(base)] == base

    def of_rule(self, fault: Fault) -> Finding:
        """A finding of a rule, at the place where its value stands in the bytes."""
        position = self._positions.get(self._in_bytes(fault.path), _START)
        pointer, record = self._pointer(self._in_record(fault.path))
        reach = self._mended.get(fault.rule.id)
        return Finding(
            rule=fault.rule.id,
            severity=fault.severity,
            message=fault.message,
            pointer=pointer,
            line=position.line + self._lines_before,
            column=position.column,
            fixable=fault.rule.fixable and (reach is None or fault.path in reach),
            fingerprint=_fingerprint(fault.rule.id, fault.reader or fault.identity or self._identity(fault.path)),
            record=record,
            reader=fault.reader,
            related=tuple(
                self._place(self._in_record(other), self._positions.get(self._in_bytes(other), _START))
                for other in fault.related
            ),
        )

    def _identity(self, path: Path) -> str:
        """What names a place for ever: its message's id and the way from there, else its content's digest.

        Indices of messages and contents change when a history is pruned, so they do not count.
        """
        for depth, index in enumerate(path):
            messages = self._messages.get(path[:depth])
            if messages is not None and isinstance(index, int):
                return self._identity_in_message(messages[index], path[depth + 1 :])
        return format_pointer(path)

    def _identity_in_message(self, message: Any, path: Path) -> str:
        if isinstance(message, dict):
            id_ = next((message[key] for key in _MESSAGE_IDS if isinstance(message.get(key), str)), None)
            if id_:
                return f"message {id_} {format_pointer(path)}"
        thing, rest = message, path
        if len(path) >= 2 and isinstance(message, dict):
            contents = message.get(str(path[0]))
            index = path[1]
            if isinstance(contents, list) and isinstance(index, int):
                thing, rest = contents[index], path[2:]
        # A content may be large and have many faults: it is digested once.
        digest = self._digests.get(id(thing))
        if digest is None:
            digest = self._digests[id(thing)] = _digest(thing)
        return f"{digest} {format_pointer(rest)}"


def _sentence(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:]}" + ("" if detail.endswith(".") else ".")


def _fingerprint(rule: str, identity: str) -> str:
    digest = hashlib.sha256(f"{rule}\n{identity}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"v1:{digest[:32]}"


def _digest(value: Any) -> str:
    try:
        text = msgspec.json.encode(value, order="deterministic")
    except (TypeError, ValueError, RecursionError):
        # Lone surrogates, integers beyond 64 bits, too deep: the outermost members identify it well enough.
        text = repr(_shallow(value)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()


def _shallow(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted(
            (key, type(child).__name__ if isinstance(child, dict | list) else child) for key, child in value.items()
        )
    return type(value).__name__ if isinstance(value, list) else value
