"""The fixtures as a repair takes them: hostile ones by the rule that they violate, and all others."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pysession.fixes import BYTE_ORDER_MARK, FIXES
from pysession.inputs import Record, discover, records
from pysession.inputs.source import Source
from pysession.schema.shipped import shipped
from pysession.verbs.fixtures import MANIFEST, Entry, Kind, Manifest
from pysession.wire import DEFAULT_LIMITS, read

ROOT = shipped("fixtures")
MENDED = frozenset(fix.rule for fix in FIXES) | {BYTE_ORDER_MARK}


class Case(msgspec.Struct, frozen=True):
    """One document of a fixture."""

    entry: Entry
    record: Record

    @property
    def id(self) -> str:
        return self.entry.path

    @property
    def readable(self) -> bool:
        return read(self.record.data, self.record.encoding).readable


def cases(*kinds: Kind) -> list[Case]:
    """The documents of all fixtures of these kinds; a file of several documents has several."""
    manifest = msgspec.json.decode((ROOT / MANIFEST).read_bytes(), type=Manifest)
    return [Case(entry, record) for entry in manifest.fixtures if entry.kind in kinds for record in _records(entry)]


def _records(entry: Entry) -> Iterator[Record]:
    for source in discover([str(ROOT / entry.path)]):
        assert isinstance(source, Source)
        for record in records(source, DEFAULT_LIMITS):
            assert isinstance(record, Record)
            yield record


def hostile() -> list[Case]:
    """Documents that violate a rule that has a fix."""
    return [case for case in cases(Kind.HOSTILE) if case.entry.rule in MENDED]


def twins() -> list[Case]:
    """The same documents without their fault."""
    with_fix = {case.entry.path for case in hostile()}
    return [case for case in cases(Kind.TWIN) if case.entry.twin_of in with_fix]
