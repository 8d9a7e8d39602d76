"""Every word of every dialect has its field, and every field is some dialect's word; what has none is listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor

from pysession.dialects import DIALECTS, vocabulary
from pysession.v1 import session_pb2

DIFFERENCES = json.loads(Path(__file__).with_name("differences.json").read_text("utf-8"))

MESSAGES = session_pb2.DESCRIPTOR.message_types_by_name
CHOICES = {"content": "Content", "annotation": "Annotation", "region": "Region", "entry": "DurableEntry"}
PLAIN = {"message": "Message", "usage": "UsageDetails"}

FORMS = {
    "string": {"string", "TextOrObject"},
    "boolean": {"bool"},
    "integer": {"int64"},
    "number": {"double"},
    "object": {"Object", "TextOrObject"},
    "any": {"Value"},
    "content": {"Content"},
    "content[]": {"Contents", "Output"},
    "annotation[]": {"Annotations"},
    "region[]": {"Regions"},
    "message[]": {"Messages"},
    "string[]": {"Strings"},
    "object[]": {"Objects"},
    "usage": {"UsageDetails"},
    "string|object": {"TextOrObject"},
    "content[]|any": {"Output"},
    "content|content[]|any": {"Output"},
}
"""Types of a member → the types of fields that hold them. Null is no type of its own: it is kept among the other members."""


def message_of(place: str, kind: str) -> Descriptor | None:
    if place in PLAIN:
        return MESSAGES[PLAIN[place]]
    field = MESSAGES[CHOICES[place]].fields_by_name.get(kind)
    return field.message_type if field is not None else None


def form(field: Any) -> str:
    if field.message_type is not None:
        return str(field.message_type.name)
    return {
        field.TYPE_STRING: "string",
        field.TYPE_BOOL: "bool",
        field.TYPE_INT64: "int64",
        field.TYPE_DOUBLE: "double",
    }[field.type]


def words(dialect: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Place, canonical kind, member, canonical member and types of every word below the envelope."""
    for place, kinds in vocabulary(dialect).places.items():
        if place != "envelope":
            for kind in kinds.values():
                for name, member in kind.members.items():
                    types = [of.partition(".")[0] for of in member.types if of != "null"]
                    yield place, kind.canonical, name, member.canonical, "|".join(types)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_kind_of_a_dialect_has_a_message(dialect: str) -> None:
    places = vocabulary(dialect).places
    missing = [
        (place, kind.canonical)
        for place in CHOICES
        for kind in places.get(place, {}).values()
        if message_of(place, kind.canonical) is None
    ]
    assert missing == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_member_of_a_dialect_has_a_field_of_its_type(dialect: str) -> None:
    listed = {(d["dialect"], d["place"], d["member"]) for d in DIFFERENCES["fields"]}
    wrong = []
    for place, kind, name, canonical, types in words(dialect):
        message = message_of(place, kind)
        assert message is not None
        field = message.fields_by_name.get(canonical)
        if (dialect, place, name) not in listed and (field is None or form(field) not in FORMS[types]):
            wrong.append((place, kind, name, types, field and form(field)))
    assert wrong == []


def test_every_listed_difference_is_one_and_has_a_reason() -> None:
    for difference in DIFFERENCES["fields"]:
        found = [
            (message_of(place, kind), canonical, types)
            for place, kind, name, canonical, types in words(difference["dialect"])
            if (place, name) == (difference["place"], difference["member"])
        ]
        assert found, difference
        assert difference["reason"]
        fields = [(message.fields_by_name.get(canonical), types) for message, canonical, types in found if message]
        assert any(field is None or form(field) not in FORMS[types] for field, types in fields), difference


def test_every_field_is_a_word_of_some_dialect() -> None:
    said: dict[str, set[str]] = {}
    for dialect in DIALECTS:
        for place, kind, _, canonical, _ in words(dialect):
            message = message_of(place, kind)
            assert message is not None
            said.setdefault(message.name, set()).add(canonical)
    ours = {"other_members", "layout"}
    listed = {(d["message"], d["field"]) for d in DIFFERENCES["only_here"]}
    unsaid = {
        (message, field.name)
        for message, canonical in said.items()
        for field in MESSAGES[message].fields
        if field.name not in canonical | ours
    }
    assert unsaid == listed


def test_every_kind_of_a_choice_is_a_kind_of_some_dialect() -> None:
    for place, message in CHOICES.items():
        kinds = {kind.canonical for dialect in DIALECTS for kind in vocabulary(dialect).places.get(place, {}).values()}
        assert {field.name for field in MESSAGES[message].fields} == {*kinds, "other"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_member_of_an_envelope_has_a_field(dialect: str) -> None:
    table = json.loads((Path(session_pb2.__file__).parents[1] / "protobuf" / "members.json").read_text("utf-8"))
    kinds = vocabulary(dialect).places.get("envelope", {}).values()
    known = {name for kind in kinds for name in kind.members}
    listed = table["envelope"].get(dialect, {})
    assert set(listed) == known
    assert set(listed.values()) <= set(MESSAGES["Session"].fields_by_name)


def test_every_message_that_is_an_object_keeps_others_and_order_in_the_same_fields() -> None:
    for message in MESSAGES.values():
        if "other_members" in message.fields_by_name:
            assert message.fields_by_name["other_members"].number == 14
            assert message.fields_by_name["layout"].number == 15


def test_presence_is_explicit_in_every_field_that_is_no_list() -> None:
    without = [
        (message.name, field.name)
        for message in MESSAGES.values()
        for field in message.fields
        if not field.is_repeated and not field.has_presence
    ]
    assert without == []
