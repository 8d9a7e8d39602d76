"""``text``: what a person reads first. Grouped by document, worst first, the count at the end.

Every place is written ``file:line:column`` and never broken, so that terminals and editors can jump to it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from pysession.findings import DocumentReport, Finding, ReaderSummary, Report, Severity, WriterSummary
from pysession.report.characters import printable
from pysession.report.options import Options
from pysession.report.wording import closing_line, counted, name_of

# A rule that fires more often than _MANY times in one document is shown _FEW times and counted.
_MANY = 5
_FEW = 3
_RELATED = 3

# No pointer of a real session comes near this length; a document nested on purpose must not fill the screen.
_LONGEST_POINTER = 240
_LONGEST_ID = 64

# Below this, wrapping makes a message harder to read than the terminal's own line breaks do.
_NARROWEST = 50
# Beyond this, the eye loses the next line of a message; places use the whole width.
_WIDEST_PROSE = 100
_INDENT = " " * 11
_SEE_ALSO = "see also "

_ANSI = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "info": "\x1b[1;36m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "good": "\x1b[32m",
}
_RESET = "\x1b[0m"


def render(report: Report, options: Options) -> str:
    """The report as lines of at most ``options.width`` columns, where the names in it allow that."""
    return "\n".join(_Text(options).report(report)) + "\n"


class _Text:
    """The drawing of one report; a generator of lines for each part of it."""

    __slots__ = ("_color", "_width")

    def __init__(self, options: Options) -> None:
        self._color = options.color
        self._width = None if options.width is None else max(options.width, _NARROWEST)

    def report(self, report: Report) -> Iterator[str]:
        for document in report.documents:
            if document.findings:
                yield from self._document(document)
        if report.not_read:
            yield self._styled("Could not be read:", "error")
            for unread in report.not_read:
                yield from self._wrapped(f"{printable(unread.source)}: {printable(unread.reason)}", "  ", "    ")
            yield ""
        summary = report.summary
        yield from self._writers(summary.writers)
        yield from self._readers(summary.readers)
        clean = report.documents and not report.not_read and all(not each.findings for each in report.documents)
        yield from self._wrapped(closing_line(report), "", "  ", "good" if clean else "bold")

    def _writers(self, writers: tuple[WriterSummary, ...]) -> Iterator[str]:
        if not writers:
            return
        # Most runs do not ask who wrote the documents; they need not load the tables of releases.
        from pysession.report.written_by import written_by_lines

        yield self._styled("Written by:", "bold")
        for line in written_by_lines(writers):
            yield from self._wrapped(printable(line), "  ", "    ")
        yield ""

    def _readers(self, readers: tuple[ReaderSummary, ...]) -> Iterator[str]:
        if not readers:
            return
        # Most runs ask about no release; they need not load the tables that say since when a member is written.
        from pysession.report.gate import gate_lines

        for line in gate_lines(readers):
            text = line.lstrip()
            indent = " " * (len(line) - len(text))
            yield from self._wrapped(text, indent, indent + "  ", None if indent else "bold")
        yield ""

    def _document(self, document: DocumentReport) -> Iterator[str]:
        yield self._styled(printable(name_of(document)), "bold")
        yield from self._wrapped(_what_it_is(document), "  ", "  ", "dim")
        if document.writer is not None:
            from pysession.report.written_by import writer_lines

            for line in writer_lines(document.writer):
                yield from self._wrapped(printable(line), "  ", "    ", "dim")
        yield ""
        groups: dict[tuple[Severity, str], list[Finding]] = {}
        for finding in document.findings:
            groups.setdefault((finding.severity, finding.rule), []).append(finding)
        order = tuple(Severity)
        for (_, rule), findings in sorted(groups.items(), key=lambda group: order.index(group[0][0])):
            yield from self._group(document.source, rule, findings)

    def _group(self, source: str, rule: str, findings: list[Finding]) -> Iterator[str]:
        """The findings of one rule and severity; what has the same message says it once, for all its places."""
        shown = findings if len(findings) <= _MANY else findings[:_FEW]
        for _, alike in groupby(shown, lambda each: (each.message, each.help, each.fixable)):
            same = list(alike)
            told = same[0]
            label = f"  {told.severity.value:<9}"
            first, *rest = self._wrapped(printable(told.message), label, _INDENT)
            yield self._styled(label, told.severity.value) + first[len(label) :]
            yield from rest
            for finding in same:
                yield from self._places(source, finding)
            if told.help is not None:
                yield from self._wrapped(f"help: {printable(told.help)}", _INDENT, _INDENT)
            if same[-1] is shown[-1] and len(findings) > len(shown):
                more = f"… and {len(findings) - len(shown):,} more of {printable(rule)}"
                yield from self._wrapped(f"{more} (pysession check --format ndjson shows all)", _INDENT, _INDENT)
            yield _INDENT + self._styled(printable(rule) + (" (fixable)" if told.fixable else ""), "dim")
            yield ""

    def _places(self, source: str, finding: Finding) -> Iterator[str]:
        yield from self._place("", f"{source}:{finding.line}:{finding.column}", finding.pointer)
        for place in finding.related[:_RELATED]:
            yield from self._place(_SEE_ALSO, f"{source}:{place.line}:{place.column}", place.pointer)
        if len(finding.related) > _RELATED:
            yield f"{_INDENT}{_SEE_ALSO}{counted(len(finding.related) - _RELATED, 'more place')}"

    def _place(self, prefix: str, where: str, pointer: str) -> Iterator[str]:
        """``where`` and the pointer, on one line if it holds both."""
        line = _INDENT + prefix + printable(where)
        named = _shortened(printable(pointer), _LONGEST_POINTER)
        if not named:
            yield line
        elif self._width is None or len(line) + 2 + len(named) <= self._width:
            yield f"{line}  {self._styled(named, 'dim')}"
        else:
            yield line
            yield _INDENT + " " * len(prefix) + self._styled(named, "dim")

    def _wrapped(self, text: str, first: str, rest: str, style: str | None = None) -> Iterator[str]:
        lines = [first + text]
        if self._width is not None:
            lines = textwrap.wrap(
                text,
                min(self._width, _WIDEST_PROSE),
                initial_indent=first,
                subsequent_indent=rest,
                break_long_words=False,
                break_on_hyphens=False,
            )
        for line in lines or [first]:
            yield self._styled(line, style) if style else line

    def _styled(self, text: str, style: str) -> str:
        return f"{_ANSI[style]}{text}{_RESET}" if self._color else text


def _what_it_is(document: DocumentReport) -> str:
    known = document.dialect != "unknown"
    parts = [
        f"{printable(document.dialect)} dialect" if known else "no known dialect",
        f"session {_shortened(printable(document.session_id), _LONGEST_ID)}" if document.session_id else "",
        counted(document.messages, "message") if known else "",
    ]
    return ", ".join(filter(None, parts))


def _shortened(text: str, longest: int) -> str:
    """``text`` with its middle left out when it is longer than ``longest`` characters."""
    if len(text) <= longest:
        return text
    head = longest * 2 // 3
    return f"{text[:head]}…{text[head - longest + 1 :]}"
