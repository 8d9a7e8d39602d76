"""Borders of the rules on application data, and what they must leave alone; the fixtures show each violation."""

from __future__ import annotations

import base64
import codecs
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysession
from pysession.rules.pickles import is_pickle
from tests.rules.conversations import assistant, call, found, message, net, net_message, net_text, python, result, user


def with_data(data: Any) -> dict[str, Any]:
    return python(user(), assistant(), app=data)


# --- tags -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"type": ["string", "null"]},
        {"type": {"name": "message"}},
        {"type": "Message"},
        {"type": "session"},
        {"type": None},
        {"kind": "message"},
        {"lc": 1, "id": 2},
        {"id": [1], "kwargs": {}},
        {"note": "__pickled__ and lc, id, kwargs"},
        {"__type": "Note", "type__": 1},
    ],
)
def test_data_that_no_framework_takes_for_its_own_is_left_alone(data: Any) -> None:
    assert found("type-tag-collision", with_data(data)) == []


def test_messages_that_the_framework_itself_keeps_in_the_state_are_messages() -> None:
    assert (
        found("type-tag-collision", python(user(), assistant(), archive={"first": user(), "all": [assistant()]})) == []
    )


def test_only_python_revives_objects_by_their_type() -> None:
    session = net(net_message("user", net_text("Hi?")))
    session["stateBag"]["app"] = {"type": "message", "subject": "Hello"}
    assert found("type-tag-collision", session) == []


# --- payloads that run ------------------------------------------------------------------------------------------------


def as_base64(stream: bytes) -> str:
    return base64.b64encode(stream).decode()


def urlsafe(stream: bytes) -> str:
    return base64.urlsafe_b64encode(stream).decode().rstrip("=")


def in_lines(stream: bytes) -> str:
    return codecs.encode(stream, "base64").decode()


def latin_1(stream: bytes) -> str:
    return stream.decode("latin-1")


def escaped(stream: bytes) -> str:
    return stream.decode("utf-8", "surrogateescape")


WAYS = [(as_base64, 0), (urlsafe, 0), (in_lines, 0), (latin_1, 0), (escaped, 0), (repr, 2)]
"""How bytes become text, and from which protocol on: the repr of a pickle that is text is a text about one."""

SPELLINGS = [(way, protocol) for way, first in WAYS for protocol in range(first, 6)]


@pytest.mark.parametrize(("way", "protocol"), SPELLINGS)
def test_a_pickle_is_found_in_every_protocol_and_spelling(way: Callable[[bytes], str], protocol: int) -> None:
    text = way(pickle.dumps({"who": "me", "list": [1, 2.5, None, {"x": "y" * 80}]}, protocol))
    assert found("executable-payload", with_data(text)) == [("error", "/state/app")]


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_read_as_latin_1_is_found_where_json_does_not_escape_it(protocol: int) -> None:
    text = latin_1(pickle.dumps({"who": "me", "list": [1, 2.5, None]}, protocol))
    data = json.dumps(with_data(text), ensure_ascii=False).encode()
    assert "executable-payload" in [one.rule for one in pysession.check(data).findings]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
        lambda some: st.lists(some) | st.dictionaries(st.text(), some),
    ),
    st.integers(2, 5),
)
def test_whatever_is_pickled_is_known_as_a_pickle(value: Any, protocol: int) -> None:
    assert is_pickle(as_base64(pickle.dumps([value], protocol)))


@given(st.text())
def test_a_text_that_somebody_may_write_is_no_pickle(text: str) -> None:
    # Not even by chance: plain text has neither a header nor the two names that a call needs.
    assert not is_pickle(text)


@pytest.mark.parametrize(
    "text",
    [
        "cos\nsin\ntan\n",
        "(1) first\n(2) second\n",
        "chat\nhello\nbye",
        "I1\n.",
        "}.",
        "](",
        "Yesterday",
        "KEYNOTES",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "/9j/4AAQSkZJRgABAQAAAQABAAD",
        "gAAAAABmX0AbCdEf0123456789abcdefgh",
        "data:image/png;base64,iVBORw0KGgo=",
        "Load it with pickle.loads(base64.b64decode(text)).",
    ],
)
def test_prose_code_images_and_encrypted_reasoning_are_no_pickles(text: str) -> None:
    assert found("executable-payload", python(user(text), assistant(), app={"x": text})) == []


@pytest.mark.parametrize(
    "data",
    [
        {"type": "bug, urgent"},
        {"type": "Fruit, Vegetable"},
        {"Type": "Node.js, Python"},
        {"@type": "schema.org, Person"},
        {"$type": "App.Note"},
        {"$type": "text"},
        {"typeName": "App.Note, App"},
        {"__class__": "Note"},
        {"__module__": "app"},
        {"_target_": "somewhere else"},
        {"text": '{"$type": "App.Note, App"}'},
    ],
)
def test_a_list_of_words_or_a_plain_name_is_no_type_to_build(data: Any) -> None:
    assert found("executable-payload", with_data(data)) == []


@pytest.mark.parametrize("tag", ["$type", "__type", "@class"])
@pytest.mark.parametrize(
    "name", ["App.Note, App", "Note, App", "App.Outer+Inner, App.Core", "System.Int32[], mscorlib"]
)
def test_a_tag_of_serializers_with_a_type_and_its_assembly_is_one(tag: str, name: str) -> None:
    assert found("executable-payload", with_data({tag: name})) == [("error", f"/state/app/{tag}")]


@pytest.mark.parametrize(
    "name",
    [
        "System.Diagnostics.Process, System",
        "App.Note, App.Core",
        "Other.Note, mscorlib",
        "Note, App, Version=1.0.0.0, Culture=neutral",
    ],
)
def test_under_a_common_name_it_takes_more_than_two_words(name: str) -> None:
    assert found("executable-payload", with_data({"type": name})) == [("error", "/state/app/type")]


def test_a_type_is_found_inside_a_message_too() -> None:
    asked = call("c1", arguments={"note": {"$type": "App.Note, App"}})
    session = python(user(), message("assistant", asked), message("tool", result("c1")), assistant())
    assert found("executable-payload", session) == [("error", "/1/contents/0/arguments/note/$type")]


# --- nulls and ids ----------------------------------------------------------------------------------------------------


def test_a_null_in_a_python_state_or_inside_an_entry_trips_nobody() -> None:
    session = net(net_message("user", net_text("Hi?")))
    session["stateBag"]["app"] = {"a": None}
    assert found("state-null", session) == []
    assert found("state-null", python(user(), app=None)) == []


@pytest.mark.parametrize("id", ["3b7a2468-86d7-47d9-9843-0ed91b97eb65", "s-1", "a.b_c-d", "0", "console", "a" * 128])
def test_ids_that_every_release_keeps_as_they_are_are_portable(id: str) -> None:
    assert found("session-id-not-portable", python(user(), assistant()) | {"session_id": id}) == []


@pytest.mark.parametrize(
    "id", ["", "a" * 129, "..", "a/b", "a\\b", ".hidden", "end.", "A", "é", "a b", "a:b", "nul", "com1.x", "a\n"]
)
def test_ids_that_some_file_system_or_release_keeps_otherwise_are_not(id: str) -> None:
    session = python(user(), assistant()) | {"session_id": id}
    assert found("session-id-not-portable", session) == [("warning", "/session_id")]


def test_no_finding_repeats_a_session_id() -> None:
    session = python(user(), assistant()) | {"session_id": "Customer-4711/Berlin"}
    assert not any("4711" in one.message for one in pysession.check(json.dumps(session).encode()).findings)
