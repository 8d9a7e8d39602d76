"""The schemas and vocabularies are what their sources give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pysession import schema
from pysession.dialects import vocabulary

VALUE_KEYWORDS = {
    *("format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("uniqueItems", "minItems", "maxItems", "contentEncoding", "contentMediaType"),
}
"""Keywords that look at what a value says."""

ALL = ("agnt5", "dotnet", "dotnet-thread", "durable", "go", "python", "python-history", "python-thread")


def test_generator_finds_nothing_to_change(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(root / "tools" / "build_schemas.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_every_dialect_has_a_schema() -> None:
    assert schema.dialects() == ALL


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("form", ["open", "closed"])
def test_schema_is_valid_and_names_itself(dialect: str, form: str) -> None:
    text = json.loads(schema.schema_text(dialect, form))
    jsonschema.Draft202012Validator.check_schema(text)
    assert text["$id"] == f"urn:pysession:schema:{dialect}:1.0:{form}"
    assert text["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("dialect", ALL)
def test_nothing_outside_the_schema_is_referred_to(dialect: str) -> None:
    for form in schema.FORMS:
        text = json.loads(schema.schema_text(dialect, form))
        references = {value for key, value in _pairs(text) if key == "$ref"}
        assert references <= {f"#/$defs/{name}" for name in text["$defs"]}


@pytest.mark.parametrize("dialect", ALL)
def test_open_form_depends_on_names_types_and_discriminators_only(dialect: str) -> None:
    pairs = _pairs(json.loads(schema.schema_text(dialect, "open")))
    keywords = {key for key, value in pairs if not isinstance(value, dict)}
    assert keywords.isdisjoint(VALUE_KEYWORDS)
    assert {key for key, value in pairs if isinstance(value, dict) and "pattern" in value} <= {"not"}
    assert all(value.keys() == {"not"} for key, value in pairs if key == "propertyNames")
    constants = {key for key, value in pairs if isinstance(value, dict) and {"const", "enum"} & value.keys()}
    assert constants <= {vocabulary(dialect).discriminator}


@pytest.mark.parametrize("dialect", ALL)
def test_vocabulary_reads_as_its_structure(dialect: str) -> None:
    words = vocabulary(dialect)
    assert words.dialect == dialect
    assert words.places["message"]


def test_python_is_the_canonical_dialect() -> None:
    for place, kinds in vocabulary("python").places.items():
        for name, kind in kinds.items():
            assert kind.canonical == name, place
            assert all(member.canonical == key for key, member in kind.members.items()), name


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Every keyword or member name with its value, at any depth."""
    if isinstance(value, dict):
        return [pair for key, child in value.items() for pair in ((key, child), *_pairs(child))]
    if isinstance(value, list):
        return [pair for child in value for pair in _pairs(child)]
    return []
