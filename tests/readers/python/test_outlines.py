"""Messages of one outline fare alike: what is told by outline is what each message by itself would get."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.readers.python.effects import effect_on
from pysession.readers.python.outlines import ODD, Outlines
from pysession.readers.python.table import Record, records
from tests.documents import values
from tests.mutating import mutations
from tests.readers.python.building import CALL, TEXT, message

RECORDS = [known for known in records() if known.threads is None]


def messages_in(value: Any) -> list[dict[str, Any]]:
    """Every object in ``value`` that says it is a message."""
    found: list[dict[str, Any]] = []
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            if one.get("type") == "message":
                found.append(one)
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
    return found


GOLDEN = [one for _, value in values("python", "python-history") for one in messages_in(value)]


def alone(known: Record, one: dict[str, Any]) -> Any:
    effect = effect_on(known, known.nesting, one, type_last=known.type_last, above=3)
    return effect.changes, effect.harmless, effect.reordered, str(effect.refusal)


OUTLINES = Outlines()


def test_golden_messages_fare_as_their_outlines() -> None:
    numbers = OUTLINES.messages(GOLDEN)
    assert numbers.count(ODD) < len(numbers) / 20
    assert len(set(numbers)) < len(numbers) / 2
    first: dict[int, dict[str, Any]] = {}
    for number, one in zip(numbers, GOLDEN, strict=True):
        before = first.setdefault(number, one)
        if number != ODD and before is not one:
            for known in RECORDS:
                assert alone(known, before) == alone(known, one)


TEXTS = frozenset({"text", "call_id", "name", "arguments", "uri", "id", "result", "role", "author_name", "message_id"})


def with_other_texts(value: Any) -> Any:
    """``value`` with other texts where a text decides nothing."""
    if isinstance(value, dict):
        return {
            name: f"other {item}" if name in TEXTS and isinstance(item, str) else with_other_texts(item)
            for name, item in value.items()
        }
    return [with_other_texts(item) for item in value] if isinstance(value, list) else value


@given(one=mutations(st.sampled_from(GOLDEN)))
def test_mutated_messages_with_other_texts_fare_alike(one: Any) -> None:
    if not isinstance(one, dict):
        return
    other = with_other_texts(one)
    first, second = OUTLINES.messages([one, other])
    assert first == second
    if first != ODD:
        for known in RECORDS:
            assert alone(known, one) == alone(known, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({**CALL, "exception": "a"}, {**CALL, "exception": "FunctionInvocationError"}),
        ({**CALL, "informational_only": True}, {**CALL, "informational_only": False}),
        ({**TEXT, "merge_mode": "append"}, {**TEXT, "merge_mode": "prepend"}),
        ({**CALL, "arguments": "{}"}, {**CALL, "arguments": {}}),
        ({**CALL, "items": [TEXT]}, {**CALL, "items": [CALL]}),
        ({**TEXT, "type": "text"}, {**TEXT, "type": "uri"}),
    ],
)
def test_what_decides_is_told_apart(one: Any, other: Any) -> None:
    first, second = Outlines().messages([message(one), message(other)])
    assert first != second


@pytest.mark.parametrize(
    "content",
    [
        {**TEXT, "additional_properties": {"server_label": "x"}},
        {**TEXT, "additional_properties": []},
        {**TEXT, "annotations": ["x"]},
        {**TEXT, "text": 0},
        {"type": ["text"]},
        {"type": None},
        "text",
        None,
    ],
)
def test_what_an_outline_cannot_tell_has_none(content: Any) -> None:
    assert Outlines().messages([message(content)]) == [ODD]


def test_members_of_alternating_types_are_remembered_once_each() -> None:
    outlines = Outlines()
    calls = [message({**CALL, "arguments": arguments}) for arguments in ("{}", {"n": 1}) * 1000]
    assert len(set(outlines.messages(calls))) == 2
    assert len(set(outlines.messages(calls))) == 2


def test_a_hostile_history_is_not_remembered_without_end() -> None:
    outlines = Outlines()
    odd = [message({"type": "text", f"member_{number}": 1}) for number in range(20_000)]
    numbers = outlines.messages(odd)
    assert numbers[-1] == ODD
    assert max(numbers) < 10_000
