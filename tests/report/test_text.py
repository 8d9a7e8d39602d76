from __future__ import annotations

import re

import pytest
from hypothesis import given
from msgspec.structs import replace

from pysession.findings import NotRead, Place, Report
from pysession.report import render
from tests.report.samples import ALICE, BOB, CLEAN, MIXED, PENDING, REPEATED, UNANSWERED
from tests.report.strategies import reports

# Written by hand: what a person should see on a terminal of 80 columns.
AT_80 = """\
store/alice.json
  python dialect, session s-1, 12 messages

  error    The tool call 'call_9' has no result before the next user message;
           add its result, or drop the call.
           store/alice.json:41:13  /state/in_memory/messages/3/contents/0
           tool-call-unanswered (fixable)

  warning  The message 'm-4' is stored twice; drop one.
           store/alice.json:88:9  /state/in_memory/messages/7
           see also store/alice.json:52:9  /state/in_memory/messages/4
           message-repeated

  info     The approval request 'req_1' waits for an answer.
           store/alice.json:120:13  /state/in_memory/messages/11/contents/0
           help: Nothing is wrong: the host has to ask its user.
           approval-pending

store/all.jsonl, record 17
  no known dialect

  error    The text ends in the middle of a string; store the document again.
           store/all.jsonl:18:2041
           json-invalid

Could not be read:
  store/locked.json: permission denied

3 documents: 2 errors, 1 warning, 1 info (1 fixable); 1 input could not be read;
  2 known findings left out by the baseline
"""


def of(*findings: object, **changes: object) -> Report:
    return Report((replace(ALICE, findings=findings, **changes),))  # type: ignore[arg-type]


def test_a_small_report_reads_like_this_on_80_columns() -> None:
    assert render(MIXED, "text", width=80) == AT_80


def test_a_clean_report_says_so_in_one_line() -> None:
    assert render(CLEAN, "text") == "1 document: nothing wrong\n"


def test_no_document_is_not_called_clean() -> None:
    report = Report((), (NotRead("a.json", "not found"),))
    assert render(report, "text") == (
        "Could not be read:\n  a.json: not found\n\nno documents; 1 input could not be read\n"
    )


def test_without_a_width_a_message_is_one_line() -> None:
    assert UNANSWERED.message in render(MIXED, "text")


def test_on_a_wide_terminal_prose_stays_readable_and_places_use_the_width() -> None:
    pointer = "/state/" + "x" * 100
    text = render(of(replace(UNANSWERED, pointer=pointer)), "text", width=200)
    assert f"store/alice.json:41:13  {pointer}\n" in text
    assert "message; add its result, or\n           drop the call.\n" in text


def test_a_pointer_that_does_not_fit_has_its_own_line() -> None:
    lines = render(of(UNANSWERED), "text", width=60).splitlines()
    place = lines.index("           store/alice.json:41:13")
    assert lines[place + 1] == "           /state/in_memory/messages/3/contents/0"


def test_a_place_is_never_broken() -> None:
    source = "a-very-long-folder-name/" * 6 + "a.json"
    text = render(of(UNANSWERED, REPEATED, source=source), "text", width=50)
    for place in (f"{source}:41:13", f"{source}:88:9", f"see also {source}:52:9"):
        assert f"           {place}\n" in text


def test_equal_messages_are_said_once_for_all_their_places() -> None:
    text = render(of(UNANSWERED, replace(UNANSWERED, line=42)), "text")
    assert text.count(UNANSWERED.message) == 1
    assert "store/alice.json:41:13" in text
    assert "store/alice.json:42:13" in text


def test_five_findings_of_a_rule_are_all_shown() -> None:
    text = render(of(*[replace(UNANSWERED, line=line) for line in range(1, 6)]), "text")
    assert text.count("store/alice.json:") == 5
    assert "more of" not in text


@pytest.mark.parametrize("message", ["The same {}.", "Another {0}."])
def test_of_more_than_five_the_first_three_are_shown_and_the_rest_counted(message: str) -> None:
    findings = [replace(UNANSWERED, line=n, message=message.replace("{0}", str(n))) for n in range(1, 1207)]
    text = render(of(*findings), "text")
    assert re.findall(r"alice\.json:(\d+):", text) == ["1", "2", "3"]
    assert "… and 1,203 more of tool-call-unanswered (pysession check --format ndjson shows all)\n" in text
    assert "1 document: 1,206 errors" in text


def test_related_places_beyond_three_are_counted() -> None:
    places = tuple(Place("", line, 1) for line in range(1, 6))
    text = render(of(replace(REPEATED, related=places)), "text")
    assert text.count("see also store/alice.json:") == 3
    assert "see also 2 more places\n" in text


def test_terminal_escapes_of_a_document_are_written_out() -> None:
    text = render(of(replace(PENDING, pointer="/\x1b[2J/\u202egpj\n/\ud800")), "text")
    assert r"/\x1b[2J/\u202egpj\n/\ud800" in text


def test_a_very_long_pointer_is_shortened_in_the_middle() -> None:
    text = render(of(replace(PENDING, pointer="/a" * 50_000 + "/end")), "text")
    assert max(map(len, text.splitlines())) < 300
    assert "…" in text
    assert "/end\n" in text


def test_there_is_no_color_unless_asked_for() -> None:
    assert "\x1b" not in render(MIXED, "text", width=80)


@given(reports)
def test_color_changes_nothing_but_the_color(report: Report) -> None:
    colored = render(report, "text", color=True, width=80)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render(report, "text", width=80)


@given(reports)
def test_every_line_is_printable(report: Report) -> None:
    assert all(line.isprintable() for line in render(report, "text", width=80).split("\n"))


def test_a_clean_document_among_others_is_only_counted() -> None:
    text = render(Report((BOB, replace(ALICE, findings=(PENDING,)))), "text")
    assert "bob" not in text
    assert text.endswith("2 documents: 1 info\n")
