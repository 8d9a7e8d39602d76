from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pysession.findings import Verdict
from pysession.findings.failures import UsageError
from pysession.readers.releases import releases
from pysession.verbs.fixtures import entries
from pysession.verbs.matrix import Matrix, NothingMatchesError, Selection, matrices, recorded_families
from tests import matrices as made_up


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.folder(tmp_path_factory.mktemp("fixtures"))


def of(root: Path, family: str = "python", **wanted: object) -> Matrix:
    """The one matrix of a family, with the documents that no release wrote."""
    (found,) = matrices((family,), msgspec.convert({"writers": ("*",)} | wanted, Selection), root)
    return found


def test_without_a_wish_every_recorded_family_is_there(root: Path) -> None:
    assert recorded_families(root) == ("python", "dotnet")
    assert [found.family for found in matrices(root=root)] == ["python", "dotnet"]


def test_releases_stand_in_the_order_in_which_they_appeared(root: Path) -> None:
    matrix = of(root)
    assert matrix.reader_names == ("python@1.20.0", "python@1.21.0", "python@1.22.0")
    assert matrix.writers == ("python@1.20.0", "python@1.21.0", "python@1.22.0", "hostile")


def test_documents_that_no_release_wrote_come_only_when_they_are_asked_for(root: Path) -> None:
    (usual, _) = matrices(root=root)
    assert usual.writers == ("python@1.20.0", "python@1.21.0", "python@1.22.0")
    assert "deep" not in usual.scenarios


def test_readings_follow_their_readers_when_the_recording_has_another_order(root: Path) -> None:
    matrix = of(root)
    (document,) = (each for each in matrix.documents if each.path == "golden/python/1.22.0/call.json")
    verdicts = [matrix.readings[reading].verdict for reading in document.readings]
    assert verdicts == [Verdict.REJECTED, Verdict.REJECTED, Verdict.IDENTICAL]


def test_a_cell_counts_the_verdicts_worst_first(root: Path) -> None:
    cell = of(root).cell(("python@1.22.0",), "python@1.21.0")
    assert list(cell.verdicts.items()) == [(Verdict.REJECTED, 1), (Verdict.LOSSY, 1), (Verdict.IDENTICAL, 1)]
    assert (cell.worst, cell.documents) == (Verdict.REJECTED, 3)


def test_a_document_of_two_writers_counts_once_for_both_together(root: Path) -> None:
    assert of(root).cell(("python@1.20.0", "python@1.21.0"), "python@1.20.0").documents == 2


def test_a_cell_says_when_the_next_run_is_worse(root: Path) -> None:
    matrix = of(root)
    cell = matrix.cell(("python@1.22.0",), "python@1.22.0")
    assert (cell.worst, cell.outcome, cell.next_turn_is_worse) == (Verdict.IDENTICAL, Verdict.SILENT_LOSS, True)
    assert not matrix.cell(("python@1.22.0",), "python@1.21.0").next_turn_is_worse


def test_with_the_next_run_counted_in_the_verdict_is_that_of_the_gate(root: Path) -> None:
    cell = of(root, next_turn=True).cell(("python@1.22.0",), "python@1.22.0")
    assert cell.worst is Verdict.SILENT_LOSS


def test_nothing_recorded_is_no_verdict(root: Path) -> None:
    cell = of(root).cell(("hostile",), "python@1.22.0")
    assert (cell.worst, cell.documents, cell.verdicts) == (None, 0, {})


def test_readers_that_do_the_same_are_one_class_whatever_their_messages_say(root: Path) -> None:
    assert of(root).reader_classes == (("python@1.20.0", "python@1.21.0"), ("python@1.22.0",))


def test_writers_whose_documents_fare_alike_are_one_class(root: Path) -> None:
    assert of(root).writer_classes == (("python@1.20.0", "python@1.21.0"), ("python@1.22.0",), ("hostile",))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("python@1.21.0", ["python@1.21.0"]),
        ("1.21.0", ["python@1.21.0"]),
        ("1.2[01]*", ["python@1.20.0", "python@1.21.0"]),
        ("python@*", ["python@1.20.0", "python@1.21.0", "python@1.22.0"]),
        ("hostile", ["hostile"]),
    ],
)
def test_a_pattern_is_a_whole_name_or_a_version(root: Path, pattern: str, found: list[str]) -> None:
    assert list(of(root, writers=(pattern,)).writers) == found


