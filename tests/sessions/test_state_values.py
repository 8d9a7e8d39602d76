from __future__ import annotations

import json
import warnings
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import agent_framework as maf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pysession import convert
from pysession.sessions import (
    CorruptSessionError,
    Session,
    StateTypeError,
    StateValueError,
    Unregistered,
    UnregisteredTypeWarning,
    message,
    register_state_type,
    state_types,
)

SCALARS = (
    st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=2, minutes=30))))
    | st.dates()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.binary(max_size=20)
)
VALUES = st.recursive(
    SCALARS | st.text(max_size=5) | st.integers() | st.booleans() | st.none() | st.sets(SCALARS, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).filter(lambda k: k != "type"), inner)
    ),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(state_types, "_BY_CLASS", {})
    monkeypatch.setattr(state_types, "_BY_NAME", {})


def through(value: Any) -> Any:
    session = Session()
    session.state["value"] = value
    return Session.from_bytes(session.to_bytes()).state["value"]


@given(VALUES)
def test_what_json_lacks_comes_back_as_it_was(value: Any) -> None:
    assert through(value) == value


EVERY_NATIVE = {
    "datetime": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    "date": date(2026, 1, 2),
    "uuid": UUID(int=7),
    "decimal": Decimal("1.10"),
    "bytes": b"\x00\xff",
    "set": {1, 2},
}


def test_a_value_is_written_with_its_type_and_equal_sets_alike() -> None:
    session = Session()
    session.state = dict(EVERY_NATIVE)
    session.state["set"] = {"b", "a", 3}
    assert session.to_dict()["state"] == {
        "datetime": {"type": "pysession.datetime", "value": "2026-01-02T03:04:05.678901+00:00"},
        "date": {"type": "pysession.date", "value": "2026-01-02"},
        "uuid": {"type": "pysession.uuid", "value": "00000000-0000-0000-0000-000000000007"},
        "decimal": {"type": "pysession.decimal", "value": "1.10"},
        "bytes": {"type": "pysession.bytes", "value": "AP8="},
        "set": {"type": "pysession.set", "value": ["a", "b", 3]},
    }


@pytest.mark.parametrize("dialect", ["dotnet", "go"])
def test_every_dialect_carries_them(dialect: str) -> None:
    session = Session(session_id="s")
    session.state = {"mine": dict(EVERY_NATIVE)}
    session.state["in_memory"] = {"messages": [message("user", "hi")]}
    there = convert(session.to_bytes(), to=dialect).data
    back = Session.from_bytes(convert(there, to="python").data)
    assert back.state["mine"] == EVERY_NATIVE


def test_the_real_framework_carries_them() -> None:
    session = Session(session_id="s")
    session.state = {"mine": dict(EVERY_NATIVE)}
    theirs = maf.AgentSession.from_dict(json.loads(session.to_bytes()))
    assert Session.from_dict(theirs.to_dict()).state == session.state


@pytest.mark.parametrize(
    "value",
    [
        {"type": "pysession.datetime", "value": "yesterday"},
        {"type": "pysession.date"},
        {"type": "pysession.uuid", "value": 7},
        {"type": "pysession.decimal", "value": "much"},
        {"type": "pysession.bytes", "value": "&"},
        {"type": "pysession.set", "value": [{}]},
    ],
)
def test_a_value_that_is_not_what_its_type_says_raises(value: dict[str, Any]) -> None:
    with pytest.raises(CorruptSessionError, match="/state/x"):
        Session.from_dict({"session_id": "s", "state": {"x": value}})


class Cart:
    def __init__(self, items: list[str]) -> None:
        self.items = items

    def to_dict(self) -> dict[str, Any]:
        return {"items": self.items}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Cart:
        return cls(data["items"])


class Profile(BaseModel):
    name: str
    since: date | None = None


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


class Colour(StrEnum):
    RED = "red"


class Number(Enum):
    ONE = 1


