"""JSON → protobuf → JSON is the same document: value, order of members, numbers as they were written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from pysession import from_proto, to_proto
from pysession.findings.failures import RefusedError
from pysession.schema import shipped
from pysession.v1.session_pb2 import SHAPE_LINES, Session
from pysession.wire import Encoding, Limits, read
from tests.protobuf.documents import SHAPES, Number, as_written, documents, fixtures, written

MAY_NOT_BE_CARRIED = {"json-invalid", "json-not-utf8", "json-duplicate-key", "number-not-json", "limit-exceeded"}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_fixture_comes_back_as_it_was(kind: str) -> None:
    carried, changed, refused = 0, [], {}
    for path, data in fixtures(kind):
        try:
            blob = to_proto(data)
        except RefusedError as failure:
            refused[path] = {finding.rule for finding in failure.findings}
            continue
        back = from_proto(blob)
        if Session.FromString(blob).shape == SHAPE_LINES:
            same = list(map(as_written, data.splitlines())) == list(map(as_written, back.splitlines()))
        else:
            same = as_written(data) == as_written(back)
        carried += 1
        if not same:
            changed.append(path)
    assert carried
    assert not changed
    assert all(rules <= MAY_NOT_BE_CARRIED for rules in refused.values())
    assert kind == "hostile" or set().union(*refused.values()) <= {"json-duplicate-key"}


@pytest.mark.parametrize("folder", ["golden", "hostile"])
def test_every_messagepack_file_comes_back_as_the_same_json_value(folder: str) -> None:
    files = sorted((shipped("fixtures") / folder).rglob("*.msgpack"))
    assert files
    for file in files:
        data = file.read_bytes()
        by_records = data[:1] == b"\0"
        reading = read(data, Encoding.MESSAGEPACK_RECORDS if by_records else Encoding.MESSAGEPACK)
        if not reading.readable or reading.faults:
            with pytest.raises(RefusedError):
                to_proto(data)
            continue
        back = from_proto(to_proto(data))
        value = [json.loads(line) for line in back.splitlines()] if by_records else json.loads(back)
        assert json.dumps(value) == json.dumps(reading.value), file.name


@given(documents())
def test_whatever_a_document_is_it_comes_back_as_it_was(document: Any) -> None:
    data = written(document)
    assert as_written(from_proto(to_proto(data))) == as_written(data)


@given(documents())
def test_the_library_writes_the_same_bytes_from_what_it_reads(document: Any) -> None:
    blob = to_proto(written(document))
    assert Session.FromString(blob).SerializeToString(deterministic=True) == blob


@pytest.mark.parametrize("kind", SHAPES)
def test_the_library_writes_the_same_bytes_from_every_fixture(kind: str) -> None:
    for path, data in fixtures(kind):
        try:
            blob = to_proto(data)
        except RefusedError:
            continue
        assert Session.FromString(blob).SerializeToString(deterministic=True) == blob, path


NUMBERS = {
    "0": ("int_value", 0),
    "-9223372036854775808": ("int_value", -(2**63)),
    "9223372036854775807": ("int_value", 2**63 - 1),
    "9223372036854775808": ("uint_value", 2**63),
    "18446744073709551615": ("uint_value", 2**64 - 1),
    "18446744073709551616": ("number_text", "18446744073709551616"),
    "-9223372036854775809": ("number_text", "-9223372036854775809"),
    "1234567890123456789012345678901234567890": ("number_text", "1234567890123456789012345678901234567890"),
    "-0": ("number_text", "-0"),
    "1.0": ("double_value", 1.0),
    "-0.0": ("double_value", -0.0),
    "0.1": ("double_value", 0.1),
    "1.10": ("number_text", "1.10"),
    "1E5": ("number_text", "1E5"),
    "1e-7": ("double_value", 1e-7),
    "1e-07": ("number_text", "1e-07"),
    "1e16": ("double_value", 1e16),
    "1e400": ("number_text", "1e400"),
    "0.1000000000000000055511151231257827": ("number_text", "0.1000000000000000055511151231257827"),
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_takes_the_form_that_gives_its_text_back(text: str) -> None:
    blob = to_proto(written({"a": Number(text)}))
    (member,) = Session.FromString(blob).value.object_value.members
    kind, value = NUMBERS[text]
    assert member.value.WhichOneof("kind") == kind
    assert getattr(member.value, kind) == value
    assert from_proto(blob) == written({"a": Number(text)})


def test_a_text_that_is_no_unicode_is_bytes_with_each_surrogate_in_three() -> None:
    blob = to_proto(rb'{"a\udc00":"\ud83d"}')
    (member,) = Session.FromString(blob).value.object_value.members
    assert member.surrogate_name == b"a\xed\xb0\x80"
    assert member.value.surrogate_string == b"\xed\xa0\xbd"
    assert json.loads(from_proto(blob)) == {"a\udc00": "\ud83d"}


def test_any_number_of_texts_may_be_no_unicode() -> None:
    data = b'["a"' + rb',"\ud83d"' * 1500 + b"]"
    assert from_proto(to_proto(data)) == data


def test_a_member_that_is_there_twice_is_found_behind_any_number_of_texts_that_are_no_unicode() -> None:
    with pytest.raises(RefusedError):
        to_proto(b"[" + rb'"\ud83d",' * 1500 + b'{"a":1,"a":2}]')


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 3000 + b"]" * 3000,
        b'{"type":"session","session_id":"s","state":{"a":' + b'{"a":' * 3000 + b"1" + b"}" * 3001 + b"}",
        b"[" * 200 + b"1" * 5000 + b"]" * 200,
        b"[" * 200 + b"1" * 5000 + b".0" + b"]" * 200,
    ],
    ids=["arrays", "objects", "a long number that lies deep", "one with a fraction"],
)
def test_what_was_carried_under_wider_limits_comes_back_without_being_told_of_them(data: bytes) -> None:
    assert from_proto(to_proto(data, limits=Limits(depth=10_000, digits=10_000))) == data


def test_a_pair_of_surrogates_is_the_character_that_it_means() -> None:
    (member,) = Session.FromString(to_proto(rb'{"a":"\ud83d\ude00"}')).value.object_value.members
    assert member.value.string_value == "😀"


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_what_lies_too_deep_for_parsers_is_carried_as_its_text(opening: str) -> None:
    data = (opening * 999 + "[1.10]" + {"[": "]"}.get(opening, "}") * 999).encode()
    assert from_proto(to_proto(data)) == data


@pytest.mark.parametrize("dialect", ["python", "dotnet", "go", "durable", "agnt5", "python-thread", "dotnet-thread"])
def test_contents_in_contents_without_end_are_carried(dialect: str) -> None:
    kinds = {"python": ("type", "function_result", "items"), "dotnet": ("$type", "codeInterpreterToolCall", "inputs")}
    tag, kind, items = kinds["python" if dialect.startswith("python") else "dotnet"]
    content: dict[str, Any] = {tag: kind}
    for _ in range(300):
        content = {tag: kind, items: [content]}
    messages = [{"role": "user", "contents": [content]}]
    documents = {
        "python": {"type": "session", "session_id": "s", "state": {"in_memory": {"messages": messages}}},
        "dotnet": {"stateBag": {"InMemoryChatHistoryProvider": {"messages": messages}}},
        "go": {"State": {"in-memory": {"messages": messages}}, "ServiceID": ""},
        "durable": {
            "schemaVersion": "1.0.0",
            "data": {"conversationHistory": [{"$type": "request", "messages": messages}]},
        },
        "agnt5": {"session_id": "s", "message_count": 1, "messages": messages},
        "python-thread": {"service_thread_id": None, "chat_message_store_state": {"messages": messages}},
        "dotnet-thread": {"storeState": {"messages": messages}},
    }
    data = json.dumps(documents[dialect], separators=(",", ":")).encode()
    assert from_proto(to_proto(data)) == data


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'{"type":"session","session_id":"a","session_id":"b","state":{}}', "json-duplicate-key"),
        (b'{"a":{"b":1,"b":1}}', "json-duplicate-key"),
        (b'{"a":NaN}', "number-not-json"),
        (b'{"a":"\xff"}', "json-not-utf8"),
        (b'{"a":1', "json-invalid"),
        (b"", "json-invalid"),
        (b"[" * 1001 + b"]" * 1001, "limit-exceeded"),
        (b'{"a":' + b"1" * 5000 + b"}", "limit-exceeded"),
    ],
)
def test_what_may_not_be_carried_is_refused_with_its_rule(data: bytes, rule: str) -> None:
    with pytest.raises(RefusedError) as caught:
        to_proto(data)
    assert rule in {finding.rule for finding in caught.value.findings}
