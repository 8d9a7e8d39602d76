"""What holds for every canonical session."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.model import DepthError, History, Message, ModelError, Session, TextContent, dump, dump_bytes, load
from pysession.testing import json_values, sessions
from tests.model.stored import patient

LEVELS = 400


@patient
@given(sessions())
def test_what_is_loaded_is_dumped_as_it_was(document: dict[str, Any]) -> None:
    session = load(document)
    assert json.dumps(dump(session)) == json.dumps(document)
    assert load(dump(session)) == session
    assert load(dump_bytes(session)) == session


@patient
@given(sessions(), st.randoms(use_true_random=False))
def test_sessions_that_differ_in_the_order_of_members_alone_are_equal(document: dict[str, Any], random: Any) -> None:
    assert load(_shuffled(document, random)) == load(document)


@patient
@given(json_values(20))
def test_any_json_may_be_state(value: Any) -> None:
    document = {"session_id": "s", "state": {"app": value}}
    assert json.dumps(dump(load(document))) == json.dumps(document)


@patient
@given(st.binary(max_size=60))
def test_arbitrary_bytes_give_a_model_error(data: bytes) -> None:
    with pytest.raises(ModelError):
        load(data)


@pytest.mark.parametrize("wrap", [lambda inner: {"in": inner}, lambda inner: [inner]], ids=["objects", "arrays"])
@pytest.mark.parametrize("place", ["state", "arguments", "result", "output", "additional_properties", "unknown"])
def test_free_form_values_may_nest_400_levels(wrap: Any, place: str) -> None:
    document = _holding(place, _nested(wrap, LEVELS))
    session = load(document)
    assert dump_bytes(session) == json.dumps(document, separators=(",", ":")).encode()
    assert load(dump(session)) == session


@pytest.mark.parametrize("levels", [501, 3_000, 100_000])
def test_deeper_values_give_a_depth_error_at_an_outer_value(levels: int) -> None:
    with pytest.raises(DepthError) as caught:
        load(_holding("state", _nested(lambda inner: [inner], levels)))
    ((pointer, message),) = caught.value.problems
    assert pointer.startswith("/state/app/0/0")
    assert len(pointer) < 20
    assert "500" in message


def test_contents_inside_contents_beyond_what_pydantic_follows_give_a_depth_error() -> None:
    content: dict[str, Any] = {"type": "function_call", "call_id": "c", "name": "n"}
    for _ in range(300):
        content = {"type": "function_approval_request", "id": "c", "function_call": content}
    with pytest.raises(DepthError):
        load(_with_contents(content))


def test_a_value_set_to_nest_too_deeply_gives_a_depth_error_when_dumped() -> None:
    session = Session(session_id="s")
    session.state["app"] = _nested(lambda inner: [inner], 600)
    with pytest.raises(DepthError):
        dump(session)


def test_a_value_set_to_no_json_gives_a_model_error_when_dumped() -> None:
    content = TextContent(text="hi", additional_properties={"at": object()})
    history = History(messages=[Message(role="user", contents=[content])])
    session = Session(session_id="s", state={"in_memory": history})
    with pytest.raises(ModelError) as caught:
        dump(session)
    pointer = "/state/in_memory/messages/0/contents/0/additional_properties/at"
    assert caught.value.problems == ((pointer, "a Python object is no JSON value"),)


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, list):
        return [_shuffled(item, random) for item in value]
    if isinstance(value, dict):
        items = [(name, _shuffled(member, random)) for name, member in value.items()]
        random.shuffle(items)
        return dict(items)
    return value


def _nested(wrap: Any, levels: int) -> Any:
    value: Any = 1.0
    for _ in range(levels):
        value = wrap(value)
    return value


def _holding(place: str, value: Any) -> dict[str, Any]:
    if place == "state":
        return {"session_id": "s", "state": {"app": value}}
    contents: dict[str, dict[str, Any]] = {
        "arguments": {"type": "function_call", "call_id": "c", "name": "n", "arguments": {"a": value}},
        "result": {"type": "function_result", "call_id": "c", "result": value},
        "output": {"type": "mcp_server_tool_result", "call_id": "c", "output": value},
        "additional_properties": {"type": "text", "text": "", "additional_properties": {"a": value}},
        "unknown": {"type": "nobody", "anything": value},
    }
    return _with_contents(contents[place])


def _with_contents(content: dict[str, Any]) -> dict[str, Any]:
    return {"session_id": "s", "state": {"in_memory": {"messages": [{"role": "user", "contents": [content]}]}}}
