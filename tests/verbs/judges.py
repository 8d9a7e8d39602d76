"""Stand-ins for the check, for runs over many documents. Functions of a module, so that processes can be sent them."""

from __future__ import annotations

import os
import time

from pysession.findings import DocumentReport, Finding, Severity
from pysession.findings.failures import UsageError
from pysession.inputs import Record
from pysession.verbs.run import Options


def report(record: Record, findings: tuple[Finding, ...] = ()) -> DocumentReport:
    return DocumentReport(
        source=record.source,
        bytes=record.size,
        sha256="0" * 64,
        dialect="unknown",
        dialect_reason="nobody looked",
        session_id=None,
        messages=0,
        findings=findings,
        record=record.record,
    )


def finding(rule: str, severity: Severity, fingerprint: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=f"{rule} is violated",
        pointer="",
        line=1,
        column=1,
        fixable=False,
        fingerprint=fingerprint,
    )


def obedient(record: Record, options: Options) -> DocumentReport:
    """Do what the document says: ``die``, ``raise``, ``refuse``, ``wait``; else find nothing."""
    if record.data == b"die":
        os._exit(9)
    if record.data == b"raise":
        raise RuntimeError("the document says hunter2")
    if record.data == b"refuse":
        raise UsageError("these options cannot be followed")
    if record.data == b"wait":
        time.sleep(0.2)
    return report(record)
