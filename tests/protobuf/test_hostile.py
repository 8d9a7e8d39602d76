"""Bytes from anywhere: a session, or a clear refusal. Nothing else, and nothing lost in silence."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from pysession import from_proto, to_proto
from pysession.findings.failures import ProtobufError, RefusedError, UsageError
from pysession.v1.session_pb2 import (
    DIALECT_DOTNET,
    DIALECT_PYTHON,
    SHAPE_ENVELOPE,
    SHAPE_MESSAGE,
    SHAPE_MESSAGES,
    SHAPE_VALUE,
    Content,
    Session,
)
from pysession.v1.value_pb2 import NULL_VALUE_NULL, Member, Value
from tests.protobuf.documents import fixtures

DOCUMENT = (
    b'{"type":"session","session_id":"s1","service_session_id":null,"state":{"in_memory":{"messages":['
    b'{"role":"user","contents":[{"type":"text","text":"hi","additional_properties":{}}],"additional_properties":{},'
    b'"type":"message"}]},"app":{"n":[1,2.5,"x",null]}}}'
)
BLOB = to_proto(DOCUMENT)
TWO_CONTENTS = (
    b'[{"role":"tool","contents":[{"type":"function_call","call_id":"c","name":"n","arguments":"{}","hosted":false},'
    b'{"type":"function_result","call_id":"c","result":"r","items":[{"type":"text","text":"r"}],"id":"i"}],'
    b'"author_name":"a","message_id":"m","type":"message"}]'
)


def session() -> Session:
    return Session.FromString(BLOB)


def refusal(blob: bytes) -> str:
    with pytest.raises(ProtobufError) as caught:
        from_proto(blob)
    assert str(caught.value).startswith("this is not a session as pysession.v1 has it: ")
    return caught.value.reason


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_document_or_refused(blob: bytes) -> None:
    with contextlib.suppress(ProtobufError):
        json.loads(from_proto(blob))


@given(
    st.binary(max_size=60)
    | st.sampled_from([b"\x80", b"\x80\x04\x95", b"\x00\x00\x00\x01\x80", b"\xff\xfe{", b"\x1f\x8b"])
)
def test_arbitrary_bytes_are_a_session_or_a_document_refused(data: bytes) -> None:
    with contextlib.suppress(RefusedError, UsageError):
        from_proto(to_proto(data))


def test_a_pickle_is_called_one() -> None:
    with pytest.raises(RefusedError, match="a Python pickle; never load it"):
        to_proto(b"\x80\x04\x95")


@given(st.data())
def test_a_blob_with_bytes_changed_is_a_document_or_refused(data: st.DataObject) -> None:
    blob = bytearray(data.draw(st.sampled_from([to_proto(text) for _, text in fixtures("golden")[:40]])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(blob) - 1))
        blob[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(ProtobufError):
        from_proto(bytes(blob))


@pytest.mark.parametrize("change", [-1, 1, 2, 0x80])
def test_bytes_with_one_of_them_changed_are_read_as_the_library_reads_them_or_refused(change: int) -> None:
    """Among them every length that leads beyond the end of what it is in, into what stands behind."""
    read = 0
    for blob in (BLOB, to_proto(TWO_CONTENTS)):
        for at in range(len(blob)):
            changed = blob[:at] + bytes([(blob[at] + change) % 256]) + blob[at + 1 :]
            try:
                document = from_proto(changed)
            except ProtobufError:
                continue
            read += 1
            assert document == from_proto(Session.FromString(changed).SerializeToString(deterministic=True))
    assert read


@pytest.mark.parametrize("length", range(1, len(BLOB)))
def test_a_blob_that_ends_too_early_is_never_the_whole_document(length: int) -> None:
    try:
        document = from_proto(BLOB[:length])
    except ProtobufError:
        return
    assert document != DOCUMENT


def test_nothing_at_all_is_no_session() -> None:
    assert refusal(b"") == "a session does not say its dialect, or says one that this version does not know: 0"


def test_a_dialect_of_a_later_version_is_refused_by_its_number() -> None:
    later = session()
    later.dialect = 57  # type: ignore[assignment]
    assert refusal(later.SerializeToString()).endswith("does not know: 57")


def test_a_version_of_a_dialect_that_is_not_known_is_refused() -> None:
    later = session()
    later.format_version = "7.0"
    assert "a version of python" in refusal(later.SerializeToString())


@pytest.mark.parametrize("number", [90, 150, 2000])
def test_a_field_of_a_later_version_is_refused_wherever_it_is(number: int) -> None:
    unknown = bytes([number << 3 & 0x7F | 0x80 | 2, number >> 4]) + b"\x03new"
    assert "does not know" in refusal(BLOB + unknown)
    with_unknown = session()
    text = with_unknown.state.entries[0].history.messages.items[0].contents.items[0].text
    text.MergeFromString(unknown)
    assert f"TextContent has a field {number}" in refusal(with_unknown.SerializeToString())


def test_fields_of_a_later_version_survive_a_program_that_reads_and_writes() -> None:
    unknown = b"\xd2\x09\x03new"
    assert Session.FromString(BLOB + unknown).SerializeToString().endswith(unknown)


ARRAYS, OBJECTS = (b"\x4a", b"\x0a"), (b"\x52", b"\x0a", b"\x0a\x01a\x1a")
"""What stands before the messages of one level: Value.array_value and Array.items; Value.object_value, Object.members and,
behind a name, Member.value."""


def nested(levels: int, before: tuple[bytes, ...]) -> bytes:
    """A session that is a value in so many arrays or objects."""
    pieces, length = [b"\x08\x01"], 2
    for tag in before[::-1] * levels:
        pieces.append(tag + _length(length))
        length += len(pieces[-1])
    pieces += b"\xf2\x01" + _length(length), bytes([8, DIALECT_PYTHON, 32, SHAPE_VALUE])
    return b"".join(reversed(pieces))


def _length(size: int) -> bytes:
    out = bytearray()
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes([*out, size])


@pytest.mark.parametrize("before", [ARRAYS, OBJECTS])
def test_what_is_just_as_deep_as_protobuf_allows_is_read_and_what_is_deeper_is_refused(
    before: tuple[bytes, ...],
) -> None:
    allowed = 0
    with contextlib.suppress(DecodeError):
        while Session.FromString(nested(allowed + 1, before)):
            allowed += 1
    assert allowed == 99 // len(before)
    assert json.loads(from_proto(nested(allowed, before)))
    assert "too deep" in refusal(nested(allowed + 1, before))


@pytest.mark.parametrize("before", [ARRAYS, OBJECTS])
def test_a_session_of_two_hundred_thousand_levels_is_refused_in_any_thread(before: tuple[bytes, ...]) -> None:
    """Native code that calls itself has no end but that of the thread's stack, and what lies behind it is a crash."""
    with ThreadPoolExecutor(1) as pool:
        assert "too deep" in pool.submit(refusal, nested(200_000, before)).result()


