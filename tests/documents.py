"""The fixtures as values, for tests that start from real documents."""

from __future__ import annotations

from functools import cache
from typing import Any

from pysession.inputs import Record, Source, discover, records
from pysession.schema import shipped
from pysession.verbs.fixtures import Entry, entries
from pysession.wire import DEFAULT_LIMITS, read


@cache
def stored(*kinds: str) -> tuple[tuple[Entry, Record], ...]:
    """The fixtures of these kinds with their bytes, in the order of the manifest."""
    found = []
    for entry in entries():
        if entry.kind in kinds:
            (source,) = discover([str(shipped("fixtures") / entry.path)])
            assert isinstance(source, Source), source
            (record,) = records(source, DEFAULT_LIMITS)
            assert isinstance(record, Record), record
            found.append((entry, record))
    return tuple(found)


@cache
def values(*dialects: str) -> tuple[tuple[str, Any], ...]:
    """(dialect, value) of every golden and constructed document in these dialects, or in all."""
    return tuple(
        (entry.dialect, reading.value)
        for entry, record in stored("golden", "constructed")
        if (not dialects or entry.dialect in dialects)
        and entry.dialect != "unknown"
        and (reading := read(record.data, record.encoding)).readable
    )
