"""The other commands, and what every command owes its user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pysession.cli import main
from pysession.cli.main import pysession


def commands(command: click.Command, name: str = "pysession") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from commands(found, f"{name} {child}")


ALL = dict(commands(pysession))


def test_these_are_the_commands() -> None:
    assert sorted(ALL) == [
        "pysession",
        "pysession anonymise",
        "pysession check",
        "pysession convert",
        "pysession fixtures",
        "pysession fixtures export",
        "pysession fixtures list",
        "pysession fixtures verify",
        "pysession matrix",
        "pysession proto",
        "pysession proto decode",
        "pysession proto encode",
        "pysession proto export",
        "pysession proto list",
        "pysession proto verify",
        "pysession pull",
        "pysession push",
        "pysession repair",
        "pysession rules",
        "pysession rules explain",
        "pysession rules list",
        "pysession schema",
        "pysession schema export",
        "pysession schema list",
        "pysession serve",
        "pysession store",
        "pysession store export",
        "pysession store get",
        "pysession store ls",
        "pysession store migrate",
        "pysession store prune",
        "pysession store put",
        "pysession store rm",
    ]


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_with_an_example_and_every_option_is_explained(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ALL[name]
    assert command.help
    assert all(param.help for param in command.params if isinstance(param, click.Option))
    assert main([*name.split()[1:], "--help"]) == 0
    out = capsys.readouterr().out
    assert "Example" in out
    assert re.search(rf"^ *{name}( |$)", out.partition("Example")[2], re.M)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("pysession ")


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert "chekc" in capsys.readouterr().err


def test_rules_are_listed_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list"]) == 0
    out = capsys.readouterr().out
    families = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert families == ["json", "shape", "content", "history", "state", "reader"]
    assert "  json-invalid " in out


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "explain", "json-invalid"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("json-invalid\n")
    assert "severity  error" in out


def test_a_rule_that_does_not_exist_is_a_usage_error_that_names_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rules", "explain", "json-invalud"]) == 2
    assert "did you mean json-invalid?" in capsys.readouterr().err


def test_schemas_are_listed_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert "baseline/1/baseline.schema.json" in listed
    assert main(["schema", "export", str(tmp_path / "out")]) == 0
    written = {path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("*.json")}
    assert written == set(listed)


def test_a_schema_export_that_cannot_be_written_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["schema", "export", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_fixtures_are_exported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fixtures", "export", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "manifest.json").exists()
    assert main(["fixtures", "export", str(tmp_path / "out")]) == 2
    assert "not an empty directory" in capsys.readouterr().err


def test_fixtures_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fixtures", "list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} >= {"golden", "constructed"}


def test_what_is_wrong_with_a_baseline_is_explained_though_it_is_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    for fault in ("baseline-stale", "baseline-expired"):
        assert main(["rules", "explain", fault]) == 0
        assert capsys.readouterr().out.startswith(f"{fault}\nan entry of the baseline ")


def test_an_explanation_says_the_rules_name_once_and_its_paragraphs_are_whole_in_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rules", "explain", "tool-call-unanswered"]) == 0
    out = capsys.readouterr().out
    assert "\n# tool-call-unanswered\n" not in out
    assert max(map(len, out.splitlines())) > 300


def test_the_help_names_every_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "clean.json", "--profile", "none-such"]) == 2
    names = capsys.readouterr().err.rpartition("known are ")[2].strip().split(", ")
    assert len(names) > 5
    option = next(param for param in ALL["pysession check"].params if param.name == "profiles")
    assert isinstance(option, click.Option)
    assert all(name in str(option.help) for name in names)


@pytest.mark.parametrize("name", sorted(name for name in ALL if name.count(" ") == 1))
def test_the_hint_after_an_internal_error_names_an_option_that_the_command_has(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise KeyError("hunter2")

    monkeypatch.setattr(click.Group, "invoke", fail)
    assert main([name.removeprefix("pysession "), "x"]) == 4
    assert capsys.readouterr().err == f"internal error: KeyError; '{name} --debug' shows where\n"
    assert "--debug" in {option for parameter in ALL[name].params for option in parameter.opts}


@pytest.mark.parametrize("name", ["anonymise", "pull", "push", "repair"])
def test_an_account_is_asked_for_in_the_same_words_everywhere(name: str) -> None:
    options = {param.name: param for param in ALL[f"pysession {name}"].params if isinstance(param, click.Option)}
    chosen, quiet = options["format"], options["quiet"]
    assert isinstance(chosen.type, click.Choice)
    assert ([*chosen.type.choices], chosen.default) == (["text", "json"], "text")
    assert (quiet.opts, quiet.is_flag) == (["--quiet", "-q"], True)
    assert (chosen.help or "").startswith("The account of what was ")
    assert (quiet.help or "").endswith("account.")