def contents_in_contents(levels: int) -> bytes:
    """A message with a result whose items are a result, and so on."""
    result, item, items, contents, message, messages = b"\x22", b"\x0a", b"\x22", b"\x12", b"\x0a", b"\x62"
    pieces, length = [], 0
    for tag in (result, item, *(items, result, item) * levels, contents, message, messages):
        pieces.append(tag + _length(length))
        length += len(pieces[-1])
    return bytes([8, DIALECT_PYTHON, 32, SHAPE_MESSAGES]) + b"".join(reversed(pieces))


def test_contents_in_contents_that_are_deeper_than_protobuf_allows_are_refused() -> None:
    for levels in range(31):
        assert from_proto(contents_in_contents(levels)).count(b"function_result") == levels + 1
    assert "too deep" in refusal(contents_in_contents(33))
    assert "too deep" in refusal(contents_in_contents(60_000))


def test_a_number_of_megabytes_is_refused_without_being_read() -> None:
    assert refusal(b"\xff" * (4 << 20)) == "the bytes are no message of protobuf, or one that is too deep"


def value(**kind: object) -> bytes:
    return Session(dialect=DIALECT_PYTHON, shape=SHAPE_VALUE, value=Value(**kind)).SerializeToString()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (value(), "a Value holds no value"),
        (value(null_value=0), "a NullValue is not NULL_VALUE_NULL"),
        (value(double_value=float("nan")), "a double is not finite, and JSON has no such number"),
        (value(double_value=float("inf")), "a double is not finite, and JSON has no such number"),
        (value(number_text="1.0x"), "a number_text is no number as JSON writes it"),
        (value(number_text="01"), "a number_text is no number as JSON writes it"),
        (value(number_text="1\n"), "a number_text is no number as JSON writes it"),
        (value(json_text="[1,]"), "a json_text is not the JSON text of a value"),
        (value(json_text='{"a":1,"a":2}'), "a json_text is not the JSON text of a value"),
        (value(json_text="1 2"), "a json_text is not the JSON text of a value"),
        (value(json_text="\ufeff[1]"), "a json_text is not the JSON text of a value"),
        (value(array_value={"items": [{}]}), "a Value holds no value"),
        (value(object_value={"members": [{"name": "a"}]}), "a Member has no value"),
        (value(object_value={"members": [{"value": {"bool_value": True}}]}), "a Member has no name"),
        (
            value(object_value={"members": [{"name": "a", "value": {"bool_value": flag}} for flag in (True, False)]}),
            "an Object has two members of one name, which pysession refuses in JSON too",
        ),
    ],
)
def test_what_no_json_says_is_refused(blob: bytes, reason: str) -> None:
    assert refusal(blob) == reason


