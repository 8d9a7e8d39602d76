"""What releases load, where they look for the history, what they save; each line was seen in a run."""

from __future__ import annotations

import pytest

from pysession import check, predict
from pysession.findings import NextTurn, Stage, Verdict
from pysession.readers import Settings
from tests.readers.dotnet.sessions import HELLO, KEY, LATEST, session, thread

STORE, PROVIDER = "dotnet@1.0.0-preview.251204.1", "dotnet@1.0.0-preview.260128.1"


@pytest.mark.parametrize(
    ("document", "verdict", "changes"),
    [
        (b'{"stateBag":{}}', Verdict.IDENTICAL, {}),
        (b"{}", Verdict.NORMALISED, {"/stateBag": "appeared"}),
        (b'{"stateBag":null}', Verdict.LOSSY, {"/stateBag": "changed"}),
        (b'{"ConversationId":"c","STATEBAG":{}}', Verdict.NORMALISED, {"/ConversationId": "renamed", "/STATEBAG": "renamed"}),
        (b'{"conversationId":" ","stateBag":{}}', Verdict.LOSSY, {"/conversationId": "vanished"}),
        (b'{"conversationId":null,"stateBag":{}}', Verdict.NORMALISED, {"/conversationId": "vanished"}),
        (b'{"stateBag":{"k":1},"conversationId":"c"}', Verdict.EQUIVALENT, {}),
        (b'{"stateBag":{"a":1},"stateBag":{"b":2}}', Verdict.IDENTICAL, {}),
        (b'{"stateBag":{"k":{"x":1.10,"x":2,"n":null}}}', Verdict.IDENTICAL, {}),
        (session(HELLO), Verdict.IDENTICAL, {}),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":{}}}', Verdict.NORMALISED, {f"/stateBag/{KEY}/messages": "appeared"}),
        (
            b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":null}}}',
            Verdict.NORMALISED,
            {f"/stateBag/{KEY}/messages": "vanished"},
        ),
        (
            b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[],"cursor":7}}}',
            Verdict.LOSSY,
            {f"/stateBag/{KEY}/cursor": "vanished"},
        ),
        (session(HELLO, key="my_history"), Verdict.IDENTICAL, {}),
    ],
)  # fmt: skip
def test_sessions(document: bytes, verdict: Verdict, changes: dict[str, str]) -> None:
    reading = predict(document, LATEST)
    assert (reading.verdict, {change.pointer: change.kind.value for change in reading.changes}) == (verdict, changes)


@pytest.mark.parametrize(
    ("document", "stage", "error", "cause"),
    [
        (b"[]", Stage.LOAD, "ArgumentException", None),
        (b'"{}"', Stage.LOAD, "ArgumentException", None),
        (b'{"stateBag":[]}', Stage.LOAD, "JsonException", None),
        (b'{"stateBag":[],"stateBag":{}}', Stage.LOAD, "JsonException", None),
        (b'{"conversationId":5}', Stage.LOAD, "JsonException", "InvalidOperationException"),
        (b'{"conversationId":5,"conversationId":"c"}', Stage.LOAD, "JsonException", "InvalidOperationException"),
        (b'{"stateBag":{"\\ud800":1}}', Stage.LOAD, "JsonException", "InvalidOperationException"),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":null}}', Stage.TOUCH, "NullReferenceException", None),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":[]}}', Stage.TOUCH, "JsonException", None),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":5}}}', Stage.TOUCH, "JsonException", None),
        (b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":5,"messages":[]}}}', Stage.TOUCH, "JsonException", None),
        (session('{"role":null}'), Stage.TOUCH, "ArgumentNullException", None),
        (b'{"stateBag":{"k":{"x":"\\ud800"}}}', Stage.SAVE, "JsonException", "InvalidOperationException"),
        (b"\xef\xbb\xbf{}", Stage.PARSE, "JsonReaderException", None),
        (b'{"stateBag":{"k":' + b"[" * 63 + b"]" * 63 + b"}}", Stage.PARSE, "JsonReaderException", None),
    ],
)  # fmt: skip
def test_sessions_that_are_refused(document: bytes, stage: Stage, error: str, cause: str | None) -> None:
    reading = predict(document, LATEST)
    assert reading.error is not None
    assert (reading.stage, reading.error.type, reading.error.cause) == (stage, error, cause)


