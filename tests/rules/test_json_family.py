"""Borders of the rules on bytes, and what they must leave alone; the fixtures show each violation."""

from __future__ import annotations

import json
from typing import Any

import pytest

import pysession
from pysession.rules import profile
from pysession.wire import Encoding, Limits
from tests.rules.conversations import (
    assistant,
    findings,
    found,
    message,
    net,
    net_message,
    net_text,
    python,
    text,
    user,
)


def raw(value: str) -> bytes:
    """A session whose application data is ``value``, as written."""
    return b'{"type":"session","session_id":"s","service_session_id":"resp_1","state":{"x":%b}}' % value.encode()


def told(data: bytes, **options: Any) -> list[tuple[str, str, str]]:
    return [(one.rule, one.severity.value, one.pointer) for one in pysession.check(data, **options).findings]


# --- numbers ----------------------------------------------------------------------------------------------------------

PORTABLE = [
    "9007199254740991",
    "-9007199254740991",
    "0",
    "-0.0",
    "12.5",
    "1e22",
    "1e308",
    "-1.7976931348623157e308",
    "5e-324",
]
PORTABLE += ["1e-400", "0." + "1" * 400]
ROUNDED = ["9007199254740992", "-9007199254740992", "9223372036854775807", "-9223372036854775808"]
NOT_HELD = [
    "9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 400,
    "1e309",
    "-1e309",
    "1E+400",
    "9" * 309 + ".0",
    "17" * 100 + "e200",
]


@pytest.mark.parametrize("number", PORTABLE)
def test_a_number_that_every_reader_holds_is_left_alone(number: str) -> None:
    assert told(raw(number)) == []


@pytest.mark.parametrize("number", ROUNDED)
def test_an_integer_that_doubles_round_is_a_warning(number: str) -> None:
    assert told(raw(number)) == [("number-not-portable", "warning", "/state/x")]


@pytest.mark.parametrize("number", NOT_HELD)
def test_a_number_that_nothing_of_64_bits_holds_is_an_error(number: str) -> None:
    assert told(raw(number)) == [("number-not-portable", "error", "/state/x")]


@pytest.mark.parametrize("number", ROUNDED)
def test_a_backend_of_doubles_makes_an_error_of_what_it_rounds(number: str) -> None:
    assert told(raw(number), profiles=["cosmos"]) == [("number-not-portable", "error", "/state/x")]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_word_for_no_number_is_told_once(word: str) -> None:
    assert told(raw(word)) == [("number-not-json", "error", "/state/x")]


def test_many_infinities_are_told_in_a_time_that_grows_with_them_alone() -> None:
    # Looking for one infinity among all the reader's faults would take a million steps.
    found_rules = {rule for rule, _, _ in told(raw("[" + ",".join(["Infinity"] * 900 + ["1e999"] * 900) + "]"))}
    assert found_rules == {"number-not-json", "number-not-portable"}


@pytest.mark.parametrize("count", ["12", "0", "9007199254740991"])
def test_an_integer_count_is_left_alone(count: str) -> None:
    usage = {"type": "usage", "usage_details": {"input_token_count": int(count)}}
    assert found("number-not-portable", python(user(), message("assistant", text("Hi."), usage))) == []


def test_a_number_in_a_text_is_no_number() -> None:
    assert found("number-not-portable", python(user("Is 9007199254740993 prime, or 1e999?"), assistant("No."))) == []


def test_a_number_inside_a_wrapping_item_is_found_at_its_place_in_the_item() -> None:
    data = b'{"doc": ' + raw("9007199254740993") + b"}"
    assert told(data, at="/doc") == [("number-not-portable", "warning", "/doc/state/x")]


# --- strings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [r'"\\u0000"', r'"\\ud83d"', r'"\ud83d\ude00"', '"\u2028 \ufeff \x7f"', r'"\u0001"'])
def test_text_about_odd_characters_and_whole_emoji_are_left_alone(words: str) -> None:
    assert told(raw(words)) == []


def test_u0000_under_a_profile_without_postgres_stays_a_warning() -> None:
    assert told(raw(r'"\u0000"'), profiles=["mysql-json"]) == [("string-not-portable", "warning", "/state/x")]


# --- depth ------------------------------------------------------------------------------------------------------------


