"""What is remembered of shapes gives the verdict that the schema validator gives on whole documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession import schema
from pysession.dialects import UNKNOWN, Document, detect, histories, vocabulary
from pysession.rules import checks
from pysession.survey import Memory, survey, walk_values
from pysession.wire import Encoding, read
from tests.documents import values
from tests.mutating import mutations

MEMORY = Memory(checks())


def document(value: Any) -> Document:
    data = json.dumps(value).encode()
    reading = read(data)
    detection = detect(reading.value)
    return Document(data, Encoding.JSON, reading, reading.value, detection, histories(reading.value, detection))


def violations(judged: Document, memory: Memory) -> list[str]:
    """The places at which the walk says that the open schema is not satisfied."""
    counts = {"number-not-portable"}  # a count of 12.5, where the schema says integer
    return sorted(
        {
            str(fault.path)
            for fault in survey(judged, memory).faults
            if fault.rule.id == "schema-violation" or (fault.rule.id in counts and _is_fraction(judged, fault.path))
        }
    )


def _is_fraction(judged: Document, path: tuple[str | int, ...]) -> bool:
    value: Any = judged.value
    for step in path:
        value = value[step]
    return isinstance(value, float) and not value.is_integer()


SAME_WORDS = {"python-history": "python", "dotnet-thread": "dotnet"}
"""Dialects whose messages are another's, word for word."""


def assert_same_verdict(value: Any, memory: Memory) -> bool:
    """Hold the walk against the validator; False when the two cannot be compared."""
    judged = document(value)
    if judged.dialect == UNKNOWN or not judged.reading.readable:
        return False
    own = SAME_WORDS.get(judged.dialect, judged.dialect)
    if any(history.language != own for history in judged.histories if len(history)):
        return False  # a foreign history is judged by its own language's schema
    if any(_wrongly_cased(judged.value, history.language) for history in judged.histories):
        return False  # the walk reads names as .NET and Go do; a schema can only say how they are written
    valid = schema.validator(judged.dialect, "open").is_valid(judged.value)
    assert bool(violations(judged, memory)) == (not valid), (judged.dialect, violations(judged, memory))
    return True


def _wrongly_cased(value: Any, dialect: str) -> bool:
    words = vocabulary(dialect)
    if words.case_sensitive:
        return False
    known = {name for kinds in words.places.values() for kind in kinds.values() for name in kind.members} | {"messages"}
    folded = {name.lower() for name in known}
    return any(
        key.lower() in folded and key not in known
        for _, _, holder in walk_values(value)
        if isinstance(holder, dict)
        for key in holder
    )


@pytest.mark.parametrize("dialect", schema.dialects())
def test_every_stored_document_gets_the_validators_verdict(dialect: str) -> None:
    found = [value for name, value in values() if name == dialect]
    compared = [assert_same_verdict(value, MEMORY) for value in found]
    assert sum(compared) > len(found) // 2


@given(mutations(st.sampled_from([value for _, value in values()])))
def test_a_broken_document_gets_the_validators_verdict_from_memory(value: Any) -> None:
    assert_same_verdict(value, MEMORY)


@given(mutations(st.sampled_from([value for _, value in values()])))
def test_memory_does_not_change_what_is_said(value: Any) -> None:
    judged = document(value)
    assert violations(judged, MEMORY) == violations(judged, Memory(checks()))
