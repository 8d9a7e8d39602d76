"""A finding is called fixable when a fix mends it, and only then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pysession import check, repair
from pysession.findings import Finding, NotRead
from pysession.findings.failures import RefusedError
from pysession.fixes import FIXES
from pysession.inputs import Record, discover, records
from pysession.wire import DEFAULT_LIMITS

FIXTURES = Path(__file__).parents[2] / "fixtures"
MENDED_HERE = {"json-not-utf8", *(fix.rule for fix in FIXES)}
"""The others are mended by a conversion."""


def found() -> Iterator[Record]:
    for source in discover([str(FIXTURES)]):
        if not isinstance(source, NotRead):
            yield from (record for record in records(source, DEFAULT_LIMITS) if not isinstance(record, NotRead))


def left_after(record: Record, rule: str, blobs: Path) -> Counter[str]:
    try:
        mended = repair(record.data, [rule], encoding=record.encoding, blobs=blobs).data
    except RefusedError:
        mended = record.data
    return Counter(one.fingerprint for one in findings(mended, record) if one.rule == rule)


def findings(data: bytes, record: Record) -> tuple[Finding, ...]:
    return check(data, encoding=record.encoding).findings


def test_of_every_fixture_what_is_called_fixable_is_gone_after_a_repair_and_the_rest_is_not(tmp_path: Path) -> None:
    wrong: list[tuple[str, str, str]] = []
    outcomes: Counter[tuple[str, bool]] = Counter()
    for record in found():
        theirs = findings(record.data, record)
        for rule in {one.rule for one in theirs} & MENDED_HERE:
            left = left_after(record, rule, tmp_path)
            for one in theirs:
                if one.rule == rule:
                    outcomes[rule, one.fixable] += 1
                    if one.fixable == bool(left[one.fingerprint]):
                        wrong.append((record.source, rule, one.pointer))
    assert wrong == []
    both = {rule for rule, fixable in outcomes if fixable} & {rule for rule, fixable in outcomes if not fixable}
    assert both >= {"discriminator-missing", "tool-call-unanswered", "tool-result-orphan", "json-not-utf8"}


@pytest.mark.parametrize(
    ("content", "fixable"),
    [(b'{"text": "hi"}', True), (b"{}", False), (b'{"strange": 1}', False), (b'{"type": null, "text": "hi"}', True)],
)
def test_a_content_is_fixable_when_its_members_tell_its_kind(content: bytes, fixable: bool) -> None:
    document = (
        b'{"type": "session", "session_id": "s", "state": {"in_memory": {"messages": '
        b'[{"type": "message", "role": "user", "contents": [%s]}]}}}' % content
    )
    (finding,) = (one for one in check(document).findings if one.rule == "discriminator-missing")
    assert finding.fixable is fixable


def test_nothing_of_a_document_that_cannot_be_read_is_fixable() -> None:
    assert {one.fixable for one in check(b'\xef\xbb\xbf{"n": NaN').findings} == {False}
