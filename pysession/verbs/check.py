"""``pysession check``: judge one stored session."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.findings import DocumentReport, Reading, Severity, Verdict, Writer
from pysession.findings.failures import UsageError
from pysession.readers import DEFAULT_SETTINGS, Settings, readings
from pysession.rules import catalogue, checks, matching, profile, raised
from pysession.survey import Fault, Memory, Survey, survey
from pysession.verbs.opening import open_document
from pysession.verbs.perturbing import perturbed_faults
from pysession.verbs.placing import findings_of
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits, Path

SCHEMA_RULE = "schema-violation"
_VALUE_STANDS = frozenset({"json-duplicate-key", "json-not-utf8", "string-not-portable"})
"""Faults of the bytes whose value is all the same one that they hold, and may be wrong on its own account."""
_KNOWS_BETTER = frozenset(
    {"content-empty", "discriminator-missing", "envelope-type", "number-not-portable", "version-unsupported"}
)
"""Rules whose finding says what the schema would say at the same place."""

_SLIGHT = frozenset({Verdict.EQUIVALENT, Verdict.NORMALISED})
"""Readings that nobody need be told of, unless only better ones are accepted."""

_DISCRIMINATORS = ("type", "$type", "Type")
"""Members that say what the object is: a fault of theirs is told of the object."""


def check(
    data: bytes,
    *,
    source: str = "<bytes>",
    encoding: Encoding | None = None,
    at: str | None = None,
    readers: Sequence[str] = (),
    accept: Verdict = Verdict.NORMALISED,
    settings: Settings = DEFAULT_SETTINGS,
    writers: bool = False,
    profiles: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    record: int | None = None,
    first_line: int = 1,
    modified: float | None = None,
) -> DocumentReport:
    """Judge one document and say what is wrong with it, where, and what to do.

    ``data`` are the bytes as stored, in ``encoding`` (None: JSON); ``source`` is how the report names them, ``record``
    and ``first_line`` (1-based) their place in a file of many, ``modified`` when the file was changed last (Unix time).
    ``at`` is a JSON Pointer to the session inside them. ``readers`` are releases (``python@1.21.0``, ``dotnet@latest``)
    to predict readings for, ``settings`` what the application tells its library; a finding about a reading that
    ``accept`` includes is only an ``info``. With ``writers`` the report says which releases could have written the
    document. ``profiles`` name backends or APIs to judge for. ``select`` and ``ignore`` name rules or families.

    Bad input is a finding, never an exception.

    Raises:
        UsageError: an unknown rule, profile or release, or a pointer that is none.
    """
    if isinstance(data, str):
        raise UsageError("check takes the bytes as stored; encode the text: check(text.encode())")
    for name in profiles:
        profile(name)
    chosen = _chosen(tuple(select), tuple(ignore))
    document = open_document(data, encoding or Encoding.JSON, at, limits)
    predicted = readings(document, readers, settings) if readers else ()
    faults: list[Fault] = []
    messages = 0
    mended: Mapping[str, AbstractSet[Path]] = {}
    if document.reading.readable:
        seen = survey(document, memory(), frozenset(profiles))
        messages = seen.messages
        faults = _without_echoes(
            document, [*seen.faults, *perturbed_faults(document, seen.faults, profiles, memory())], chosen
        )
        mended = _mended(document, seen, faults, chosen)
    if predicted:
        faults = [*raised(faults, predicted), *_faults_of_readings(document, source, predicted, accept)]
    return DocumentReport(
        source=source,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        dialect=document.dialect,
        dialect_reason=document.detection.reason,
        session_id=_session_id(document.value),
        messages=messages,
        findings=findings_of(document, faults, chosen, mended=mended, record=record, first_line=first_line),
        record=record,
        writer=_writer(document, modified) if writers else None,
        readings=predicted,
    )


def _mended(
    document: Document, seen: Survey, faults: Sequence[Fault], chosen: Collection[str]
) -> Mapping[str, AbstractSet[Path]]:
    """By rule the places that a fix reaches."""
    fixable = {fault.rule.id for fault in faults if fault.rule.fixable and fault.rule.id in chosen}
    if not fixable:
        return {}
    # Most documents have nothing to mend, and need not pay for the import.
    from pysession.fixes.reach import within_reach

    return within_reach(document, seen, fixable)


def _writer(document: Document, modified: float | None) -> Writer:
    # Most runs do not ask; they need not load what is known of writers.
    from pysession.writers import writer_of

    return writer_of(document, modified=modified)


def _faults_of_readings(
    document: Document, source: str, predicted: Sequence[Reading], accept: Verdict
) -> Iterator[Fault]:
    """What the rules say of readings; of those that are accepted it is only told. Whatever is not accepted is told of."""
    # A family of rules is loaded after those before it, so that the order of rules stays.
    from pysession.rules.reader_family import other_file, slight_change

    for reading in predicted:
        if Verdict.SILENT_LOSS.worse_than(accept):
            for fault in other_file(document, source, reading):
                yield msgspec.structs.replace(fault, reader=reading.reader)
        if reading.outcome in _SLIGHT and reading.outcome.worse_than(accept):
            yield msgspec.structs.replace(slight_change(reading), reader=reading.reader)
        for ask in checks().reading:
            for fault in ask(document, reading):
                severity = fault.severity if reading.outcome.worse_than(accept) else Severity.INFO
                yield msgspec.structs.replace(fault, severity=severity, reader=reading.reader)


@cache
def memory() -> Memory:
    """The shapes seen so far in this process."""
    return Memory(checks())


@cache
def _chosen(select: tuple[str, ...], ignore: tuple[str, ...]) -> frozenset[str]:
    known = frozenset(rule.id for rule in catalogue())
    return (matching(select) if select else known) - matching(ignore)


def _without_echoes(document: Document, faults: list[Fault], chosen: frozenset[str]) -> list[Fault]:
    """Without a violation of the schema where a rule that knows better, or the reader, tells of the same fault.

    The reader puts null where JSON has no value to give; the null itself is nobody's fault.
    """
    better = [fault for fault in faults if fault.rule.id in _KNOWS_BETTER and fault.rule.id in chosen]
    told = {fault.path for fault in better if fault.path or fault.rule.id != "envelope-type"}
    told.update((*path, name) for path in tuple(told) for name in _DISCRIMINATORS)
    base = len(document.base)
    told.update(
        fault.path[base:]
        for fault in document.reading.faults
        if fault.path is not None and fault.rule not in _VALUE_STANDS
    )
    return [fault for fault in faults if fault.rule.id != SCHEMA_RULE or fault.path not in told]


def _session_id(value: Any) -> str | None:
    """The id inside the document; .NET and Go keep it outside, as the store's key."""
    session_id = value.get("session_id") if isinstance(value, dict) else None
    return session_id.encode("utf-8", "replace").decode() if isinstance(session_id, str) else None
