"""What releases make of contents, held against what was measured on the real releases."""

from __future__ import annotations

from typing import Any

import pytest

from pysession import predict
from tests.readers.python.building import CALL, TEXT, changed, message, told, with_messages

PLACE = "/state/in_memory/messages/0/contents/0"


def read(content: Any, reader: str) -> tuple[tuple[str, ...], dict[str, str]]:
    reading = predict(with_messages(message(content)), f"python@{reader}")
    below = {pointer.removeprefix(PLACE): kind for pointer, kind in changed(reading).items()}
    return told(reading), below


@pytest.mark.parametrize(
    ("reader", "expected"), [("1.18.0", (("identical",), {})), ("1.19.0", (("lossy",), {"/exception": "changed"}))]
)
def test_the_text_of_an_exception_is_replaced_since_1_19_0(reader: str, expected: Any) -> None:
    result = {"type": "function_result", "call_id": "c", "exception": "boom", "result": "", "additional_properties": {}}
    assert read(result, reader) == expected


def test_the_text_that_replaces_an_exception_stays() -> None:
    replaced = {"exception": "FunctionInvocationError", "result": "", "additional_properties": {}}
    assert read({"type": "function_result", "call_id": "c", **replaced}, "1.19.0") == (("identical",), {})


@pytest.mark.parametrize(("reader", "appears"), [("1.19.0", False), ("1.20.0", True)])
def test_a_text_without_text_has_an_empty_one_since_1_20_0(reader: str, appears: bool) -> None:
    _, changes = read({"type": "text", "additional_properties": {}}, reader)
    assert changes == ({"/text": "appeared"} if appears else {})


@pytest.mark.parametrize(("reader", "kind"), [("1.14.0", None), ("1.15.0", "changed")])
def test_an_approval_that_is_no_boolean_is_a_refusal_since_1_15_0(reader: str, kind: str | None) -> None:
    response = {"type": "function_approval_response", "approved": "yes", "id": "c", "additional_properties": {}}
    assert read(response, reader)[1] == ({} if kind is None else {"/approved": kind})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "x"}, ("rejected", "load", "ValueError", "ValueError")),
        ({"type": None}, ("rejected", "load", "ValueError", "ValueError")),
        ({"type": "text", "foo": 1}, ("rejected", "load", "ValueError", "TypeError")),
        ({"type": "data", "data": "aGk=", "media_type": "text/plain"}, ("rejected", "load", "ValueError", "TypeError")),
        (5, ("rejected", "load", "ValueError", "AttributeError")),
        ({"type": "hologram", "text": "x", "additional_properties": {}}, ("identical",)),
        ({"type": "text", "text": "x", "additional_properties": [1]}, ("rejected", "load", "ValueError", "TypeError")),
        (
            {"type": "text", "text": "x", "additional_properties": "ab"},
            ("rejected", "load", "ValueError", "ValueError"),
        ),
        ({**CALL, "hosted": None}, ("rejected", "load", "ValueError", "ValueError")),
        ({**CALL, "hosted": 1}, ("rejected", "load", "ValueError", "ValueError")),
        ({**TEXT, "hosted": False}, ("rejected", "load", "ValueError", "ValueError")),
        ({**TEXT, "merge_mode": "other"}, ("rejected", "load", "ValueError", "ValueError")),
        ({"type": "uri", "merge_mode": "append"}, ("rejected", "load", "ValueError", "ValueError")),
    ],
)
def test_what_the_newest_release_refuses(content: Any, expected: tuple[str, ...]) -> None:
    assert read(content, "1.23.0")[0] == expected


def test_null_in_a_list_of_contents_is_left_out() -> None:
    reading = predict(with_messages(message(TEXT, None)), "python@1.23.0")
    assert changed(reading) == {"/state/in_memory/messages/0/contents": "changed"}


@pytest.mark.parametrize(
    ("reader", "text", "changes"), [("1.21.0", "h", True), ("1.21.0", "hello", True), ("1.22.0", "hello", True)]
)
def test_contents_that_are_a_text_become_contents(reader: str, text: str, changes: bool) -> None:
    reading = predict(with_messages(message(contents=text)), f"python@{reader}")
    assert (reading.verdict, bool(reading.changes)) == ("lossy", changes)


def test_server_label_makes_a_call_hosted_since_1_22_0() -> None:
    labelled = CALL | {"additional_properties": {"server_label": "files"}}
    assert read(labelled, "1.21.0") == (("identical",), {})
    assert read(labelled, "1.22.0")[1] == {"/hosted": "appeared", "/server_name": "appeared"}
    refused = ("rejected", "load", "ValueError", "ValueError")
    assert read(labelled | {"additional_properties": {"server_label": 1}}, "1.22.0")[0] == refused
    assert read(labelled | {"server_name": "other"}, "1.22.0")[0] == refused
    assert read(TEXT | {"additional_properties": {"server_label": 1}}, "1.22.0")[0] == refused


@pytest.mark.parametrize(("reader", "gone"), [("1.11.0", True), ("1.19.0", True), ("1.20.0", False)])
def test_the_mark_of_an_executed_call_is_written_only_on_some_kinds(reader: str, gone: bool) -> None:
    marked = {"type": "computer_tool_call", "call_id": "c", "informational_only": True, "additional_properties": {}}
    assert read(marked, reader)[1] == ({"/informational_only": "vanished"} if gone else {})


def test_additional_properties_could_be_anything_before_rc4() -> None:
    odd = {"type": "text", "text": "x", "additional_properties": [1]}
    assert read(odd, "1.0.0rc3")[1] == {}
    assert read(odd, "1.0.0rc4")[0] == ("rejected", "load", "TypeError")


def test_an_output_is_restored_as_a_content_if_it_is_exactly_one() -> None:
    """1.23.0 reads contents in ``output`` and ``outputs``; so an exception in them is replaced."""
    inner = {"type": "function_result", "call_id": "c", "exception": "boom", "additional_properties": {}}
    marked = inner | {"exception": "FunctionInvocationError"}
    result = {"type": "mcp_server_tool_result", "call_id": "c", "output": [inner], "additional_properties": {}}
    assert read(result, "1.23.0") == (("identical",), {})
    with_null = {"type": "text", "text": "x", "name": None, "additional_properties": {}}
    assert read(result | {"output": [with_null]}, "1.23.0") == (("identical",), {})
    assert read(result | {"output": [marked]}, "1.23.0") == (("identical",), {})
    assert read(result | {"output": [{"type": "text", "unknown": 1}]}, "1.23.0") == (("identical",), {})