@pytest.mark.parametrize("name", [False, True])
def test_a_pair_of_surrogates_is_no_unpaired_one_and_could_be_a_name_that_is_there(name: bool) -> None:
    pair = b"\xed\xa0\x80\xed\xb0\x80"
    text = Value(surrogate_string=pair)
    member = Member(surrogate_name=pair, value=Value(bool_value=True))
    blob = value(object_value={"members": [member]}) if name else value(array_value={"items": [text]})
    assert refusal(blob) == (
        "a surrogate_string or surrogate_name holds a pair of surrogates, which are one character in UTF-8"
    )
    assert from_proto(to_proto(b'["\\udc00\\ud800"]')) == b'["\\udc00\\ud800"]'


def test_what_is_new_in_every_session_does_not_fill_the_memory() -> None:
    def of_layouts(number: int) -> None:
        one = session()
        one.state.entries[0].history.messages.items[0].layout.order.extend([number % 100] * 300_000)
        from_proto(one.SerializeToString())

    def of_names(number: int) -> None:
        names = b"".join(b',"%d-%d":1' % (number, member) for member in range(3000))
        to_proto(DOCUMENT.replace(b',"type":"message"', names + b',"long-%d-%s":1' % (number, b"x" * 200_000)))

    for work in (of_layouts, of_names):
        work(0)
        tracemalloc.start()
        try:
            for number in range(1, 9):
                work(number)
            assert tracemalloc.get_traced_memory()[0] < 1_000_000
        finally:
            tracemalloc.stop()


def test_no_member_of_an_object_has_a_number_that_takes_more_than_a_byte_in_a_layout() -> None:
    messages = [
        Session.DESCRIPTOR.file.message_types_by_name[name] for name in Session.DESCRIPTOR.file.message_types_by_name
    ]
    with_layout = [message for message in messages if "layout" in message.fields_by_name]
    assert len(with_layout) > 30
    assert max(field.number for message in with_layout for field in message.fields) < 128


