from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given

import pysession.report
from pysession.findings import Report
from pysession.findings.failures import UsageError
from pysession.report import formats, render
from tests.report.strategies import reports

FORMATS = ("text", "json", "ndjson", "junit", "sarif", "github")


def test_there_are_six_formats_and_text_is_the_first() -> None:
    assert formats() == FORMATS


def test_an_unknown_format_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(UsageError, match=r"'yaml'.*text, json, ndjson, junit, sarif, github"):
        render(Report(()), "yaml")


def test_the_public_names_are_sorted_and_exist() -> None:
    assert pysession.report.__all__ == sorted(pysession.report.__all__)
    assert all(hasattr(pysession.report, name) for name in pysession.report.__all__)


@pytest.mark.parametrize("name", FORMATS)
@given(report=reports)
def test_every_report_is_utf8_and_ends_in_a_newline(name: str, report: Report) -> None:
    assert render(report, name, color=True, width=80).encode("utf-8").endswith(b"\n")


def test_text_loads_nothing_beyond_the_findings_but_textwrap() -> None:
    program = (
        "import sys\n"
        "from pysession.findings import Report\n"
        "before = set(sys.modules)\n"
        "from pysession.report import render\n"
        "render(Report(()), 'text', width=80)\n"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('pysession.')))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout in {"['textwrap']\n", "[]\n"}
