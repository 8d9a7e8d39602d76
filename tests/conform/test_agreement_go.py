"""Every cell that was recorded of the Go SDK is what is predicted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from pysession import predict
from pysession.conform import differences, value
from pysession.inputs import Record, Source, discover, records
from pysession.readers import releases
from pysession.readers.recorded import Recording, load
from pysession.schema.shipped import shipped
from pysession.verbs.fixtures import entries
from pysession.wire import DEFAULT_LIMITS

FIXTURES = shipped("fixtures")


@cache
def recording() -> Recording:
    return load(FIXTURES / "recorded" / "go.json")


def stored() -> Iterator[tuple[str, Record]]:
    """The fixtures that are a document as they are, not a record with a session inside."""
    for entry in entries():
        if entry.at is None:
            (source,) = discover([str(FIXTURES / entry.path)])
            assert isinstance(source, Source)
            (record,) = records(source, DEFAULT_LIMITS)
            assert isinstance(record, Record)
            yield entry.path, record


def test_every_release_in_the_table_was_recorded() -> None:
    assert {column.reader for column in recording().readers} == set(releases("go"))


def test_all_that_the_sdk_wrote_was_recorded_and_nothing_that_is_gone() -> None:
    written = {entry.path for entry in entries() if any(writer.startswith("go@") for writer in entry.writers)}
    assert written
    assert written <= set(recording().cells) <= {path for path, _ in stored()}


@pytest.mark.parametrize("reader", releases("go"))
def test_the_prediction_of_every_fixture_is_what_was_recorded(reader: str) -> None:
    disagreements = []
    for path, record in stored():
        recorded = recording().of(path, reader) if path in recording().cells else None
        if recorded is None:  # added since: Go is recorded by hand
            continue
        predicted = predict(record.data, reader, encoding=record.encoding)
        found = differences(predicted, recorded, value(record.data, record.encoding))
        if found:
            disagreements.append((path, sorted(found)))
    assert disagreements == []