def test_text_that_is_no_unicode_is_refused_where_it_must_be_unicode() -> None:
    assert refusal(BLOB.replace(b"\x02hi", b"\x02h\xff"))


def test_a_content_of_no_kind_is_refused() -> None:
    empty = session()
    empty.state.entries[0].history.messages.items[0].contents.items.append(Content())
    assert refusal(empty.SerializeToString()) == "a content is of no kind"


def test_a_kind_that_a_dialect_has_no_name_for_is_refused() -> None:
    shell = Session(dialect=DIALECT_DOTNET, shape=SHAPE_ENVELOPE)
    messages = shell.state.entries.add(name="InMemoryChatHistoryProvider").history.messages
    messages.items.add().contents.items.add().shell_tool_call.call_id = "c"
    assert "dotnet has no content for field 22" in refusal(shell.SerializeToString())


def test_a_field_that_a_dialect_has_no_member_for_is_refused() -> None:
    wrong = session()
    wrong.agent_name = "helper"
    assert "python has no member for field 16 of Session" in refusal(wrong.SerializeToString())


def test_a_shape_and_what_is_in_it_must_agree() -> None:
    two = Session(dialect=DIALECT_PYTHON, shape=SHAPE_MESSAGE)
    two.messages.items.add(role="user")
    assert from_proto(two.SerializeToString()) == b'{"role":"user"}'
    two.messages.items.add(role="user")
    assert "exactly one message" in refusal(two.SerializeToString())
    both = session()
    both.shape = SHAPE_VALUE
    assert "SHAPE_VALUE" in refusal(both.SerializeToString())


def test_a_member_may_not_be_there_twice_by_field_and_by_name() -> None:
    twice = session()
    twice.other_members.append(Member(name="session_id", value=Value(string_value="other")))
    assert "two members of one name" in refusal(twice.SerializeToString())


def test_setting_a_field_takes_the_place_of_a_null_under_its_name() -> None:
    blob = to_proto(b'[{"role":"user","contents":[],"author_name":null,"message_id":"m"}]')
    edited = Session.FromString(blob)
    message = edited.messages.items[0]
    assert [(member.name, member.value.null_value) for member in message.other_members] == [
        ("author_name", NULL_VALUE_NULL)
    ]
    message.author_name = "Ann"
    assert from_proto(edited.SerializeToString()) == (
        b'[{"role":"user","contents":[],"message_id":"m","author_name":"Ann"}]'
    )


def test_what_another_program_adds_without_a_layout_is_written_by_the_rule() -> None:
    edited = session()
    message = edited.state.entries[0].history.messages.items.add(type="message", role="assistant")
    call = message.contents.items.add().function_call
    call.call_id, call.name = "c1", "get_weather"
    call.arguments.text = "{}"
    document = json.loads(from_proto(edited.SerializeToString()))
    assert list(document["state"]["in_memory"]["messages"][1].items()) == [
        ("role", "assistant"),
        ("contents", [{"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"}]),
        ("type", "message"),
    ]


def test_fields_in_another_order_or_in_pieces_are_read_as_protobuf_reads_them() -> None:
    first = Session(type="session", session_id="s1").SerializeToString()
    second = Session(dialect=DIALECT_PYTHON, shape=SHAPE_ENVELOPE).SerializeToString()
    one, two = Session(), Session()
    one.state.entries.add(name="a").value.int_value = 1
    two.state.entries.add(name="b").value.double_value = 2.0
    assert from_proto(first + two.SerializeToString() + second + one.SerializeToString()) == (
        b'{"type":"session","session_id":"s1","state":{"b":2.0,"a":1}}'
    )


def test_a_layout_may_name_what_is_not_there_and_leave_out_what_is() -> None:
    edited = session()
    edited.layout.order.extend([99, 8, 8, 14, 6, 0])
    assert list(json.loads(from_proto(edited.SerializeToString()))) == [
        "state",
        "session_id",
        "type",
        "service_session_id",
    ]


