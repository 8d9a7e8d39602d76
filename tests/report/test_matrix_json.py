from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pysession.report import matrix_json
from pysession.schema import shipped
from pysession.verbs.matrix import Selection, matrices
from tests import matrices as made_up

SCHEMA = json.loads((shipped("schema") / "matrix/1/matrix.schema.json").read_bytes())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.folder(tmp_path_factory.mktemp("fixtures"))


@pytest.fixture(scope="module")
def python(root: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(matrix_json.render(matrices(("python",), Selection(writers=("*",)), root)))
    return value["matrices"][0]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("wanted", [Selection(), Selection(writers=("hostile",), next_turn=True)])
def test_what_is_written_satisfies_the_schema(root: Path, wanted: Selection) -> None:
    text = matrix_json.render(matrices((), wanted, root))
    assert text.endswith("\n")
    jsonschema.validate(json.loads(text), SCHEMA)


def test_what_is_shipped_satisfies_the_schema() -> None:
    jsonschema.validate(matrix_json.to_json(matrices()), SCHEMA)


def test_nothing_selected_is_a_matrix_of_no_family() -> None:
    jsonschema.validate(matrix_json.to_json(()), SCHEMA)


def test_a_cell_is_a_writer_with_a_reader(python: dict[str, Any]) -> None:
    (cell,) = (
        each for each in python["cells"] if (each["writer"], each["reader"]) == ("python@1.22.0", "python@1.21.0")
    )
    assert cell == {
        "writer": "python@1.22.0",
        "reader": "python@1.21.0",
        "worst": "rejected",
        "outcome": "rejected",
        "documents": 3,
        "verdicts": {"rejected": 1, "lossy": 1, "identical": 1},
    }


def test_documents_refer_to_readings_by_index_and_to_nothing_by_null(python: dict[str, Any]) -> None:
    (document,) = (each for each in python["documents"] if each["scenario"] == "deep")
    assert document["writers"] == ["hostile"]
    assert document["readings"][2] is None
    assert python["readings"][document["readings"][0]]["error"]["type"] == "ValueError"


def test_a_reading_has_only_what_was_observed(python: dict[str, Any]) -> None:
    assert {"verdict": "identical", "next_turn": "sees-all", "same_bytes": True} in python["readings"]


def test_classes_are_lists_of_neighbours(python: dict[str, Any]) -> None:
    assert python["classes"] == {
        "writers": [["python@1.20.0", "python@1.21.0"], ["python@1.22.0"], ["hostile"]],
        "readers": [["python@1.20.0", "python@1.21.0"], ["python@1.22.0"]],
    }
