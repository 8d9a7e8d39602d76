"""What a validator finds, in sentences for a person that repeat nothing of the document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pysession.schema.validators import Validator

Error = tuple[tuple[str | int, ...], str, str]
"""Path from the value judged, keyword of the schema, sentence."""

_SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": lambda kind: f"This must be {_any_of(kind.types)}.",
    "required": lambda kind: f'The member "{kind.property}" is missing, and without it this is of no use.',
    "const": lambda kind: f"This must be {json.dumps(kind.expected_value)}.",
}


def errors(judge: Validator, instance: Any) -> list[Error]:
    """What ``judge`` finds in ``instance``, each once, deepest place first; of equal depth, in the validator's order."""
    found = {
        (tuple(error.instance_path), error.kind.name, _SENTENCES.get(error.kind.name, _unsatisfied)(error.kind)): None
        for error in judge.iter_errors(instance)
    }
    return sorted(found, key=lambda error: -len(error[0]))


def _unsatisfied(kind: Any) -> str:
    return f'This does not satisfy "{kind.name}" of the schema.'


_ARTICLES = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null"}


def _any_of(types: list[str]) -> str:
    return " or ".join(_ARTICLES.get(name, f"a {name}") for name in sorted(types, key=lambda name: name == "null"))