def test_one_layout_orders_whatever_members_are_there() -> None:
    edited = Session(dialect=DIALECT_PYTHON, shape=SHAPE_MESSAGES)
    ordered = {
        ("role",): '{"role":"1"}',
        ("role", "author_name"): '{"author_name":"2","role":"1"}',
        ("author_name", "message_id"): '{"author_name":"1","message_id":"2"}',
        ("role", "message_id"): '{"role":"1","message_id":"2"}',
        ("role", "author_name", "message_id"): '{"author_name":"2","role":"1","message_id":"3"}',
    }
    for names in [*ordered, *reversed(ordered), *ordered]:
        message = edited.messages.items.add()
        message.layout.order.extend([3, 1])
        for said, name in enumerate(names, 1):
            setattr(message, name, str(said))
    document = ",".join([*ordered.values(), *reversed(ordered.values()), *ordered.values()])
    assert from_proto(edited.SerializeToString()).decode() == f"[{document}]"


def test_other_members_behind_a_layout_are_read_as_the_library_reads_them() -> None:
    layout, other = b"\x7a\x04\x0a\x02\x04\x01", b"\x72\x07\x0a\x01n\x1a\x02\x08\x01"
    message = b"\x0a\x01r" + b"\x22\x01m" + layout + other
    messages = b"\x0a" + _length(len(message)) + message
    blob = bytes([8, DIALECT_PYTHON, 32, SHAPE_MESSAGES]) + b"\x62" + _length(len(messages)) + messages
    assert from_proto(blob) == b'[{"message_id":"m","role":"r","n":null}]'


def test_a_double_is_read_from_its_eight_bytes() -> None:
    assert struct.pack("<d", 2.5) in BLOB


_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from pysession import from_proto

def read(_):
    together.wait()
    return from_proto(blob)

blob = bytes.fromhex(sys.argv[1])
together = Barrier(8)
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(8) as pool:
    (document,) = set(pool.map(read, range(8)))
sys.stdout.buffer.write(document)
"""


def test_threads_that_read_the_first_sessions_of_a_process_at_once_all_know_every_kind() -> None:
    command = [sys.executable, "-c", _THREADS, to_proto(TWO_CONTENTS).hex()]
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.stdout, done.stderr) == (TWO_CONTENTS, b"")


def test_the_text_of_what_lies_deep_adds_no_line_to_the_lines_of_a_document() -> None:
    lines = Session.FromString(to_proto(b'{"role":"user","contents":[]}\n{"role":"user","contents":[]}\n'))
    lines.messages.items[0].other_members.add(name="x", value=Value(json_text='[1.50,\n "\\ud800"]'))
    assert from_proto(lines.SerializeToString()) == (
        b'{"role":"user","contents":[],"x":[1.50,"\\ud800"]}\n{"role":"user","contents":[]}\n'
    )


@pytest.mark.parametrize("writer", [b"1.0", b"\x0a\x01\xff", b"\x0a\x7f", b"\x12\x01a"])
def test_a_writer_that_the_library_would_not_read_or_that_says_more_is_refused(writer: bytes) -> None:
    head, rest = BLOB.split(b"\x12\x031.0", 1)
    said = b"\x1a" + bytes([len(writer)]) + writer
    refusal(head + b"\x12\x031.0" + said + rest)


def test_a_writer_in_pieces_is_a_writer() -> None:
    head, rest = BLOB.split(b"\x12\x031.0", 1)
    assert from_proto(head + b"\x12\x031.0" + b"\x1a\x03\x0a\x01a" * 2 + rest) == DOCUMENT


def test_a_text_that_is_nested_without_end_takes_no_more_memory_than_others() -> None:
    endless = Session.FromString(to_proto(b"[1]"))
    endless.value.json_text = "[" * 5_000_000
    blob = endless.SerializeToString()
    tracemalloc.start()
    try:
        refusal(blob)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(blob)
    finally:
        tracemalloc.stop()
