"""Hypothesis strategies for the values of a report, with the text that breaks reports: lone surrogates, controls."""

from __future__ import annotations

from hypothesis import strategies as st

from pysession.findings import (
    Change,
    ChangeKind,
    DocumentReport,
    Evidence,
    Failure,
    Finding,
    Inference,
    NextTurn,
    NotRead,
    Place,
    Reading,
    Report,
    Seen,
    SeenBy,
    Severity,
    Stage,
    Verdict,
    Writer,
    format_pointer,
)

_NASTY = ["\x00", "\x1b[31m", "\n", "\r", "\u0085", "\u2028", "\u202e", "\ud800", "\udcff", "\uffff", "]]>", "::", "%"]

texts = st.text(st.characters(), max_size=12) | st.sampled_from(_NASTY)
"""Any text that Python can hold, lone surrogates too."""

counts = st.integers(min_value=0, max_value=2**40)
records = st.none() | st.integers(min_value=0, max_value=10**6)
positions = st.integers(min_value=1, max_value=10**9)
rule_ids = st.sampled_from(["tool-call-unanswered", "json-invalid", "secret-shaped", "inline-binary"])
dialects = st.sampled_from(["python", "dotnet", "go", "python-history", "unknown"])
releases = st.sampled_from(["python@1.21.0", "dotnet@1.0.0-preview.260128.1", "go@5b27c979abb4"])
fingerprints = st.text("0123456789abcdef", min_size=16, max_size=16).map(lambda digest: f"v1:{digest}")
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
pointers = st.lists(texts | counts, max_size=4).map(lambda path: format_pointer(tuple(path)))

places = st.builds(Place, pointer=pointers, line=positions, column=positions)

findings = st.builds(
    Finding,
    rule=rule_ids,
    severity=st.sampled_from(Severity),
    message=texts,
    pointer=pointers,
    line=positions,
    column=positions,
    fixable=st.booleans(),
    fingerprint=fingerprints,
    record=records,
    related=st.lists(places, max_size=5).map(tuple),
    help=st.none() | texts,
    reader=st.none() | releases,
)

evidence = st.lists(st.builds(Evidence, pointer=pointers, says=texts), max_size=2).map(tuple)
candidates = st.lists(releases, max_size=2).map(tuple)
days = st.dates().map(lambda day: f"{day.isoformat()}T00:00:00Z")
writers = st.builds(
    Writer,
    candidates=candidates,
    evidence=evidence,
    likely=st.none() | st.builds(Inference, candidates=candidates, evidence=evidence),
    remark=st.none() | texts,
    seen=st.none() | st.builds(Seen, first=days, last=days, by=st.sampled_from(SeenBy)),
)

failures = st.builds(
    Failure,
    type=st.sampled_from(["ValueError", "JsonException"]),
    cause=st.none() | st.just("TypeError"),
    message=texts,
    pointer=st.none() | pointers,
    subject=st.none() | st.just("hosted") | texts,
)

readings = st.builds(
    Reading,
    reader=releases,
    verdict=st.sampled_from(Verdict),
    stage=st.none() | st.sampled_from(Stage),
    error=st.none() | failures,
    messages_restored=st.none() | counts,
    next_turn=st.sampled_from(NextTurn),
    same_bytes=st.none() | st.booleans(),
    changes=st.lists(st.builds(Change, pointer=pointers, kind=st.sampled_from(ChangeKind)), max_size=3).map(tuple),
    known=st.booleans(),
)

documents = st.builds(
    DocumentReport,
    source=texts,
    bytes=counts,
    sha256=digests,
    dialect=dialects,
    dialect_reason=texts,
    session_id=st.none() | texts,
    messages=counts,
    findings=st.lists(findings, max_size=4).map(tuple),
    record=records,
    writer=st.none() | writers,
    readings=st.lists(readings, max_size=3).map(tuple),
)

not_read = st.builds(NotRead, source=texts, reason=texts)

reports = st.builds(
    Report,
    documents=st.lists(documents, max_size=3).map(tuple),
    not_read=st.lists(not_read, max_size=2).map(tuple),
    suppressed=st.integers(min_value=0, max_value=3),
)
"""Whole reports, small ones."""
