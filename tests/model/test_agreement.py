"""The open schema of the python dialect and the model accept and refuse the same documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.dialects.vocabulary import Kind, vocabulary
from pysession.model import ModelError, load
from pysession.model.annotations import Annotation, TextSpanRegion, UsageDetails
from pysession.model.base import Value
from pysession.model.contents import CONTENTS
from pysession.model.sessions import Message, Session
from pysession.schema import validator
from pysession.testing import json_values, sessions
from tests.model.stored import REPLACEMENTS, one_place_of_each_sort, patient, places, replaced, scenarios, without

SCHEMA = validator("python", "open")
DIFFERENCES = json.loads(Path(__file__).with_name("differences.json").read_bytes())["differences"]


def model_accepts(document: Any) -> bool:
    try:
        load(document)
    except ModelError:
        return False
    return True


@patient
@given(sessions())
def test_the_schema_accepts_what_the_model_side_generates(document: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(document), [error.message[:200] for error in SCHEMA.iter_errors(document)]


@pytest.mark.parametrize("replacement", REPLACEMENTS, ids=json.dumps)
def test_they_agree_when_a_value_of_a_golden_is_replaced(replacement: Any) -> None:
    disputed = [
        path
        for document, path in one_place_of_each_sort()
        if SCHEMA.is_valid(changed := replaced(document, path, replacement)) is not model_accepts(changed)
    ]
    assert disputed == []


def test_they_agree_when_a_value_of_a_golden_is_missing() -> None:
    disputed = [
        path
        for document, path in one_place_of_each_sort()
        if path and SCHEMA.is_valid(changed := without(document, path)) is not model_accepts(changed)
    ]
    assert disputed == []


@patient
@given(st.data())
def test_they_agree_on_generated_sessions_and_goldens_with_any_value_replaced(data: st.DataObject) -> None:
    document = data.draw(sessions() | st.sampled_from(scenarios()))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, data.draw(st.sampled_from(REPLACEMENTS) | json_values(4)))
    assert SCHEMA.is_valid(document) is model_accepts(document)


SAMPLES: dict[str, Any] = {
    "string": "x",
    "boolean": True,
    "object[]": [],
    "content": {"type": "nobody"},
    "usage": {},
}
"""A valid value for each type that a required member has."""


def in_session(place: str, value: dict[str, Any]) -> dict[str, Any]:
    """A session with ``value`` as its only object at ``place``."""
    around: dict[str, Any] = {
        "region": lambda: in_session("annotation", {"type": "citation", "annotated_regions": [value]}),
        "annotation": lambda: in_session("content", {"type": "text", "text": "", "annotations": [value]}),
        "usage": lambda: in_session("content", {"type": "usage", "usage_details": value}),
        "content": lambda: in_session("message", {"role": "user", "contents": [value]}),
        "message": lambda: in_session("envelope", {"session_id": "s", "state": {"in_memory": {"messages": [value]}}}),
        "envelope": lambda: value,
    }
    found: dict[str, Any] = around[place]()
    return found


@pytest.mark.parametrize("place", vocabulary("python").places)
def test_they_agree_when_a_known_member_of_any_kind_has_any_value_or_none(place: str) -> None:
    disputed = []
    judged = 0
    for name, kind in vocabulary("python").places[place].items():
        required = {key: SAMPLES[member.types[0]] for key, member in kind.members.items() if member.required}
        least = required | ({} if place in ("envelope", "message", "usage") else {"type": name})
        assert model_accepts(in_session(place, least))
        changed = [least | {key: value} for key in kind.members for value in REPLACEMENTS]
        changed += [without(least, (key,)) for key in least]
        for value in changed:
            document = in_session(place, value)
            judged += 1
            if SCHEMA.is_valid(document) is not model_accepts(document):
                disputed.append(value)
    assert disputed == []
    assert judged > len(REPLACEMENTS)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference["name"])
def test_a_listed_difference_is_one(difference: dict[str, Any]) -> None:
    value: Any = float("inf") if difference["value"] == "Infinity" else difference["value"]
    is_content = difference["place"] == "content"
    for _ in range(difference["nested"]):
        value = {"type": "function_approval_request", "id": "a", "function_call": value} if is_content else [value]
    document = in_session("content", value) if is_content else {"session_id": "s", "state": {"app": value}}
    assert SCHEMA.is_valid(document) is (difference["schema"] == "accepts")
    assert model_accepts(document) is (difference["model"] == "accepts")
    assert difference["reason"]


def members(cls: type[Value]) -> dict[str, bool]:
    """The members that ``cls`` declares, and whether they are required."""
    return {name: field.is_required() for name, field in cls.model_fields.items()}


def described(kind: Kind, *discriminator: str) -> dict[str, bool]:
    return {name: member.required for name, member in kind.members.items()} | dict.fromkeys(discriminator, False)


def test_the_model_declares_the_kinds_and_members_of_the_vocabulary() -> None:
    places = vocabulary("python").places
    assert {name: members(cls) for name, cls in CONTENTS.items()} == {
        name: described(kind, "type") for name, kind in places["content"].items()
    }
    assert members(Session) == described(places["envelope"]["session"])
    assert members(Message) == described(places["message"][""])
    assert members(Annotation) == described(places["annotation"]["citation"], "type")
    assert members(TextSpanRegion) == described(places["region"]["text_span"], "type")
    assert members(UsageDetails) == described(places["usage"][""])
