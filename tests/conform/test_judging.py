"""From a document and an answer to a verdict, by the words of the contract."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgspec
import pytest

from pysession.conform import EXACT, Answer, Failure, Manner, judge
from pysession.findings import NextTurn, Stage, Verdict
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding

SESSION = {
    "type": "session",
    "session_id": "s",
    "state": {"in_memory": {"messages": [{"type": "message", "role": "user", "contents": []}] * 2}},
}


def saved(data: bytes | str, **members: Any) -> Answer:
    return Answer(1, True, saved=data.encode() if isinstance(data, str) else data, **members)


def verdict(before: str, after: str, manner: Manner = EXACT) -> tuple[str, dict[str, str]]:
    recorded = judge(before.encode(), saved(after), manner=manner)
    assert recorded.verdict is not None
    assert recorded.changes is not None
    return recorded.verdict.value, {pointer: kind.value for pointer, kind in recorded.changes}


@pytest.mark.parametrize(
    ("before", "after", "expected", "changes"),
    [
        ('{"a": 1}', '{"a":1}', "identical", {}),
        ('{"a": 1, "b": {"c": 1, "d": 2}}', '{"a": 1, "b": {"d": 2, "c": 1}}', "equivalent", {}),
        ('{"a": 1}', '{"a": 1, "b": 2}', "normalised", {"/b": "appeared"}),
        ('{"a": 1, "b": null}', '{"a": 1}', "normalised", {"/b": "vanished"}),
        ('{"a": 1, "b": 0}', '{"a": 1}', "lossy", {"/b": "vanished"}),
        ('{"a": 1}', '{"a": 1.0}', "lossy", {"/a": "changed"}),
        ('{"a": 1}', '{"a": true}', "lossy", {"/a": "changed"}),
        ('{"a": 0.0}', '{"a": -0.0}', "identical", {}),
        ('{"a": NaN}', '{"a": NaN}', "identical", {}),
        ('{"a": null}', '{"a": ""}', "lossy", {"/a": "changed"}),
        ('{"a": [1, 2]}', '{"a": [1]}', "lossy", {"/a": "changed"}),
        ('{"a": [{"x": 1}, {"x": 2}]}', '{"a": [{"x": 3}, {"x": 4}]}', "lossy", {"/a/*/x": "changed"}),
        ('{"a": [{"b/c": 1}]}', '{"a": [{"~": 1}]}', "lossy", {"/a/*/b~1c": "vanished", "/a/*/~0": "appeared"}),
        ('{"0": [{"0": 1}]}', '{"0": [{"0": 2}]}', "lossy", {"/0/*/0": "changed"}),
        ('{"a": 1, "a": 2}', '{"a": 2}', "identical", {}),
        ('{"A": 1}', '{"a": 1}', "lossy", {"/A": "vanished", "/a": "appeared"}),
        ("[]", "{}", "lossy", {"": "changed"}),
        (f'{{"a": {2**70}}}', f'{{"a": {2**70 + 1}}}', "lossy", {"/a": "changed"}),
        (f'{{"a": {"9" * 5000}}}', f'{{"a": {"9" * 5000}}}', "identical", {}),
        ("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000, "identical", {}),
    ],
)
def test_what_is_different_makes_the_verdict(before: str, after: str, expected: str, changes: dict[str, str]) -> None:
    assert verdict(before, after) == (expected, changes)


def test_where_numbers_count_by_value_one_is_one_point_zero_but_not_true() -> None:
    by_value = Manner(numbers_by_value=True)
    assert verdict('{"a": 1, "b": 1e22}', '{"a": 1.0, "b": 10000000000000000000000}', by_value)[0] == "identical"
    assert verdict('{"a": 1}', '{"a": true}', by_value)[0] == "lossy"
    assert verdict(f'{{"a": {2**53 + 1}}}', f'{{"a": {float(2**53)}}}', by_value)[0] == "lossy"


def test_where_names_are_read_in_any_case_another_case_is_the_same_member_renamed() -> None:
    fold = Manner(fold_names=True)
    assert verdict('{"CallId": {"X": 1}}', '{"callId": {"X": 1}}', fold) == ("normalised", {"/CallId": "renamed"})
    assert verdict('{"CallId": {"X": 1}}', '{"callId": {"X": 2}}', fold) == (
        "lossy",
        {"/CallId": "renamed", "/CallId/X": "changed"},
    )
    assert verdict('{"a": 1, "A": 2}', '{"A": 2, "a": 1}', fold)[0] == "equivalent"
    assert verdict('{"a": 1, "A": 2}', '{"a": 2}', fold) == ("lossy", {"/a": "changed", "/A": "vanished"})


def test_messages_that_did_not_come_back_are_lost_silently_even_if_every_value_is_kept() -> None:
    data = json.dumps(SESSION).encode()
    assert judge(data, saved(data, messages_restored=2)).verdict == "identical"
    assert judge(data, saved(data, messages_restored=1)).verdict == "silent-loss"
    assert judge(data, saved(data, messages_restored=2, empty_contents=1)).verdict == "silent-loss"


def test_what_is_no_object_in_a_history_is_no_message_to_miss() -> None:
    document = json.loads(json.dumps(SESSION))
    document["state"]["in_memory"]["messages"].append(None)
    data = json.dumps(document).encode()
    assert judge(data, saved(data, messages_restored=2)).verdict == "identical"


def test_a_refusal_keeps_stage_type_and_cause() -> None:
    answer = Answer(1, False, Stage.LOAD, Failure("ValueError", "TypeError", "unexpected keyword"))
    recorded = judge(b"{}", answer)
    assert recorded == msgspec.convert(
        {
            "verdict": "rejected",
            "stage": "load",
            "error": {"type": "ValueError", "cause": "TypeError", "message": "unexpected keyword"},
            "next_turn": "fails",
        },
        Recorded,
    )
    assert recorded.next_turn is NextTurn.FAILS


def test_bytes_are_compared_apart_from_values() -> None:
    assert judge(b'{"a": 1}', saved('{"a": 1}')).same_bytes
    assert not judge(b'{"a":1}', saved('{"a": 1}')).same_bytes


def test_a_byte_order_mark_and_bytes_that_are_no_utf8_are_read_as_a_tolerant_reader_does() -> None:
    assert judge(b'\xef\xbb\xbf{"a": 1}', saved('{"a": 1}')).verdict == "identical"
    assert judge(b'{"a": "\xff"}', saved('{"a": "\ufffd"}')).verdict == "identical"


def test_what_is_no_json_compares_as_bytes() -> None:
    assert verdict("no json", "{}") == ("lossy", {"": "changed"})


def test_records_are_compared_as_a_list() -> None:
    lines = b'{"a": 1}\r\n\n{"a": 2}\n'
    assert judge(lines, saved('{"a":1}\n{"a":2}\n'), encoding=Encoding.JSON_LINES).verdict == "identical"
    packed = b"".join(struct.pack(">I", len(one)) + one for one in map(msgspec.msgpack.encode, ({"a": 1}, {"a": 2})))
    assert judge(packed, saved(packed), encoding=Encoding.MESSAGEPACK_RECORDS).same_bytes
    one = msgspec.msgpack.encode({"a": b"x"})
    assert judge(one, saved(one), encoding=Encoding.MESSAGEPACK).verdict == "identical"


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize("end", [b"", b"]"])
def test_no_depth_ends_the_judge(depth: int, end: bytes) -> None:
    document = b"[" * depth + end * depth
    answer = Answer(1, True, saved=document)
    assert judge(document, answer).verdict is Verdict.IDENTICAL
