"""The file of a recording: what is written comes back, and releases that do the same share their cells."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pysession.findings import Verdict
from pysession.readers.recorded import Column, Recorded, Recording, load, render, tabulate

IDENTICAL, LOSSY = Recorded(Verdict.IDENTICAL), Recorded(Verdict.LOSSY, changes=())


@pytest.fixture
def recording() -> Recording:
    columns = [Column(f"python@{number}", "2026-11-25", "run") for number in range(4)]
    cells = {"b.json": [LOSSY, LOSSY, IDENTICAL, LOSSY], "a.json": [IDENTICAL, IDENTICAL, None, IDENTICAL]}
    return tabulate("python", "made up", columns, cells)


def written(recording: Recording, folder: Path) -> Path:
    path = folder / "python.json"
    path.write_bytes(render(recording))
    return path


def test_every_release_has_its_cells_again(recording: Recording, tmp_path: Path) -> None:
    back = load(written(recording, tmp_path))
    assert back == recording
    assert [back.of("b.json", f"python@{number}") for number in range(4)] == [LOSSY, LOSSY, IDENTICAL, LOSSY]
    assert back.of("a.json", "python@2") is None


def test_a_release_that_did_what_an_earlier_one_did_has_no_cells_in_the_file(
    recording: Recording, tmp_path: Path
) -> None:
    stored = msgspec.json.decode(written(recording, tmp_path).read_bytes())
    assert [reader.get("same_as") for reader in stored["readers"]] == [None, "python@0", None, "python@0"]
    assert {len(row) for row in stored["cells"].values()} == {2}


def test_a_fixture_is_a_line(recording: Recording) -> None:
    assert b'\n  "a.json": [0,-1],\n  "b.json": [1,0]\n' in render(recording)


@pytest.mark.parametrize(
    ("instead_of", "stands"), [(b'"same_as":"python@0"', b'"same_as":"python@9"'), (b"[0,-1]", b"[0,-1,0]")]
)
def test_a_damaged_file_is_said_to_be(recording: Recording, tmp_path: Path, instead_of: bytes, stands: bytes) -> None:
    path = written(recording, tmp_path)
    path.write_bytes(path.read_bytes().replace(instead_of, stands))
    with pytest.raises(msgspec.DecodeError):
        load(path)
