from __future__ import annotations

import re
from pathlib import Path

import pytest

from pysession.findings import Verdict
from pysession.report import matrix_text
from pysession.report.matrix_legend import CHANGES, LETTERS, MEANINGS, NEXT_TURNS
from pysession.verbs.matrix import Matrix, Selection, matrices
from tests import matrices as made_up

ANSI = re.compile(r"\x1b\[[0-9;]*m")

# Written by hand: what a person should see.
MERGED = """\
python: what each release (column) makes of what each release wrote (row)

                           1.20.0..1.21.0
                           |  1.22.0
written by      documents  |  |
1.20.0..1.21.0          2  I  N1
1.22.0                  3  R1 I!
hostile                 1  R  .
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.folder(tmp_path_factory.mktemp("fixtures"))


def python(root: Path, **wanted: tuple[str, ...]) -> tuple[Matrix, ...]:
    return matrices(("python",), Selection(**({"writers": ("*",)} | wanted)), root)


def test_neighbours_that_fare_alike_are_one_row_or_column(root: Path) -> None:
    assert matrix_text.render(python(root)).startswith(MERGED)


def test_each_release_is_shown_when_wanted(root: Path) -> None:
    lines = matrix_text.render(python(root), merged=False).splitlines()
    assert [line.split() for line in lines[6:10]] == [
        ["1.20.0", "2", "I", "I", "N"],
        ["1.21.0", "2", "I", "I", "N"],
        ["1.22.0", "3", "R", "R", "I!"],
        ["hostile", "1", "R", "R", "."],
    ]


def test_every_letter_stands_in_the_legend_with_how_many_readings_have_it(root: Path) -> None:
    text = matrix_text.render(python(root))
    assert "  R  rejected           4  raises an exception\n" in text
    assert "  I  identical          7  saves the same value, members in the same order\n" in text
    assert "  S  silent-loss        0  " in text
    assert "crashed" not in text


def test_one_writer_with_one_reader_shows_the_documents_worst_first(root: Path) -> None:
    text = matrix_text.render(python(root, writers=("1.22.0",), readers=("1.21.0",)))
    shown = text[text.index("\nR  ") :].splitlines()[1:]
    assert shown == [
        "R  tool_call  golden/python/1.22.0/call.json",
        "     ValueError at load, caused by TypeError: message 7",
        "     next run: the run ends with an exception",
        "L  approval  golden/python/1.22.0/approval.json",
        "     /state/a~1b changes, and 1 more place",
        "I  text  golden/python/1.20.0/text.json",
        "     next run: the model sees all stored messages",
    ]


def test_where_the_next_run_is_worse_comes_before_what_has_the_same_verdict(root: Path) -> None:
    text = matrix_text.render(python(root, writers=("1.22.0",), readers=("1.22.0",)))
    heads = [line for line in text[text.index("\nI! ") :].splitlines() if line.startswith("I")]
    assert [head.split()[1] for head in heads] == ["approval", "text", "tool_call"]
    assert "     next run: the model sees fewer messages than are stored\n" in text


def test_no_terminal_is_told_anything_by_a_message(root: Path) -> None:
    text = matrix_text.render(python(root, writers=("1.22.0",), readers=("1.20.0",)))
    assert r"</script><b>\x1b[2J" in text
    assert "\x1b" not in text


def test_colours_add_nothing_but_colours(root: Path) -> None:
    colored = matrix_text.render(python(root), color=True)
    assert ANSI.search(colored)
    assert ANSI.sub("", colored) == matrix_text.render(python(root))


def test_a_matrix_wider_than_the_terminal_goes_on_below(root: Path) -> None:
    text = matrix_text.render(python(root), width=30)
    heads = [line for line in text.splitlines() if line.startswith("written by")]
    assert len(heads) == 2


def test_many_columns_have_their_names_written_downwards(tmp_path: Path) -> None:
    names = [f"1.{minor}.0" for minor in range(30)]
    path = "golden/python/1.0.0/text.json"
    made_up.write_manifest(tmp_path, {path: ("text", ["python@1.0.0"])})
    made_up.write_recording(tmp_path, "python", names, {path: [made_up.IDENTICAL] * len(names)})
    lines = matrix_text.render(matrices(root=tmp_path), merged=False).splitlines()
    assert max(map(len, lines[2:10])) <= 120
    head = next(line for line in lines if line.startswith("written by"))
    assert set(head.removeprefix("written by  documents").split()) == {"0"}


def test_all_writers_of_another_family_are_named_as_one(tmp_path: Path) -> None:
    path = "golden/dotnet/1.16.0/text.json"
    made_up.write_manifest(tmp_path, {path: ("text", ["dotnet@1.16.0", "dotnet@1.17.0"])})
    made_up.write_recording(tmp_path, "python", ["1.22.0"], {path: [made_up.REFUSED]})
    assert "\ndotnet@*            1  R\n" in matrix_text.render(matrices(root=tmp_path))
    one = matrix_text.render(matrices((), Selection(writers=("1.17.0",)), tmp_path))
    assert "\ndotnet@1.17.0          1  R\n" in one


def test_families_follow_each_other_and_more_of_them_are_named(root: Path) -> None:
    both = matrix_text.render(matrices(root=root))
    assert [line.partition(":")[0] for line in both.splitlines() if ": what each release" in line] == [
        "python",
        "dotnet",
    ]
    assert "Also recorded" not in both
    one = matrix_text.render(python(root), others=("dotnet", "go"))
    assert one.endswith("\nAlso recorded: dotnet, go; --family dotnet shows it.\n")


def test_nothing_selected_is_said() -> None:
    assert matrix_text.render(()) == "Nothing of what was recorded is selected.\n"


def test_every_verdict_turn_and_change_has_a_word_and_no_letter_stands_for_two() -> None:
    assert list(LETTERS) == list(MEANINGS) == list(Verdict)
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert all(NEXT_TURNS.values())
    assert all(CHANGES.values())
