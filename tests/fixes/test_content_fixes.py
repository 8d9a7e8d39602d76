"""Which kind an object without one gets, and where it gets none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession import convert, repair

PYTHON = '{{"type":"session","session_id":"s","service_session_id":null,"state":{{"in_memory":{{"messages":[{}]}}}}}}'
DOTNET = '{{"stateBag":{{"InMemoryChatHistoryProvider":{{"messages":[{}]}}}}}}'


def mended(language: str, messages: str, rules: list[str] | None = None) -> list[Any]:
    value = json.loads(repair(language.format(messages).encode(), rules).data)
    found: list[Any] = next(iter((value.get("state") or value["stateBag"]).values()))["messages"]
    return found


def test_a_message_of_python_gets_its_type_where_the_others_have_it() -> None:
    bare = '{"role":"user","contents":[{"type":"text","text":"hi"}]}'
    first, last = bare.replace("{", '{"type":"message",', 1), bare[:-1] + ',"type":"message"}'
    assert list(mended(PYTHON, f"{bare},{last}")[0]) == ["role", "contents", "type"]
    assert list(mended(PYTHON, f"{first},{bare}")[1]) == ["type", "role", "contents"]


def test_a_session_whose_messages_had_no_type_is_converted_once_it_is_mended() -> None:
    session = PYTHON.format('{"role":"user","contents":[{"type":"text","text":"hi"}]}').encode()
    converted = json.loads(convert(repair(session).data, to="python@1.21.0").data)
    assert converted["state"]["in_memory"]["messages"][0]["type"] == "message"


@pytest.mark.parametrize(
    ("language", "content", "kind"),
    [
        (PYTHON, {"call_id": "c", "name": "f", "arguments": "{}"}, "function_call"),
        (PYTHON, {"call_id": "c", "result": "1"}, "function_result"),
        (PYTHON, {"type": None, "call_id": "c", "result": "1"}, "function_result"),
        (PYTHON, {"vector_store_id": "v", "additional_properties": {}}, "hosted_vector_store"),
        (PYTHON, {"text": "x", "protected_data": "y"}, "text_reasoning"),
        (DOTNET, {"callId": "c", "name": "f", "arguments": {}}, "functionCall"),
        (DOTNET, {"CallId": "c", "Result": 1}, "functionResult"),
    ],
)
def test_a_content_gets_the_one_kind_that_has_its_members(language: str, content: Any, kind: str) -> None:
    message = json.dumps(
        {"role": "assistant", "contents": [content]} | ({"type": "message"} if language is PYTHON else {})
    )
    (said,) = mended(language, message, ["discriminator-missing"])[0]["contents"]
    assert next(iter(said.values())) == kind
    assert {name: value for name, value in said.items() if value != kind} == {
        name: value for name, value in content.items() if value is not None
    }


@pytest.mark.parametrize("content", [{}, {"call_id": "c"}, {"uri": "https://x"}, {"nobody": "knows"}, {"text": "hm"}])
def test_a_content_that_may_be_of_several_kinds_or_none_is_left(content: Any) -> None:
    (message,) = mended(PYTHON, json.dumps({"role": "assistant", "contents": [content], "type": "message"}))
    assert message["contents"] == [content]


@pytest.mark.parametrize(
    ("role", "rules", "kind"), [("user", None, "text"), ("assistant", ["discriminator-missing"], "text")]
)
def test_a_text_is_one_where_nobody_reasons_or_a_person_says_so(role: str, rules: Any, kind: str) -> None:
    message = json.dumps({"role": role, "contents": [{"text": "hi"}], "type": "message"})
    assert mended(PYTHON, message, rules)[0]["contents"] == [{"type": kind, "text": "hi"}]
