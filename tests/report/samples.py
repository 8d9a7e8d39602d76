"""Small reports written by hand, for the tests that expect an exact output."""

from __future__ import annotations

from pysession.findings import (
    DocumentReport,
    Evidence,
    Finding,
    Inference,
    NotRead,
    Place,
    Report,
    Seen,
    SeenBy,
    Severity,
    Writer,
)

UNANSWERED = Finding(
    rule="tool-call-unanswered",
    severity=Severity.ERROR,
    message="The tool call 'call_9' has no result before the next user message; add its result, or drop the call.",
    pointer="/state/in_memory/messages/3/contents/0",
    line=41,
    column=13,
    fixable=True,
    fingerprint="v1:00aa",
)
REPEATED = Finding(
    rule="message-repeated",
    severity=Severity.WARNING,
    message="The message 'm-4' is stored twice; drop one.",
    pointer="/state/in_memory/messages/7",
    line=88,
    column=9,
    fixable=False,
    fingerprint="v1:00bb",
    related=(Place("/state/in_memory/messages/4", 52, 9),),
)
PENDING = Finding(
    rule="approval-pending",
    severity=Severity.INFO,
    message="The approval request 'req_1' waits for an answer.",
    pointer="/state/in_memory/messages/11/contents/0",
    line=120,
    column=13,
    fixable=False,
    fingerprint="v1:00cc",
    help="Nothing is wrong: the host has to ask its user.",
)
CUT_OFF = Finding(
    rule="json-invalid",
    severity=Severity.ERROR,
    message="The text ends in the middle of a string; store the document again.",
    pointer="",
    line=18,
    column=2041,
    fixable=False,
    fingerprint="v1:00dd",
    record=17,
)

WRITER = Writer(
    ("python@1.21.0", "python@1.22.0", "python@1.23.0"),
    (Evidence("/version", '"version" is written by FileSessionStore'),),
    likely=Inference(
        ("python@1.22.0", "python@1.23.0"), (Evidence("/state/in_memory/messages/0", "a message of their own"),)
    ),
    seen=Seen("2026-10-01T08:00:00Z", "2026-10-02T09:30:00Z", SeenBy.MESSAGES),
)
UNWRITTEN = Writer((), (), remark="its dialect is not known", seen=Seen(*["2026-10-03T00:00:00Z"] * 2, SeenBy.FILE))

ALICE = DocumentReport(
    source="store/alice.json",
    bytes=1834,
    sha256="a" * 64,
    dialect="python",
    dialect_reason="type is session",
    session_id="s-1",
    messages=12,
    # The order of a document: the report has to bring the worst to the top.
    findings=(PENDING, UNANSWERED, REPEATED),
)
BOB = DocumentReport("store/bob.json", 20, "b" * 64, "dotnet", "it has a stateBag", None, 1, ())
CUT = DocumentReport("store/all.jsonl", 7, "c" * 64, "unknown", "it is not JSON", None, 0, (CUT_OFF,), record=17)

CLEAN = Report((BOB,))
MIXED = Report((ALICE, BOB, CUT), (NotRead("store/locked.json", "permission denied"),), suppressed=2)