def lists(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(("levels", "severity"), [(64, None), (65, "warning"), (200, "warning"), (201, "error")])
def test_the_budget_ends_at_64_and_at_200_levels_counted_from_the_session(levels: int, severity: str | None) -> None:
    # Two containers, the session and its state, stand around the value.
    place = "/state/x" + "/0" * 62
    assert told(raw(lists(levels - 2))) == ([] if severity is None else [("depth-budget", severity, place)])


def test_what_wraps_a_session_does_not_count() -> None:
    data = b'{"a": {"b": {"c": ' + raw(lists(62)) + b"}}}"
    assert told(data, at="/a/b/c") == []


@pytest.mark.parametrize(("levels", "expected"), [(64, []), (65, ["depth-budget"])])
def test_each_record_of_a_history_file_is_read_by_itself(levels: int, expected: list[str]) -> None:
    # The record and its additional_properties stand around the value.
    record = json.dumps({"type": "message", "role": "user", "contents": [], "additional_properties": {"x": "@"}})
    deep = record.replace('"@"', lists(levels - 2))
    file = f"{deep}\n{record}".encode()
    report = pysession.check(file, encoding=Encoding.JSON_LINES)
    assert [one.rule for one in report.findings if one.rule == "depth-budget"] == expected


def test_two_branches_that_are_too_deep_are_two_findings() -> None:
    data = raw(f'{{"a":{lists(70)},"b":{lists(300)}}}')
    assert [severity for rule, severity, _ in told(data) if rule == "depth-budget"] == ["warning", "error"]


# --- limits and sizes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "option"),
    [
        (Limits(bytes=50), "--max-bytes"),
        (Limits(depth=2), "--max-depth"),
        (Limits(digits=3), "--max-digits"),
        (Limits(members=3), "--max-members"),
    ],
)
def test_a_limit_that_was_hit_names_the_option_that_raises_it(limits: Limits, option: str) -> None:
    report = pysession.check(raw("[1234]"), limits=limits)
    assert any(one.rule == "limit-exceeded" and option in one.message for one in report.findings)


def long_session(*sizes: int) -> Any:
    return python(*(assistant("word " * (size // 5)) for size in sizes))


def test_without_a_profile_there_is_no_budget() -> None:
    assert findings("size-budget", long_session(600_000)) == []


@pytest.mark.parametrize("name", ["dynamodb", "durable", "cosmos"])
def test_as_many_bytes_as_the_budget_are_not_over_it(name: str) -> None:
    budget = profile(name).bytes
    assert budget is not None
    data = json.dumps(long_session(*[budget // 40] * 30)).encode()
    assert "size-budget" not in {rule for rule, _, _ in told(data + b" " * (budget - len(data)), profiles=[name])}
    assert ("size-budget", "warning", "") in told(data + b" " * (budget - len(data) + 1), profiles=[name])


def test_a_document_over_the_budget_names_the_messages_that_fill_it_and_not_what_holds_them() -> None:
    (finding,) = findings("size-budget", long_session(1000, 300_000, 200_000), "dynamodb")
    assert "/state/in_memory/messages/1 (" in finding.message
    assert finding.message.index("messages/1 (") < finding.message.index("messages/2 (")
    assert "/state/in_memory/messages (" not in finding.message


def test_a_large_entry_of_the_state_is_named_as_well() -> None:
    (finding,) = findings("size-budget", python(user(), assistant(), cache={"pages": "word " * 100_000}), "dynamodb")
    assert "/state/cache/pages (" in finding.message


def test_a_message_with_half_an_emoji_is_weighed_all_the_same() -> None:
    session = python(user(), assistant("word " * 25_000 + "\ud83d"))
    assert [one.pointer for one in findings("size-budget", session, "dynamodb")] == ["/state/in_memory/messages/1"]


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_a_session_inside_a_json_string_has_its_faults_at_that_string() -> None:
    data = json.dumps({"id": 1, "doc": raw('NaN, "x": 2').decode()}, indent=1).encode()
    report = pysession.check(data, at="/doc")
    faults = {one.rule: (one.pointer, one.line) for one in report.findings if one.severity == "error"}
    assert faults == {"number-not-json": ("/doc/state/x", 3), "json-duplicate-key": ("/doc/state/x", 3)}


def test_a_session_cut_off_inside_a_json_string_is_not_json_there() -> None:
    data = json.dumps({"id": 1, "doc": raw("1").decode()[:-3]}).encode()
    assert told(data, at="/doc") == [("json-invalid", "error", "/doc")]


def test_a_repeated_member_whose_last_value_is_wrong_is_wrong_as_well() -> None:
    data = b'{"type":"session","session_id":"s","session_id":5,"service_session_id":"resp_1","state":{}}'
    assert {rule for rule, _, _ in told(data)} == {"json-duplicate-key", "schema-violation"}


def test_names_that_differ_by_case_are_two_names() -> None:
    session = net(net_message("user", net_text("Hi?")), net_message("assistant", net_text("Hi.")))
    session["stateBag"]["app"] = {"a": 1, "A": 2}
    assert findings("json-duplicate-key", session) == []
