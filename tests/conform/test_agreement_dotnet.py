"""Predictions of .NET readers are what the real ones do: as recorded, and live with mutants.

``HYPOTHESIS_PROFILE=nightly`` asks every serializer, and more of each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest

from pysession import predict
from pysession.conform import Base, Difference, Tally, Trial, differences, mutants, oracle, value
from pysession.findings import Reading, Verdict
from pysession.inputs import Record
from pysession.readers import corpus, readings, recorded
from pysession.readers.releases import releases
from pysession.schema import shipped
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Encoding
from tests.documents import stored
from tests.dotnet import TESTEES, need_dotnet

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SEED = "pysession-2026-11"
"""With the fixtures and a number this makes a mutant again: see pysession/conform/mutants.py."""
MUTANTS = 20_000 if NIGHTLY else 700
WANTED = 0.999
KINDS = ("golden", "constructed", "documented", "hostile", "twin")

SERIALIZERS = (
    releases("meai")
    if NIGHTLY
    else tuple(f"meai@{version}" for version in ("9.5.0", "9.10.2", "10.3.0", "10.5.0", "10.5.1", "10.11.0"))
)
FRAMEWORKS = ("dotnet@1.0.0-rc4", "dotnet@1.4.0", "dotnet@1.9.0", "dotnet@HEAD-5eb3eb745+meai-10.11.0")
"""One of each class of readers whose serializer is among those that are recorded."""
CORPORA = ("dotnet-fuzz", "dotnet-edge", "dotnet-members", "meai-messages")


@cache
def recording(family: str) -> recorded.Recording:
    return recorded.load(shipped("fixtures") / "recorded" / f"{family}.json")


@cache
def record(path: str) -> Record:
    return next(one for entry, one in stored(*KINDS) if entry.path == path)


@cache
def specimens(name: str) -> corpus.Corpus:
    return corpus.load_corpus(shipped("fixtures") / "recorded" / f"{name}.jsonl.gz")


@cache
def predicted(family: str, path: str) -> dict[str, Reading]:
    """What the tables say of every release of a family about one fixture."""
    document = open_document(record(path).data, record(path).encoding, None, DEFAULT_LIMITS)
    return {reading.reader: reading for reading in readings(document, releases(family))}


def wrong_cells(family: str, reader: str, *, order_known: bool) -> Iterator[str]:
    """The fixtures about which a prediction is wrong by the contract, or about the next turn."""
    asked = 0
    for path in recording(family).cells:
        seen = recording(family).of(path, reader)
        if seen is not None:
            asked += 1
            ours = predicted(family, path)[reader]
            data = value(record(path).data, record(path).encoding)
            found = differences(ours, seen, data, order_known=order_known)
            if any(one.matters or one is Difference.NEXT_TURN for one in found):
                yield f"{path}: {', '.join(sorted(found))}: predicted {ours}, recorded {seen}"
    assert asked, f"nothing is recorded of {reader}"


@pytest.mark.parametrize("reader", releases("dotnet"))
def test_every_recorded_cell_of_the_framework_is_predicted(reader: str) -> None:
    # Of what came back equal in value, the bytes were recorded and not the order of members.
    assert list(wrong_cells("dotnet", reader, order_known=False)) == []


@pytest.mark.parametrize("reader", releases("meai"))
def test_every_recorded_cell_of_the_serializer_is_predicted(reader: str) -> None:
    assert list(wrong_cells("meai", reader, order_known=True)) == []


@pytest.mark.parametrize(
    ("name", "reader"),
    [(name, column.reader) for name in CORPORA for column in specimens(name).heading.readers],
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


def bases(reader: str) -> list[Base]:
    """Message arrays for the serializer, sessions and threads for the framework."""
    return [
        Base(entry.path, one.data, entry.dialect, one.encoding)
        for entry, one in stored(*KINDS)
        if entry.dialect in ("dotnet", "dotnet-thread")
        and len(one.data) < 20_000
        and one.data.lstrip().startswith(b"[") is reader.startswith("meai@")
    ]


@pytest.mark.parametrize("reader", [*SERIALIZERS, *FRAMEWORKS])
def test_the_serializer_does_with_documents_that_nobody_has_seen_what_is_predicted(reader: str) -> None:
    need_dotnet()

    def predicted(document: bytes, encoding: Encoding) -> Reading:
        return predict(document, reader, encoding=encoding)

    with oracle(reader, TESTEES) as asked:
        trial = Trial(asked, predicted, Tally())
        wrong = trial.fuzz(mutants(bases(reader), count=MUTANTS, seed=SEED))
        print(trial.tally.table())
        enough = trial.tally.agreement >= WANTED
        told = [] if enough else [str(trial.shrunk(one, tries=100)) for one in wrong if one.matters][:3]
    assert trial.tally.asked == MUTANTS
    assert enough, told


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
