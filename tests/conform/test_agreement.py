"""When a prediction agrees with what a release did, and how that is counted."""

from __future__ import annotations

from typing import Any

import pytest

from pysession.conform import Difference, Tally, anywhere, differences
from pysession.findings import Change, ChangeKind, Failure, NextTurn, Reading, Stage, Verdict
from pysession.readers.recorded import Recorded, RecordedFailure

DOCUMENT = {"messages": [{"a": 1, "0": {"b": 2}}, {"a": 2}]}
REFUSED = Recorded(Verdict.REJECTED, Stage.LOAD, RecordedFailure("ValueError", "TypeError"))


def reading(verdict: Verdict, **members: Any) -> Reading:
    return Reading("python@1.23.0", verdict, **members)


def refusal(stage: Stage, type: str, cause: str | None) -> Reading:
    return reading(Verdict.REJECTED, stage=stage, error=Failure(type, cause))


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (refusal(Stage.LOAD, "ValueError", "TypeError"), set()),
        (refusal(Stage.PARSE, "ValueError", "TypeError"), {Difference.STAGE}),
        (refusal(Stage.LOAD, "TypeError", None), {Difference.ERROR}),
        (refusal(Stage.LOAD, "ValueError", "KeyError"), {Difference.CAUSE}),
        (reading(Verdict.REJECTED), {Difference.STAGE, Difference.ERROR}),
        (reading(Verdict.LOSSY), {Difference.VERDICT}),
    ],
)
def test_a_refusal_agrees_in_stage_and_exception(predicted: Reading, expected: set[Difference]) -> None:
    assert differences(predicted, REFUSED, DOCUMENT) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("/messages/1/a", ChangeKind.CHANGED), ("/messages/0/a", ChangeKind.CHANGED)], set()),
        ([("/messages/0/a", ChangeKind.VANISHED)], {Difference.KINDS}),
        ([("/messages/0/0/b", ChangeKind.CHANGED)], {Difference.CHANGES}),
        ([], {Difference.CHANGES}),
    ],
)
def test_a_loss_agrees_in_its_places_whatever_the_index(
    changes: list[tuple[str, ChangeKind]], expected: set[Difference]
) -> None:
    recorded = Recorded(Verdict.LOSSY, changes=(("/messages/*/a", ChangeKind.CHANGED),))
    predicted = reading(Verdict.LOSSY, changes=tuple(Change(*change) for change in changes))
    assert differences(predicted, recorded, DOCUMENT) == expected


def test_places_do_not_matter_where_nothing_changed() -> None:
    assert not differences(reading(Verdict.EQUIVALENT), Recorded(Verdict.EQUIVALENT, changes=()), DOCUMENT)


def test_what_was_not_recorded_is_not_compared() -> None:
    predicted = reading(Verdict.IDENTICAL, messages_restored=2, next_turn=NextTurn.FAILS, same_bytes=True)
    assert not differences(predicted, Recorded(Verdict.IDENTICAL), DOCUMENT)
    recorded = Recorded(Verdict.IDENTICAL, messages_restored=1, next_turn=NextTurn.SEES_ALL, same_bytes=False)
    assert differences(predicted, recorded, DOCUMENT) == {Difference.MESSAGES, Difference.NEXT_TURN, Difference.BYTES}


def test_only_what_the_contract_names_matters() -> None:
    assert {one for one in Difference if one.matters} == {
        Difference.VERDICT,
        Difference.STAGE,
        Difference.ERROR,
        Difference.CHANGES,
    }


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", ""),
        ("/messages/1/a", "/messages/*/a"),
        ("/messages/0/0/b", "/messages/*/0/b"),
        ("/messages/7/new", "/messages/*/new"),
        ("/messages/0/0/0", "/messages/*/0/0"),
    ],
)
def test_an_index_counts_as_any_and_a_name_of_digits_does_not(pointer: str, expected: str) -> None:
    assert anywhere(pointer, DOCUMENT) == expected


def test_a_tally_counts_for_each_kind_and_gives_the_share_that_was_right() -> None:
    tally = Tally()
    tally.add(("drop", "drop", "add"), frozenset())
    tally.add(("drop",), frozenset({Difference.VERDICT}))
    tally.add(("add",), frozenset({Difference.NEXT_TURN}))
    assert tally.agreement == pytest.approx(2 / 3)
    assert tally.rows() == [
        ("add", 2, {Difference.NEXT_TURN: 1}),
        ("drop", 2, {Difference.VERDICT: 1}),
    ]
    assert "| drop | 2 | 1 |  |" in tally.table()
    assert tally.table().endswith("| all | 3 | 1 | 1 |")
