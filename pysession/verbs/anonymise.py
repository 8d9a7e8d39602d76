"""``pysession anonymise``: copies of stored sessions for a bug report, with their shape and none of their content."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from pysession.anonymising import Anonymiser
from pysession.findings import DocumentReport, Finding, NotRead, Reading
from pysession.findings.failures import RefusedError, UsageError
from pysession.inputs import InputFormat, Record, discover, records
from pysession.inputs.source import Source
from pysession.verbs.check import check
from pysession.verbs.whole_files import joined, whole_file
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits

_SEED_BYTES = 32
_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".msgpack"})
"""Endings of file names that say nothing but the form."""


class Options(msgspec.Struct, frozen=True):
    """``seed``: what everything invented is drawn from (None: nobody knows). ``readers``: releases whose verdicts on copy
    and document are compared, besides the findings. ``below``: the folder that the places of copies are told from."""

    seed: str | None = None
    below: Path | None = None
    readers: tuple[str, ...] = ()
    format: InputFormat | None = None
    limits: Limits = DEFAULT_LIMITS


class FileCopy(msgspec.Struct, frozen=True):
    """The copy of one input; ``path`` is None for standard input.

    ``place`` is where the copy can go: the names of files and folders may be somebody's, too. ``unlike`` are sentences about
    what is found in one of the two and not in the other; ``refused`` is why there is no copy.
    """

    source: str
    path: Path | None
    data: bytes
    place: Path
    findings: int = 0
    unlike: tuple[str, ...] = ()
    refused: tuple[Finding, ...] = ()


def anonymise(
    data: bytes, *, seed: str | None = None, encoding: Encoding | None = None, limits: Limits = DEFAULT_LIMITS
) -> bytes:
    """A document of the same shape and length as ``data`` whose texts, names, ids, numbers, times and media are invented.

    ``data`` are the bytes as stored, in ``encoding`` (None: JSON); they need not be sound. Findings and verdicts stay what
    they are. With the same ``seed`` the same comes out; who knows it can test guesses of the content, so that without one
    it is drawn and forgotten.

    >>> anonymise(b'{"type": "session", "session_id": "anna@example.com"}', seed="docs")
    b'{"type": "session", "session_id": "ftpz@axgalpc.bri"}'

    Raises:
        RefusedError: the bytes are no text and no MessagePack, or more than ``limits`` allow; its ``findings`` say so.
        UsageError: ``data`` is a text.
    """
    if isinstance(data, str):
        raise UsageError("anonymise takes the bytes as stored; encode the text: anonymise(text.encode())")
    how = encoding or Encoding.JSON
    _check_readable(data, how, limits)
    anonymiser = Anonymiser(_seed(seed))
    anonymiser.learn(data, how)
    return anonymiser.rewrite(data, how)


def anonymise_files(paths: Iterable[str], options: Options) -> Iterator[FileCopy | NotRead]:
    """A copy of every input that ``paths`` name; what is equal in two of them is equal in their copies. Nothing is written.

    Every input is read twice: what a name can become depends on all the others.
    """
    anonymiser = Anonymiser(_seed(options.seed))
    readable: list[tuple[Source, tuple[Record, ...]]] = []
    for source in discover(paths, options.format):
        if isinstance(source, NotRead):
            yield source
            continue
        found = _records(source, options)
        if isinstance(found, NotRead):
            yield found
            continue
        for record in found:
            if _is_refused(record.data, record.encoding, options.limits) is None:
                anonymiser.learn(record.data, record.encoding)
        # Standard input cannot be read again.
        readable.append((source, found if source.path is None else ()))
    taken: set[Path] = set()
    for source, kept in readable:
        again = kept or _records(source, options)
        yield again if isinstance(again, NotRead) else _copy(source, again, anonymiser, options, taken)


def _records(source: Source, options: Options) -> tuple[Record, ...] | NotRead:
    found: list[Record] = []
    for record in records(source, options.limits):
        if isinstance(record, NotRead):
            return record
        found.append(record)
    return tuple(found)


def _copy(
    source: Source, found: Sequence[Record], anonymiser: Anonymiser, options: Options, taken: set[Path]
) -> FileCopy | NotRead:
    path = None if source.path is None else Path(source.path)
    before = whole_file(path, found)
    if before is None:
        return NotRead(source.name, "changed while being read")
    place = _place(anonymiser, path, options.below, taken)
    parts: list[bytes] = []
    unlike: list[str] = []
    findings = 0
    for record in found:
        refused = _is_refused(record.data, record.encoding, options.limits)
        if refused is not None:
            return FileCopy(source.name, path, b"", place, refused=tuple(refused.findings))
        parts.append(anonymiser.rewrite(record.data, record.encoding))
        old, new = (_looked_at(data, record, options) for data in (record.data, parts[-1]))
        findings += len(old[0])
        unlike += _differences(old, new, record.record)
    return FileCopy(source.name, path, joined(before, found, parts), place, findings, tuple(unlike))


def _place(anonymiser: Anonymiser, path: Path | None, below: Path | None, taken: set[Path]) -> Path:
    """The place of a copy, by what its folders and its file are called then."""
    if path is None:
        return Path("stdin")
    folders = path.absolute().relative_to(below).parts[:-1] if below is not None else ()
    folder = Path(*map(anonymiser.name_of_file, folders))
    suffix = path.suffix if path.suffix.lower() in _SUFFIXES else ""
    stem = anonymiser.name_of_file(path.name.removesuffix(suffix))
    place, number = folder / f"{stem}{suffix}", 1
    while place in taken:
        number += 1
        place = folder / f"{stem}-{number}{suffix}"
    taken.add(place)
    return place


_LookedAt = tuple[tuple[Finding, ...], tuple[Reading, ...]]


def _looked_at(data: bytes, record: Record, options: Options) -> _LookedAt:
    report = check(data, readers=options.readers, encoding=record.encoding, limits=options.limits, record=record.record)
    return tuple(report.findings), tuple(report.readings)


def _differences(old: _LookedAt, new: _LookedAt, record: int | None) -> Iterator[str]:
    where = f" in record {record}" if record is not None else ""
    before, after = ({(one.rule, one.severity, one.line, one.column) for one in findings} for findings, _ in (old, new))
    for what, found in (("only in the document", before - after), ("only in the copy", after - before)):
        for rule, _, line, column in sorted(found):
            yield f"{rule} at {line}:{column}{where} is found {what}"
    for one, other in zip(old[1], new[1], strict=True):
        if (one.verdict, one.stage, one.next_turn) != (other.verdict, other.stage, other.next_turn):
            yield f"{one.reader} makes of the copy{where}: {other.verdict}, of the document: {one.verdict}"


def _check_readable(data: bytes, encoding: Encoding, limits: Limits) -> None:
    refused = _is_refused(data, encoding, limits)
    if refused is not None:
        raise RefusedError(refused)


def _is_refused(data: bytes, encoding: Encoding, limits: Limits) -> DocumentReport | None:
    """Why there can be no copy; None when there can."""
    if len(data) <= limits.bytes and Anonymiser.can_rewrite(data, encoding):
        return None
    return check(data, encoding=encoding, select=["json"], limits=limits)


def _seed(seed: str | None) -> bytes:
    return secrets.token_bytes(_SEED_BYTES) if seed is None else seed.encode("utf-8", "surrogatepass")
