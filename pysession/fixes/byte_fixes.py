"""Fixes of the family ``json``: what is wrong with the bytes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pysession.findings import Severity
from pysession.fixes.fix import Mend, Patient
from pysession.wire import Path, Rename, Replace

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NOT_PORTABLE = re.compile("[\ud800-\udfff\0]")


def strings(patient: Patient) -> Iterator[Mend]:
    """Unpaired surrogates, in values and in member names; U+0000, which is JSON, only when the rule is named."""
    due = [fault for fault in patient.faults if patient.wishes.named or fault.severity is Severity.ERROR]
    for path in dict.fromkeys(fault.path for fault in due):
        found = _at(patient, path)
        if isinstance(found, str) and _NOT_PORTABLE.search(found):
            yield Mend(path, "characters that not every reader takes became U+FFFD", (Replace(path, _replaced(found)),))
        elif path and isinstance(path[-1], str) and _NOT_PORTABLE.search(path[-1]):
            name = _replaced(path[-1])
            holder = _at(patient, path[:-1])
            while name in holder:
                name += REPLACEMENT
            yield Mend(path, "characters of the name that not every reader takes became U+FFFD", (Rename(path, name),))


def _replaced(text: str) -> str:
    return _NOT_PORTABLE.sub(REPLACEMENT, text)


def numbers(patient: Patient) -> Iterator[Mend]:
    """NaN and the infinities."""
    for fault in patient.faults:
        yield Mend(fault.path, "a number that JSON does not have became null", (Replace(fault.path, None),))


def _at(patient: Patient, path: Path) -> Any:
    value = patient.document.value
    for step in path:
        value = value[step]
    return value
