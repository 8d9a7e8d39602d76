"""Family ``json``: any bytes. What the reader in ``wire`` found, and what only the values tell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pysession.dialects import durable_entries
from pysession.findings import Severity
from pysession.rules.profiles import profile
from pysession.rules.registry import on_document, on_member, on_shape, on_text, rule
from pysession.rules.words import printed, quoted
from pysession.survey import DEPTH_BUDGET, Fault, ObjectShape, Survey, Trigger, largest
from pysession.survey.checks import Look
from pysession.wire import Path

JSON_INVALID = rule("json-invalid", "json", Severity.ERROR, "not JSON as RFC 8259 defines it")
JSON_NOT_UTF8 = rule(
    "json-not-utf8", "json", Severity.ERROR, "bytes that are not UTF-8, or a byte order mark", fixable=True
)
JSON_DUPLICATE_KEY = rule("json-duplicate-key", "json", Severity.ERROR, "one object holds a member name twice")
NUMBER_NOT_JSON = rule(
    "number-not-json", "json", Severity.ERROR, "NaN or Infinity, which JSON does not have", fixable=True
)
NUMBER_NOT_PORTABLE = rule(
    "number-not-portable", "json", Severity.WARNING, "a number that not every reader can hold, or a count that is none"
)
STRING_NOT_PORTABLE = rule(
    "string-not-portable", "json", Severity.ERROR, "an unpaired surrogate, or U+0000, in a string", fixable=True
)
DEPTH_BUDGET_RULE = rule("depth-budget", "json", Severity.WARNING, "nesting deeper than some readers follow")
LIMIT_EXCEEDED = rule("limit-exceeded", "json", Severity.ERROR, "a reading limit of pysession was hit")
SIZE_BUDGET = rule("size-budget", "json", Severity.WARNING, "larger than the profile's backend allows")

_DEEPEST = 200
"""Containers from the root beyond which most parsers give up (their common default)."""

# --- numbers ----------------------------------------------------------------------------------------------------------

_EXACT = 2**53 - 1
_INT64 = (-(2**63), 2**63 - 1)


def _made_worse(seen: Survey, what: str) -> bool:
    """Whether one of the chosen profiles turns ``what`` from a warning into an error."""
    return any(what in profile(name).errors for name in seen.profiles)


def _begin_numbers(seen: Survey) -> Look:
    spelled_out = _spelled_out(seen)
    rounded = Severity.ERROR if _made_worse(seen, "exact-integer") else Severity.WARNING

    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if type(value) is int:
            if not _INT64[0] <= value <= _INT64[1]:
                yield NUMBER_NOT_PORTABLE.at(
                    path,
                    "This integer does not fit into 64 bits; .NET and Go cannot hold it: store it as a string.",
                    severity=Severity.ERROR,
                )
            elif not -_EXACT <= value <= _EXACT:
                yield NUMBER_NOT_PORTABLE.at(
                    path,
                    "This integer is beyond ±(2^53−1); readers that use doubles round it: store it as a string.",
                    severity=rounded,
                )
        elif type(value) is float and math.isinf(value) and path not in spelled_out:
            yield NUMBER_NOT_PORTABLE.at(
                path,
                "This number overflows a double; readers get infinity or refuse it: store it as a string.",
                severity=Severity.ERROR,
            )

    return look


def _spelled_out(seen: Survey) -> frozenset[Path]:
    """The places of ``Infinity`` tokens, which are ``number-not-json`` already."""
    return frozenset(
        fault.path[len(seen.document.base) :]
        for fault in seen.document.reading.faults
        if fault.rule == NUMBER_NOT_JSON.id and fault.path is not None
    )


# A number begins behind a colon, a bracket, a comma or a space; digits elsewhere are ids, in hexadecimal as often as not.
on_text(Trigger(r"[:\[,\s]-?(?:[0-9]{16}|[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]{3})", _begin_numbers))


@on_shape
def counts(shape: ObjectShape) -> Iterator[Fault]:
    for key, member in shape.members.items():
        if shape.types[key] is float and "integer" in member.types:
            yield _no_count((key,))


@on_member("usage", ("",), "additional_counts")
def additional_counts(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    for key, count in value.items() if isinstance(value, dict) else ():
        if type(count) is float:
            yield _no_count((key,))


@on_document
def envelope_counts(seen: Survey) -> Iterator[Fault]:
    """The counts that stand outside of messages."""
    value = seen.document.value
    if seen.document.dialect == "agnt5" and isinstance(value, dict) and type(value.get("message_count")) is float:
        yield _no_count(("message_count",))
    if seen.document.dialect == "durable":
        for path, entry in durable_entries(value):
            usage = entry.get("usage") if isinstance(entry, dict) else None
            for key, count in usage.items() if isinstance(usage, dict) else ():
                if type(count) is float:
                    yield _no_count((*path, "usage", key))


def _no_count(path: Path) -> Fault:
    return NUMBER_NOT_PORTABLE.at(
        path,
        f"{quoted(path[-1])} is a count and must be an integer; .NET and Go refuse 12.0 as much as 12.5.",
        severity=Severity.ERROR,
    )


# --- strings ----------------------------------------------------------------------------------------------------------


def _begin_nul(seen: Survey) -> Look:
    severity = Severity.ERROR if _made_worse(seen, "nul") else Severity.WARNING

    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if isinstance(value, str) and "\0" in value:
            yield STRING_NOT_PORTABLE.at(
                path, "This string holds U+0000, which PostgreSQL's jsonb refuses; remove it.", severity=severity
            )
        elif isinstance(value, dict):
            for key in value:
                if "\0" in key:
                    yield STRING_NOT_PORTABLE.at(
                        (*path, key),
                        "The name of this member holds U+0000, which PostgreSQL's jsonb refuses; rename it.",
                        severity=severity,
                    )

    return look


on_text(Trigger(r"\\u0000", _begin_nul))

# --- depth and size ---------------------------------------------------------------------------------------------------


@on_document
def depth_budget(seen: Survey) -> Iterator[Fault]:
    for path, depth in seen.deep.items():
        too_deep = depth > _DEEPEST
        reader = f"many parsers stop at {_DEEPEST}" if too_deep else f".NET stops at {DEPTH_BUDGET}"
        yield DEPTH_BUDGET_RULE.at(
            path,
            f"From here on the document nests {depth} levels deep, and {reader}; flatten the value or store it as text.",
            severity=Severity.ERROR if too_deep else None,
        )


@on_document
def size_budget(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    for name in sorted(seen.profiles):
        budget = profile(name).bytes
        if budget is None:
            continue
        size = len(document.data)
        if size > budget:
            paths = ", ".join(f"{printed(path)} ({part:,} bytes)" for path, part in largest(document, 5))
            yield SIZE_BUDGET.at(
                (), f"{size:,} bytes are more than the {budget:,} that {name} allows; the largest parts: {paths}."
            )
        elif size * 4 > budget:
            for path, part in largest(document, 5, messages_only=True):
                if part * 4 > budget:
                    yield SIZE_BUDGET.at(
                        path, f"This one message takes {part:,} bytes, over a quarter of what {name} allows in all."
                    )
