"""Reports for people and for machines: text, json, ndjson, junit, sarif, github.

Every format is a pure function of a :class:`pysession.findings.Report`: nothing is read, nothing is measured, the same
report gives the same text. What comes out can always be encoded as UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pysession.findings.failures import UsageError
from pysession.report.options import Options, RuleText

if TYPE_CHECKING:
    from pysession.findings import DocumentReport, Report

__all__ = ["RuleText", "document_to_json", "formats", "render", "render_document", "to_json"]

# Format name -> the module that renders it. Imported when used: a check that prints text must not pay for XML.
_MODULES: Mapping[str, str] = {
    "text": "pysession.report.text",
    "json": "pysession.report.as_json",
    "ndjson": "pysession.report.ndjson",
    "junit": "pysession.report.junit",
    "sarif": "pysession.report.sarif",
    "github": "pysession.report.github",
}


def formats() -> tuple[str, ...]:
    """The names of all formats; the first is the default."""
    return tuple(_MODULES)


def render(
    report: Report,
    format: str,
    *,
    color: bool = False,
    width: int | None = None,
    rules: Mapping[str, RuleText] | None = None,
) -> str:
    """``report`` in ``format``, ending in a newline.

    ``color`` (ANSI) and ``width`` (columns to wrap to; None: never wrap) are for ``text``; ``rules``, what each rule
    id means, goes into ``sarif``. The other formats ignore them.

    Raises:
        UsageError: there is no such format.
    """
    if format not in _MODULES:
        raise UsageError(f"there is no report format {format!r}; the formats are {', '.join(_MODULES)}")
    draw = cast("Callable[[Report, Options], str]", import_module(_MODULES[format]).render)
    return draw(report, Options(color=color, width=width, rules=rules or {}))


def render_document(document: DocumentReport) -> str:
    """``document`` as one line of ``ndjson``, ending in a newline: for documents that are reported as they come."""
    from pysession.report import ndjson

    return ndjson.render_document(document)


def to_json(report: Report) -> dict[str, Any]:
    """``report`` as the JSON value that ``schema/report/1/report.schema.json`` describes."""
    from pysession.report import as_json

    return as_json.to_json(report)


def document_to_json(document: DocumentReport) -> dict[str, Any]:
    """``document`` as it stands in ``documents`` of that JSON value."""
    from pysession.report import as_json

    return as_json.document_to_json(document)
