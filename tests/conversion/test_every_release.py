"""Every document that a real library wrote, converted to a release of every class, is kept by that release as predicted."""

from __future__ import annotations

import pytest

from pysession import convert, predict
from pysession.findings import ChangeKind, Verdict
from pysession.findings.failures import RefusedError
from pysession.verbs.fixtures import Kind
from tests.fixes.cases import Case, cases

# The first release of each class of readers (fixtures/recorded), as far as a session can be written for it.
PYTHON = "1.0.0b260212 1.0.0rc1 1.0.0rc3 1.0.0rc5 1.1.0 1.11.0 1.13.0 1.15.0 1.18.0 1.19.0 1.20.0 1.22.0 1.23.0".split()
DOTNET = "1.0.0-rc1 1.0.0-rc3 1.0.0-rc5 1.1.0 1.2.0 1.5.0 1.14.0 1.16.0 1.17.0 HEAD-5eb3eb745+meai-10.11.0".split()
GO = "5c7226ed33a3 2a6492ececb0 5b27c979abb4".split()
TARGETS = [
    f"{family}@{release}"
    for family, releases in (("python", PYTHON), ("dotnet", DOTNET), ("go", GO))
    for release in releases
]

_REPRS = "golden/python/1.0.0b251001/thread_text_defaultstr.json"
"""Its messages are the texts of Python objects; there is nothing left to convert."""


_NOT_KEPT = {
    ("python", "exception"): "from 1.19.0 on Python replaces the text of every exception when it saves",
    ("dotnet", "workflow"): "a workflow session is read by another agent than the chat client's",
    ("dotnet", "app_content_registered"): "the application registers this kind of content; no release knows it",
    **{
        (
            "dotnet",
            scenario,
        ): "contents that .NET writes and no release, or no newer one, reads; they go back as they were"
        for scenario in (
            *("min_ImageGenerationToolCall", "min_ImageGenerationToolResult", "min_InputResponse"),
            *("min_CodeInterpreterToolCall", "min_CodeInterpreterToolResult", "full_McpServerToolApprovalResponse"),
            "min_McpServerToolApprovalResponse",
        )
    },
    ("go", "CreatedAt"): "Go takes the first instant of year 1 for no time",
    ("go", "messages"): "Go leaves an empty history out",
    ("go", "long"): "Go makes doubles of the numbers that applications add",
    ("go", "t"): "numbers in a result, the same",
    ("go", "result"): "the same",
    ("go", "Result"): "the same",
    ("go", "URI"): "up to 2a6492ececb0 Go writes an empty data URI in another way",
    ("go", "Contents"): "Go tells no difference between no contents and an empty list of them",
    ("go", "custom_state_key"): "a history under a key of its own is kept, and seen by nobody but its own provider",
    ("go", "history_key"): "the same",
    ("go", "multi_provider"): "the same",
    ("go", "run_multi_provider"): "the same",
    ("go", "workflow"): "the same",
    ("go", "raw"): "a content of a kind that the oldest commit does not know ends the reading of the history",
    ("go", "raw_resumed"): "the same",
}
"""What a release does not keep though it was converted for it: by the member, or by what the golden is about."""


@pytest.fixture(scope="module")
def goldens() -> list[Case]:
    return cases(Kind.GOLDEN)


def as_session(data: bytes) -> bytes:
    """A bare array of .NET messages stays one; what the framework would make of it shows when it is a session's history."""
    head, tail = b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":', b"}}}"
    return head + data + tail if data.startswith(b"[") else data


def not_kept(case: Case, data: bytes, target: str) -> set[tuple[str, str]]:
    """What of ``data`` the target does not keep, in the words of the table above; empty when it keeps all."""
    reading = predict(data, target)
    if not reading.verdict.worse_than(Verdict.NORMALISED):
        return set()
    family, scenario = target.partition("@")[0], case.entry.scenario.partition("/")[0]
    members = {change.pointer.rpartition("/")[2] for change in reading.changes if change.kind != ChangeKind.APPEARED}
    if reading.verdict is Verdict.LOSSY and {(family, member) for member in members} <= _NOT_KEPT.keys():
        return {(family, member) for member in members}
    return {(family, scenario)}


@pytest.mark.parametrize("target", TARGETS)
def test_a_converted_golden_is_kept_by_the_release_it_was_converted_for(goldens: list[Case], target: str) -> None:
    refused: list[str] = []
    surprises: list[tuple[str, set[tuple[str, str]]]] = []
    for case in goldens:
        try:
            converted = convert(case.record.data, to=target, encoding=case.record.encoding)
        except RefusedError:
            refused.append(case.id)
            continue
        found = not_kept(case, as_session(converted.data), target)
        if not found <= _NOT_KEPT.keys():
            surprises.append((case.id, found))
    assert refused == [_REPRS]
    assert surprises == [], surprises[:9]
