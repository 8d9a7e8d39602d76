"""Known findings, left out of a run."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pysession.findings import DocumentReport, Severity
from pysession.inputs import Record
from pysession.verbs.baseline import FIRST_REASON, load
from pysession.verbs.ledger import Ledger
from pysession.wire import Encoding
from tests.verbs.judges import finding, report

TODAY = datetime.date(2026, 5, 31)
A, B, C = "v1:aa", "v1:bb", "v1:cc"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(source: str, *findings: tuple[str, Severity, str]) -> DocumentReport:
    return report(Record(source, b"{}", Encoding.JSON, None, 1, 2), tuple(finding(*each) for each in findings))


def entry(fingerprint: str = A, rule: str = "r-a", reason: str = "known", **more: Any) -> dict[str, Any]:
    return {"fingerprint": fingerprint, "rule": rule, "reason": reason, **more}


def baseline_file(*entries: dict[str, Any], path: str = "known.json") -> str:
    value = {"format": "pysession-baseline", "version": 1, "entries": list(entries)}
    Path(path).write_text(json.dumps(value, indent=2))
    return path


def ledger(*entries: dict[str, Any]) -> Ledger:
    return Ledger(load(baseline_file(*entries)), TODAY)


def left(document: DocumentReport) -> list[str]:
    return [each.fingerprint for each in document.findings]


def faults(book: Ledger, is_active: Callable[[str], bool] = lambda rule: True) -> list[tuple[str, str, int, int]]:
    found = book.faults(is_active)
    return [] if found is None else [(each.rule, each.pointer, each.line, each.column) for each in found.findings]


def test_a_known_finding_is_left_out_and_counted(here: Path) -> None:
    book = ledger(entry(A))
    sifted = book.sift(document("s/a.json", ("r-a", Severity.ERROR, A), ("r-b", Severity.ERROR, B)))
    assert left(sifted) == [B]
    assert book.suppressed == 1
    assert faults(book) == []


def test_an_entry_with_a_source_holds_for_that_document_only(here: Path) -> None:
    book = ledger(entry(A, source="s/a.json"))
    assert left(book.sift(document("s/b.json", ("r-a", Severity.ERROR, A)))) == [A]
    assert left(book.sift(document("./s/../s/a.json", ("r-a", Severity.ERROR, A)))) == []
    assert left(book.sift(document(f"{here}/s/a.json", ("r-a", Severity.ERROR, A)))) == []


def test_sources_are_seen_from_the_directory_of_the_baseline(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = here / baseline_file(entry(A, source="s/a.json"))
    (here / "s").mkdir()
    monkeypatch.chdir(here / "s")
    book = Ledger(load(path), TODAY)
    assert left(book.sift(document("a.json", ("r-a", Severity.ERROR, A)))) == []


def test_an_entry_of_another_rule_accepts_nothing(here: Path) -> None:
    assert left(ledger(entry(A, rule="r-b")).sift(document("a.json", ("r-a", Severity.ERROR, A)))) == [A]


def test_an_entry_holds_through_its_last_day(here: Path) -> None:
    book = ledger(entry(A, expires="2026-05-31"))
    assert left(book.sift(document("a.json", ("r-a", Severity.ERROR, A)))) == []
    assert faults(book) == []


def test_an_expired_entry_accepts_nothing_and_is_an_error(here: Path) -> None:
    book = ledger(entry(B, rule="r-b"), entry(A, expires="2026-05-30"))
    assert left(book.sift(document("a.json", ("r-a", Severity.ERROR, A), ("r-b", Severity.ERROR, B)))) == [A]
    found = book.faults()
    assert found is not None
    assert [each.severity for each in found.findings] == [Severity.ERROR]
    assert "expired on 2026-05-30" in found.findings[0].message
    assert faults(book) == [("baseline-expired", "/entries/1", 10, 5)]


def test_an_entry_that_matches_nothing_is_an_error(here: Path) -> None:
    book = ledger(entry(A), entry(B, rule="r-b", source="gone.json"))
    book.sift(document("a.json"))
    assert faults(book) == [("baseline-stale", "/entries/0", 5, 5), ("baseline-stale", "/entries/1", 10, 5)]
    found = book.faults()
    assert found is not None
    assert found.source == "known.json"
    assert "gone.json" in found.findings[1].message


def test_nothing_is_said_of_an_entry_whose_document_took_no_part(here: Path) -> None:
    Path("other.json").write_text("{}")
    book = ledger(entry(A, source="other.json"))
    book.sift(document("a.json"))
    assert faults(book) == []


def test_nothing_is_said_of_an_entry_whose_rule_took_no_part(here: Path) -> None:
    book = ledger(entry(A), entry(B, rule="r-b"))
    assert faults(book, lambda rule: rule == "r-b") == [("baseline-stale", "/entries/1", 10, 5)]


def test_without_a_baseline_nothing_is_left_out(here: Path) -> None:
    book = Ledger()
    clean = document("a.json", ("r-a", Severity.ERROR, A))
    assert book.sift(clean) is clean
    assert book.faults() is None


def test_adopting_accepts_errors_and_warnings_and_leaves_the_rest(here: Path) -> None:
    book = Ledger()
    adopted = book.adopt(
        document("s/a.json", ("r-a", Severity.ERROR, A), ("r-b", Severity.WARNING, B), ("r-c", Severity.INFO, C))
    )
    assert left(adopted) == [C]
    assert book.suppressed == 2
    assert book.write("known.json") == 2
    written = json.loads(Path("known.json").read_text())
    assert written["entries"] == [
        {"fingerprint": A, "rule": "r-a", "reason": FIRST_REASON, "source": "s/a.json"},
        {"fingerprint": B, "rule": "r-b", "reason": FIRST_REASON, "source": "s/a.json"},
    ]


def test_a_written_baseline_accepts_what_it_was_written_from(here: Path) -> None:
    found = document("s/a.json", ("r-a", Severity.ERROR, A))
    first = Ledger()
    first.adopt(found)
    first.write("sub.json")
    second = Ledger(load("sub.json"), TODAY)
    assert left(second.sift(found)) == []
    assert faults(second) == []


def test_an_updated_baseline_keeps_reasons_that_still_hold_and_drops_what_is_stale(here: Path) -> None:
    book = ledger(
        entry(A, reason="vendor bug", expires="2027-01-01"),
        entry(B, rule="r-b"),
        entry(C, rule="r-c", reason="old", expires="2020-01-01"),
    )
    book.adopt(document("a.json", ("r-a", Severity.ERROR, A), ("r-c", Severity.ERROR, C)))
    book.write("known.json")
    assert json.loads(Path("known.json").read_text())["entries"] == [
        {"fingerprint": A, "rule": "r-a", "reason": "vendor bug", "expires": "2027-01-01"},
        {"fingerprint": C, "rule": "r-c", "reason": FIRST_REASON, "source": "a.json"},
    ]


def test_an_updated_baseline_keeps_entries_of_documents_that_took_no_part(here: Path) -> None:
    Path("other.json").write_text("{}")
    book = ledger(entry(A, source="other.json"))
    book.adopt(document("a.json"))
    assert [each.fingerprint for each in book.present()] == [A]
