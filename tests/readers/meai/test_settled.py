"""The short way by shapes says what decoding says."""

from __future__ import annotations

from typing import Any

import pytest

from pysession.readers.comparing import compare
from pysession.readers.meai.decoding import Decoder
from pysession.readers.meai.refusal import RefusedError
from pysession.readers.meai.settled import Settled
from pysession.readers.meai.shapes import Outline
from pysession.readers.meai.table import record
from tests.documents import values

VERSIONS = ("9.5.0", "9.9.0", "9.10.0", "9.10.2", "10.2.0", "10.3.0", "10.4.0", "10.5.0", "10.5.1", "10.8.0")


def histories() -> list[list[Any]]:
    """Every list of messages in the documents of .NET."""
    found: list[list[Any]] = []
    for _, document in values("dotnet", "dotnet-thread"):
        pending = [document]
        while pending:
            one = pending.pop()
            if isinstance(one, dict):
                found.extend([one["messages"]] if isinstance(one.get("messages"), list) else [])
                pending.extend(one.values())
            elif isinstance(one, list):
                found.extend([one] if one is document else [])
                pending.extend(one)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_that_is_settled_is_saved_as_it_is(version: str) -> None:
    known, settled = record(version), 0
    for messages in histories():
        found = Settled(known, Outline(messages))
        for index in set(range(len(messages))) - found.open:
            saved = Decoder(known).value("object:message", messages[index], ())
            comparison = compare(messages[index], saved)
            assert comparison.differences == ()
            assert found.reordered or not comparison.reordered
            settled += 1
    assert settled > 300


@pytest.mark.parametrize("version", VERSIONS)
def test_most_of_what_is_saved_as_it_is_is_known_to_be_by_its_shape(version: str) -> None:
    known, kept, missed = record(version), 0, 0
    for messages in histories():
        found = Settled(known, Outline(messages))
        for index, message in enumerate(messages):
            try:
                saved = Decoder(known).value("object:message", message, ())
            except RefusedError:
                assert index in found.open
                continue
            if saved == message:
                kept += 1
                missed += index in found.open
    assert missed < kept / 20


def test_objects_of_one_shape_stand_or_fall_together() -> None:
    def message(author: str) -> dict[str, Any]:
        return {"authorName": author, "role": "user", "contents": []}

    other = {"role": "user", "contents": [{"$type": "text", "text": "hi"}]}
    outline = Outline([message("a"), message(" "), other])
    assert Settled(record("10.11.0"), outline).open == {0, 1}
    assert Settled(record("10.11.0"), Outline([message("a"), other])).open == set()


@pytest.mark.parametrize("wrong", [None, 5, {"contents": [5]}, {"contents": [{"$type": 5}]}, {"contents": {}}])
def test_what_is_no_message_is_left_to_decoding(wrong: Any) -> None:
    assert 0 in Settled(record("10.11.0"), Outline([wrong])).open


def test_depth_is_shallow_only_when_all_of_it_was_seen() -> None:
    def outline(value: Any) -> Outline:
        return Outline([{"role": "user", "contents": [{"$type": "functionResult", "result": value, "callId": "c"}]}])

    deep: Any = []
    for _ in range(20):
        deep = [deep]
    assert outline({"a": [1]}).is_shallow
    assert not outline(deep).is_shallow
    assert not Outline([{"contents": {"d": deep}}]).is_shallow
