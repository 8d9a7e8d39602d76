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


def test_what_a_release_adds_is_not_told_as_lost() -> None:
    """A .NET agent saves a state bag, which nobody misses who had none."""
    report = check(b'{"hello": 1}', readers=("dotnet@1.17.0",), select=("reader-loses",))
    (finding,) = report.findings
    assert finding.message == "dotnet@1.17.0 changes or drops what is at /hello when it saves this document."
    assert finding.pointer == "/hello"