def test_the_history_is_read_where_the_application_says() -> None:
    document = session('{"role":null}', key="my_history")
    assert predict(document, LATEST).verdict is Verdict.IDENTICAL
    own = predict(document, LATEST, settings=Settings(history_keys=("my_history",)))
    assert own.stage is Stage.TOUCH
    assert own.error is not None
    assert own.error.pointer == "/stateBag/my_history/messages/0/role"


@pytest.mark.parametrize(
    ("document", "reader", "verdict", "restored", "changes"),
    [
        (thread(HELLO), STORE, Verdict.IDENTICAL, 1, {}),
        (b"{}", STORE, Verdict.NORMALISED, 0, {"/storeState": "appeared"}),
        (b'{"storeState":5}', STORE, Verdict.LOSSY, 0, {"/storeState": "changed"}),
        (b'{"conversationId":"c"}', STORE, Verdict.IDENTICAL, 0, {}),
        (thread(HELLO, before='"conversationId":"c",'), STORE, Verdict.SILENT_LOSS, 0, {"/storeState": "vanished"}),
        (thread(HELLO, member="chatHistoryProviderState"), PROVIDER, Verdict.IDENTICAL, 1, {}),
        (
            thread(HELLO),
            PROVIDER,
            Verdict.SILENT_LOSS,
            0,
            {"/storeState": "vanished", "/chatHistoryProviderState": "appeared"},
        ),
        (session(HELLO), STORE, Verdict.SILENT_LOSS, 0, {"/stateBag": "vanished", "/storeState": "appeared"}),
        (thread(HELLO), LATEST, Verdict.SILENT_LOSS, 0, {"/storeState": "vanished", "/stateBag": "appeared"}),
    ],
)
def test_threads_and_sessions_do_not_know_each_other(
    document: bytes, reader: str, verdict: Verdict, restored: int, changes: dict[str, str]
) -> None:
    reading = predict(document, reader)
    assert (reading.verdict, reading.messages_restored) == (verdict, restored)
    assert {change.pointer: change.kind.value for change in reading.changes} == changes


def test_a_thread_has_its_history_read_when_it_is_loaded() -> None:
    assert predict(thread('{"role":null}'), STORE).stage is Stage.LOAD
    assert predict(thread('{"role":null}', before='"conversationId":"c",'), STORE).stage is None


def test_a_python_session_is_read_as_an_empty_one() -> None:
    document = (
        b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":'
        b'[{"type":"message","role":"user","contents":[{"type":"text","text":"hi"}]}]}}}'
    )
    reading = predict(document, LATEST)
    assert (reading.verdict, reading.messages_restored) == (Verdict.SILENT_LOSS, 0)
    assert reading.next_turn is NextTurn.SEES_FEWER


def test_a_session_inside_a_record_is_read_where_it_stands() -> None:
    record = b'{"row":' + session('{"role":null}') + b"}"
    reading = predict(record, LATEST, at="/row")
    assert reading.error is not None
    assert reading.error.pointer == f"/row/stateBag/{KEY}/messages/0/role"
    assert predict(b'{"row":' + session(HELLO) + b"}", LATEST, at="/row").same_bytes is None


def test_a_check_names_the_place_inside_a_record() -> None:
    record = b'{"row":' + session('{"role":null}') + b"}"
    (finding,) = [one for one in check(record, at="/row", readers=[LATEST]).findings if one.rule == "reader-rejects"]
    assert finding.pointer == f"/row/stateBag/{KEY}/messages/0/role"
