"""A baseline: findings that are known and accepted, so that a check fails only for new ones.

The file's schema is ``schema/baseline/1/baseline.schema.json``. Every entry carries its reason, may expire, and must
match something: what is accepted for ever without anybody looking at it again would hide the next real fault.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Annotated

import msgspec

from pysession.findings import DocumentReport, Finding, Severity, format_pointer
from pysession.findings.failures import UsageError
from pysession.inputs import STANDARD_INPUT
from pysession.wire import Encoding, Path, Position, locate

FORMAT = "pysession-baseline"
VERSION = 1
FIRST_REASON = "accepted on first adoption"
"""The reason that ``write`` gives to entries for which nobody has given one."""

_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
_FINGERPRINT = r"^v1:[0-9a-f]+$"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One accepted finding.

    ``source`` is the document; without it the entry holds for every document. In the file it is relative to the file's
    directory, so that it does not matter where a check is started; here it is absolute. ``expires`` is the last day, in
    UTC, on which the entry holds.
    """

    fingerprint: Annotated[str, msgspec.Meta(pattern=_FINGERPRINT)]
    rule: _Text
    reason: _Text
    source: _Text | None = None
    expires: datetime.date | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"schema": "$schema"}):
    format: str
    version: int
    entries: tuple[Entry, ...]
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of the file ``name``, in its order, and the file's bytes."""

    name: str
    data: bytes
    entries: tuple[Entry, ...]


def load(path: str | FilePath) -> Baseline:
    """The baseline in the file ``path``.

    Raises:
        UsageError: the file cannot be read or is not a baseline; the message names the place and the remedy.
    """
    name = os.fspath(path)
    try:
        data = FilePath(path).read_bytes()
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        remedy = "; make one with --write-baseline" if isinstance(failure, FileNotFoundError) else ""
        raise UsageError(f"the baseline {name} cannot be read: {why}{remedy}") from failure
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as failure:
        raise UsageError(
            f"{name} is not a baseline: {failure}. An entry has 'fingerprint', 'rule', a 'reason' that is not empty, "
            "and may have 'source' and 'expires' (YYYY-MM-DD)"
        ) from failure
    if (file.format, file.version) != (FORMAT, VERSION):
        raise UsageError(
            f"{name} is not a baseline that this release reads: format {file.format!r} version {file.version}, "
            f"where {FORMAT!r} version {VERSION} is expected"
        )
    directory = os.path.dirname(os.path.abspath(path))
    entries = (_placed(entry, lambda source: _absolute(source, directory)) for entry in file.entries)
    return Baseline(name, data, tuple(entries))


def write(path: str | FilePath, entries: Iterable[Entry]) -> int:
    """Write a baseline file, entries sorted and each once, in one step: a reader sees the old file or the new one.

    Returns how many entries it holds.

    Raises:
        UsageError: the file cannot be written.
    """
    target = FilePath(os.path.abspath(path))
    placed = (_placed(entry, lambda source: _relative(source, str(target.parent))) for entry in entries)
    kept = {(entry.source or "", entry.rule, entry.fingerprint): entry for entry in placed}
    file = _File(FORMAT, VERSION, tuple(entry for _, entry in sorted(kept.items())))
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        try:
            draft.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        raise UsageError(f"the baseline {target} cannot be written: {why}") from failure
    return len(kept)


