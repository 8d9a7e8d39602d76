"""``pysession matrix``: what each release makes of what each release wrote, as recorded."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from pysession.cli.options import dash_is_stdout, split
from pysession.cli.output import is_terminal, wants_color, write_text
from pysession.findings import Verdict
from pysession.findings.failures import UsageError
from pysession.report import matrix_text
from pysession.verbs.matrix import Matrix, Selection, matrices

_TEXT = "text"
_HTML = "html"
_FORMATS = (_TEXT, "json", _HTML)
_ENDINGS = {".txt": _TEXT, ".json": "json", ".html": _HTML, ".htm": _HTML}

_EXAMPLES = """\b
Examples:
  pysession matrix
  pysession matrix -o matrix.html
  pysession matrix --readers python@1.21.0
  pysession matrix --writers python@1.22.0 --readers python@1.21.0
  pysession matrix --family dotnet --scenario '*approval*' --next-turn
  pysession matrix --verdict rejected --verdict silent-loss --format json

\b
Patterns:
  python@1.21.0  a release; also python@latest
  1.2*           * stands for anything; without the family, of any family
  hostile        as a writer: documents that no release wrote, by their kind;
                 they are left out unless a pattern matches them (*)
  A,B            one or the other
"""


@click.command("matrix", epilog=_EXAMPLES)
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="F",
    callback=split,
    help="Whose releases read (repeatable): python, dotnet, meai or go. Default: all; as text, the first of them.",
)
@click.option(
    "--writers", multiple=True, metavar="R", callback=split, help="Only what these releases wrote (repeatable)."
)
@click.option("--readers", multiple=True, metavar="R", callback=split, help="Only these readers (repeatable).")
@click.option("--scenario", "scenarios", multiple=True, metavar="S", callback=split, help="Only these (repeatable).")
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="Only readings with this verdict (repeatable).",
)
@click.option("--next-turn", is_flag=True, help="Count what the next run would do, as check --reader does.")
@click.option("--all", "each", is_flag=True, help="A row or column for each release, also where neighbours fare alike.")
@click.option(
    "--format",
    type=click.Choice(_FORMATS),
    help="html is one page that needs no network. Default: what the name of OUT ends in, else text.",
)
@click.option(
    "-o", "--output", metavar="OUT", callback=dash_is_stdout, help="Write to this file instead of standard output."
)
def command(
    families: tuple[str, ...],
    writers: tuple[str, ...],
    readers: tuple[str, ...],
    scenarios: tuple[str, ...],
    verdicts: tuple[str, ...],
    next_turn: bool,
    each: bool,
    format: str | None,
    output: str | None,
) -> None:
    """What each release makes of what each release wrote.

    Writer by reader by scenario, as recorded from the real libraries. A cell is the worst verdict of a reader on any
    document of a writer. One writer with one reader shows the documents, too.
    """
    format = format or _named_by(output) or _TEXT
    if format == _HTML and output is None and is_terminal(sys.stdout):
        raise UsageError("this would print the whole page here; name a file for it, for example -o matrix.html")
    found = matrices(families, Selection(writers, readers, scenarios, tuple(map(Verdict, verdicts)), next_turn))
    if format == _TEXT:
        text = _text(found, bool(families), merged=not each, to_stdout=output is None)
    elif format == _HTML:
        from pysession.report import matrix_html

        text = matrix_html.render(found, merged=not each)
    else:
        from pysession.report import matrix_json

        text = matrix_json.render(found)
    if output is None:
        click.echo(text, nl=False, color=wants_color(sys.stdout))
    else:
        write_text(Path(output), text)


def _named_by(output: str | None) -> str | None:
    """The format that a file's name promises; None when it says nothing.

    Raises:
        UsageError: it promises another one.
    """
    ending = "" if output is None else Path(output).suffix.lower()
    if ending and ending not in _ENDINGS:
        raise UsageError(
            f"a file {ending} cannot be written; the name may end in {', '.join(sorted(_ENDINGS))}, or give --format"
        )
    return _ENDINGS.get(ending)


def _text(found: tuple[Matrix, ...], chosen: bool, *, merged: bool, to_stdout: bool) -> str:
    """Of several families only the first, unless they were ``chosen``: one fits a screen."""
    shown = found if chosen else found[:1]
    on_terminal = to_stdout and is_terminal(sys.stdout)
    return matrix_text.render(
        shown,
        merged=merged,
        color=to_stdout and wants_color(sys.stdout),
        width=shutil.get_terminal_size().columns if on_terminal else None,
        others=[matrix.family for matrix in found[len(shown) :]],
    )
