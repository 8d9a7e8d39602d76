"""Findings that are worse for some readers than for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from pysession.findings import Reading, Severity
from pysession.survey import Fault

_ERRORS: Mapping[str, frozenset[str]] = {"depth-budget": frozenset({"dotnet", "meai"})}
"""Rules whose findings are errors for the readers of these families, whatever they are else."""


def raised(faults: Iterable[Fault], readings: Iterable[Reading]) -> list[Fault]:
    """``faults`` as bad as they are for these readers."""
    families = {reading.reader.partition("@")[0] for reading in readings}
    return [
        msgspec.structs.replace(fault, severity=Severity.ERROR)
        if families & _ERRORS.get(fault.rule.id, frozenset())
        else fault
        for fault in faults
    ]
