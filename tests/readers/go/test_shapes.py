"""The short way and the long way to what becomes of a message are the same way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.readers.go.decoding import History
from pysession.readers.go.shapes import shapes
from pysession.readers.go.table import Field, Record, record

LATEST = record("5b27c979abb4")

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
TIMES = ("2026-07-24T12:00:00Z", "2026-07-24T12:00:00.5+05:30", "2026-07-24T12:00:00.50Z", "0001-01-01T00:00:00Z", "x")


def of(field: Field) -> st.SearchStrategy[Any]:
    """Values for a member: mostly of its type."""
    kind, _, name = field.type.partition(":")
    right: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(["", "x"]),
        "bool": st.booleans(),
        "int64": st.sampled_from([0, 1, 2**63 - 1, 2**63]),
        "any": anything,
        "any-map": st.dictionaries(st.text(max_size=2), anything, max_size=2),
        "int-map": st.none() | st.dictionaries(st.text(max_size=2), st.sampled_from([0, 1, 2**63]), max_size=2),
        "time": st.sampled_from(TIMES),
        "data-uri": st.sampled_from(["data:text/plain;base64,eA==", "data:,x", "x"]),
    }
    if kind == "struct":
        return struct(LATEST.structs[name])
    if kind in ("union", "kind", "one-of"):
        union = LATEST.unions[name if kind == "union" else "contents"]
        kinds = [
            struct((*union.header, *fields, Field("Type", "string"))).map(lambda one, word=word: one | {"Type": word})
            for word, fields in union.kinds.items()
            if not any(field.type.startswith(("kind:", "one-of:")) for field in fields)
        ]
        one = st.one_of(kinds)
        return st.lists(one, max_size=2) if kind == "union" else one
    return right[kind]


def struct(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the members of a Go struct, mostly all that are always written, in order."""
    always = {field.name: of(field) for field in fields if field.omit == "never"}
    others = {field.name: of(field) for field in fields if field.omit != "never"}
    order = [field.name for field in fields]
    return st.fixed_dictionaries(always, optional=others).map(
        lambda one: {name: one[name] for name in order if name in one}
    )


def stays(messages: list[Any], known: Record = LATEST) -> bool:
    found = shapes(messages)
    return found is not None and all(shape.stays(known) for shape in found)


messages = st.lists(struct(LATEST.structs["message"]), min_size=1, max_size=3)


@given(messages)
def test_what_is_said_to_stay_as_it_is_comes_out_so_when_it_is_decoded(stored: list[Any]) -> None:
    if stays(stored):
        history = History(LATEST, {"messages": stored})
        assert history.sound
        assert repr(history.written()) == repr({"messages": stored})


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"Contents": [{"Text": "x", "Type": "text"}], "Role": "user", "ID": ""}, True),
        ({"Contents": [], "Role": "user", "ID": "", "CreatedAt": "2026-07-24T12:00:00.5+05:30"}, True),
        ({"Contents": [], "Role": "user", "ID": "", "CreatedAt": "2026-07-24T12:00:00.50Z"}, False),
        ({"Role": "user", "Contents": [], "ID": ""}, False),
        ({"Contents": [], "Role": "user", "ID": "", "AuthorName": ""}, False),
        ({"Contents": [{"Type": "text", "Text": "x"}], "Role": "user", "ID": ""}, False),
        ({"Contents": [{"Text": "x", "Type": "future"}], "Role": "user", "ID": ""}, False),
        ({"AdditionalProperties": {"b": 1, "a": 1}, "Contents": [], "Role": "user", "ID": ""}, False),
        ({"AdditionalProperties": {"a": 1.5}, "Contents": [], "Role": "user", "ID": ""}, False),
    ],
)
def test_only_messages_that_are_as_the_sdk_writes_them_need_no_decoding(stored: dict[str, Any], expected: bool) -> None:
    assert stays([stored]) is expected


def test_no_record_is_taken_for_another() -> None:
    older: Record = record("5c7226ed33a3")
    message = {"Contents": [], "Role": "user", "ID": "", "SourceID": "memory"}
    assert stays([message], older)
    assert not stays([message])
