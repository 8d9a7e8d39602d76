"""Where results go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import click
import msgspec

from pysession.findings import NotRead, Report, Summary
from pysession.findings.failures import UsageError
from pysession.report import RuleText, render


class ReportFile(msgspec.Struct, frozen=True):
    """Another report of the same run: its format, and the file it goes to."""

    format: str
    path: Path


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at ``stream``."""
    return stream is not None and stream.isatty()


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to ``stream``: a terminal that can, and nobody asked for none (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_report(report: Report, format: str) -> None:
    """Write ``report`` to standard output, for a terminal when it is one."""
    width = None
    if is_terminal(sys.stdout):
        import shutil

        width = shutil.get_terminal_size().columns
    color = wants_color(sys.stdout)
    text = render(report, format, color=color, width=width, rules=_meanings(format))
    click.echo(text, nl=False, color=color)


def write_report(report: Report, target: ReportFile) -> None:
    """Write ``report`` to a file.

    Raises:
        UsageError: it cannot be written.
    """
    write_text(target.path, render(report, target.format, rules=_meanings(target.format)), "the report ")


def write_text(path: Path, text: str, what: str = "") -> None:
    """Write ``text`` to a file; ``what`` it is called where it cannot be.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        raise UsageError(f"{what}{path} cannot be written: {why}") from failure


def closing_line(summary: Summary, not_read: Iterable[NotRead], suppressed: int) -> str:
    """The last line of ``ndjson``, after documents that were printed as they came and not kept."""
    return render(_Counted(not_read=tuple(not_read), suppressed=suppressed, documents=(), counted=summary), "ndjson")


class _Counted(Report, frozen=True, kw_only=True):
    """A report whose documents are gone and only counted."""

    counted: Summary

    @property
    def summary(self) -> Summary:
        return self.counted


def _meanings(format: str) -> dict[str, RuleText]:
    """What each rule means, for the one format that carries it."""
    if format != "sarif":
        return {}
    from pysession.rules import catalogue, explain
    from pysession.verbs.ledger import FAULTS

    ours = {rule.id: RuleText(rule.summary, explain(rule.id).text) for rule in catalogue()}
    return ours | {fault: RuleText(summary, summary) for fault, summary in FAULTS.items()}
