"""Predictions for Python releases are what the releases do: as recorded of every fixture, and live with mutants.

``HYPOTHESIS_PROFILE=nightly`` asks one release of every class of releases, and more of each.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from pysession import predict
from pysession.conform import Base, Difference, Tally, Trial, differences, mutants, value
from pysession.findings import Reading
from pysession.inputs import Record
from pysession.readers import latest, readings, release
from pysession.readers.corpus import load_corpus
from pysession.readers.recorded import Recording, load
from pysession.schema import shipped
from pysession.verbs.fixtures import Entry
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Encoding
from tests.documents import stored
from tests.python_releases import python_release

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
RECORDING: Recording = load(shipped("fixtures") / "recorded" / "python.json")
READERS = tuple(column.reader for column in RECORDING.readers)
CLASSES = tuple(column.reader for column in RECORDING.readers if column.same_as is None)

LIVE = (
    tuple(dict.fromkeys((*CLASSES, latest("python"))))
    if NIGHTLY
    else ("python@1.0.0", "python@1.12.1", "python@1.21.0", latest("python"))
)
SEED = "agreement-1"
"""With the fixtures and a number this makes a mutant again: see pysession/conform/mutants.py."""
MUTANTS = 20_000 if NIGHTLY else 1_500
WANTED = 0.999
WANTED_OF_NEXT_TURNS = 0.98
"""The contract asks nothing of them; what a run does with a damaged approval is not worth a table of its own."""
KINDS = ("golden", "constructed", "documented", "hostile", "twin")


@cache
def recorded_fixtures() -> tuple[tuple[Entry, Record], ...]:
    return tuple((entry, record) for entry, record in stored(*KINDS) if entry.path in RECORDING.cells)


@cache
def predictions() -> dict[str, tuple[Reading, ...]]:
    """For each fixture what the tables say of every release."""
    found = {}
    for entry, record in recorded_fixtures():
        document = open_document(record.data, record.encoding, None, DEFAULT_LIMITS)
        found[entry.path] = readings(document, READERS)
    return found


def test_every_fixture_that_a_library_can_be_given_is_recorded() -> None:
    missing = [
        entry.path
        for entry, record in stored(*KINDS)
        if entry.at is None and entry.path not in RECORDING.cells and not isinstance(value(record.data), str)
    ]
    assert missing == [], "record them: python tools/record.py --all python"


@pytest.mark.parametrize("reader", READERS)
def test_every_recorded_cell_is_predicted(reader: str) -> None:
    position = READERS.index(reader)
    wrong = []
    for entry, record in recorded_fixtures():
        recorded = RECORDING.of(entry.path, reader)
        if recorded is None:
            continue
        predicted = predictions()[entry.path][position]
        found = differences(predicted, recorded, value(record.data, record.encoding)) - {Difference.BYTES}
        if found:
            wrong.append((entry.path, sorted(found)))
    assert wrong == []


FOUND = load_corpus(shipped("fixtures") / "recorded" / "python-found.jsonl.gz")


@pytest.mark.parametrize("reader", [column.reader for column in FOUND.heading.readers])
def test_documents_that_were_once_predicted_wrong_are_predicted(reader: str) -> None:
    wrong = []
    for specimen in FOUND.specimens:
        recorded = FOUND.of(specimen, reader)
        assert recorded is not None
        found = differences(predict(specimen.document, reader), recorded, value(specimen.document))
        if any(difference.matters for difference in found):
            wrong.append((specimen.id, sorted(found)))
    assert wrong == []


def bases(reader: str) -> list[Base]:
    return [
        Base(entry.path, record.data, entry.dialect, record.encoding)
        for entry, record in stored(*KINDS)
        if entry.dialect in release(reader).dialects and len(record.data) < 20_000
    ]


@pytest.mark.parametrize("reader", LIVE)
def test_a_release_does_with_documents_that_nobody_has_seen_what_is_predicted(reader: str) -> None:
    def predicted(document: bytes, encoding: Encoding) -> Reading:
        return predict(document, reader, encoding=encoding)

    with python_release(reader) as asked:
        trial = Trial(asked, predicted, Tally())
        wrong = trial.fuzz(mutants(bases(reader), count=MUTANTS, seed=SEED))
        print(trial.tally.table())
        enough = trial.tally.agreement >= WANTED
        told = [] if enough else [str(trial.shrunk(one, tries=100)) for one in wrong if one.matters][:3]
    assert trial.tally.asked == MUTANTS
    assert enough, told
    assert trial.tally.by_difference.get(Difference.NEXT_TURN, 0) <= MUTANTS * (1 - WANTED_OF_NEXT_TURNS)
