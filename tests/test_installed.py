"""The tests run against what was installed, with the data that the wheel carries."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pysession
from pysession.schema import dialects, schema_text, shipped

ROOT = Path(__file__).parent.parent


def test_the_package_under_test_is_not_the_source_tree() -> None:
    assert ROOT not in Path(pysession.__file__).parents or ".venv" in Path(pysession.__file__).parts


def test_the_distribution_is_called_pysession_kit() -> None:
    assert version("pysession-kit") == "0.1.0"


def test_the_wheel_carries_the_schemas_byte_for_byte() -> None:
    for dialect in dialects():
        for form in ("open", "closed"):
            assert (
                schema_text(dialect, form) == (ROOT / "schema" / dialect / "1.0" / f"{form}.schema.json").read_bytes()
            )


def test_the_wheel_carries_the_fixtures() -> None:
    assert (shipped("fixtures") / "manifest.json").read_bytes() == (ROOT / "fixtures" / "manifest.json").read_bytes()
    assert shipped("fixtures") != ROOT / "fixtures"


def test_the_wheel_carries_the_definitions_of_protobuf() -> None:
    path = "pysession/v1/session.proto"
    assert (shipped("proto") / path).read_bytes() == (ROOT / "proto" / path).read_bytes()
    assert shipped("proto") != ROOT / "proto"


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(pysession.__file__).parent / "py.typed").is_file()
