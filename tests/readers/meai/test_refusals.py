"""What the serializer refuses, with which exception; each line was seen in a run of the versions that it names."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import NextTurn, Stage, Verdict
from tests.readers.meai.documents import LATEST, array, holding

JSON, NULL, ARGUMENT = "JsonException", "ArgumentNullException", "ArgumentException"
CALL = '{"$type":"functionCall","callId":"c","name":"n"}'


def refusal(document: bytes, reader: str) -> tuple[str, str | None, str]:
    reading = predict(document, reader)
    assert reading.verdict is Verdict.REJECTED
    assert reading.error is not None
    assert reading.next_turn is NextTurn.FAILS
    return reading.error.type, reading.error.cause, reading.error.pointer or ""


@pytest.mark.parametrize(
    ("content", "error", "pointer"),
    [
        ('{"$type":"hologram"}', (JSON, None), ""),
        ('{"$type":"Text"}', (JSON, None), ""),
        ('{"$type":1}', (JSON, None), ""),
        ('{"$type":1.5}', (JSON, "FormatException"), "/$type"),
        ('{"$type":{}}', (JSON, None), "/$type"),
        ('{"$type":"\\ud800"}', (JSON, "InvalidOperationException"), "/$type"),
        ('{"text":"x","$type":"text"}', (JSON, None), "/$type"),
        ('{"$type":"text","$type":"text"}', (JSON, None), "/$type"),
        ('{"$type":"text","$schema":"x"}', (JSON, None), "/$schema"),
        ('{"$id":"1"}', (JSON, None), "/$id"),
        ('{"$type":"text","text":5}', (JSON, "InvalidOperationException"), "/text"),
        ('{"$type":"text","text":"\\ud800"}', (JSON, "InvalidOperationException"), "/text"),
        ('{"$type":"text","\\ud800":1}', (JSON, "InvalidOperationException"), ""),
        ('{"$type":"functionCall","name":"n"}', (NULL, None), ""),
        ('{"$type":"functionCall","informationalOnly":"x"}', (JSON, "InvalidOperationException"), "/informationalOnly"),
        ('{"$type":"functionCall","arguments":"{}"}', (JSON, None), "/arguments"),
        ('{"$type":"mcpServerToolCall","callId":" "}', (ARGUMENT, None), "/callId"),
        ('{"$type":"hostedFile","fileId":"f","mediaType":"x"}', (ARGUMENT, None), "/mediaType"),
        ('{"$type":"hostedFile","mediaType":"x"}', (NULL, None), ""),
        ('{"$type":"hostedFile","mediaType":"x","sizeInBytes":"q"}', (JSON, "FormatException"), "/sizeInBytes"),
        ('{"$type":"uri","uri":"http://[","mediaType":"a/b"}', (JSON, None), "/uri"),
        ('{"$type":"uri","uri":"x","mediaType":""}', (ARGUMENT, None), "/mediaType"),
        ('{"$type":"data","uri":"https://x"}', (ARGUMENT, None), "/uri"),
        ('{"$type":"data","uri":"data:a/b;base64,@"}', ("UriFormatException", None), "/uri"),
        ('{"$type":"usage"}', (NULL, None), ""),
        ('{"$type":"usage","details":{"inputTokenCount":1.0}}', (JSON, "FormatException"), "/details/inputTokenCount"),
        (
            '{"$type":"usage","details":{"additionalCounts":{"a":null}}}',
            (JSON, "InvalidOperationException"),
            "/details/additionalCounts/a",
        ),
        ('{"$type":"inputRequest","requestId":5}', ("NotSupportedException", "NotSupportedException"), ""),
        (f'{{"$type":"toolApprovalRequest","toolCall":{CALL},"requestId":""}}', (ARGUMENT, None), "/requestId"),
        ('{"$type":"toolApprovalRequest","requestId":"r"}', (NULL, None), ""),
        (
            '{"$type":"toolApprovalRequest","requestId":"r","toolCall":{"$type":"toolCall","callId":"c"}}',
            (JSON, None),
            "/toolCall",
        ),
        ('{"annotations":[{"$type":"url_citation"}]}', (JSON, None), "/annotations/0"),
        ("5", (JSON, None), ""),
    ],
)
def test_a_content_that_is_refused(content: str, error: tuple[str, str | None], pointer: str) -> None:
    found = refusal(array(holding(content)), LATEST)
    assert found == (*error, f"/0/contents/0{pointer}")


@pytest.mark.parametrize(
    ("message", "error", "pointer"),
    [
        ('{"role":null}', (NULL, None), "/role"),
        ('{"role":" "}', (ARGUMENT, None), "/role"),
        ('{"role":1}', (JSON, "InvalidOperationException"), "/role"),
        ('{"createdAt":"2026-01-02 03:04:05Z"}', (JSON, "FormatException"), "/createdAt"),
        ('{"createdAt":1767323045}', (JSON, "InvalidOperationException"), "/createdAt"),
        ('{"contents":{}}', (JSON, None), "/contents"),
        ('{"additionalProperties":[]}', (JSON, None), "/additionalProperties"),
        ('{"role":" ","createdAt":5}', (ARGUMENT, None), "/role"),
        ('{"createdAt":5,"role":" "}', (JSON, "InvalidOperationException"), "/createdAt"),
        ('"hi"', (JSON, None), ""),
    ],
)
def test_a_message_is_refused_at_the_first_member_that_is_wrong(
    message: str, error: tuple[str, str | None], pointer: str
) -> None:
    assert refusal(array(message), LATEST) == (*error, f"/0{pointer}")


def test_bytes_that_are_no_utf8_are_refused_where_they_are_decoded() -> None:
    assert refusal(b'[{"role":"u\xff"}]', LATEST)[:2] == (JSON, "DecoderFallbackException")
    assert predict(b'[{"\xff":"u"}]', LATEST).verdict is Verdict.LOSSY


@pytest.mark.parametrize(("document", "stage"), [(b"{}", Stage.LOAD), (b"5", Stage.LOAD), (b"[", Stage.PARSE)])
def test_something_else_than_an_array_is_refused(document: bytes, stage: Stage) -> None:
    assert predict(document, LATEST).stage is stage


def test_null_is_no_message_and_no_error() -> None:
    assert predict(b"null", LATEST).verdict is Verdict.IDENTICAL
    assert predict(b"[null]", LATEST).messages_restored == 1


def test_an_unpaired_surrogate_in_a_free_value_is_read_and_cannot_be_saved() -> None:
    reading = predict(array(holding('{"$type":"functionResult","callId":"c","result":"\\ud800"}')), LATEST)
    assert (reading.verdict, reading.stage) == (Verdict.REJECTED, Stage.SAVE)
    assert reading.error is not None
    assert reading.error.pointer == "/0/contents/0/result"


@pytest.mark.parametrize(
    ("content", "refusing"),
    [
        ('{"$type":"data","uri":"data:,x"}', {"9.5.0", "9.10.2"}),
        ('{"$type":"uri","uri":"x"}', {"9.5.0", "9.10.2", "10.3.0"}),
        ('{"$type":"functionApprovalRequest","id":"i","functionCall":{"callId":"c","name":"n"}}', {"9.5.0", "10.5.0", "10.11.0"}),
        ('{"$type":"mcpServerToolCall","callId":"c","name":"n"}', {"9.5.0", "9.10.2", "10.3.0"}),
        ('{"$type":"codeInterpreterToolCall"}', {"9.5.0", "10.5.0", "10.11.0"}),
        ('{"$type":"imageGenerationToolCall","callId":"c"}', {"9.5.0", "9.10.2"}),
        ('{"$type":"functionCall","callId":"c","name":"n","informationalOnly":null}', {"10.3.0", "10.5.0", "10.11.0"}),
        (f'{{"$type":"toolApprovalRequest","requestId":"r","requiresConfirmation":0,"toolCall":{CALL}}}', {"9.5.0", "9.10.2", "10.3.0", "10.11.0"}),
    ],
)  # fmt: skip
def test_versions_differ_in_what_they_refuse(content: str, refusing: set[str]) -> None:
    versions = ("9.5.0", "9.10.2", "10.3.0", "10.5.0", "10.11.0")
    found = {one for one in versions if predict(array(holding(content)), f"meai@{one}").verdict is Verdict.REJECTED}
    assert found == refusing


def test_a_class_that_is_not_polymorphic_converts_other_members_after_its_constructor_has_run() -> None:
    call = '{"functionCall":{"informationalOnly":"x"},"id":"i"}'
    content = f'{{"$type":"functionApprovalRequest",{call[1:]}'
    assert refusal(array(holding(content)), "meai@10.3.0") == (NULL, None, "/0/contents/0/functionCall")