@dataclass(slots=True)
class Ledger:
    """What a run finds, held against a baseline (None: an empty one). ``today`` is in UTC."""

    baseline: Baseline | None = None
    today: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())
    suppressed: int = 0
    _by_fingerprint: dict[str, list[int]] = field(init=False, default_factory=dict)
    _matched: set[int] = field(init=False, default_factory=set)
    _seen: set[str] = field(init=False, default_factory=set)
    _adopted: list[Entry] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        for index, entry in enumerate(self._entries()):
            self._by_fingerprint.setdefault(entry.fingerprint, []).append(index)

    def sift(self, document: DocumentReport) -> DocumentReport:
        """``document`` without the findings that the baseline accepts."""
        source = _absolute(document.source, os.getcwd())
        self._seen.add(source)
        kept = tuple(finding for finding in document.findings if not self._accepts(finding, source))
        return self._without(document, kept)

    def adopt(self, document: DocumentReport) -> DocumentReport:
        """As ``sift``, and every finding that could fail a run is accepted from now on (see ``present``)."""
        sifted = self.sift(document)
        source = _absolute(document.source, os.getcwd())
        kept = []
        for finding in sifted.findings:
            if finding.severity.reaches(Severity.WARNING):
                self._adopted.append(Entry(finding.fingerprint, finding.rule, FIRST_REASON, source))
            else:
                kept.append(finding)
        return self._without(sifted, tuple(kept))

    def present(self, is_active: Callable[[str], bool] = lambda rule: True) -> tuple[Entry, ...]:
        """The entries of an up-to-date baseline: the old ones that matched or of which the run says nothing (see
        ``faults``), and one for each finding that was adopted."""
        kept = [
            entry
            for index, entry in enumerate(self._entries())
            if index in self._matched or (not self._expired(entry) and self._undecided(entry, is_active))
        ]
        return (*kept, *self._adopted)

    def faults(self, is_active: Callable[[str], bool] = lambda rule: True) -> DocumentReport | None:
        """The entries that have expired or matched nothing, as findings in the baseline file; None if there are none.

        Nothing can be said of an entry whose rule took no part in the run (``is_active``), nor of one whose document
        was not judged but is still there: a commit hook sees only the files of the commit.
        """
        if self.baseline is None:
            return None
        faults: dict[Path, _Fault] = {
            ("entries", index): fault
            for index, entry in enumerate(self.baseline.entries)
            if (fault := self._fault(index, entry, is_active)) is not None
        }
        if not faults:
            return None
        where = locate(self.baseline.data, Encoding.JSON, faults)
        return DocumentReport(
            source=self.baseline.name,
            bytes=len(self.baseline.data),
            sha256=hashlib.sha256(self.baseline.data).hexdigest(),
            dialect="unknown",
            dialect_reason="the baseline of this run, not a session",
            session_id=None,
            messages=0,
            findings=tuple(_finding(fault, path, where[path]) for path, fault in faults.items()),
        )

    def _entries(self) -> tuple[Entry, ...]:
        return self.baseline.entries if self.baseline is not None else ()

    def _accepts(self, finding: Finding, source: str) -> bool:
        """Whether an entry accepts ``finding``; the entries that do are marked, all of them."""
        accepted = False
        for index in self._by_fingerprint.get(finding.fingerprint, ()):
            entry = self._entries()[index]
            if entry.rule == finding.rule and entry.source in (None, source) and not self._expired(entry):
                self._matched.add(index)
                accepted = True
        return accepted

    def _without(self, document: DocumentReport, kept: tuple[Finding, ...]) -> DocumentReport:
        """``document`` with the findings ``kept``; the others count as suppressed."""
        left_out = len(document.findings) - len(kept)
        self.suppressed += left_out
        return replace(document, findings=kept) if left_out else document

    def _expired(self, entry: Entry) -> bool:
        return entry.expires is not None and entry.expires < self.today

    def _undecided(self, entry: Entry, is_active: Callable[[str], bool]) -> bool:
        if not is_active(entry.rule):
            return True
        return entry.source is not None and entry.source not in self._seen and os.path.lexists(entry.source)

    def _fault(self, index: int, entry: Entry, is_active: Callable[[str], bool]) -> _Fault | None:
        named = "" if entry.source is None else f" in {_relative(entry.source, os.getcwd())}"
        about = f"the entry for {entry.rule}{named}"
        if self._expired(entry):
            return _Fault(
                "baseline-expired", entry, f"{about} expired on {entry.expires}: mend what it accepts, or renew it"
            )
        if index in self._matched or self._undecided(entry, is_active):
            return None
        return _Fault("baseline-stale", entry, f"{about} matches no finding any more: remove it")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with an entry."""

    rule: str
    entry: Entry
    message: str


def _finding(fault: _Fault, path: Path, position: Position) -> Finding:
    entry = fault.entry
    identity = "\0".join((fault.rule, entry.rule, entry.source or "", entry.fingerprint))
    return Finding(
        rule=fault.rule,
        severity=Severity.ERROR,
        message=fault.message,
        pointer=format_pointer(path),
        line=position.line,
        column=position.column,
        fixable=False,
        fingerprint="v1:" + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32],
    )


def _placed(entry: Entry, place: Callable[[str], str]) -> Entry:
    """``entry`` with its source, if it has one, written in another way."""
    return entry if entry.source is None else msgspec.structs.replace(entry, source=place(entry.source))


def _absolute(source: str, directory: str) -> str:
    return source if source == STANDARD_INPUT else os.path.normpath(os.path.join(directory, source))


def _relative(source: str, directory: str) -> str:
    """``source`` seen from ``directory``, with ``/`` on every system; as it is where no way leads there."""
    if source == STANDARD_INPUT:
        return source
    try:
        return os.path.relpath(source, directory).replace(os.sep, "/")
    except ValueError:  # another drive
        return source
