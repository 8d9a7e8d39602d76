from __future__ import annotations

from hypothesis import given
from msgspec.structs import replace

from pysession.findings import NotRead, Report
from pysession.report import render
from pysession.report.gate import gate_lines
from tests.report.samples import ALICE, BOB, CLEAN, MIXED, PENDING, UNANSWERED
from tests.report.strategies import reports


def test_findings_are_annotations_and_the_count_is_the_last_line() -> None:
    assert render(MIXED, "github") == (
        "::notice file=store/alice.json,line=120,col=13,title=approval-pending::"
        "The approval request 'req_1' waits for an answer. [/state/in_memory/messages/11/contents/0]\n"
        "::error file=store/alice.json,line=41,col=13,title=tool-call-unanswered::"
        "The tool call 'call_9' has no result before the next user message; add its result, or drop the call. "
        "[/state/in_memory/messages/3/contents/0]\n"
        "::warning file=store/alice.json,line=88,col=9,title=message-repeated::"
        "The message 'm-4' is stored twice; drop one. [/state/in_memory/messages/7]\n"
        "::error file=store/all.jsonl,line=18,col=2041,title=json-invalid::"
        "The text ends in the middle of a string; store the document again.\n"
        "::error file=store/locked.json,title=could not be read::store/locked.json: permission denied\n"
        "3 documents: 2 errors, 1 warning, 1 info (1 fixable); 1 input could not be read; "
        "2 known findings left out by the baseline\n"
    )


def test_a_clean_run_is_only_the_count() -> None:
    assert render(CLEAN, "github") == "1 document: nothing wrong\n"


def test_a_file_name_cannot_end_its_property() -> None:
    report = Report((replace(BOB, source="a%,line=1:\r\n::b.json", findings=(PENDING,)),))
    assert render(report, "github").startswith("::notice file=a%25%2Cline=1%3A%0D%0A%3A%3Ab.json,line=120,")


def test_a_message_cannot_start_a_command_of_its_own() -> None:
    finding = replace(UNANSWERED, message="100% sure\n::error::forged\x1b[0m", pointer="")
    line = render(Report((replace(ALICE, findings=(finding,)),)), "github").splitlines()[0]
    assert line.endswith("::100%25 sure\\n::error::forged\\x1b[0m")


def test_a_lone_surrogate_in_a_file_name_is_written_out() -> None:
    report = Report((), (NotRead("caf\udce9", "gone"),))
    assert render(report, "github").startswith("::error file=caf\\udce9,title=could not be read::caf\\udce9: gone\n")


@given(reports)
def test_there_is_one_command_for_each_finding_and_each_unread_input(report: Report) -> None:
    lines = render(report, "github").split("\n")
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == sum(len(document.findings) for document in report.documents) + len(report.not_read)
    assert len(lines) - 2 - len(commands) == len(list(gate_lines(report.summary.readers)))
    assert all("\r" not in line for line in lines)
