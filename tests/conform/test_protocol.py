"""The protocol as JSON Schemas: they say what the values of the protocol are, no more and no less."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from pysession.conform import Answer, Failure, Form, Operation, Options, Request, Turn
from pysession.findings import NextTurn, Stage
from pysession.schema import shipped


def schema(name: str) -> Any:
    return json.loads((shipped("schema") / "testee" / "1" / f"{name}.schema.json").read_bytes())


@pytest.mark.parametrize(("name", "type"), [("request", Request), ("answer", Answer)])
def test_the_schema_describes_the_values(name: str, type: type) -> None:
    _, components = msgspec.json.schema_components([type], ref_template="#/$defs/{name}")
    assert bare(schema(name)["$defs"]) == bare(json.loads(json.dumps(components)))


def bare(value: Any) -> Any:
    """Without what is for people."""
    if isinstance(value, dict):
        return {name: bare(child) for name, child in value.items() if name != "description" or isinstance(child, dict)}
    return [bare(child) for child in value] if isinstance(value, list) else value


REQUESTS = [
    Request(1, Operation.DESCRIBE),
    Request(2, Operation.NEXT_TURN, Form.SESSION, b"\xff\x00", Options(("mine",), ("order",))),
    Request(3, Operation.APPEND, Form.THREAD, b"{}", text="hi"),
]
ANSWERS = [
    Answer(1, True, reader="python@1.23.0", environment={"python": "3.11.7"}, forms=(Form.SESSION,)),
    Answer(2, False, Stage.LOAD, Failure("ValueError", "TypeError", "no")),
    Answer(3, True, saved=b"{}", messages_restored=2, next_turn=Turn(NextTurn.FAILS, 0, Failure("KeyError"))),
]


@pytest.mark.parametrize("value", [*REQUESTS, *ANSWERS], ids=str)
def test_what_is_said_is_valid_and_comes_back(value: Request | Answer) -> None:
    line = msgspec.json.encode(value)
    name = "request" if isinstance(value, Request) else "answer"
    jsonschema_rs.validator_for(schema(name)).validate(json.loads(line))
    assert msgspec.json.decode(line, type=type(value)) == value
