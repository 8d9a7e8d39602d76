"""``pysession repair``: mend what the rules mark fixable, one stored session or many files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from pysession.findings import Finding, NotRead, Severity, format_pointer
from pysession.findings.failures import RefusedError, UsageError
from pysession.fixes import BYTE_ORDER_MARK, BlobStore, Mended, Wishes, chosen_fixes, mend, put_back
from pysession.inputs import InputFormat, Record, discover, records
from pysession.inputs.source import Source
from pysession.outputs import NotWrittenError
from pysession.rules import matching
from pysession.survey import survey
from pysession.verbs.check import check, memory
from pysession.verbs.opening import open_document
from pysession.verbs.whole_files import joined, whole_file
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits, Replace, edit

_NO_SESSION = "dialect-unknown"
"""Where there is no session, nothing was looked at; that must not pass for a session without a fault."""


class Change(msgspec.Struct, frozen=True):
    """One thing that was mended.

    ``pointer`` is its place in the document as the fix found it, which an earlier fix may have changed already; in a file
    of several records it is inside record number ``record``.
    """

    rule: str
    pointer: str
    what: str
    record: int | None = None


class Repair(msgspec.Struct, frozen=True):
    """The bytes after a repair, what was mended, and the findings of the chosen rules that no fix could mend.

    Of rules that were not named only errors count there. That there is no session to mend is among them.
    """

    data: bytes
    changes: tuple[Change, ...]
    left: tuple[Finding, ...] = ()


class FileRepair(msgspec.Struct, frozen=True):
    """The repair of one input; ``path`` is None for standard input. ``refused``: what keeps its documents from being read."""

    source: str
    path: Path | None
    before: bytes
    repair: Repair
    refused: tuple[Finding, ...] = ()


class Options(msgspec.Struct, frozen=True):
    """What to mend: ``rules`` are ids or families (None: all that are not mended on request only)."""

    rules: tuple[str, ...] | None = None
    at: str | None = None
    orphans_as_text: bool = False
    blobs: Path | None = None
    format: InputFormat | None = None
    limits: Limits = DEFAULT_LIMITS


def repair(
    data: bytes,
    rules: Sequence[str] | None = None,
    *,
    encoding: Encoding | None = None,
    at: str | None = None,
    orphans_as_text: bool = False,
    blobs: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    record: int | None = None,
) -> Repair:
    """Mend one document and say what was done.

    ``data`` are the bytes as stored, in ``encoding`` (None: JSON); ``at`` is a JSON Pointer to the session inside them.
    ``rules`` are rule ids or families; None mends all that does not need a person's word. ``orphans_as_text`` tells
    results without a call as texts instead of dropping them; ``blobs`` is the folder that payloads are taken out to.
    Everything that no finding of these rules names keeps its bytes.

    >>> repair(b'{"session_id": "s", "state": {}}', ["envelope-type"]).data
    b'{"type": "session", "session_id": "s", "state": {}}'

    Raises:
        RefusedError: the bytes cannot be read; its ``findings`` say why.
        NotWrittenError: a payload cannot be written to ``blobs``.
        UsageError: an unknown rule, one that has no fix, or ``inline-binary`` without ``blobs``.
    """
    if isinstance(data, str):
        raise UsageError("repair takes the bytes as stored; encode the text: repair(text.encode())")
    chosen = _chosen(rules)
    if chosen is not None and "inline-binary" in chosen and blobs is None:
        raise UsageError("payloads need a folder to go to: give --blobs DIR")
    how = encoding or Encoding.JSON
    document = open_document(data, how, at, limits)
    if not document.reading.readable:
        raise RefusedError(check(data, encoding=how, at=at, select=["json"], limits=limits, record=record))
    due = chosen_fixes(chosen)
    strip_mark = not how.is_messagepack and (chosen is None or BYTE_ORDER_MARK in chosen)
    mended, done = mend(
        data,
        due,
        Wishes(chosen is not None, orphans_as_text, BlobStore(blobs) if blobs is not None else None),
        lambda changed: open_document(changed, how, at, limits),
        lambda opened: survey(opened, memory(), frozenset()),
        strip_mark=strip_mark,
    )
    names = [_NO_SESSION, *(fix.rule for fix in due), *((BYTE_ORDER_MARK,) if strip_mark else ())]
    after = check(mended, encoding=how, at=at, select=names, limits=limits, record=record)
    told = Severity.ERROR if chosen is None else Severity.WARNING
    left = tuple(one for one in after.findings if one.severity.reaches(told))
    return Repair(mended, tuple(_change(one, record) for one in done), left)


def restore(data: bytes, blobs: Path, *, encoding: Encoding | None = None, limits: Limits = DEFAULT_LIMITS) -> Repair:
    """Put the payloads back that a repair took out to the folder ``blobs``.

    Raises:
        RefusedError: the bytes cannot be read.
        MissingBlobError: the folder lacks a payload, or it was changed.
    """
    how = encoding or Encoding.JSON
    document = open_document(data, how, None, limits)
    if not document.reading.readable:
        raise RefusedError(check(data, encoding=how, select=["json"], limits=limits))
    edits: list[Replace] = list(put_back(document.reading.value, BlobStore(blobs)))
    changes = tuple(
        Change("inline-binary", format_pointer(one.path), "a payload is back in its place") for one in edits
    )
    return Repair(edit(data, how, edits), changes)


def repair_files(
    paths: Iterable[str], options: Options, *, putting_back: bool = False
) -> Iterator[FileRepair | NotRead]:
    """Mend every input that ``paths`` name, one after the other; nothing is written.

    ``putting_back``: instead of mending, put back what ``options.blobs`` holds.

    Raises:
        UsageError: as :func:`repair`.
    """
    for source in discover(paths, options.format):
        yield source if isinstance(source, NotRead) else _file(source, options, putting_back)


def _file(source: Source, options: Options, putting_back: bool) -> FileRepair | NotRead:
    found: list[Record] = []
    for record in records(source, options.limits):
        if isinstance(record, NotRead):
            return record
        found.append(record)
    path = None if source.path is None else Path(source.path)
    before = whole_file(path, found)
    if before is None:
        return NotRead(source.name, "changed while being read")
    parts: list[Repair] = []
    refused: list[Finding] = []
    for record in found:
        try:
            parts.append(_record(record, options, putting_back))
        except RefusedError as failure:
            parts.append(Repair(record.data, ()))
            refused += failure.findings
        except NotWrittenError as failure:
            return NotRead(str(failure.path), f"cannot be written: {failure.why}; {source.name} stays as it is")
    whole = Repair(
        joined(before, found, [part.data for part in parts]),
        tuple(change for part in parts for change in part.changes),
        tuple(finding for part in parts for finding in part.left),
    )
    return FileRepair(source.name, path, before, whole, tuple(refused))


def _record(record: Record, options: Options, putting_back: bool) -> Repair:
    if putting_back and options.blobs is not None:
        return restore(record.data, options.blobs, encoding=record.encoding, limits=options.limits)
    return repair(
        record.data,
        options.rules,
        encoding=record.encoding,
        at=options.at,
        orphans_as_text=options.orphans_as_text,
        blobs=options.blobs,
        limits=options.limits,
        record=record.record,
    )


def _chosen(rules: Sequence[str] | None) -> frozenset[str] | None:
    """The rules by name; of a family those that have a fix.

    Raises:
        UnknownRuleError: a name is neither a rule nor a family.
    """
    if rules is None:
        return None
    named = frozenset(rules)
    ids = matching(rules)
    fixable = frozenset(fix.rule for fix in chosen_fixes(None))
    return (ids & named) | (ids & fixable) | (ids & {BYTE_ORDER_MARK})


def _change(one: Mended, record: int | None) -> Change:
    return Change(one.rule, format_pointer(one.path), one.what, record)
