"""What a program in another language finds in the typed session, whichever dialect the document is in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from pysession import convert, from_proto, to_proto
from pysession.dialects import DIALECTS
from pysession.findings.failures import ProtobufError, UsageError
from pysession.schema import shipped, validator
from pysession.testing.strategies import sessions
from pysession.v1 import session_pb2
from pysession.v1.session_pb2 import (
    DIALECT_AGNT5,
    DIALECT_DOTNET,
    DIALECT_DOTNET_THREAD,
    DIALECT_DURABLE,
    DIALECT_GO,
    DIALECT_PYTHON,
    DIALECT_PYTHON_HISTORY,
    DIALECT_PYTHON_THREAD,
    DIALECT_UNKNOWN,
    SHAPE_ENVELOPE,
    SHAPE_LINES,
    SHAPE_MESSAGE,
    SHAPE_MESSAGES,
    SHAPE_VALUE,
    Messages,
    Session,
)
from pysession.wire import Encoding

DIFFERENCES = json.loads(Path(__file__).with_name("differences.json").read_text("utf-8"))


def typed(path: str) -> Session:
    return Session.FromString(to_proto((shipped("fixtures") / path).read_bytes()))


def history(session: Session) -> Messages:
    """The messages of the conversation, wherever a dialect keeps them."""
    if session.HasField("messages"):
        return session.messages
    if session.HasField("history"):
        return session.history.messages
    if session.HasField("data"):
        found = Messages()
        for entry in session.data.conversation_history.items:
            found.items.extend(getattr(entry, str(entry.WhichOneof("kind"))).messages.items)
        return found
    (entry,) = (entry for entry in session.state.entries if entry.WhichOneof("kind") == "history")
    return entry.history.messages


TOOLS = {
    "golden/python/1.22.0/run_tools_stream.json": DIALECT_PYTHON,
    "golden/python/1.1.0/fhp__run_tools.jsonl": DIALECT_PYTHON_HISTORY,
    "golden/python/1.0.0b251001/thread_run_tools.json": DIALECT_PYTHON_THREAD,
    "golden/dotnet/1.16.0/streaming_tools.json": DIALECT_DOTNET,
    "golden/dotnet/1.0.0-preview.251001.3/streaming_tools.json": DIALECT_DOTNET_THREAD,
    "golden/go/2a6492ececb0/tool.json": DIALECT_GO,
}


@pytest.mark.parametrize("path", TOOLS)
def test_a_call_and_its_result_are_found_in_every_language(path: str) -> None:
    session = typed(path)
    assert session.dialect == TOOLS[path]
    messages = history(session).items
    assert [message.role for message in messages][:3] == ["user", "assistant", "tool"]
    assert messages[0].contents.items[0].text.text
    calls = [content.function_call for message in messages for content in message.contents.items]
    results = [content.function_result for message in messages for content in message.contents.items]
    called = next(call for call in calls if call.name)
    assert called.arguments.WhichOneof("kind") in ("text", "object")
    assert called.call_id in [result.call_id for result in results]


def test_the_text_of_a_call_is_in_the_text_and_its_object_in_the_object() -> None:
    python = history(typed("golden/python/1.22.0/run_tools_stream.json")).items[1].contents.items[0].function_call
    assert python.arguments.text == '{"city":"Paris"}'
    assert not python.hosted
    assert python.HasField("hosted")
    dotnet = history(typed("golden/dotnet/1.16.0/streaming_tools.json")).items[1].contents.items[0].function_call
    city, days = dotnet.arguments.object.members
    assert (city.name, city.value.string_value) == ("city", "Paris")
    assert (days.name, days.value.int_value) == ("days", 3)


def test_agnt5_has_its_texts_in_the_messages() -> None:
    session = typed("constructed/agnt5/agent.json")
    assert session.dialect == DIALECT_AGNT5
    assert (session.session_id, session.agent_name, session.message_count) == ("sess-1042", "support", 2)
    assert [message.text for message in session.messages.items] == [
        "Where is order 1042?",
        "It left the warehouse this morning.",
    ]
    assert session.messages.items[0].timestamp == 1767323045.678901


def test_a_durable_agent_has_requests_and_responses() -> None:
    session = typed("constructed/durable/every-content.json")
    assert session.dialect == DIALECT_DURABLE
    assert session.version == "1.1.0"
    request, response = session.data.conversation_history.items[:2]
    assert request.request.correlation_id == response.response.correlation_id == "corr-1"
    kinds = [content.WhichOneof("kind") for content in request.request.messages.items[0].contents.items]
    assert kinds == ["text", "data", "uri", "hosted_file", "hosted_vector_store"]


def test_a_role_that_stood_in_an_object_is_a_role() -> None:
    message = history(typed("golden/python/1.0.0b251001/thread_run_tools.json")).items[0]
    assert (message.role, message.role_in_object) == ("user", True)


def test_an_old_name_of_a_kind_and_a_call_that_does_not_name_its_kind_are_typed() -> None:
    data = (
        b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"assistant","contents":['
        b'{"$type":"functionApprovalRequest","functionCall":{"name":"pay","callId":"c1"},"id":"a1"}]}]}}}'
    )
    session = Session.FromString(to_proto(data))
    request = history(session).items[0].contents.items[0].function_approval_request
    assert (request.id, request.function_call.function_call.name) == ("a1", "pay")
    assert request.layout.kind == "functionApprovalRequest"
    assert request.function_call.function_call.layout.untagged
    assert from_proto(to_proto(data)) == data


def test_copies_that_compaction_keeps_are_messages_too() -> None:
    session = typed("golden/dotnet/1.0.0-rc5/compaction_sliding_window.json")
    copies = [
        message.contents.items[0].text.text
        for entry in session.state.entries
        for group in entry.history.message_groups.items
        for message in group.messages.items
        if message.role == "user"
    ]
    assert "one" in copies


def test_messages_that_wait_to_be_injected_are_messages() -> None:
    data = b'{"type":"session","session_id":"s","state":{"message_injection.pending_messages":[{"role":"user","contents":[]}]}}'
    (entry,) = Session.FromString(to_proto(data)).state.entries
    assert (entry.name, entry.WhichOneof("kind"), entry.messages.items[0].role) == (
        "message_injection.pending_messages",
        "messages",
        "user",
    )


def test_messages_in_the_words_of_another_language_are_typed_and_say_so() -> None:
    data = (
        b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":[{"role":"user",'
        b'"contents":[{"$type":"text","text":"hi"}],"messageId":"m1"}]}}}'
    )
    messages = history(Session.FromString(to_proto(data)))
    assert messages.words == DIALECT_DOTNET
    assert (messages.items[0].message_id, messages.items[0].contents.items[0].text.text) == ("m1", "hi")
    assert from_proto(to_proto(data)) == data


def test_names_that_dotnet_reads_whatever_their_case_are_typed_and_keep_their_case() -> None:
    data = (
        b'{"StateBag":{"InMemoryChatHistoryProvider":{"Messages":[{"Role":"user",'
        b'"Contents":[{"$type":"text","TEXT":"hi"}]}]}}}'
    )
    session = Session.FromString(to_proto(data))
    message = history(session).items[0]
    assert (message.role, message.contents.items[0].text.text) == ("user", "hi")
    assert from_proto(to_proto(data)) == data


@pytest.mark.parametrize(
    ("id", "kind"), [(None, "null_value"), ("conv_1", "text"), ({"id": "conv_1", "n": 1}, "mapping")]
)
def test_the_service_session_id_is_a_text_a_mapping_or_null(id: Any, kind: str) -> None:
    data = json.dumps({"type": "session", "session_id": "s", "service_session_id": id, "state": {}}).encode()
    session = Session.FromString(to_proto(data))
    assert session.service_session_id.WhichOneof("kind") == kind


def test_an_empty_text_list_or_object_is_set_and_a_missing_one_is_not() -> None:
    data = b'[{"role":"","contents":[],"additional_properties":{}},{"type":"message"}]'
    full, bare = Session.FromString(to_proto(data)).messages.items
    assert all(map(full.HasField, ("role", "contents", "additional_properties")))
    assert not any(map(bare.HasField, ("role", "contents", "additional_properties")))


def test_what_a_kind_does_not_know_and_kinds_nobody_knows_are_kept_in_order() -> None:
    data = (
        b'[{"role":"user","contents":[{"type":"text","new":1,"text":"hi","text_too":null},'
        b'{"type":"future","b":1,"a":{"type":"text"}},{"neither":true}]}]'
    )
    text, future, neither = Session.FromString(to_proto(data)).messages.items[0].contents.items
    assert [member.name for member in text.text.other_members] == ["new", "text_too"]
    assert list(text.text.layout.order) == [0, 14, 1, 14]
    assert (future.other.kind, [member.name for member in future.other.other_members]) == ("future", ["b", "a"])
    assert not neither.other.HasField("kind")
    assert from_proto(to_proto(data)) == data


def test_order_by_the_rule_costs_nothing() -> None:
    data = (shipped("fixtures") / "golden/python/1.22.0/run_tools_stream.json").read_bytes()
    assert "layout" not in str(Session.FromString(to_proto(data)))


SHAPES = [
    (b'{"type":"session","session_id":"s","state":{}}', DIALECT_PYTHON, SHAPE_ENVELOPE),
    (b'[{"type":"message","role":"user","contents":[]}]', DIALECT_PYTHON_HISTORY, SHAPE_MESSAGES),
    (b'{"type":"message","role":"user","contents":[]}', DIALECT_PYTHON_HISTORY, SHAPE_MESSAGE),
    (b'{"type":"message","role":"user"}\n{"type":"message","role":"tool"}\n', DIALECT_PYTHON_HISTORY, SHAPE_LINES),
    (b'[{"role":"user","contents":[{"$type":"text","text":"a"}]}]', DIALECT_DOTNET, SHAPE_MESSAGES),
    (b'{"authorName":"a","role":"user","contents":[]}', DIALECT_DOTNET, SHAPE_MESSAGE),
    (b'{"nothing":"known"}', DIALECT_UNKNOWN, SHAPE_VALUE),
    (b"[1,2]", DIALECT_UNKNOWN, SHAPE_VALUE),
    (b'"a text"', DIALECT_UNKNOWN, SHAPE_VALUE),
    (b'[{"type":"message","role":"user","contents":[]},null]', DIALECT_PYTHON_HISTORY, SHAPE_VALUE),
]


@pytest.mark.parametrize(("data", "dialect", "shape"), SHAPES)
def test_every_shape_of_document_says_what_it_is_and_comes_back(data: bytes, dialect: int, shape: int) -> None:
    session = Session.FromString(to_proto(data))
    assert (session.dialect, session.shape) == (dialect, shape)
    assert from_proto(to_proto(data)) == data


def test_one_line_is_a_message_unless_it_is_said_to_be_lines() -> None:
    line = b'{"type":"message","role":"user","contents":[]}\n'
    assert Session.FromString(to_proto(line)).shape == SHAPE_MESSAGE
    blob = to_proto(line, encoding=Encoding.JSON_LINES)
    assert Session.FromString(blob).shape == SHAPE_LINES
    assert from_proto(blob) == line


def test_several_sessions_in_one_file_are_several_documents() -> None:
    line = b'{"type":"session","session_id":"s","state":{}}\n'
    with pytest.raises(UsageError, match="several documents"):
        to_proto(line * 2)


def test_the_writer_is_there_when_it_is_said() -> None:
    data = b'{"type":"session","session_id":"s","state":{}}'
    assert not Session.FromString(to_proto(data)).HasField("writer")
    blob = to_proto(data, writer="python@1.23.0")
    assert Session.FromString(blob).writer.release == "python@1.23.0"
    assert from_proto(blob) == data


def test_a_text_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="encode the text"):
        to_proto("{}")  # type: ignore[arg-type]


@given(sessions())
def test_what_the_schema_has_a_type_for_is_typed(session: dict[str, Any]) -> None:
    """Whatever the closed schema accepts has a field; only nulls stand among the other members, and counts of tokens."""
    if not validator("python", "closed").is_valid(session):
        return
    assert set(_untyped(Session.FromString(to_proto(json.dumps(session).encode())))) <= {"null_value"}


def _untyped(message: Any) -> list[str]:
    found: list[str] = []
    if message.DESCRIPTOR.name == "UsageDetails":
        return found
    for field, value in message.ListFields():
        if field.name == "other_members":
            found += (str(member.value.WhichOneof("kind")) for member in value)
        elif field.message_type is not None and field.message_type.name not in ("Value", "Object", "Layout"):
            for item in value if field.is_repeated else [value]:
                found += _untyped(item)
    return found


@pytest.mark.parametrize("dialect", ["python", "dotnet", "go"])
def test_a_session_of_every_kind_made_by_the_generated_code_satisfies_the_schema(dialect: str) -> None:
    """The other way round: whatever fields a program sets that the dialect has words for, the document is accepted."""
    number = session_pb2.Dialect.Value(f"DIALECT_{dialect.upper()}")
    key = {"python": "in_memory", "dotnet": "InMemoryChatHistoryProvider", "go": "in-memory"}[dialect]
    accepts = validator(dialect, "open").is_valid
    carried = 0
    for field in session_pb2.Content.DESCRIPTOR.fields:
        if field.name == "other":
            continue
        session = Session(dialect=number, shape=SHAPE_ENVELOPE)
        if dialect == "python":
            session.type, session.session_id = "session", "s"
            session.service_session_id.text = "c"
        if dialect == "go":
            session.service_session_id.text = "c"
        message = session.state.entries.add(name=key).history.messages.items.add(role="user")
        content = getattr(message.contents.items.add(), field.name)
        content.SetInParent()
        for member in content.DESCRIPTOR.fields:
            _set(content, member, dialect)
            if _said(session) is None:
                content.ClearField(member.name)
        document = _said(session)
        carried += document is not None
        assert document is None or accepts(document), (field.name, document)
    assert carried > 15


def _said(session: Session) -> Any:
    """The document that a session is, or None where its dialect has no words for something in it."""
    try:
        return json.loads(from_proto(session.SerializeToString()))
    except ProtobufError as refused:
        if f"{session_pb2.Dialect.Name(session.dialect).removeprefix('DIALECT_').lower()} has no " in refused.reason:
            return None
        raise


def _set(message: Any, field: Any, dialect: str) -> None:
    if field.name in ("other_members", "layout"):
        return
    if field.message_type is None:
        setattr(message, field.name, {9: "x", 8: True, 3: 1, 1: 1.5}[field.type])
        return
    inner = getattr(message, field.name)
    inner.SetInParent()
    content = {"text": {"text": "x"}}
    arguments = {"text": "{}"} if ("TextOrObject", "object") in _wider(dialect) else {"object": {}}
    samples: dict[str, Any] = {
        "Value": {"string_value": "x"},
        "TextOrObject": arguments,
        "Content": {"function_call": {"call_id": "c", "name": "n", "arguments": arguments}},
        "Contents": {"items": [content]},
        "Output": {"contents": {"items": [content]}},
        "Strings": {"items": ["x"]},
        "Objects": {"items": [{}]},
    }
    inner.CopyFrom(type(inner)(**samples.get(field.message_type.name, {})))


def _wider(dialect: str) -> set[tuple[str, str]]:
    """What the definitions say and the schema of the dialect does not."""
    return {(d["message"], d["field"]) for d in DIFFERENCES["wider"] if d["dialect"] == dialect}


@pytest.mark.parametrize("difference", DIFFERENCES["wider"], ids=lambda one: f"{one['dialect']}-{one['field']}")
def test_what_is_listed_as_wider_than_the_schema_is_carried_and_not_accepted(difference: dict[str, str]) -> None:
    dialect, key = {"dotnet": (DIALECT_DOTNET, "InMemoryChatHistoryProvider"), "go": (DIALECT_GO, "in-memory")}[
        difference["dialect"]
    ]
    session = Session(dialect=dialect, shape=SHAPE_ENVELOPE)
    message = session.state.entries.add(name=key).history.messages.items.add(role="assistant")
    call = message.contents.items.add().function_call
    call.call_id, call.name = "c", "n"
    getattr(call.arguments, difference["field"])
    if difference["field"] == "text":
        call.arguments.text = "{}"
    else:
        call.arguments.object.SetInParent()
    document = json.loads(from_proto(session.SerializeToString()))
    assert difference["reason"]
    assert not validator(difference["dialect"], "open").is_valid(document)


def test_a_converted_session_is_typed_in_the_language_that_it_was_converted_to() -> None:
    data = (shipped("fixtures") / "golden/python/1.22.0/run_tools_stream.json").read_bytes()
    for dialect in ("dotnet", "go"):
        converted = convert(data, to=dialect).data
        messages = history(Session.FromString(to_proto(converted))).items
        assert messages[1].contents.items[0].function_call.name == "get_weather"


def test_every_dialect_is_one_of_the_enum() -> None:
    names = {
        name.removeprefix("DIALECT_").lower().replace("_", "-")
        for name in session_pb2.DESCRIPTOR.enum_types_by_name["Dialect"].values_by_name
    }
    assert names == {*DIALECTS, "unspecified", "unknown"}
