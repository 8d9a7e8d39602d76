"""``pysession fixtures``: the documents that this package ships, and whether they still are as their manifest says."""

from __future__ import annotations

import sys

import click

from pysession.cli.exit_code import ExitCode
from pysession.cli.output import is_terminal
from pysession.verbs.fixtures import entries, export, verify

_STEP = 20
_EXAMPLES = """\b
Examples:
  pysession fixtures list
  pysession fixtures export sessions/ && pysession check sessions/golden
  pysession fixtures verify
"""


@click.group("fixtures", epilog=_EXAMPLES)
def command() -> None:
    """Documents with their origin and what a check must find in them."""


@command.command("list", epilog="\b\nExample:\n  pysession fixtures list")
def list_fixtures() -> None:
    """Print the kind, the dialect and the path of every fixture."""
    found = entries()
    kind_width = max((len(entry.kind) for entry in found), default=0)
    dialect_width = max((len(entry.dialect) for entry in found), default=0)
    for entry in found:
        click.echo(f"{entry.kind:<{kind_width}}  {entry.dialect:<{dialect_width}}  {entry.path}")


@command.command("export", epilog="\b\nExample:\n  pysession fixtures export sessions/")
@click.argument("directory", metavar="DIR")
def export_fixtures(directory: str) -> None:
    """Copy the fixtures and their manifest into DIR, which must be empty or new."""
    written = export(directory)
    click.echo(f"{len(written)} files written to {directory}")


@command.command("verify", epilog="\b\nExample:\n  pysession fixtures verify")
def verify_fixtures() -> ExitCode:
    """Check digests, the manifest, and that every fixture is judged as it must be.

    Exit code 0 when all is well, 1 when something is not, also when there is nothing to verify.
    """

    def show(done: int, total: int) -> None:
        if done % _STEP == 0 or done == total:
            click.echo(f"\rverifying {done}/{total}", nl=done == total, err=True)

    verification = verify(show if is_terminal(sys.stderr) else None)
    for problem in verification.problems:
        click.echo(f"{problem.path}: {problem.what}: expected {problem.expected}; found {problem.found}")
    click.echo(f"{verification.checked} fixtures verified, {len(verification.problems)} problems")
    return ExitCode.CLEAN if verification.ok else ExitCode.FINDINGS
