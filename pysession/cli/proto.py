"""``pysession proto``: the protobuf definitions that this package ships, and documents as protobuf."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import click

from pysession.cli.exit_code import ExitCode
from pysession.cli.options import output_option
from pysession.cli.output import is_terminal
from pysession.findings.failures import ProtobufError, RefusedError, UsageError
from pysession.outputs import NotWrittenError, write_file
from pysession.report.characters import printable

_RELEASE = re.compile(r"[a-z0-9-]+@\S+")
_STEP = 20
_EXAMPLES = """\b
Examples:
  pysession proto list
  pysession proto export definitions/
  pysession proto encode session.json -o session.binpb
  pysession proto decode session.binpb
"""
_OUTPUT = output_option("Write there (default: standard output).")


@click.group("proto", epilog=_EXAMPLES, short_help="Protobuf: the definitions, documents as messages.")
def command() -> None:
    """The protobuf definitions of sessions, and documents as protobuf."""


@command.command("list", epilog="\b\nExample:\n  pysession proto list")
def list_definitions() -> None:
    """Print the path of every definition, and what it is."""
    from pysession.verbs.protos import definitions

    found = definitions()
    width = max((len(definition.path) for definition in found), default=0)
    for definition in found:
        click.echo(f"{definition.path:<{width}}  {definition.title}".rstrip())


@command.command(
    "export",
    short_help="Copy the definitions into a folder.",
    epilog="\b\nExample:\n  pysession proto export definitions/",
)
@click.argument("directory", metavar="DIR")
def export_definitions(directory: str) -> None:
    """Copy the definitions into DIR, under the paths by which they import each other."""
    from pysession.verbs.protos import export

    written = export(directory)
    click.echo(f"{len(written)} definitions written to {directory}")


@command.command(
    "verify", short_help="Send every fixture there and back.", epilog="\b\nExample:\n  pysession proto verify"
)
def verify_definitions() -> ExitCode:
    """Send every fixture through protobuf and back, and compare.

    Exit code 0 when all came back as they were, 1 when one did not.
    """
    from pysession.verbs.protos import verify

    def show(done: int, total: int) -> None:
        if done % _STEP == 0 or done == total:
            click.echo(f"\rverifying {done}/{total}", nl=done == total, err=True)

    verification = verify(show if is_terminal(sys.stderr) else None)
    for problem in verification.problems:
        click.echo(f"{problem.path}: {problem.what}")
    click.echo(
        f"{verification.carried} fixtures carried, {verification.refused} refused, "
        f"{len(verification.problems)} problems"
    )
    return ExitCode.FINDINGS if verification.problems or not verification.carried else ExitCode.CLEAN


@command.command(
    "encode",
    short_help="A document as a pysession.v1.Session.",
    epilog="\b\nExample:\n  pysession proto encode session.json -o session.binpb",
)
@click.argument("path", metavar="PATH")
@_OUTPUT
@click.option("--writer", metavar="RELEASE", help="The release that wrote the document, such as python@1.23.0.")
def encode(path: str, output: Path | None, writer: str | None) -> ExitCode:
    """Write the document at PATH, in any dialect, as a serialised pysession.v1.Session.

    PATH is one file, or - for standard input: JSON, JSON Lines or MessagePack. Exit code 1 when it cannot be carried.
    """
    from pysession.verbs.protobuf import to_proto

    if output is None and is_terminal(sys.stdout):
        raise UsageError("a serialised session is binary and not for a terminal; give --output OUT")
    if writer is not None and not _RELEASE.fullmatch(writer):
        raise UsageError(f"{writer!r} is no release; write it like python@1.23.0")
    return _carry(path, output, lambda data: to_proto(data, writer=writer))


@command.command(
    "decode",
    short_help="The document that a pysession.v1.Session is.",
    epilog="\b\nExample:\n  pysession proto decode session.binpb",
)
@click.argument("path", metavar="PATH")
@_OUTPUT
def decode(path: str, output: Path | None) -> ExitCode:
    """Write the document that the serialised pysession.v1.Session at PATH stands for, as compact JSON.

    PATH is one file, or - for standard input. Exit code 1 when it is no such session.
    """
    from pysession.verbs.protobuf import from_proto

    return _carry(path, output, from_proto)


def _carry(path: str, output: Path | None, carried: Callable[[bytes], bytes]) -> ExitCode:
    """Write what becomes of the bytes at ``path``; what keeps it from being done is said on standard error."""
    source = "standard input" if path == "-" else printable(path)
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as failure:
        click.echo(f"{source} cannot be read: {(failure.strerror or 'failed').lower()}", err=True)
        return ExitCode.NOT_READ
    try:
        made = carried(data)
        if output is None:
            sys.stdout.buffer.write(made)
        else:
            write_file(output, made)
    except (ProtobufError, RefusedError) as failure:
        click.echo(f"{source}: {failure}", err=True)
        return ExitCode.FINDINGS
    except NotWrittenError as failure:
        click.echo(str(failure), err=True)
        return ExitCode.NOT_READ
    return ExitCode.CLEAN
