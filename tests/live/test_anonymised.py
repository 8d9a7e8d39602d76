"""Copies without content in the hands of real releases: they make of them what they make of the documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agent_framework import AgentSession

from pysession import anonymise
from pysession.conform import Form, Testee
from pysession.conform.dotnet import observe_dotnet
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding
from tests.documents import stored
from tests.dotnet import dotnet_testee

pytestmark = pytest.mark.filterwarnings("default")


def made_by_python(data: bytes) -> tuple[str | None, bool | None, bool | None]:
    """What the installed release raises over a session, else whether it saves the same value and the same text."""
    try:
        value: Any = json.loads(data)
        saved = AgentSession.from_dict(json.loads(data)).to_dict()
    except Exception as failure:
        return type(failure).__name__, None, None
    return None, saved == value, json.dumps(saved) == json.dumps(value)


def made_by_dotnet(testee: Testee, data: bytes) -> tuple[object, ...]:
    seen: Recorded = observe_dotnet(testee, data, Form.SESSION)
    error = None if seen.error is None else (seen.error.type, seen.error.cause)
    return seen.verdict, seen.stage, error, seen.messages_restored, seen.same_bytes, len(seen.changes or ())


def test_python_makes_of_a_copy_what_it_makes_of_the_document() -> None:
    asked = 0
    for entry, record in stored("golden", "hostile"):
        if entry.dialect == "python" and record.encoding is Encoding.JSON:
            copy = anonymise(record.data, seed="live")
            assert made_by_python(copy) == made_by_python(record.data), entry.path
            asked += 1
    assert asked > 250


@pytest.mark.parametrize("version", ["10.3.0", "10.5.1"])
def test_dotnet_makes_of_a_copy_what_it_makes_of_the_document(version: str) -> None:
    asked = 0
    with dotnet_testee(version) as testee:
        for entry, record in stored("golden", "hostile"):
            if entry.dialect == "dotnet" and record.encoding is Encoding.JSON:
                copy = anonymise(record.data, seed="live")
                assert made_by_dotnet(testee, copy) == made_by_dotnet(testee, record.data), entry.path
                asked += 1
    assert asked > 250
