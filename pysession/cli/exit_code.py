"""How the command ends."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysession.findings import Severity
    from pysession.verbs.tally import Tally


class ExitCode(IntEnum):
    """The first that applies of 2, 4, 3, 1, 0; the last two are the shell's own codes for a signal."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOT_READ = 3
    INTERNAL = 4
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def exit_code(tally: Tally, fail_on: Severity) -> ExitCode:
    """How a check with these results ends. That no document was found at all is a failure to read."""
    if tally.internal_errors:
        return ExitCode.INTERNAL
    if tally.not_read or not tally.documents:
        return ExitCode.NOT_READ
    if any(count and severity.reaches(fail_on) for severity, count in tally.counts.items()):
        return ExitCode.FINDINGS
    if tally.unaccepted:
        return ExitCode.FINDINGS
    return ExitCode.CLEAN
