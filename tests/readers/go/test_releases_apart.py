"""In what the five classes of Go releases differ; each expectation was seen in a run of those commits."""

from __future__ import annotations

import pytest

from pysession import predict
from pysession.findings import ChangeKind, Verdict
from tests.readers.go.sessions import HELLO, holding, session

RELEASES = ("go@5c7226ed33a3", "go@7ca910552d5e", "go@2a6492ececb0", "go@24f70f557882", "go@5b27c979abb4")


def verdicts(document: bytes) -> list[str]:
    return [predict(document, release).verdict.value for release in RELEASES]


def test_an_entry_for_the_history_is_created_since_2a6492ececb0() -> None:
    assert verdicts(b'{"State":{},"ServiceID":""}') == ["identical"] * 2 + ["normalised"] * 3


def test_unknown_kinds_are_kept_since_7ca910552d5e() -> None:
    assert verdicts(session(holding('{"Type":"future"}'), HELLO)) == ["silent-loss"] + ["identical"] * 4


def test_before_2a6492ececb0_what_could_not_be_read_was_left_alone() -> None:
    document = session(holding("1"), HELLO)
    older, newer = predict(document, "go@7ca910552d5e"), predict(document, "go@2a6492ececb0")
    assert (older.verdict, newer.verdict) == (Verdict.SILENT_LOSS, Verdict.SILENT_LOSS)
    assert older.changes == ()
    assert [(change.pointer, change.kind) for change in newer.changes] == [
        ("/State/in-memory/messages", ChangeKind.CHANGED)
    ]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ('"Source":{"ID":"memory","Type":"context-provider"}', ["lossy"] * 2 + ["identical"] * 3),
        ('"SourceID":"memory"', ["identical"] * 2 + ["lossy"] * 3),
    ],
)
def test_the_source_of_a_message_became_an_object_with_2a6492ececb0(member: str, expected: list[str]) -> None:
    assert verdicts(session(f"{HELLO[:-1]},{member}}}")) == expected


def test_null_contents_became_an_empty_list_with_7ca910552d5e() -> None:
    assert verdicts(session('{"Contents":null,"Role":"user","ID":""}')) == ["identical"] + ["lossy"] * 4


def test_data_uris_are_read_as_in_microsoft_extensions_ai_since_24f70f557882() -> None:
    escaped = session(holding('{"URI":"data:,x","Type":"data"}'), HELLO)
    assert verdicts(escaped) == ["silent-loss"] * 3 + ["lossy"] * 2
