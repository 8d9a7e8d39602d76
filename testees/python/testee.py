"""A testee that runs one release of agent-framework-core, whichever is installed beside the Python that runs it.

    <environment of the release>/bin/python testees/python/testee.py

It speaks the testee protocol: one JSON request a line on standard input, one JSON answer a line on standard output.
Nothing is imported but the standard library and the release itself, so it runs on any of them.
"""

from __future__ import annotations

import base64
import importlib.metadata
import json
import logging
import os
import platform
import sys
import warnings
from typing import Any

from forms import FORMS, Loaded, Options, StageError
from turns import append, next_turn

DEPENDENCIES = ("pydantic", "msgspec", "mcp", "openai")
"""What the behaviour of a release may depend on, as far as it uses it."""


def describe() -> dict[str, Any]:
    environment = {"python": platform.python_version()}
    for name in DEPENDENCIES:
        try:
            environment[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    version = importlib.metadata.version("agent-framework-core")
    return {"ok": True, "reader": f"python@{version}", "environment": environment, "forms": list(FORMS)}


def failure(error: BaseException) -> dict[str, Any]:
    """Class names of what was raised and of its root cause."""
    root, seen = error, {id(error)}
    while (below := root.__cause__ or (None if root.__suppress_context__ else root.__context__)) is not None:
        if id(below) in seen:
            break
        seen.add(id(below))
        root = below
    cause = type(root).__name__ if root is not error else None
    return {"type": type(error).__name__, "cause": cause, "message": str(error)[:500]}


def read(request: dict[str, Any]) -> dict[str, Any]:
    form = FORMS.get(request.get("form"))
    operation = OPERATIONS.get(request["op"])
    if form is None or operation is None:
        what = f"form {request.get('form')!r}" if operation else f"operation {request['op']!r}"
        return {"ok": False, "error": {"type": "UnsupportedRequest", "message": f"this release has no {what}"}}
    options = Options(**{name: tuple(names) for name, names in request.get("options", {}).items()})
    try:
        return operation(form(base64.b64decode(request.get("document") or ""), options), options, request)
    except StageError as error:
        return {"ok": False, "stage": error.stage, "error": failure(error.__cause__ or error)}


def saved(loaded: Loaded) -> dict[str, Any]:
    data = loaded.save()
    return {"ok": True, "saved": base64.b64encode(data).decode(), "messages_restored": loaded.messages_restored}


def read_only(loaded: Loaded, options: Options, request: dict[str, Any]) -> dict[str, Any]:
    return saved(loaded)


def read_and_run(loaded: Loaded, options: Options, request: dict[str, Any]) -> dict[str, Any]:
    answer = saved(loaded)  # before the run, which changes what is saved
    turn = next_turn(loaded, options)
    error = turn.pop("error", None)
    return {**answer, "next_turn": turn if error is None else {**turn, "error": failure(error)}}


def read_and_append(loaded: Loaded, options: Options, request: dict[str, Any]) -> dict[str, Any]:
    append(loaded, options, request.get("text") or "")
    return saved(loaded)


OPERATIONS = {"read": read_only, "next-turn": read_and_run, "append": read_and_append}


def main() -> None:
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["op"] == "stop":
            break
        answer = describe() if request["op"] == "describe" else read(request)
        answers.write(json.dumps({"id": request["id"], **answer}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
