"""Predictions of .NET readers against what the real ones did: every recorded cell, and mutants tried live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from pysession import predict
from pysession.conform import Base, Tally, differences, mutants, value
from pysession.conform.oracles import oracle
from pysession.findings import Verdict
from pysession.inputs import Record, Source, discover, records
from pysession.readers import corpus, recorded
from pysession.readers.releases import releases
from pysession.schema.shipped import shipped
from pysession.verbs import fixtures
from pysession.wire import DEFAULT_LIMITS
from tests.dotnet import TESTEES, need_dotnet

SEED = "pysession-2026-11"
"""With the goldens and a count this makes the mutants again: see pysession/conform/mutants.py."""

MUTANTS = 700
SERIALIZERS = ("9.5.0", "9.10.2", "10.3.0", "10.5.0", "10.5.1", "10.8.0", "10.11.0")
FRAMEWORKS = ("1.0.0-rc4", "1.4.0", "1.9.0", "HEAD-5eb3eb745+meai-10.11.0")
"""One of each class of readers whose serializer the tests have."""

AGREEMENT = 0.999


@cache
def recording(family: str) -> recorded.Recording:
    return recorded.load(shipped("fixtures") / "recorded" / f"{family}.json")


@cache
def specimens(name: str) -> corpus.Corpus:
    return corpus.load_corpus(shipped("fixtures") / "recorded" / f"{name}.jsonl.gz")


@cache
def stored(path: str) -> Record:
    (source,) = discover([str(shipped("fixtures") / path)])
    assert isinstance(source, Source)
    (record,) = records(source, DEFAULT_LIMITS)
    assert isinstance(record, Record)
    return record


def wrong_cells(family: str, reader: str, *, order_known: bool) -> Iterator[str]:
    """The fixtures about which the prediction is wrong, or the next turn where it was recorded."""
    asked = 0
    for path in recording(family).cells:
        seen = recording(family).of(path, reader)
        if seen is None:
            continue
        asked += 1
        record = stored(path)
        predicted = predict(record.data, reader, encoding=record.encoding)
        found = differences(predicted, seen, value(record.data, record.encoding), order_known=order_known)
        if any(difference.matters for difference in found):
            yield f"{path}: {', '.join(sorted(found))}: predicted {predicted}, recorded {seen}"
    assert asked, f"nothing is recorded of {reader}"


@pytest.mark.parametrize("reader", releases("dotnet"))
def test_every_recorded_cell_of_the_framework_is_predicted(reader: str) -> None:
    assert list(wrong_cells("dotnet", reader, order_known=False)) == []


@pytest.mark.parametrize("reader", releases("dotnet"))
def test_every_recorded_next_turn_is_predicted(reader: str) -> None:
    wrong = []
    for path in recording("dotnet").cells:
        seen = recording("dotnet").of(path, reader)
        if seen is not None and seen.next_turn is not None:
            record = stored(path)
            predicted = predict(record.data, reader, encoding=record.encoding)
            if predicted.next_turn is not seen.next_turn:
                wrong.append(f"{path}: predicted {predicted.next_turn}, recorded {seen.next_turn}")
    assert wrong == []


@pytest.mark.parametrize("reader", releases("meai"))
def test_every_recorded_cell_of_the_serializer_is_predicted(reader: str) -> None:
    assert list(wrong_cells("meai", reader, order_known=True)) == []


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        (name, column.reader)
        for name in ("dotnet-fuzz", "dotnet-edge", "dotnet-members", "meai-messages")
        for column in corpus.load_corpus(shipped("fixtures") / "recorded" / f"{name}.jsonl.gz").heading.readers
    ],
)
def test_every_recorded_specimen_is_predicted(name: str, reader: str) -> None:
    # What was saved of the mutants was recorded by its differences only, so nothing is known of the order of members.
    order_known = name in ("dotnet-edge", "meai-messages")
    tally = Tally()
    wrong = []
    for specimen in specimens(name).specimens:
        seen = specimens(name).of(specimen, reader)
        if seen is None:
            continue
        predicted = predict(specimen.document, reader)
        found = differences(predicted, seen, value(specimen.document), order_known=order_known)
        tally.add(specimen.operations, found)
        if any(difference.matters for difference in found):
            wrong.append(f"{specimen.id}: {', '.join(sorted(found))}: predicted {predicted}, recorded {seen}")
    assert tally.asked > 0.6 * len(specimens(name).specimens)
    assert wrong == []


def bases(family: str) -> list[Base]:
    return [
        Base(entry.path, stored(entry.path).data, entry.dialect)
        for entry in fixtures.entries()
        if entry.path.startswith(f"golden/{family}/") and entry.bytes <= 20_000
    ]


def fuzzed(reader: str, some: Iterable[Base], count: int) -> Tally:
    """Mutants read by the real serializer and predicted."""
    need_dotnet()
    tally = Tally()
    with oracle(reader, TESTEES) as asked:
        for mutant in mutants(list(some), count=count, seed=SEED):
            seen = asked.observe(mutant.document, mutant.encoding)
            assert seen is not None
            assert seen.verdict not in (Verdict.CRASHED, Verdict.TIMEOUT)
            predicted = predict(mutant.document, reader, encoding=mutant.encoding)
            tally.add(mutant.kinds, differences(predicted, seen, value(mutant.document, mutant.encoding)))
    return tally


@pytest.mark.parametrize("version", SERIALIZERS)
def test_mutants_of_messages_are_predicted_as_the_real_serializer_reads_them(version: str) -> None:
    tally = fuzzed(f"meai@{version}", bases("meai"), MUTANTS)
    assert tally.asked == MUTANTS
    assert tally.agreement >= AGREEMENT, tally.table()


@pytest.mark.parametrize("version", FRAMEWORKS)
def test_mutants_of_sessions_are_predicted_as_the_real_serializer_reads_them(version: str) -> None:
    tally = fuzzed(f"dotnet@{version}", bases("dotnet"), MUTANTS)
    assert tally.asked == MUTANTS
    assert tally.agreement >= AGREEMENT, tally.table()


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("dotnet-fuzz", "dotnet@1.0.0-rc4"),
        ("dotnet-fuzz", "dotnet@HEAD-5eb3eb745+meai-10.11.0"),
        ("dotnet-members", "dotnet@HEAD-5eb3eb745+meai-10.11.0"),
        ("dotnet-members", "dotnet@1.0.0-rc4"),
        ("dotnet-edge", "dotnet@1.9.0"),
        ("dotnet-edge", "dotnet@1.2.0"),
    ],
)
def test_the_testee_does_with_every_specimen_what_the_framework_was_recorded_doing(name: str, reader: str) -> None:
    need_dotnet()
    wrong = []
    with oracle(reader, TESTEES) as asked:
        for specimen in specimens(name).specimens:
            then, now = specimens(name).of(specimen, reader), asked.observe(specimen.document)
            if then is None:
                continue
            assert now is not None
            same = (
                {then.verdict, now.verdict} <= {Verdict.IDENTICAL, Verdict.EQUIVALENT}
                if name == "dotnet-fuzz" and then.verdict is Verdict.EQUIVALENT
                else then.verdict in (None, now.verdict)
            )
            refusals = [(one.stage, one.error and one.error.type) for one in (then, now)]
            if not same or refusals[0] != refusals[1] or then.changes not in (None, now.changes):
                wrong.append(f"{specimen.id}: recorded {then}, now {now}")
    assert wrong == []
