"""The fixtures: documents as they really are, each with its origin and with what a check must find in it.

``entries`` lists them, ``export`` copies them out, ``verify`` proves that they still are what their manifest says, and
that a check says of each of them what it must. The manifest's schema is ``schema/manifest/1/manifest.schema.json``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import msgspec

from pysession.findings import DocumentReport, Finding, NotRead, Severity, format_pointer
from pysession.findings.failures import UsageError
from pysession.inputs import Record, discover, records
from pysession.schema.shipped import shipped
from pysession.wire import Encoding, Limits

MANIFEST = "manifest.json"
RECORDED = "recorded"
"""The folder of what real releases were recorded doing with fixtures, and of documents that only they are about."""


class Kind(StrEnum):
    """What a fixture is; only what a real library wrote is golden."""

    GOLDEN = "golden"
    CONSTRUCTED = "constructed"
    DOCUMENTED = "documented"
    HOSTILE = "hostile"
    TWIN = "twin"


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that a fixture must give; None for ``line`` and ``column`` means any. ``why``: the reason for it."""

    rule: str
    severity: Severity
    pointer: str
    line: int | None = None
    column: int | None = None
    why: str | None = None

    def matches(self, finding: Finding) -> bool:
        """Whether ``finding`` is the one expected."""
        return (
            (self.rule, self.severity, self.pointer) == (finding.rule, finding.severity, finding.pointer)
            and self.line in (None, finding.line)
            and self.column in (None, finding.column)
        )

    def __str__(self) -> str:
        place = "" if self.line is None else f" ({self.line}:{self.column})"
        return f"{self.severity} {self.rule} at {self.pointer or 'the root'}{place}"


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a check must find; with ``exact`` the findings listed are all there may be, of any severity."""

    findings: tuple[Expected, ...]
    exact: bool = False


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fixture.

    ``path`` is relative to the folder of the fixtures. ``writers`` are the releases that wrote exactly these bytes,
    oldest first (golden only). ``produced`` says how it came about, ``source`` where its text or its facts were
    published. ``rule`` is what a hostile document violates, ``twin_of`` the hostile document that a twin is without its
    fault. ``at``, ``profiles`` and ``readers`` are what it is checked
    with.
    """

    path: str
    kind: Kind
    dialect: str
    scenario: str
    produced: str
    sha256: str
    bytes: int
    expect: Expect
    rule: str | None = None
    twin_of: str | None = None
    source: str | None = None
    at: str | None = None
    profiles: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``manifest.json``."""

    format: str
    version: int
    fixtures: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the fixture at ``path`` (or the manifest itself) that is not as it must be."""

    path: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of ``verify``: how many fixtures were judged, and what is wrong."""

    checked: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether there was something to verify and nothing is wrong with it."""
        return self.checked > 0 and not self.problems


class Judge(Protocol):
    """What judges one document: ``pysession.verbs.check.check``."""

    def __call__(
        self,
        data: bytes,
        *,
        source: str,
        encoding: Encoding,
        at: str | None,
        profiles: Sequence[str],
        readers: Sequence[str],
    ) -> DocumentReport: ...


def entries() -> tuple[Entry, ...]:
    """The fixtures that this package ships, by path."""
    return _decode((shipped("fixtures") / MANIFEST).read_bytes())


def export(directory: str | Path) -> tuple[Path, ...]:
    """Copy the manifest, every fixture and the recordings into ``directory``, made if need be; the files written.

    Raises:
        UsageError: ``directory`` is a file, or holds something already.
        OSError: it cannot be written to.
    """
    target = Path(directory)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is not an empty directory")
    root = shipped("fixtures")
    written = []
    recorded = sorted(f"{RECORDED}/{file.name}" for file in (root / RECORDED).iterdir())
    for name in (MANIFEST, *(entry.path for entry in entries()), *recorded):
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((root / name).read_bytes())
        written.append(file)
    return tuple(written)


def verify(
    on_progress: Callable[[int, int], None] | None = None,
    *,
    root: Path | None = None,
    judge: Judge | None = None,
) -> Verification:
    """Check that the fixtures are what their manifest says, and that each is judged as it must be.

    That is: the manifest satisfies its schema; it lists every file and no other; digests and sizes; the dialect
    detected; the findings (which ones count, says the schema at ``expect``). Names that start with a dot are no
    fixtures. ``on_progress`` is called with how many fixtures are done, and of how many. ``root`` is the folder of the
    fixtures (default: those shipped), ``judge`` what judges a document (default: ``check``).

    Whatever is wrong is a value in the result; nothing to verify is a failure, too (see ``Verification.ok``).
    """
    if root is None:
        root = shipped("fixtures")
    manifest = root / MANIFEST
    if not manifest.is_file():
        return Verification(0, (Problem(MANIFEST, "file missing", "the manifest of the fixtures", "no such file"),))
    data = manifest.read_bytes()
    faults = tuple(_manifest_faults(data))
    if faults:
        return Verification(0, faults)
    listed = _decode(data)
    files = set(_files(root))
    problems = [*_listing_problems(listed, files)]
    rules = {entry.path: entry.rule for entry in listed if entry.kind is Kind.HOSTILE}
    checked = 0
    for done, entry in enumerate(listed, start=1):
        if entry.path in files:
            problems += _fixture_problems(entry, root / entry.path, rules, judge or _check())
            checked += 1
        if on_progress is not None:
            on_progress(done, len(listed))
    return Verification(checked, tuple(problems))


