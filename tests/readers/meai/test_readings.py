"""What the serializer makes of what it reads; each line was seen in a run of meai@10.11.0 or the version it names."""

from __future__ import annotations

import json

import pytest

from pysession import predict
from pysession.findings import ChangeKind, Verdict
from tests.readers.meai.documents import LATEST, array, holding, text

CALL = '{"$type":"functionCall","name":"n","informationalOnly":true,"callId":"c"}'


def changed(document: bytes, reader: str = LATEST) -> tuple[Verdict, dict[str, str]]:
    reading = predict(document, reader)
    return reading.verdict, {
        change.pointer.removeprefix("/0/contents/0"): change.kind.value for change in reading.changes
    }


@pytest.mark.parametrize(
    ("content", "verdict", "changes"),
    [
        (text("hi"), Verdict.IDENTICAL, {}),
        ('{"text":"hi"}', Verdict.SILENT_LOSS, {"/text": "vanished"}),
        ('{"type":"text","text":"hi"}', Verdict.SILENT_LOSS, {"/type": "vanished", "/text": "vanished"}),
        ('{"text":null}', Verdict.NORMALISED, {"/text": "vanished"}),
        ('{"additionalProperties":{"k":1}}', Verdict.IDENTICAL, {}),
        ("{}", Verdict.IDENTICAL, {}),
        ("null", Verdict.IDENTICAL, {}),
        ('{"$type":"text"}', Verdict.NORMALISED, {"/text": "appeared"}),
        ('{"$type":"text","text":null}', Verdict.LOSSY, {"/text": "changed"}),
        ('{"$type":"text","Text":"hi"}', Verdict.NORMALISED, {"/Text": "renamed"}),
        ('{"$type":"text","text":"a","Text":"b"}', Verdict.LOSSY, {"/text": "changed", "/Text": "vanished"}),
        ('{"$type":"text","text":"a","x":{"y":1}}', Verdict.LOSSY, {"/x": "vanished"}),
        ('{"$type":"text","text":"a","annotations":null}', Verdict.NORMALISED, {"/annotations": "vanished"}),
        ('{"$type":"functionResult","result":null,"callId":"c"}', Verdict.NORMALISED, {"/result": "vanished"}),
        ('{"$type":"functionResult","callId":"c","result":1.10}', Verdict.EQUIVALENT, {}),
        ('{"$type":"functionCall","name":"n","callId":"c"}', Verdict.NORMALISED, {"/informationalOnly": "appeared"}),
        (
            '{"$type":"usage","details":{"inputTokenCount":"012","outputTokenCount":null}}',
            Verdict.LOSSY,
            {"/details/inputTokenCount": "changed", "/details/outputTokenCount": "vanished"},
        ),
        ('{"$type":"uri","uri":"a.png"}', Verdict.NORMALISED, {"/mediaType": "appeared"}),
        ('{"$type":"data","uri":"data:,x"}', Verdict.LOSSY, {"/uri": "changed"}),
        (
            '{"$type":"text","text":"","additionalProperties":{"a":1,"A":2}}',
            Verdict.LOSSY,
            {"/additionalProperties/a": "changed", "/additionalProperties/A": "vanished"},
        ),
        (
            '{"$type":"functionCall","name":"n","arguments":{"a":1,"A":2,"$type":"x"},"informationalOnly":false,"callId":"c"}',
            Verdict.IDENTICAL,
            {},
        ),
        (
            f'{{"$type":"toolApprovalRequest","toolCall":{CALL},"requestId":"r"}}',
            Verdict.NORMALISED,
            {"/requiresConfirmation": "appeared"},
        ),
        (
            '{"$type":"toolApprovalResponse","approved":true,"toolCall":{"name":"n","callId":"c"},"requestId":"r"}',
            Verdict.LOSSY,
            {"/toolCall/name": "vanished"},
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_a_content(content: str, verdict: Verdict, changes: dict[str, str]) -> None:
    assert changed(array(holding(content))) == (verdict, changes)


@pytest.mark.parametrize(
    ("message", "verdict", "changes"),
    [
        ("{}", Verdict.NORMALISED, {"/0/role": "appeared", "/0/contents": "appeared"}),
        ('{"role":"user","contents":null}', Verdict.LOSSY, {"/0/contents": "changed"}),
        ('{"authorName":" ","role":"user","contents":[]}', Verdict.LOSSY, {"/0/authorName": "vanished"}),
        ('{"role":"user","contents":[],"messageId":""}', Verdict.IDENTICAL, {}),
        ('{"$type":"message","role":"user","contents":[]}', Verdict.LOSSY, {"/0/$type": "vanished"}),
        (
            '{"createdAt":"2026-01-02T03:04:05Z","role":"user","contents":[]}',
            Verdict.LOSSY,
            {"/0/createdAt": "changed"},
        ),
    ],
)
def test_what_becomes_of_a_message(message: str, verdict: Verdict, changes: dict[str, str]) -> None:
    assert changed(array(message)) == (verdict, changes)


def test_a_web_search_loses_its_results_between_two_patch_releases_both_ways() -> None:
    older = array(holding('{"$type":"webSearchToolResult","results":[{"$type":"text","text":"x"}],"callId":"c"}'))
    newer = array(holding('{"$type":"webSearchToolResult","outputs":[{"$type":"text","text":"x"}],"callId":"c"}'))
    lost = {"/results": ChangeKind.VANISHED.value}
    assert changed(older, "meai@10.5.1") == (Verdict.LOSSY, lost)
    assert changed(older, "meai@10.5.0") == (Verdict.IDENTICAL, {})
    assert changed(newer, "meai@10.5.0") == (Verdict.LOSSY, {"/outputs": "vanished"})


def test_the_call_id_moved_so_that_the_order_of_members_tells_old_from_new() -> None:
    document = array(holding(CALL))
    assert predict(document, "meai@10.5.0").verdict is Verdict.IDENTICAL
    assert predict(document, "meai@10.3.0").verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("document", "same"),
    [
        (array(holding(text("é"))), True),
        (array(holding(text("\\uD83D\\uDE00"))), True),
        (array(holding(text("😀"))), False),
        (array(holding(text("hi"))) + b"\n", False),
        (array(holding('{"$type":"functionResult","result":[1.10,1e400,-0.0],"callId":"c"}')), True),
    ],
)
def test_same_bytes_is_about_spaces_and_escapes(document: bytes, same: bool) -> None:
    reading = predict(document, LATEST)
    assert reading.verdict is Verdict.IDENTICAL
    assert reading.same_bytes is same


def test_an_array_inside_a_record_is_read_where_it_stands() -> None:
    record = json.dumps({"row": {"messages": json.loads(array(holding('{"$type":"text","text":5}')))}}).encode()
    reading = predict(record, LATEST, at="/row/messages")
    assert reading.error is not None
    assert reading.error.pointer == "/row/messages/0/contents/0/text"
    assert reading.error.subject == "text"


def test_nesting_is_allowed_to_the_sixty_fourth_level() -> None:
    def nested(levels: int) -> bytes:
        arrays = "[" * levels + "]" * levels
        return array(holding(f'{{"$type":"functionResult","result":{arrays},"callId":"c"}}'))

    assert predict(nested(60), LATEST).verdict is Verdict.IDENTICAL
    reading = predict(nested(61), LATEST)
    assert reading.error is not None
    assert (reading.stage, reading.error.type) == ("parse", "JsonReaderException")
