"""What readings have in common, whichever family's interpreter made them."""

from __future__ import annotations

import pytest

from pysession import check, predict
from pysession.findings import Verdict

GREETING = (
    b'{"type": "session", "session_id": "s", "service_session_id": null, "state": {"in_memory": {"messages": ['
    b'{"type": "message", "role": "user", "contents": [{"type": "text", "text": "Hi"}]}]}}}'
)


@pytest.mark.parametrize("reader", ["python@1.21.0", "dotnet@1.17.0", "meai@10.11.0", "go@latest"])
def test_what_is_refused_restores_nothing_and_has_no_bytes(reader: str) -> None:
    reading = predict(b"[1, 2", reader)
    assert reading.verdict is Verdict.REJECTED
    assert (reading.messages_restored, reading.same_bytes) == (0, False)


def test_what_is_saved_otherwise_has_not_the_same_bytes() -> None:
    reading = predict(GREETING, "python@1.21.0")
    assert reading.verdict is Verdict.NORMALISED
    assert reading.same_bytes is False


@pytest.mark.parametrize(
    ("accept", "told"),
    [
        (Verdict.IDENTICAL, [("reader-loses", "warning")]),
        (Verdict.EQUIVALENT, [("reader-loses", "warning")]),
        (Verdict.NORMALISED, []),
        (Verdict.LOSSY, []),
    ],
)
def test_whatever_is_not_accepted_has_a_finding(accept: Verdict, told: list[tuple[str, str]]) -> None:
    report = check(GREETING, readers=("python@1.21.0",), accept=accept, select=("reader",))
    assert [(finding.rule, finding.severity) for finding in report.findings] == told
    if told:
        assert report.findings[0].message == (
            "python@1.21.0 adds members, drops nulls or renames members at "
            "/state/in_memory/messages/0/additional_properties, "
            "/state/in_memory/messages/0/contents/0/additional_properties when it saves this document."
        )


def test_so_has_another_order_of_members() -> None:
    newer = check(GREETING, readers=("python@1.21.0",), accept=Verdict.IDENTICAL, select=("reader",))
    assert newer.readings[0].outcome is Verdict.NORMALISED
    whole = (
        b'{"type": "session", "session_id": "s", "service_session_id": null, "state": {"in_memory": {"messages": ['
        b'{"role": "user", "type": "message", "additional_properties": {}, '
        b'"contents": [{"type": "text", "text": "Hi", "additional_properties": {}}]}]}}}'
    )
    report = check(whole, readers=("python@1.21.0",), accept=Verdict.IDENTICAL, select=("reader",))
    (finding,) = report.findings
    assert finding.message == "python@1.21.0 saves the members of this document in another order."


def test_what_a_release_adds_is_not_told_as_lost() -> None:
    """A .NET agent saves a state bag, which nobody misses who had none."""
    report = check(b'{"hello": 1}', readers=("dotnet@1.17.0",), select=("reader-loses",))
    (finding,) = report.findings
    assert finding.message == "dotnet@1.17.0 changes or drops what is at /hello when it saves this document."
    assert finding.pointer == "/hello"