def _decode(manifest: bytes) -> tuple[Entry, ...]:
    return msgspec.json.decode(manifest, type=Manifest).fixtures


def _check() -> Judge:
    # Listing and exporting fixtures needs none of the rules, which this import loads.
    from pysession.verbs.check import check

    return check


def _manifest_faults(data: bytes) -> Iterator[Problem]:
    """What the manifest's schema refuses."""
    # Not at the top, as with the rules: only verifying validates.
    import jsonschema_rs

    try:
        value = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        yield Problem(MANIFEST, "not JSON", "a JSON document", str(error))
        return
    schema = (shipped("schema") / "manifest" / "1" / "manifest.schema.json").read_bytes()
    for fault in jsonschema_rs.validator_for(msgspec.json.decode(schema)).iter_errors(value):
        pointer = format_pointer(tuple(fault.instance_path))
        found = fault.message if len(fault.message) <= 200 else fault.message[:200] + "…"
        yield Problem(MANIFEST, "schema violation", f"what the schema says at {pointer or 'the root'}", found)


def _files(root: Path) -> Iterator[str]:
    """The paths of all files below ``root``, but for the manifest, the recordings and names that start with a dot."""
    for file in root.rglob("*"):
        path = file.relative_to(root)
        if path.parts[0] in (MANIFEST, RECORDED) or not file.is_file():
            continue
        if not any(part.startswith(".") for part in path.parts):
            yield path.as_posix()


def _listing_problems(listed: Sequence[Entry], files: set[str]) -> Iterator[Problem]:
    """Where the manifest and the files differ."""
    paths = [entry.path for entry in listed]
    for before, after in pairwise(paths):
        if before >= after:
            what = "listed twice" if before == after else "out of order"
            yield Problem(after, what, "each path once, sorted", f"after {before}")
    for path in sorted(set(paths) - files):
        yield Problem(path, "file missing", "the file that the manifest lists", "no such file")
    for path in sorted(files - set(paths)):
        yield Problem(path, "not in the manifest", "an entry that says where it comes from", "none")


def _fixture_problems(entry: Entry, file: Path, rules: Mapping[str, str | None], judge: Judge) -> Iterator[Problem]:
    """What is wrong with one fixture, read as the command reads a file."""
    documents = [*_documents(file)]
    match documents:
        case [Record() as document]:
            altered = [*_content_problems(entry, document.data)]
            yield from altered
            # What a check says of other bytes than the fixture's says nothing about the fixture.
            if not altered:
                report = judge(
                    document.data,
                    source=entry.path,
                    encoding=document.encoding,
                    at=entry.at,
                    profiles=entry.profiles,
                    readers=entry.readers,
                )
                yield from _judgement_problems(entry, rules, report)
        case [NotRead() as failure]:
            yield Problem(entry.path, "not readable", "a document", failure.reason)
        case _:
            yield Problem(entry.path, "several documents", "one document a file", f"{len(documents)} documents")


def _documents(file: Path) -> Iterator[Record | NotRead]:
    for source in discover([str(file)]):
        if isinstance(source, NotRead):
            yield source
        else:
            yield from records(source, Limits())


def _content_problems(entry: Entry, content: bytes) -> Iterator[Problem]:
    """Where the bytes are not those that the manifest describes."""
    if len(content) != entry.bytes:
        yield Problem(entry.path, "size", f"{entry.bytes} bytes", f"{len(content)} bytes")
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.sha256:
        yield Problem(entry.path, "digest", entry.sha256, digest)


def _judgement_problems(entry: Entry, rules: Mapping[str, str | None], report: DocumentReport) -> Iterator[Problem]:
    """Where a check says something else than it must."""
    if report.dialect != entry.dialect:
        yield Problem(entry.path, "dialect", entry.dialect, f"{report.dialect}: {report.dialect_reason}")
    rule = entry.rule
    if entry.twin_of is not None:
        rule = rules.get(entry.twin_of)
        if rule is None:
            yield Problem(entry.path, "twin of nothing", "the path of a hostile fixture", entry.twin_of)
    counted = [finding for finding in report.findings if _counts(entry, rule, finding)]
    for expected in entry.expect.findings:
        if not any(expected.matches(finding) for finding in report.findings):
            found = ", ".join(map(_describe, counted)) or "none that counts"
            yield Problem(entry.path, "finding missing", str(expected), found)
    for finding in counted:
        if not any(expected.matches(finding) for expected in entry.expect.findings):
            yield Problem(entry.path, "finding not expected", "none but those listed", _describe(finding))


def _counts(entry: Entry, rule: str | None, finding: Finding) -> bool:
    """Whether ``finding`` must be among those that ``entry`` lists; ``rule`` is the one it is about, if any.

    A twin's errors count: without that, one that cannot even be read would pass for clean.
    """
    if entry.expect.exact or finding.rule == rule:
        return True
    return finding.severity.reaches(Severity.WARNING if entry.kind is Kind.HOSTILE else Severity.ERROR)


def _describe(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column}"
    return f"{finding.severity} {finding.rule} at {finding.pointer or 'the root'} ({place}): {finding.message}"
