from __future__ import annotations

import json
from pathlib import Path

import pytest

from pysession.cli import main
from pysession.cli.matrix import command
from tests import matrices as made_up
from tests.cli.processes import run


@pytest.fixture(autouse=True)
def made_up_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "fixtures"
    root.mkdir()
    made_up.folder(root)
    monkeypatch.setattr("pysession.verbs.matrix.shipped", lambda folder: root)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["matrix", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def families(out: str) -> list[str]:
    return [line.partition(":")[0] for line in out.splitlines() if ": what each release" in line]


def test_as_text_the_first_family_is_shown_and_the_others_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix"]) == 0
    out = capsys.readouterr().out
    assert families(out) == ["python"]
    assert out.endswith("\nAlso recorded: dotnet; --family dotnet shows it.\n")


def test_the_families_named_are_shown_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--family", "dotnet,python"]) == 0
    assert families(capsys.readouterr().out) == ["dotnet", "python"]


def test_the_readers_name_their_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--readers", "dotnet@latest"]) == 0
    out = capsys.readouterr().out
    assert families(out) == ["dotnet"]
    assert "Also recorded" not in out


def test_one_cell_shows_its_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--writers", "python@1.22.0", "--readers", "python@1.21.0"]) == 0
    assert "ValueError at load, caused by TypeError: message 7" in capsys.readouterr().out


def test_all_shows_each_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--all"]) == 0
    assert "\n1.21.0 " in capsys.readouterr().out


def test_with_the_next_run_an_unseen_history_is_a_silent_loss(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["matrix", "--scenario", "approval", "--verdict", "silent-loss"]
    assert main(options) == 0
    assert capsys.readouterr().out == "Nothing of what was recorded is selected.\n"
    assert main([*options, "--next-turn"]) == 0
    assert "What the next run would do is counted in." in capsys.readouterr().out


def test_json_holds_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [matrix["family"] for matrix in value["matrices"]] == ["python", "dotnet"]


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("m.html", "<!doctype html>"),
        ("M.HTM", "<!doctype html>"),
        ("m.json", "{"),
        ("m.txt", "python:"),
        ("m", "python:"),
    ],
)
def test_the_name_of_the_file_says_the_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, beginning: str
) -> None:
    assert main(["matrix", "-o", str(tmp_path / name)]) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / name).read_text("utf-8").startswith(beginning)


def test_the_format_wins_over_the_name_of_the_file(tmp_path: Path) -> None:
    assert main(["matrix", "--format", "text", "-o", str(tmp_path / "m.html")]) == 0
    assert (tmp_path / "m.html").read_text("utf-8").startswith("python:")


def test_a_page_goes_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--format", "html"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_page_does_not_flood_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysession.cli.matrix.is_terminal", lambda stream: True)
    assert "-o matrix.html" in refused(capsys, "--format", "html")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--readers", "python@1.21.9"), "near it: python@1.21.0"),
        (("--writers", "python@9*"), "no writer of what was recorded matches 'python@9*'"),
        (("--scenario", "aproval"), "near it: approval"),
        (("--family", "cobol"), "recorded families: python, dotnet"),
        (("--verdict", "bad"), "silent-loss"),
        (("-o", "no/such/folder/m.html"), "no/such/folder/m.html cannot be written: no such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    assert said in refused(capsys, *options)


def test_every_option_is_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "matrix.md").read_text("utf-8")
    options = [name for param in command.params for name in param.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in docs and name != "--output"] == []


def test_the_shipped_recordings_are_shown_by_the_real_command(tmp_path: Path) -> None:
    done = run("matrix", "--format", "html", "-o", "matrix.html", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "matrix.html").stat().st_size < 3_000_000
