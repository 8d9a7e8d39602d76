"""The account of a run: what it finds, held against a baseline, and what of the baseline is out of date."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from pysession import wire
from pysession.findings import DocumentReport, Finding, Severity, format_pointer
from pysession.verbs.baseline import FIRST_REASON, Baseline, Entry, absolute, relative, write
from pysession.wire import Encoding, Path, Position

FAULTS: Mapping[str, str] = {
    "baseline-expired": "an entry of the baseline is past its last day and accepts nothing any more; "
    "mend what it accepts, or renew it",
    "baseline-stale": "an entry of the baseline matches no finding any more; remove it",
}
"""The ids of what is wrong with a baseline, which are no rules of documents, and what each means."""


def _every_rule(rule: str) -> bool:
    """That ``rule`` takes part in the run."""
    return True


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
        source = absolute(document.source, os.getcwd())
        self._seen.add(source)
        kept = tuple(finding for finding in document.findings if not self._accepts(finding, source))
        return self._without(document, kept)

    def adopt(self, document: DocumentReport) -> DocumentReport:
        """As ``sift``, and every finding that could fail a run is accepted from now on (see ``present``)."""
        sifted = self.sift(document)
        source = absolute(document.source, os.getcwd())
        kept = []
        for finding in sifted.findings:
            if finding.severity.reaches(Severity.WARNING):
                self._adopted.append(Entry(finding.fingerprint, finding.rule, FIRST_REASON, source))
            else:
                kept.append(finding)
        return self._without(sifted, tuple(kept))

    def write(self, path: str, is_active: Callable[[str], bool] = _every_rule) -> int:
        """Write what is ``present`` to the baseline file ``path``; how many entries that are.

        Raises:
            UsageError: the file cannot be written.
        """
        return write(path, self.present(is_active))

    def present(self, is_active: Callable[[str], bool] = _every_rule) -> tuple[Entry, ...]:
        """The entries of an up-to-date baseline: the old ones that matched or of which the run says nothing (see
        ``faults``), and one for each finding that was adopted."""
        kept = [
            entry
            for index, entry in enumerate(self._entries())
            if index in self._matched or (not self._expired(entry) and self._undecided(entry, is_active))
        ]
        return (*kept, *self._adopted)

    def faults(self, is_active: Callable[[str], bool] = _every_rule) -> DocumentReport | None:
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
        where = wire.locate(self.baseline.data, Encoding.JSON, faults)
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
        """``document`` with the findings ``kept``; the others count as suppressed, and what they say of a reader is
        known."""
        left_out = len(document.findings) - len(kept)
        if not left_out:
            return document
        self.suppressed += left_out
        known = {finding.reader for finding in {*document.findings} - {*kept}}
        readings = tuple(
            msgspec.structs.replace(reading, known=reading.known or reading.reader in known)
            for reading in document.readings
        )
        return msgspec.structs.replace(document, findings=kept, readings=readings)

    def _expired(self, entry: Entry) -> bool:
        return entry.expires is not None and entry.expires < self.today

    def _undecided(self, entry: Entry, is_active: Callable[[str], bool]) -> bool:
        if not is_active(entry.rule):
            return True
        return entry.source is not None and entry.source not in self._seen and os.path.lexists(entry.source)

    def _fault(self, index: int, entry: Entry, is_active: Callable[[str], bool]) -> _Fault | None:
        named = "" if entry.source is None else f" in {relative(entry.source, os.getcwd())}"
        about = f"The entry for {entry.rule}{named}"
        if self._expired(entry):
            return _Fault(
                "baseline-expired", entry, f"{about} expired on {entry.expires}; mend what it accepts, or renew it."
            )
        if index in self._matched or self._undecided(entry, is_active):
            return None
        return _Fault("baseline-stale", entry, f"{about} matches no finding any more; remove it.")


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
