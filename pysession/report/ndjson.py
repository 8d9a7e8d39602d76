"""``ndjson``: one JSON text a line, for streams of documents.

Each document is a line, as in ``documents`` of the json report; the last line has ``not_read`` and ``summary``.
"""

from __future__ import annotations

import json
from typing import Any

from pysession.findings import DocumentReport, Report
from pysession.report.as_json import closing_to_json, document_to_json
from pysession.report.options import Options


def render(report: Report, options: Options) -> str:
    """All documents, then the closing line."""
    return "".join(map(render_document, report.documents)) + _line(closing_to_json(report))


def render_document(document: DocumentReport) -> str:
    """One document as one line."""
    return _line(document_to_json(document))


def _line(value: dict[str, Any]) -> str:
    # Some readers take U+2028 and U+2029 for the end of a line (str.splitlines does, with U+0085 and others too):
    # ASCII has none of them, and every lone surrogate was already written out as text.
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"
