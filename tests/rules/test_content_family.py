"""Borders of the rules on contents, and what they must leave alone; the fixtures show each violation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rules.conversations import (
    agnt5,
    assistant,
    call,
    findings,
    found,
    message,
    net,
    net_message,
    net_text,
    python,
    result,
    text,
    user,
)


def with_arguments(arguments: Any) -> dict[str, Any]:
    calls = message("assistant", call("c1", arguments=arguments))
    return python(user(), calls, message("tool", result("c1")), assistant())


def with_result(value: str) -> dict[str, Any]:
    return python(user(), message("assistant", call("c1")), message("tool", result("c1", value)), assistant())


def with_data(uri: str, **members: Any) -> dict[str, Any]:
    return python(message("user", {"type": "data", "uri": uri, **members}), assistant())


def with_time(*times: str) -> dict[str, Any]:
    roles = ("user", "assistant") * len(times)
    said = [net_message(role, net_text(time), createdAt=time) for role, time in zip(roles, times, strict=False)]
    return net(*said)


# --- discriminators ---------------------------------------------------------------------------------------------------


def test_a_content_that_carries_only_what_a_conversion_parked_needs_no_kind() -> None:
    parked = {"additionalProperties": {"pysession": {"v": 1, "parked": {}}}}
    assert found("discriminator-missing", net(net_message("assistant", parked))) == []


def test_a_bare_content_that_carries_something_else_is_no_carrier() -> None:
    other = {"additionalProperties": {"note": 1}}
    assert found("discriminator-missing", net(net_message("assistant", other))) == [("error", "/0/contents/0")]


def test_what_is_below_an_extension_member_is_no_content() -> None:
    content = {"$type": "text", "text": "hi", "additionalProperties": {"annotations": [{"title": "x", "$type": "y"}]}}
    session = net(net_message("assistant", content))
    for rule in ("discriminator-missing", "discriminator-not-first", "discriminator-unknown"):
        assert found(rule, session) == []


def test_python_may_name_the_kind_anywhere() -> None:
    last = {"text": "hi", "additional_properties": {}, "type": "text"}
    assert found("discriminator-not-first", python(message("assistant", last))) == []


@pytest.mark.parametrize("words", ["", " "])
def test_a_content_that_says_nothing_is_not_without_its_members(words: str) -> None:
    assert found("content-empty", python(message("assistant", text(words)))) == []


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        "{}",
        ' {"city": "Oslo"}\n',
        '{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]}',
        '{"a": "\\ud83d\\ude00", "A": 1e999, "n": 123456789012345678901234567890}',
        '{"deep": ' + "[" * 300 + "]" * 300 + "}",
        {"city": "Oslo"},
        None,
    ],
)
def test_arguments_that_are_an_object_in_any_spelling_are_fine(arguments: Any) -> None:
    assert found("arguments-not-object", with_arguments(arguments)) == []


@pytest.mark.parametrize(
    "arguments", ["", " ", "null", "[]", "5", '"{}"', "{", '{"a":', '{"a":1,"a":1}', "{} {}", '{"a":NaN}', "{'a':1}"]
)
def test_arguments_that_are_no_object_are_found(arguments: str) -> None:
    assert found("arguments-not-object", with_arguments(arguments)) == [("warning", "/1/contents/0/arguments")]


# --- data URIs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "data:,hello",
        "data:text/plain,a%20b",
        "data:text/plain;charset=utf-8,%zz",
        "data:;base64,AAAA",
        "data:image/png;base64,",
        "data:image/png;base64,AA==",
        "DATA:IMAGE/PNG;BASE64,AAAA",
        "data:image/svg+xml;charset=utf-8;base64,AAAA",
    ],
)
def test_every_sound_shape_of_a_data_uri_is_fine(uri: str) -> None:
    assert found("data-uri-invalid", with_data(uri)) == []


@pytest.mark.parametrize(
    ("uri", "stated"),
    [
        ("data:image/png;base64,AAAA", "IMAGE/PNG"),
        ("data:text/plain;charset=utf-8,x", "text/plain"),
        ("data:text/plain,x", "text/plain; charset=utf-8"),
        ("data:;base64,AAAA", "image/png"),
        ("data:image/png;base64,AAAA", ""),
    ],
)
def test_media_types_that_differ_in_case_or_parameters_do_not_contradict(uri: str, stated: str) -> None:
    assert found("data-uri-invalid", with_data(uri, media_type=stated)) == []


def test_an_address_is_no_data_uri() -> None:
    content = {"type": "uri", "uri": "https://example.com/data:x", "media_type": "image/png"}
    assert found("data-uri-invalid", python(message("user", content), assistant())) == []


# --- payloads ---------------------------------------------------------------------------------------------------------

PICTURE = "data:image/png;base64,iVBORw0KGgo="


def test_a_sentence_that_starts_with_the_word_data_is_no_payload() -> None:
    said = [user("Data: 1, 2, 3"), assistant("A."), user("Data: 1, 2, 3"), assistant("data: " + "many words, " * 4000)]
    assert found("inline-binary", python(*said, user("x"), message("user", {"type": "data", "uri": PICTURE}))) == []


@pytest.mark.parametrize("size", [32 * 1024, 32 * 1024 + 3])
def test_a_payload_is_large_from_one_byte_more_than_32_kib(size: int) -> None:
    encoded = "A" * ((size + 2) // 3 * 4)
    uri = "data:application/octet-stream;base64," + encoded[: size * 4 // 3 // 4 * 4]
    expected = [("warning", "/0/contents/0/uri")] if size > 32 * 1024 else []
    assert found("inline-binary", with_data(uri)) == expected


@pytest.mark.parametrize(
    "payload", ["Ab+/" * 11000, "Ab-_" * 11000, json.dumps({"png": PICTURE[:22] + "Ab+/" * 11000})]
)
def test_a_large_payload_is_found_bare_in_either_alphabet_and_inside_json_text(payload: str) -> None:
    assert found("inline-binary", with_result(payload)) == [("warning", "/2/contents/0/result")]


def test_a_long_text_is_no_payload() -> None:
    assert found("inline-binary", python(user(), assistant("word " * 20000))) == []


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:05.123456-11:30",
        "2024-02-29T00:00:00+14:00",
        "2026-01-31T23:59:59Z",
    ],
)
def test_times_with_offset_and_up_to_six_digits_are_fine(time: str) -> None:
    assert found("timestamp-not-portable", with_time(time)) == []


@pytest.mark.parametrize(
    "time",
    [
        "",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02 03:04:05+00:00",
        "2026-01-02T03:04:05.1234567Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:60Z",
        "2026-02-29T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-02T03:04:05z",
        "2026-01-02T03:04:05+0000",
        "2026-01-02T03:04Z",
        "0000-01-01T00:00:00Z",
        "\uff12026-01-02T03:04:05Z",
    ],
)
def test_times_that_some_language_refuses_or_changes_are_found(time: str) -> None:
    assert found("timestamp-not-portable", with_time(time)) == [("warning", "/0/createdAt")]


def test_a_service_that_counts_whole_seconds_does_not_go_back() -> None:
    assert found("timestamp-not-portable", with_time("2026-01-02T03:04:05.9Z", "2026-01-02T03:04:05Z")) == []


def test_the_same_moment_in_another_zone_does_not_go_back() -> None:
    assert found("timestamp-not-portable", with_time("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:06Z")) == []


def test_one_time_in_the_future_is_told_once() -> None:
    times = ("2026-01-02T03:00:00Z", "2099-01-02T03:00:00Z", "2026-01-02T03:01:00Z", "2026-01-02T03:02:00Z")
    assert found("timestamp-not-portable", with_time(*times)) == [("warning", "/2/createdAt")]


def test_a_time_under_a_name_in_another_case_is_found_where_it_stands() -> None:
    messages = [
        {"Role": "user", "CreatedAt": "2026-01-02T03:04:05Z", "Contents": []},
        {"Role": "assistant", "CreatedAt": "2026-01-01T03:04:05Z", "Contents": []},
    ]
    (finding,) = findings("timestamp-not-portable", net(*messages))
    assert finding.pointer.endswith("/messages/1/CreatedAt")
    assert finding.column > 1


def test_seconds_since_1970_go_back_too() -> None:
    session = agnt5(("user", "a", 1767323045.5), ("assistant", "b", 1767323044.25))
    assert found("timestamp-not-portable", session) == [("warning", "/messages/1/timestamp")]


# --- text instead of values -------------------------------------------------------------------------------------------

OBJECT_TEXTS = [
    "<app.Profile object at 0x7f3a5c1d2e90>",
    "<class 'int'>",
    "{'name': 'Ada'}",
    "[{'name': 'Ada'}]",
    "b'\\x00\\xff'",
    "datetime.datetime(2026, 1, 2, 3, 4)",
    "UUID('3b7a2468-86d7-47d9-9843-0ed91b97eb65')",
    "System.Byte[]",
    "System.Collections.Generic.List`1[System.String]",
    "System.Linq.Enumerable+WhereIterator`1[System.Int32]",
    "[object Object]",
]


@pytest.mark.parametrize("value", OBJECT_TEXTS)
def test_the_text_of_an_object_is_found_in_the_state_and_in_a_result(value: str) -> None:
    assert found("stringified-object", python(app={"values": [value]})) == [("warning", "/state/app/values/0")]
    assert found("stringified-object", with_result(value)) == [("warning", "/2/contents/0/result")]


@pytest.mark.parametrize("value", OBJECT_TEXTS[1:])
def test_people_may_speak_of_such_texts(value: str) -> None:
    assert found("stringified-object", python(user(value), assistant(f"What is {value}?"))) == []


@pytest.mark.parametrize("name", ["typeName", "exceptionType", "errorCode", "assembly_name"])
def test_a_member_that_names_a_type_may_hold_one(name: str) -> None:
    assert found("stringified-object", python(app={name: "System.InvalidOperationException"})) == []


@pytest.mark.parametrize(
    "value", ["System", "System.", "system.log", "b'hello'", "{}", '{"a": 1}', "an object at 0x7f", "<b>object</b>"]
)
def test_other_texts_are_left_alone(value: str) -> None:
    assert found("stringified-object", python(app={"value": value, "bait": ["<class x"]})) == []


def test_an_applications_own_json_text_is_left_alone() -> None:
    panel = {"state": '{"open": true}', "messages": "[]"}
    assert found("stringified-object", python(user(), assistant(), app={"panel": panel})) == []


def test_json_text_is_a_python_tools_ordinary_result() -> None:
    assert found("stringified-object", with_result('{"sky": "blue"}')) == []