def test_latest_is_the_newest_final_release_of_the_tables(root: Path) -> None:
    assert of(root, "dotnet", readers=("dotnet@latest",)).reader_names == ("dotnet@1.17.0",)
    assert of(root, "dotnet", readers=("latest",)).reader_names == ("dotnet@1.17.0",)


def test_scenarios_are_selected_with_the_writers_that_have_them(root: Path) -> None:
    matrix = of(root, scenarios=("appr*",))
    assert matrix.scenarios == ("approval",)
    assert matrix.writers == ("python@1.22.0",)


def test_a_verdict_leaves_the_readings_that_have_it_and_every_row(root: Path) -> None:
    matrix = of(root, verdicts=(Verdict.REJECTED,))
    assert list(matrix.whole().verdicts) == [Verdict.REJECTED]
    assert "python@1.20.0" in matrix.writers
    assert matrix.cell(("python@1.20.0",), "python@1.20.0").worst is None


def test_a_verdict_is_held_against_what_counts(root: Path) -> None:
    wanted = (Verdict.SILENT_LOSS,)
    assert matrices(("python",), Selection(verdicts=wanted), root) == ()
    (found,) = matrices(("python",), Selection(verdicts=wanted, next_turn=True), root)
    assert [document.scenario for document in found.documents] == ["approval"]


def test_readings_that_no_document_has_any_more_are_gone(root: Path) -> None:
    matrix = of(root, scenarios=("text",))
    assert len(matrix.readings) == 1
    assert {reading for document in matrix.documents for reading in document.readings} == {0}


def test_a_family_of_which_nothing_is_wanted_is_left_out(root: Path) -> None:
    assert [found.family for found in matrices((), Selection(readers=("python@1.2*",)), root)] == ["python"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            {"readers": ("python@1.21.9",)},
            r"no reader of what was recorded matches 'python@1\.21\.9'; near it: python@1\.21\.0",
        ),
        ({"writers": ("1.17.1",)}, r"no writer .* near it: dotnet@1\.17\.0"),
        ({"scenarios": ("aproval",)}, r"no scenario .* near it: approval"),
        ({"readers": ("cobol@latest",)}, r"no reader .* 'cobol@latest'"),
    ],
)
def test_a_pattern_that_matches_nothing_is_refused_with_what_is_near(
    root: Path, wanted: dict[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(NothingMatchesError, match=message):
        matrices((), Selection(**wanted), root)


def test_a_family_that_is_not_recorded_is_refused_with_those_that_are(root: Path) -> None:
    with pytest.raises(UsageError, match="'cobol'; recorded families: python, dotnet"):
        matrices(("cobol",), root=root)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    made_up.write_manifest(tmp_path, {})
    with pytest.raises(UsageError, match="nothing is recorded"):
        matrices(root=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"pysession-recorded", b"pysession-report", "is not pysession-recorded 1"),
        (b'"version": 1', b'"version": 9', "is not pysession-recorded 1"),
        (b'"golden/python/1.20.0/text.json"', b'"golden/nowhere.json"', "no line in the manifest"),
        (b'text.json": [', b'text.json": [0,', "4 cells for 3 readers"),
        (b'text.json": [', b'text.json": "', "cannot be read"),
        (b'call.json": [1,', b'call.json": [99,', "a reading that is not there"),
        (b'"identical"', b'"splendid"', "cannot be read"),
    ],
)
def test_a_damaged_recording_is_refused_with_what_is_wrong(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    root = made_up.folder(tmp_path)
    file = root / "recorded" / "python.json"
    data = file.read_bytes()
    assert old in data
    file.write_bytes(data.replace(old, new, 1))
    with pytest.raises(UsageError, match=message):
        matrices(("python",), root=root)


def test_every_shipped_recording_can_be_read_and_names_only_releases_of_the_tables() -> None:
    for found in matrices():
        assert set(found.reader_names) <= set(releases(found.family))


def test_every_reading_of_a_shipped_recording_is_of_a_shipped_fixture() -> None:
    shipped = {entry.path for entry in entries()}
    for found in matrices():
        assert {document.path for document in found.documents} <= shipped
