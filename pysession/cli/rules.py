"""``pysession rules``: what is checked, and why."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator

import click

from pysession.cli.output import is_terminal, wants_color
from pysession.fixes import fix_of
from pysession.rules import catalogue, explain, find
from pysession.verbs.ledger import FAULTS

# Beyond this, the eye loses the next line.
_WIDEST = 100

_EXAMPLES = """\b
Examples:
  pysession rules list
  pysession rules explain tool-call-unanswered
"""


@click.group("rules", epilog=_EXAMPLES)
def command() -> None:
    """The rules: what each means, why it matters, and an example."""


@command.command("list", epilog="\b\nExample:\n  pysession rules list")
def list_rules() -> None:
    """Print the id, the severity and the summary of every rule, by family."""
    known = catalogue()
    width = max((len(rule.id) for rule in known), default=0)
    family = None
    for rule in known:
        if rule.family != family:
            click.echo(f"{'' if family is None else chr(10)}{rule.family}")
            family = rule.family
        click.echo(
            f"  {rule.id:<{width}}  {rule.severity.value:<7}  {rule.summary}{' (fixable)' if rule.fixable else ''}"
        )


@command.command("explain", epilog="\b\nExample:\n  pysession rules explain tool-call-unanswered")
@click.argument("rule")
def explain_rule(rule: str) -> None:
    """Print what RULE means, why it matters, and a document that violates it with one that does not."""
    if rule in FAULTS:
        click.echo(f"{rule}\n{FAULTS[rule]}\n\nNo rule of documents: it is told by --baseline, always as an error.")
        return
    known = find(rule)
    color = wants_color(sys.stdout)
    click.echo(click.style(known.id, bold=True), color=color)
    click.echo(f"{known.summary}\n")
    facts = {"family": known.family, "severity": known.severity.value, "fixable": "yes" if known.fixable else "no"}
    for name, value in facts.items():
        click.echo(f"  {name:<8}  {value}")
    how = fix_of(known.id)
    if how is not None:
        line = f"  {'repair':<8}  {how}"
        click.echo("\n".join(_hung(line, " " * 12)) if is_terminal(sys.stdout) else line)
    text = explain(rule).text.strip().removeprefix(f"# {known.id}\n").strip()
    if is_terminal(sys.stdout):
        text = "\n".join(_wrapped(text))
    click.echo(f"\n{text}" if text else "\nNobody has written more about this rule.")


def _hung(text: str, indent: str) -> list[str]:
    """``text`` cut between words to the width of the terminal, all lines but the first indented."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _wrapped(markdown: str) -> Iterator[str]:
    """The lines of ``markdown``, its paragraphs cut between words to the width of the terminal; examples stay whole."""
    in_example = False
    for line in markdown.splitlines():
        in_example ^= line.startswith("```")
        if in_example or not line:
            yield line
        else:
            yield from _hung(line, "  " if line.startswith("- ") else "")
