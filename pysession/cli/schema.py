"""``pysession schema``: the JSON Schemas that this package ships."""

from __future__ import annotations

import click

from pysession.verbs.schemas import entries, export

_EXAMPLES = """\b
Examples:
  pysession schema list
  pysession schema export schemas/
"""


@click.group("schema", epilog=_EXAMPLES)
def command() -> None:
    """The JSON Schemas of dialects, reports and baselines."""


@command.command("list", epilog="\b\nExample:\n  pysession schema list")
def list_schemas() -> None:
    """Print the path, the $id and the title of every schema."""
    found = entries()
    path_width = max((len(entry.path) for entry in found), default=0)
    id_width = max((len(entry.id) for entry in found), default=0)
    for entry in found:
        click.echo(f"{entry.path:<{path_width}}  {entry.id:<{id_width}}  {entry.title}".rstrip())


@command.command("export", epilog="\b\nExample:\n  pysession schema export schemas/")
@click.argument("directory", metavar="DIR")
def export_schemas(directory: str) -> None:
    """Copy the schemas into DIR, each under its dialect and version."""
    written = export(directory)
    click.echo(f"{len(written)} schemas written to {directory}")
