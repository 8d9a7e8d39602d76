"""The exceptions of this package: one base, one class for each failure, each holding what it needs to explain itself.

* PysessionError
   - DamagedError       a file of this package that is missing or damaged (exit code 4)
   - PointerError       a JSON Pointer that is not one
   - ProtobufError      bytes that are no serialised session, or one that no document can say (exit code 1)
   - RefusedError       a document that cannot be read, or is not what its dialect accepts (exit code 1)
   - UnknownRuleError   a rule id that no rule has
   - UsageError         options or configuration that cannot be followed (exit code 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysession.findings.finding import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from pysession.findings.finding import Finding
    from pysession.findings.report import DocumentReport


class PysessionError(Exception):
    """Base of every exception that this package raises on purpose."""


class DamagedError(PysessionError):
    """The file at ``path``, a part of this package, cannot be used; nothing that rests on it can be said."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged ({reason}); install pysession again")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[DamagedError], tuple[Path, str]]:
        """It is raised in processes that check for another one, too."""
        return type(self), (self.path, self.reason)


class PointerError(PysessionError, ValueError):
    """``pointer`` is not a JSON Pointer (RFC 6901)."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer!r} is not a JSON Pointer: {reason}, for example /state/in_memory/messages/0")
        self.pointer = pointer
        self.reason = reason


class ProtobufError(PysessionError):
    """Bytes are no serialised ``pysession.v1.Session``, or one that stands for no document; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is not a session as pysession.v1 has it: {reason}")
        self.reason = reason


class RefusedError(PysessionError):
    """A document cannot be read, or is not what readers of its dialect accept; ``report`` says where and why."""

    def __init__(self, report: DocumentReport) -> None:
        first = next((finding for finding in report.findings if finding.severity.reaches(Severity.ERROR)), None)
        why = "the document cannot be read"
        if first is not None:
            why = f"line {first.line}, column {first.column}: {first.message} ({first.rule})"
        super().__init__(why)
        self.report = report

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self.report.findings)


class UsageError(PysessionError):
    """Options or configuration that cannot be followed."""


class UnknownRuleError(UsageError):
    """``rule`` is not the id of any rule; ``nearest`` are ids that look like it."""

    def __init__(self, rule: str, nearest: tuple[str, ...] = ()) -> None:
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else "; 'pysession rules list' names them all"
        super().__init__(f"there is no rule {rule!r}{hint}")
        self.rule = rule
        self.nearest = nearest
