"""Validators of whole documents and of single definitions (``message``, ``content``, ``content.text``, …)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from pysession.schema.texts import UnknownSchemaError, schema_text


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Whether ``instance`` satisfies the schema."""

    def iter_errors(self, instance: Any) -> Iterable[Any]:
        """Everything in which it does not."""


@cache
def validator(dialect: str, form: str, definition: str | None = None) -> Validator:
    """The validator of a document of ``dialect``, or of one ``definition`` in its schema (a place, ``content.text``).

    The library behind it is imported at the first call only, and every schema is compiled once. Instances are plain
    JSON values; strings must be encodable as UTF-8 (no lone surrogates).

    Raises:
        UnknownSchemaError: no such dialect, form or definition.
    """
    schema = _parsed(dialect, form)
    if definition is not None:
        definitions = schema["$defs"]
        if definition not in definitions:
            raise UnknownSchemaError(f"definition in the schema of {dialect}", definition, tuple(definitions))
        schema = {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": definitions}

    # Not at the top: a command that judges nothing must not pay for it.
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema)


@cache
def _parsed(dialect: str, form: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text(dialect, form))
    return schema
