"""Fixes of the family ``state``: null entries, and secrets."""

from __future__ import annotations

from collections.abc import Iterator

from pysession.fixes.fix import Mend, Patient
from pysession.rules.secrets import without_secrets
from pysession.wire import Remove, Replace


def null_entries(patient: Patient) -> Iterator[Mend]:
    """Null entries of the state bag."""
    for fault in patient.faults:
        yield Mend(fault.path, "a null entry of the state is gone", (Remove(fault.path),))


def secrets(patient: Patient) -> Iterator[Mend]:
    """What is shaped like a secret; the text around it stays."""
    for fault in patient.faults:
        value = patient.document.value
        for step in fault.path:
            value = value[step]
        under = next((step for step in reversed(fault.path) if isinstance(step, str)), None)
        yield Mend(
            fault.path, "what looks like a secret is masked", (Replace(fault.path, without_secrets(under, value)),)
        )
