"""What an immutable session may become, and what a document says of its own keeping."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.stores import Keeping, keeping_of, why_not_grown
from pysession.testing.strategies import json_values

Json = Any


def session(*messages: Json, **state: Json) -> Json:
    return {"type": "session", "session_id": "s", "state": {"in_memory": {"messages": list(messages)}, **state}}


def why(before: Json, after: Json) -> str | None:
    return why_not_grown(json.dumps(before).encode(), json.dumps(after).encode())


SAID = {"role": "user", "contents": [{"type": "text", "text": "hi"}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (session(), session(SAID)),
        (session(SAID), session(SAID, SAID)),
        (session(SAID), session(SAID, cart={})),
        (session(SAID, cart={"a": 1}), session(SAID, cart={"b": 2, "a": 1})),
        ([SAID], [SAID, SAID]),
    ],
)
def test_more_behind_and_beside_is_growth(before: Json, after: Json) -> None:
    assert why(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (session(SAID), session(SAID), "nothing was added"),
        (session(SAID), session(x=1), "/state/in_memory/messages/0 would be gone"),
        (session(SAID), session(SAID | {"author_name": "ann"}, SAID), "/state/in_memory/messages/0 would be changed"),
        (session(SAID, n=1), session(SAID, SAID, n=1.0), "/state/n would be changed"),
        (session(SAID, n=1), session(SAID, SAID, n=True), "/state/n would be changed"),
        (session(SAID, n=None), session(SAID, SAID), "/state/n would be gone"),
        (session(SAID, n=[1]), session(SAID, SAID, n={"0": 1}), "/state/n would be changed"),
        (session(SAID), [session(SAID)], "the whole document would be changed"),
    ],
)
def test_anything_else_is_not_and_its_place_is_told(before: Json, after: Json, reason: str) -> None:
    assert why(before, after) == reason


@pytest.mark.parametrize("after", [b"", b"{", b'{"a":1,"a":2}', b'{"a":NaN,"b":1}', b"\xff"])
def test_what_cannot_be_read_without_doubt_has_not_grown(after: bytes) -> None:
    assert why_not_grown(b'{"a":1}', after) is not None
    assert why_not_grown(after, b'{"a":1,"b":2}') is not None


def test_messagepack_and_lines_grow_too() -> None:
    first, second = session(SAID), session(SAID, SAID)
    assert why_not_grown(msgspec.msgpack.encode(first), msgspec.msgpack.encode(second)) is None
    line = json.dumps(SAID | {"type": "message"}).encode() + b"\n"
    assert why_not_grown(line, line * 2) is None
    assert why_not_grown(line * 2, line) == "/1 would be gone"


def test_documents_nested_as_deep_as_is_read_are_compared() -> None:
    deep: Json = 1
    for _ in range(900):
        deep = {"a": deep}
    assert why({"state": deep}, {"state": deep, "more": 1}) is None


def test_retention_of_an_immutable_session_does_not_even_grow() -> None:
    before = session(**{"pysession.session": {"v": 1, "retention": {"immutable": True}}})
    after = copy.deepcopy(before)
    after["state"]["pysession.session"]["retention"]["ttl_days"] = 1
    assert why(before, after) == "/state/pysession.session/retention would be changed"


@given(json_values(), st.data())
def test_what_is_taken_away_or_changed_anywhere_is_noticed(value: Json, data: st.DataObject) -> None:
    before = {"state": {"kept": value}, "more": [1]}
    after = copy.deepcopy(before)
    more = after["more"]
    more.append(2)
    assert why(before, after) is None
    place, step = data.draw(st.sampled_from(_steps(after)))
    if data.draw(st.booleans()):
        place[step] = "another value"
    else:
        del place[step]
    if place is not more or step == 0:
        assert why(before, after) is not None


def _steps(value: Json) -> list[tuple[Json, Any]]:
    found: list[tuple[Json, Any]] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        steps = item if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        found += [(item, step) for step in steps]
        waiting += [item[step] for step in steps]
    return found


@pytest.mark.parametrize(
    ("retention", "keeping"),
    [
        ({"immutable": True}, Keeping(immutable=True)),
        ({"ttl_days": 1.5}, Keeping(ttl=timedelta(days=1.5))),
        ({"ttl_days": 2, "immutable": True}, Keeping(True, timedelta(days=2))),
        ({"immutable": "yes", "ttl_days": "2"}, Keeping()),
        ({"ttl_days": -1}, Keeping()),
        ({"ttl_days": True}, Keeping()),
        ({"ttl_days": 1e300}, Keeping()),
        ([], Keeping()),
    ],
)
def test_a_document_says_how_it_is_kept_in_any_dialect_and_encoding(retention: Json, keeping: Keeping) -> None:
    record = {"pysession.session": {"v": 1, "retention": retention}}
    for document in ({"type": "session", "session_id": "s", "state": record}, {"stateBag": record}):
        assert keeping_of(json.dumps(document).encode()) == keeping
        assert keeping_of(msgspec.msgpack.encode(document)) == keeping


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"pysession.session":"retention"', b'["pysession.session","retention"]']
)
def test_what_is_no_session_says_nothing(data: bytes) -> None:
    assert keeping_of(data) == Keeping()
