from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from agent_framework import AgentSession

from pysession import check
from pysession.dialects.conversion.times import dotnet_time
from pysession.findings.failures import UsageError
from pysession.sessions import CorruptSessionError, Form, Session, StateValueError, UnregisteredTypeWarning
from pysession.sessions.events import Trail, timestamp
from pysession.sessions.record import KEY

AT = "2026-03-01T12:00:00.000000+00:00"
EVENT = {"sequence": 1, "time": AT, "actor": "researcher", "kind": "message_added", "detail": {"role": "user"}}
RECORD: dict[str, Any] = {
    "v": 1,
    "app_name": "assistant",
    "user_id": "ann",
    "metadata": {"project": "safety", "rate": 1.0},
    "retention": {"ttl_days": 30},
    "state": {"topic": "AI"},
    "unshared": {"user": {"values": {"theme": "dark"}, "deleted": ["old"]}},
    "events": [EVENT, {"sequence": 2, "time": AT, "kind": "saved"}],
    "later": {"a": [1]},
}


def document(record: Any, **state: Any) -> bytes:
    whole = {"before": 1, KEY: record, "after": {}} | state
    return json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": whole}).encode()


def test_a_record_comes_back_byte_for_byte_and_at_its_place() -> None:
    session = Session.from_bytes(document(RECORD))
    assert session.state == {"before": 1, "after": {}}
    assert session.to_bytes() == document(RECORD)


@pytest.mark.parametrize("form", list(Form))
def test_a_record_comes_back_in_every_form(form: Form) -> None:
    session = Session.from_bytes(document(RECORD))
    assert Session.from_bytes(session.to_bytes(form)).to_dict() == session.to_dict()


@pytest.mark.parametrize("tag", ["message", "session", "pysession.datetime", "app.cart"])
def test_no_reader_takes_a_key_of_the_application_for_a_type(tag: str) -> None:
    keyed = {"type": tag, "role": "user", "contents": [], "~type": 1, "value": "x"}
    session = Session(id="s", user_id="ann", metadata=keyed)
    for scope in ("session", "user"):
        for key, value in keyed.items():
            session.set_state(key, value, scope=scope)
    theirs = AgentSession.from_dict(json.loads(session.to_bytes()))
    again = Session.from_dict(json.loads(json.dumps(theirs.to_dict())))
    assert again.metadata == keyed
    assert [{key: again.get_state(key, scope) for key in keyed} for scope in ("session", "user")] == [keyed, keyed]
    assert [finding.rule for finding in check(session.to_bytes()).findings] == ["history-missing"]


def test_the_copies_of_a_record_share_nothing() -> None:
    session = Session.from_bytes(document(RECORD))
    session.to_dict()["state"][KEY]["later"]["a"].append(2)
    session.to_dict()["state"][KEY]["metadata"]["project"] = "other"
    assert session.to_bytes() == document(RECORD)


def test_values_of_a_type_that_nobody_registered_are_told_with_their_place() -> None:
    tagged = {"cart": {"type": "shop.cart", "items": []}}
    with pytest.warns(UnregisteredTypeWarning, match=rf"/state/{KEY}/metadata/cart: the type 'shop\.cart'"):
        session = Session.from_bytes(document({"v": 1, "metadata": tagged}))
    assert [(one.pointer, one.type) for one in session.unregistered] == [(f"/state/{KEY}/metadata/cart", "shop.cart")]
    assert session.metadata == tagged


def test_a_session_that_uses_none_of_it_has_no_record() -> None:
    assert KEY not in Session(session_id="s").to_dict()["state"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"v": 2}, "/v"),
        ({"v": True}, "/v"),
        ({"v": None}, "/v"),
        ({"app_name": 1}, "/app_name"),
        ({"user_id": ""}, "/user_id"),
        ({"metadata": []}, "/metadata"),
        ({"retention": "P30D"}, "/retention"),
        ({"state": None}, "/state"),
        ({"unshared": {"session": {}}}, "/unshared/session"),
        ({"unshared": {"user": {"deleted": [1]}}}, "/unshared/user/deleted"),
        ({"events": {}}, "/events"),
        ({"events": [EVENT, "saved"]}, "/events/1"),
        ({"events": [EVENT, EVENT]}, "/events/1/sequence"),
        ({"events": [EVENT | {"time": "yesterday"}]}, "/events/0/time"),
        ({"events": [EVENT | {"time": "2026-03-01T12:00:00"}]}, "/events/0/time"),
        ({"events": [EVENT | {"kind": None}]}, "/events/0/kind"),
        ({"events": [EVENT | {"actor": {}}]}, "/events/0/actor"),
        ({"events": [EVENT | {"detail": []}]}, "/events/0/detail"),
    ],
)
def test_a_record_that_is_damaged_raises_with_its_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(CorruptSessionError, match=f"/state/{KEY}{pointer} "):
        Session.from_bytes(document(RECORD | change))


