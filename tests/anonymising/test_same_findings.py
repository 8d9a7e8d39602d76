"""What rules and readers say of a document they say of its copy, at the same place."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given

import pysession
from pysession.anonymising import Anonymiser
from pysession.conform.mutants import Base, mutants
from pysession.findings.failures import UsageError
from pysession.readers import reader
from pysession.testing import sessions
from pysession.verbs.fixtures import Kind
from pysession.wire import Encoding
from tests.anonymising.test_canaries import copied, written
from tests.fixes.cases import Case, cases

READERS = (
    *("python@1.0.0b251001", "python@1.0.0b260107", "python@1.0.0rc1", "python@1.14.0", "python@1.23.0"),
    *("dotnet@1.0.0-preview.251001.3", "dotnet@1.0.0-rc1", "dotnet@1.0.0", "dotnet@1.17.0"),
    *("meai@9.5.0", "meai@10.8.0", "go@5c7226ed33a3", "go@2a6492ececb0"),
)
"""A release of each kind: threads and sessions, before and after approvals are recorded, with and without a history key."""

MUTANTS = 400


def findings(data: bytes, encoding: Encoding) -> list[tuple[object, ...]]:
    """The findings of a document without what they quote of it: the names in their pointers, their messages."""
    found = pysession.check(data, encoding=encoding).findings
    return sorted((one.rule, one.severity, one.line, one.column, one.pointer.count("/"), one.fixable) for one in found)


def reading(data: bytes, encoding: Encoding, release: str) -> tuple[object, ...]:
    """A verdict with its reasons; of the changed places how deep they are."""
    one = pysession.predict(data, release, encoding=encoding)
    changes = sorted((change.pointer.count("/"), change.kind) for change in one.changes)
    error = None if one.error is None else (one.error.type, one.error.cause)
    return one.verdict, one.stage, error, one.messages_restored, one.next_turn, one.same_bytes, changes


def unlike(data: bytes, encoding: Encoding, new: bytes) -> list[object]:
    """What is said of one of the two and not of the other."""
    found: list[object] = [] if findings(data, encoding) == findings(new, encoding) else ["findings"]
    for release in READERS:
        old, other = (outcome(each, encoding, release) for each in (data, new))
        if old != other:
            found.append((release, old, other))
    return found


def outcome(data: bytes, encoding: Encoding, release: str) -> object:
    try:
        return reading(data, encoding, release)
    except UsageError as refusal:  # a reader that does not read such documents
        return type(refusal)


def test_the_readers_here_are_releases() -> None:
    assert [*map(reader, READERS)] == [*READERS]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_copy_of_every_fixture_has_its_length_its_findings_and_its_verdicts(kind: Kind) -> None:
    wrong: dict[str, object] = {}
    documents: list[Case] = cases(kind)
    for case in documents:
        data, encoding = case.record.data, case.record.encoding
        new = copied(data, encoding)
        different = [*unlike(data, encoding, new), *(["length"] if len(new) != len(data) else [])]
        if different:
            wrong[case.id] = different
    assert documents
    assert wrong == {}


def test_damaged_documents_keep_their_findings_and_verdicts() -> None:
    bases = [
        Base(case.id, case.record.data, case.entry.dialect, case.record.encoding)
        for case in cases(Kind.GOLDEN)
        if case.entry.dialect in ("python", "python-history", "python-thread", "dotnet", "dotnet-thread", "go")
    ]
    wrong: dict[int, object] = {}
    for mutant in mutants(bases, count=MUTANTS, seed="copies"):
        if Anonymiser.can_rewrite(mutant.document, mutant.encoding):
            new = copied(mutant.document, mutant.encoding)
            if different := unlike(mutant.document, mutant.encoding, new):
                wrong[mutant.number] = mutant.base, mutant.kinds, different
    assert wrong == {}


SHARDS = (
    *(
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"'",
        b"\xff",
        b"\xed\xa0\x80",
        b"\\u",
        b"\\ud800",
        b"\0",
        b"\n",
    ),
    *(b"nan", b"-", b"0x", b"//", b"1e999", b"\xe2\x80\x9c", b" ", b"data:", b"+", b"."),
)
"""What may stand in a text by mistake."""


def torn(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one to three damages that know nothing of JSON or MessagePack."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data))
        what = chance.random()
        if what < 0.15:
            data = data[: at + 1]
        elif what < 0.6:
            data = data[:at] + chance.choice(SHARDS) + data[at:]
        else:
            data = data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
    return data


def test_documents_that_are_torn_as_text_or_as_bytes_keep_their_length_and_their_findings() -> None:
    chance = random.Random(11)
    documents = [case.record for kind in Kind for case in cases(kind) if len(case.record.data) < 20_000]
    wrong: list[object] = []
    for record in chance.sample(documents, 400):
        data, encoding = torn(record.data, chance), record.encoding
        if Anonymiser.can_rewrite(data, encoding):
            new = copied(data, encoding)
            if len(new) != len(data) or findings(new, encoding) != findings(data, encoding):
                wrong.append((record.source, data))
    assert wrong == []


@given(sessions())
def test_any_session_keeps_its_findings_and_verdicts(session: Any) -> None:
    data = written(session, ascii_only=False)
    assert unlike(data, Encoding.JSON, copied(data)) == []


def test_whatever_is_drawn_the_findings_stay() -> None:
    chance = random.Random(7)
    for case in chance.sample(cases(Kind.HOSTILE), 60):
        data, encoding = case.record.data, case.record.encoding
        for seed in range(5):
            anonymiser = Anonymiser(str(seed).encode())
            anonymiser.learn(data, encoding)
            assert findings(anonymiser.rewrite(data, encoding), encoding) == findings(data, encoding), case.id
