"""Every file that the sources give: path below the repository → bytes."""

from __future__ import annotations

import json
from typing import Any

from schemas.jsonschema import schema
from schemas.source import Source
from schemas.vocabulary import vocabulary

FORMS = ("open", "closed")


def documents(source: Source) -> dict[str, bytes]:
    """The vocabulary and the schemas of ``source``."""
    files = {f"pysession/dialects/vocabularies/{source.dialect}.json": _text(vocabulary(source))}
    for form in FORMS:
        files[f"schema/{source.dialect}/{source.version}/{form}.schema.json"] = _text(schema(source, form))
    return files


def _text(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
