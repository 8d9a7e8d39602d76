"""What a document must be to be stored: no finding that is too bad, no reader that does too much to it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from grpc import StatusCode

from pysession.dialects import UNKNOWN
from pysession.exchange.server.refusals import CallRefusedError, exhausted, precondition, violations_of
from pysession.findings import DocumentReport, Finding, Reading, Severity, Verdict
from pysession.inputs.telling import encoding_of
from pysession.readers import DEFAULT_SETTINGS
from pysession.readers import Settings as ReaderSettings
from pysession.verbs.check import check
from pysession.wire import Limits as WireLimits

LIMIT_RULE = "limit-exceeded"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The words and their meaning are those of ``pysession check``."""

    readers: tuple[str, ...] = ()
    accept: Verdict = Verdict.NORMALISED
    fail_on: Severity = Severity.ERROR
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    settings: ReaderSettings = DEFAULT_SETTINGS


class Judgement(msgspec.Struct, frozen=True):
    """A report, and what of it stands against the document."""

    report: DocumentReport
    findings: tuple[Finding, ...]
    readings: tuple[Reading, ...]

    @property
    def accepted(self) -> bool:
        return not self.findings and not self.readings


def judge(data: bytes, policy: Policy, limits: WireLimits) -> Judgement:
    """Check a document and hold it to ``policy``.

    Raises:
        UsageError: the policy names a rule, profile or release that there is none of.
    """
    report = check(
        data,
        source="",
        encoding=encoding_of(None, data, limits),
        readers=policy.readers,
        accept=policy.accept,
        settings=policy.settings,
        profiles=policy.profiles,
        select=policy.select,
        ignore=policy.ignore,
        limits=limits,
    )
    return Judgement(
        report,
        tuple(finding for finding in report.findings if finding.severity.reaches(policy.fail_on)),
        tuple(reading for reading in report.readings if reading.outcome.worse_than(policy.accept)),
    )


def refusal_of(judgement: Judgement) -> CallRefusedError:
    """Why a document is not stored: it is no session at all, too deep, or not what the policy wants."""
    report = judgement.report
    if report.dialect == UNKNOWN:
        return not_a_session(report.findings, report.dialect_reason)
    listed = violations_of(judgement.findings)
    counts = {"findings": str(len(judgement.findings)), "readings": str(len(judgement.readings))}
    message = f"the server's policy does not take this session: {_why(judgement)}"
    violations = [
        *(("READER", reading.reader, _outcome(reading)) for reading in judgement.readings),
        *dict.fromkeys(("RULE", finding.rule, _RULE) for finding in judgement.findings),
    ]
    refusal = precondition("POLICY_REFUSED", message, violations[:_MOST_VIOLATIONS], listed)
    refusal.metadata.update(counts)
    return refusal


def not_a_session(findings: Sequence[Finding], reason: str) -> CallRefusedError:
    """What is sent, or stored, cannot be read or is of no known dialect."""
    first = next(iter(findings), None)
    if first is not None and first.rule == LIMIT_RULE:
        return exhausted("DOCUMENT_TOO_COMPLEX", first.message, "document")
    why = f"{first.message} ({first.rule})" if first is not None else reason
    return CallRefusedError(
        StatusCode.INVALID_ARGUMENT,
        "NOT_A_SESSION",
        f"this is no session: {why}",
        violations_of(findings),
        metadata={"findings": str(len(findings))},
    )


_MOST_VIOLATIONS = 10
_RULE = "a finding of this rule stands against the document"


def _why(judgement: Judgement) -> str:
    if judgement.findings:
        first = judgement.findings[0]
        return f"{first.message} ({first.rule})"
    return _outcome(judgement.readings[0])


def _outcome(reading: Reading) -> str:
    return f"{reading.reader} makes of it: {reading.outcome.value}"