def test_a_record_that_is_no_object_raises() -> None:
    with pytest.raises(CorruptSessionError, match=f"/state/{KEY} is no object"):
        Session.from_bytes(document([]))


def test_an_application_may_not_put_its_own_under_the_key() -> None:
    session = Session(session_id="s")
    session.state[KEY] = {"mine": 1}
    with pytest.raises(StateValueError, match=f"/state/{KEY}: this key is the session's own"):
        session.to_bytes()


@pytest.mark.parametrize(
    ("microsecond", "said"), [(0, "10:00:00+00:00"), (120, "10:00:00.00012+00:00"), (999999, "10:00:00.999999+00:00")]
)
def test_a_time_is_written_as_dotnet_writes_it(microsecond: int, said: str) -> None:
    at = datetime(2026, 3, 1, 10, 0, 0, microsecond, tzinfo=UTC)
    assert timestamp(at) == dotnet_time(at.isoformat()) == f"2026-03-01T{said}"


class TestTrail:
    def test_an_event_is_counted_and_timed(self) -> None:
        trail = Trail()
        before = datetime.now(UTC)
        first, second = trail.note("created"), trail.note("message_added", "researcher", {"role": "user", "key": None})
        assert (first.sequence, second.sequence) == (1, 2)
        assert before <= first.time <= second.time <= datetime.now(UTC)
        assert second.stored() == {
            "sequence": 2,
            "time": second.timestamp,
            "actor": "researcher",
            "kind": "message_added",
            "detail": {"role": "user"},
        }
        assert [second[name] for name in ("sequence", "kind", "type", "actor", "timestamp", "detail", "data")] == [
            *(2, "message_added", "message_added", "researcher", second.timestamp, {"role": "user"}, {"role": "user"})
        ]

    def test_an_event_is_read_as_a_dictionary_too(self) -> None:
        event = Trail().note("saved", None, {"a": 1})
        said = {"sequence": 1, "timestamp": event.timestamp, "kind": "saved", "detail": {"a": 1}}
        assert dict(event) == said  # type: ignore[call-overload]
        assert (event.get("type"), event.get("none"), event.get("none", 0)) == ("saved", None, 0)
        with pytest.raises(KeyError):
            event["none"]

    def test_no_event_is_earlier_than_the_one_before_it(self) -> None:
        trail = Trail()
        later = trail.note("saved", at=datetime.now(UTC) + timedelta(days=1))
        assert trail.note("saved").time == later.time

    def test_nothing_in_it_can_be_changed(self) -> None:
        trail = Trail()
        event = trail.note("created", None, {"by": "ann"})
        with pytest.raises(AttributeError):
            event.kind = "saved"  # type: ignore[misc]
        with pytest.raises(TypeError):
            event.detail["by"] = "bob"  # type: ignore[index]
        with pytest.raises(TypeError):
            trail[0] = event  # type: ignore[index]
        with pytest.raises(TypeError):
            del trail[0]  # type: ignore[arg-type]
        assert not hasattr(trail, "clear")

    @pytest.mark.parametrize(
        ("since", "found"),
        [
            (None, [1, 2, 3]),
            ("2024-01-01", [2, 3]),
            (date(2024, 1, 1), [2, 3]),
            ("2024-06-01T12:00:00", [3]),
            ("2024-06-01T14:00:00+02:00", [3]),
            (datetime(2024, 6, 1, 12, tzinfo=UTC), [3]),
            ("2025-01-01", []),
        ],
    )
    def test_events_since_a_date_or_time_are_found(self, since: Any, found: list[int]) -> None:
        trail = Trail()
        for at in (datetime(2023, 12, 31, 23, 59, tzinfo=UTC), datetime(2024, 1, 1), datetime(2024, 6, 1, 12)):
            trail.note("saved", at=at.replace(tzinfo=UTC))
        assert [event.sequence for event in trail.since(since)] == found
        assert [event.sequence for event in trail.since(since, limit=1)] == found[-1:]
        assert trail.since(since, limit=0) == ()

    @pytest.mark.parametrize(("since", "limit"), [("yesterday", 1), ("", 1), (7, 1), (None, -1), (None, "all")])
    def test_what_is_no_date_or_limit_is_told(self, since: Any, limit: Any) -> None:
        with pytest.raises(UsageError, match=r"a date or time|no date or time|a whole number"):
            Trail().since(since, limit)
