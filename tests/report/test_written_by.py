from __future__ import annotations

import pytest
from msgspec.structs import replace

from pysession.findings import Report
from pysession.report import render
from pysession.report.written_by import ranges
from tests.report.samples import ALICE, BOB, CLEAN, CUT, UNANSWERED, UNWRITTEN, WRITER


def test_the_text_counts_writers_and_says_when_and_by_what_they_were_seen() -> None:
    report = Report((replace(BOB, writer=WRITER), replace(BOB, writer=WRITER), replace(BOB, writer=UNWRITTEN)))
    assert render(report, "text").startswith(
        "Written by:\n"
        "  python@1.21.0 … 1.23.0: 2 documents, from 2026-10-01 to 2026-10-02 by the times of messages\n"
        "  no release that is known: 1 document, on 2026-10-03 by the files' last change\n"
        "\n"
    )


def test_a_document_with_findings_says_who_wrote_it_and_what_tells_so() -> None:
    text = render(Report((replace(ALICE, findings=(UNANSWERED,), writer=WRITER),)), "text")
    assert (
        '  written by python@1.21.0 … 1.23.0: "version" is written by FileSessionStore (/version)\n'
        "  likely python@1.22.0 … 1.23.0: a message of their own (/state/in_memory/messages/0)\n"
    ) in text


def test_a_document_that_no_release_wrote_says_why() -> None:
    text = render(Report((replace(CUT, writer=UNWRITTEN),)), "text")
    assert "  written by no release that is known: its dialect is not known\n" in text


def test_without_the_question_nothing_is_said_of_writers() -> None:
    assert "ritten by" not in render(CLEAN, "text")


@pytest.mark.parametrize(
    ("releases", "text"),
    [
        (("python@1.21.0",), "python@1.21.0"),
        (("python@1.12.1", "python@1.13.0", "python@1.14.0"), "python@1.12.1 … 1.14.0"),
        (("python@1.12.1", "python@1.14.0"), "python@1.12.1, python@1.14.0"),
        (
            ("dotnet@1.0.0-rc4", "dotnet@1.0.0-rc5", "dotnet@1.17.0"),
            "dotnet@1.0.0-rc4 … 1.0.0-rc5, dotnet@1.17.0",
        ),
        ((), ""),
    ],
)
def test_releases_that_follow_each_other_are_a_range(releases: tuple[str, ...], text: str) -> None:
    assert ranges(releases) == text
