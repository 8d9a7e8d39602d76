"""A stored session into the typed view, and back."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from pysession import wire
from pysession.findings import format_pointer
from pysession.model.base import AS_STORED
from pysession.model.failures import DepthError, ModelError, Problem
from pysession.model.plain import MAX_DEPTH, JsonObject, copied
from pysession.model.sessions import Session
from pysession.model.unions import TAG

_MESSAGES = {
    "bool_type": "must be a boolean",
    "dict_type": "must be an object",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "string_type": "must be a string",
}
"""What to say for pydantic's types of error, where its own words speak of Python."""

_TOO_DEEP = frozenset({"recursion_depth_exceeded", "recursion_loop"})
"""Types of the error that pydantic gives at its own limit: newer releases, older releases."""


def load(data: bytes | JsonObject) -> Session:
    """The session in ``data``: the bytes of a JSON document, or its value. The value is copied.

    Accepts what the open schema of the python dialect accepts.

    Raises:
        ModelError: the bytes are not JSON, or the value is no canonical session; ``problems`` says where and why.
        DepthError: it nests deeper than :data:`MAX_DEPTH` arrays and objects, or its contents hold one another more
            deeply than pydantic follows (255 levels).
    """
    value = copied(_read(data) if isinstance(data, bytes) else data)
    try:
        return Session.model_validate(value, context=AS_STORED)
    except ValidationError as failure:
        raise _explained(failure) from None
    except RecursionError:
        raise DepthError("", MAX_DEPTH) from None


def dump(session: Session) -> JsonObject:
    """``session`` as a plain JSON value of its own: what was read, in the order it was read, with what was changed.

    Raises:
        ModelError: a member was set to what is no JSON value.
    """
    return session.to_plain()


def dump_bytes(session: Session) -> bytes:
    """:func:`dump` as JSON in UTF-8, without spaces, as a FileSessionStore writes it.

    Raises:
        ModelError: a member was set to what is no JSON value, or an integer has more digits than Python writes.
    """
    value = dump(session)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError as failure:
        raise ModelError((("", str(failure)),)) from None


def _read(data: bytes) -> Any:
    """The value of a JSON document without faults: with one, such as a repeated name, the value is not all there is."""
    reading = wire.read(data)
    problems = tuple((format_pointer(fault.path or ()), fault.detail) for fault in reading.faults if not fault.warning)
    if problems or not reading.readable:
        raise ModelError(problems)
    return reading.value


def _explained(failure: ValidationError) -> ModelError:
    errors = failure.errors(include_url=False, include_context=False, include_input=False)
    for error in errors:
        if error["type"] in _TOO_DEEP:
            return DepthError(_pointer(error["loc"]), MAX_DEPTH)
    return ModelError(tuple(_problem(error["type"], error["loc"], error["msg"]) for error in errors))


def _problem(kind: str, location: tuple[int | str, ...], message: str) -> Problem:
    if kind == "missing":
        return _pointer(location[:-1]), f"lacks the member {location[-1]!r}"
    return _pointer(location), _MESSAGES.get(kind, message)


def _pointer(location: tuple[int | str, ...]) -> str:
    """The place as a JSON Pointer, without the names of branches that pydantic puts between its steps."""
    steps: list[int | str] = []
    for step in location:
        is_state_key = steps == ["state"]
        if is_state_key or not (isinstance(step, str) and step.startswith(TAG)):
            steps.append(step)
    return format_pointer(tuple(steps))