@pytest.mark.parametrize("value", [Cart(["a"]), Profile(name="Ann")], ids=["to_dict", "pydantic"])
def test_a_registered_type_is_written_as_the_framework_writes_it(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_framework import _sessions

    monkeypatch.setattr(_sessions, "_STATE_CLASS_REGISTRY", dict(_sessions._STATE_CLASS_REGISTRY))
    monkeypatch.setattr(_sessions, "_STATE_TYPE_REGISTRY", dict(_sessions._STATE_TYPE_REGISTRY))
    register_state_type(type(value))
    maf.register_state_type(type(value))
    ours, theirs = Session(session_id="s"), maf.AgentSession(session_id="s")
    ours.state["x"] = theirs.state["x"] = value
    assert ours.to_bytes() == json.dumps(theirs.to_dict()).encode()
    again = Session.from_bytes(json.dumps(theirs.to_dict()).encode()).state["x"]
    assert type(again) is type(value)
    assert vars(again) == vars(value)


def test_a_model_keeps_what_json_has_no_word_for() -> None:
    register_state_type(Profile)
    assert through(Profile(name="Ann", since=date(2026, 1, 2))) == Profile(name="Ann", since=date(2026, 1, 2))


def test_a_type_with_a_codec_of_its_own_is_restored_at_any_depth() -> None:
    register_state_type(
        Point, type_id="shop.point", encoder=lambda point: {"x": point.x}, decoder=lambda data: Point(data["x"])
    )
    (found,) = through({"places": [Point(3)]})["places"]
    assert (type(found), found.x) == (Point, 3)


def test_an_unregistered_type_is_kept_as_it_is_and_reported() -> None:
    document = {"session_id": "s", "state": {"a": {"b": [{"type": "shop.cart", "items": ["x"]}]}}}
    with pytest.warns(UnregisteredTypeWarning, match=r"/state/a/b/0: the type 'shop\.cart'"):
        session = Session.from_dict(document)
    assert session.unregistered == (Unregistered("/state/a/b/0", "shop.cart"),)
    assert session.to_dict()["state"] == document["state"]


def test_the_frameworks_own_objects_are_not_reported() -> None:
    state = {"tool_approval": {"pending": [{"type": "function_approval_request"}]}, "q": [message("user", "hi")]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Session.from_dict({"session_id": "s", "state": state}).unregistered == ()


def test_an_unregistered_object_with_to_dict_is_saved_as_that_and_reported() -> None:
    with pytest.warns(UnregisteredTypeWarning, match="/state/value: Cart"):
        assert through(Cart(["a"])) == {"items": ["a"]}


def test_a_message_of_the_real_framework_is_saved_as_the_framework_would() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert through([maf.Message("user", ["hi"])])[0]["contents"] == message("user", "hi")["contents"]


def test_an_enumeration_of_texts_keeps_its_value_and_its_loss_is_told() -> None:
    with pytest.warns(UnregisteredTypeWarning, match="Colour"):
        assert through(Colour.RED) == "red"


def circle() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "value",
    [
        *(object(), Point(1), Number.ONE, float("nan"), float("inf"), {1: "a", "1": "b"}, circle(), 1j, iter([])),
        {"type": "pysession.date", "value": "mine"},
        message("user", "x", additional_properties={"when": date(2026, 1, 1)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_json_form_is_refused_and_never_saved_as_text(value: Any) -> None:
    session = Session()
    session.state["deep"] = [{"in": value}]
    with pytest.raises(StateValueError, match="/state/deep/0"):
        session.to_dict()


def test_values_in_messages_are_not_taken_for_types() -> None:
    inside = {"type": "pysession.date", "value": "2026-01-02"}
    found = through([message("user", "x", additional_properties={"theirs": inside})])
    assert found[0]["additional_properties"] == {"theirs": inside}


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (Point, {}),
        (Point, {"encoder": lambda point: {}}),
        (Cart, {"type_id": ""}),
        (Cart, {"type_id": "message"}),
        (Cart, {"type_id": "pysession.cart"}),
    ],
)
def test_what_cannot_be_restored_cannot_be_registered(cls: type, options: dict[str, Any]) -> None:
    with pytest.raises(StateTypeError):
        register_state_type(cls, **options)


def test_a_type_is_registered_once_under_one_name() -> None:
    register_state_type(Cart, type_id="shop.cart")
    register_state_type(Cart, type_id="shop.cart")
    with pytest.raises(StateTypeError, match="Cart is registered as"):
        register_state_type(Cart, type_id="cart")
    with pytest.raises(StateTypeError, match="that of Cart"):
        register_state_type(Profile, type_id="shop.cart")


def test_a_decoder_that_fails_makes_the_session_unreadable_and_says_where() -> None:
    register_state_type(Cart, type_id="shop.cart")
    with pytest.raises(CorruptSessionError, match=r"/state/x .*KeyError"):
        Session.from_dict({"session_id": "s", "state": {"x": {"type": "shop.cart"}}})
