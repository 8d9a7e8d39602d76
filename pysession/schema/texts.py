"""The schemas as shipped: their texts, and which there are."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from pysession.findings.failures import UsageError
from pysession.schema.shipped import shipped

FORMS = ("open", "closed")
"""The two forms that every dialect has."""

VERSION = "1.0"
"""The version of the schemas that this package reads; each version has its own directory."""


class UnknownSchemaError(UsageError):
    """There is no schema under ``name``; ``known`` are the names that exist."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        super().__init__(f"there is no {kind} {name!r}; {hint}")
        self.kind = kind
        self.name = name
        self.known = known


@cache
def dialects() -> tuple[str, ...]:
    """The dialects that have schemas, sorted."""
    return tuple(sorted(path.parents[1].name for path in shipped("schema").glob(f"*/{VERSION}/open.schema.json")))


@cache
def schema_text(dialect: str, form: str) -> bytes:
    """The schema of ``dialect`` in ``form`` (``open`` or ``closed``), JSON in UTF-8.

    Raises:
        UnknownSchemaError: no such dialect or form.
    """
    if dialect not in dialects():
        raise UnknownSchemaError("dialect", dialect, dialects())
    if form not in FORMS:
        raise UnknownSchemaError("form of a schema", form, FORMS)
    return (shipped("schema") / dialect / VERSION / f"{form}.schema.json").read_bytes()
