"""``github``: workflow commands, which GitHub Actions shows as annotations at the line of a file.

GitHub shows the first ten annotations of each severity of a step (its documented limit); all of them are in the log.
"""

from __future__ import annotations

from pysession.findings import DocumentReport, Finding, NotRead, Report, Severity
from pysession.report.characters import encodable, printable
from pysession.report.gate import gate_lines
from pysession.report.options import Options
from pysession.report.wording import closing_line

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
# The escapes of GitHub's own toolkit: a message ends at a line break, a property also at ':' and ','.
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(report: Report, options: Options) -> str:
    """One command a finding and a line that counts them."""
    lines = [_annotation(document, finding) for document in report.documents for finding in document.findings]
    lines += map(_unread, report.not_read)
    return "\n".join([*lines, *gate_lines(report.summary.readers), closing_line(report)]) + "\n"


def _annotation(document: DocumentReport, finding: Finding) -> str:
    properties = {
        "file": document.source,
        "line": str(finding.line),
        "col": str(finding.column),
        "title": finding.rule,
    }
    place = f" [{finding.pointer}]" if finding.pointer else ""
    return _command(_COMMAND[finding.severity], properties, finding.message + place)


def _unread(unread: NotRead) -> str:
    return _command("error", {"file": unread.source, "title": "could not be read"}, f"{unread.source}: {unread.reason}")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{key}={encodable(value).translate(_IN_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {listed}::{printable(message).translate(_IN_MESSAGE)}"
