"""What the Go SDK makes of whole sessions; each expectation was seen in a run (commit 5b27c979abb4, Go 1.26.8)."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import ChangeKind, NextTurn, Stage, Verdict
from pysession.readers import Settings
from tests.readers.go.sessions import HELLO, LATEST, holding, session

VANISHED, APPEARED, CHANGED, RENAMED = (
    ChangeKind.VANISHED,
    ChangeKind.APPEARED,
    ChangeKind.CHANGED,
    ChangeKind.RENAMED,
)


def changes(document: bytes, reader: str = LATEST) -> list[tuple[str, ChangeKind]]:
    return [(change.pointer, change.kind) for change in predict(document, reader).changes]


def test_what_the_sdk_wrote_comes_back_byte_for_byte() -> None:
    reading = predict(session(HELLO), LATEST)
    assert (reading.verdict, reading.messages_restored, reading.same_bytes) == (Verdict.IDENTICAL, 1, True)


def test_a_session_without_a_history_gets_an_empty_one() -> None:
    assert changes(b'{"State":{},"ServiceID":""}') == [("/State/in-memory", APPEARED)]


def test_members_that_are_missing_are_added() -> None:
    reading = predict(b"{}", LATEST)
    assert reading.verdict is Verdict.NORMALISED
    assert changes(b"{}") == [("/ServiceID", APPEARED), ("/State", APPEARED)]


@pytest.mark.parametrize("document", [b"[]", b'"text"', b"1", b'{"State":[]}', b'{"State":"x"}', b'{"ServiceID":1}'])
def test_another_type_than_declared_is_refused_on_loading(document: bytes) -> None:
    reading = predict(document, LATEST)
    assert reading.error is not None
    assert (reading.verdict, reading.stage) == (Verdict.REJECTED, Stage.LOAD)
    assert (reading.error.type, reading.next_turn) == ("UnmarshalTypeError", NextTurn.FAILS)


@pytest.mark.parametrize(
    "document", [b"", b"\xef\xbb\xbf{}", b"{} x", b"{'a':1}", b'{"a":NaN}', b"{}\x0b", b'{"a":01}']
)
def test_what_is_no_json_is_refused_on_parsing(document: bytes) -> None:
    reading = predict(document, LATEST)
    assert reading.error is not None
    assert (reading.stage, reading.error.type) == (Stage.PARSE, "SyntaxError")


def test_ten_thousand_levels_are_read_and_one_more_is_not() -> None:
    def nested(levels: int) -> bytes:
        return b'{"State":{"deep":' + b"[" * levels + b"]" * levels + b"}}"

    assert predict(nested(9_998), LATEST).verdict is Verdict.NORMALISED
    assert predict(nested(9_999), LATEST).stage is Stage.PARSE


def test_null_is_a_session() -> None:
    assert predict(b"null", LATEST).verdict is Verdict.LOSSY


def test_names_are_read_whatever_their_case_and_written_in_one() -> None:
    document = session(HELLO).replace(b"State", b"STATE").replace(b"ServiceID", b"serviceId")
    assert changes(document) == [("/STATE", RENAMED), ("/serviceId", RENAMED)]


def test_the_key_of_a_history_is_read_as_it_is_written() -> None:
    assert ("/State/in-memory", APPEARED) in changes(session(HELLO).replace(b"in-memory", b"In-Memory"))


def test_of_a_repeated_name_the_later_value_counts_and_states_are_merged() -> None:
    document = b'{"State":{"a":1,"b":1},"ServiceID":"x","ServiceID":"","STATE":{"b":2,"in-memory":{}}}'
    reading = predict(document, LATEST)
    assert reading.verdict is Verdict.LOSSY
    assert ("/State/b", CHANGED) in changes(document)


def test_a_null_for_the_history_is_a_panic_and_other_nulls_are_kept() -> None:
    reading = predict(b'{"State":{"in-memory":null},"ServiceID":""}', LATEST)
    assert reading.error is not None
    assert (reading.stage, reading.error.type) == (Stage.TOUCH, "runtime.Error")
    assert predict(session(HELLO, state='"other":null'), LATEST).verdict is Verdict.IDENTICAL


def test_state_that_nobody_reads_keeps_its_text() -> None:
    state = '"other":{"b":1.10,"a":12345678901234567890123,"c":"\\ud800","b":2,"n":1E400}'
    assert predict(session(HELLO, state=state), LATEST).verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        ("1", Verdict.IDENTICAL),
        ("1.5", Verdict.IDENTICAL),
        ("9007199254740992", Verdict.IDENTICAL),
        ("1e21", Verdict.IDENTICAL),
        ("1e-7", Verdict.IDENTICAL),
        ("1.0", Verdict.LOSSY),
        ("1e2", Verdict.LOSSY),
        ("1e20", Verdict.LOSSY),
        ("9007199254740993", Verdict.LOSSY),
        ("18446744073709551616", Verdict.LOSSY),
        ("123456789012345678901234", Verdict.LOSSY),
    ],
)
def test_numbers_of_a_result_go_through_float64(number: str, verdict: Verdict) -> None:
    content = f'{{"CallID":"c","Result":{number},"Type":"functionResult"}}'
    assert predict(session(holding(content, role="tool")), LATEST).verdict is verdict


@pytest.mark.parametrize("text", ["1e21", "1e-6"])
def test_an_exponent_may_be_written_in_another_way(text: str) -> None:
    content = f'{{"CallID":"c","Result":{text},"Type":"functionResult"}}'
    assert predict(session(holding(content, role="tool")), LATEST).same_bytes is not True


def test_a_number_too_large_for_a_result_ends_the_history_and_in_properties_becomes_null() -> None:
    result = holding('{"CallID":"c","Result":1E400,"Type":"functionResult"}', role="tool")
    reading = predict(session(result, HELLO), LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.SILENT_LOSS, 1)
    assert changes(session('{"AdditionalProperties":{"n":1E400},' + HELLO[1:])) == [
        ("/State/in-memory/messages/0/AdditionalProperties/n", CHANGED)
    ]


@pytest.mark.parametrize(
    "content",
    [
        '{"Arguments":{},"CallID":"c","Name":"f","Type":"functionCall"}',
        '{"Text":5,"Type":"text"}',
        '{"Type":5}',
        '"text"',
        "1",
        "[]",
        '{"URI":"http://a","Type":"data"}',
        '{"Details":{"InputTokenCount":1.0},"Type":"usage"}',
        '{"RequestID":"r","ToolCall":{"Type":"text"},"Type":"toolApprovalRequest"}',
        '{"Annotations":[{"Type":"unknown"}],"Text":"x","Type":"text"}',
    ],
)
def test_a_content_that_cannot_be_decoded_ends_the_history_and_nobody_hears_of_it(content: str) -> None:
    reading = predict(session(HELLO, holding(content), HELLO), LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.SILENT_LOSS, 2)
    assert reading.next_turn is NextTurn.SEES_FEWER


def test_a_member_of_a_message_of_another_type_is_left_out_and_decoding_goes_on() -> None:
    document = session(HELLO.replace('"user"', "5"), HELLO)
    reading = predict(document, LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.LOSSY, 2)
    assert changes(document) == [("/State/in-memory/messages/0/Role", CHANGED)]


@pytest.mark.parametrize("content", ['{"Type":"future","x":[1.0]}', '{"Text":"x"}', "{}", "null", '{"$type":"text"}'])
def test_contents_of_unknown_kinds_are_kept_as_their_text(content: str) -> None:
    assert predict(session(holding(content)), LATEST).verdict is Verdict.IDENTICAL


def test_unknown_members_of_a_known_kind_are_lost() -> None:
    document = session(holding('{"AdditionalProperties":{"a":1},"Text":"x","Type":"text"}'))
    assert changes(document) == [("/State/in-memory/messages/0/Contents/0/AdditionalProperties", VANISHED)]


def test_a_null_message_is_no_message_and_stays() -> None:
    reading = predict(session("null", HELLO), LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.IDENTICAL, 1)


def test_a_time_that_cannot_be_written_fails_the_whole_save() -> None:
    reading = predict(session(HELLO[:-1] + ',"CreatedAt":"2026-07-24T12:00:00+24:00"}'), LATEST)
    assert reading.error is not None
    assert (reading.stage, reading.error.type, reading.error.cause) == (Stage.SAVE, "MarshalerError", "errorString")


def test_the_escapes_of_a_time_are_not_resolved() -> None:
    whole, escaped = '"2026-07-24T12:00:00Z"', '"2026-07-24T12:00:00\\u005a"'
    assert predict(session(f'{HELLO[:-1]},"CreatedAt":{whole}}}'), LATEST).verdict is Verdict.IDENTICAL
    assert predict(session(f'{HELLO[:-1]},"CreatedAt":{escaped}}}', HELLO), LATEST).verdict is Verdict.SILENT_LOSS


def test_a_python_session_is_taken_for_a_state_without_a_history() -> None:
    document = (
        b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":['
        b'{"type":"message","role":"user","contents":[{"type":"text","text":"Hi."}]}]}}}'
    )
    reading = predict(document, LATEST)
    assert (reading.verdict, reading.messages_restored, reading.next_turn) == (
        Verdict.SILENT_LOSS,
        0,
        NextTurn.SEES_FEWER,
    )
    assert changes(document) == [
        ("/ServiceID", APPEARED),
        ("/service_session_id", VANISHED),
        ("/session_id", VANISHED),
        ("/state", RENAMED),
        ("/state/in-memory", APPEARED),
        ("/type", VANISHED),
    ]


def test_a_dotnet_session_comes_out_empty() -> None:
    messages = b'[{"role":"user","contents":[{"$type":"text","text":"Hi."}]}]'
    document = b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":' + messages + b"}}}"
    reading = predict(document, LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.SILENT_LOSS, 0)


def test_a_history_under_a_key_of_the_applications_own_is_seen_when_the_key_is_named() -> None:
    document = session(HELLO).replace(b"in-memory", b"own")
    assert predict(document, LATEST).next_turn is NextTurn.SEES_FEWER
    reading = predict(document, LATEST, settings=Settings(history_keys=("own",)))
    assert (reading.verdict, reading.messages_restored) == (Verdict.IDENTICAL, 1)
    assert reading.next_turn is NextTurn.SEES_ALL


def test_a_session_with_a_service_id_is_the_services() -> None:
    assert predict(session(HELLO, service_id="conv_1"), LATEST).next_turn is NextTurn.SERVICE_MANAGED
