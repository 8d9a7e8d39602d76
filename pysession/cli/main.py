"""The command group, and how it ends whatever happens."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from pysession.cli.exit_code import ExitCode
from pysession.findings.failures import DamagedError, PysessionError, UsageError

# Name -> the module that holds the click command 'command'. A module is imported when its command is called.
_COMMANDS: Mapping[str, str] = {
    "anonymise": "pysession.cli.anonymise",
    "check": "pysession.cli.check",
    "convert": "pysession.cli.convert",
    "fixtures": "pysession.cli.fixtures",
    "matrix": "pysession.cli.matrix",
    "pull": "pysession.cli.pull",
    "push": "pysession.cli.push",
    "proto": "pysession.cli.proto",
    "repair": "pysession.cli.repair",
    "rules": "pysession.cli.rules",
    "schema": "pysession.cli.schema",
    "serve": "pysession.cli.serve",
    "store": "pysession.cli.store",
}

_EXAMPLES = """\b
Examples:
  pysession check store/
  pysession check --help
  pysession rules explain tool-call-unanswered
"""


_DEBUG = "Show the traceback of an internal error."


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name]).command
        if not any(parameter.name == "debug" for parameter in command.params):
            # main looks for it; a command declares it only when it does something with it itself.
            command.params.append(click.Option(["--debug"], is_flag=True, expose_value=False, help=_DEBUG))
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. What ends it from outside is caught here, before click gives it exit code 1: that is the
        code of findings."""
        try:
            code = super().invoke(ctx)
            if sys.stdout is not None:  # it is None when the caller has closed it
                sys.stdout.flush()
            return code
        except BrokenPipeError:
            _give_up_stdout()
            return ExitCode.BROKEN_PIPE
        except OSError as failure:
            if failure.errno != errno.ENOSPC:
                raise
            _give_up_stdout()
            raise UsageError("standard output cannot be written: no space left on device") from failure
        except KeyboardInterrupt:
            # A terminal shows ^C, perhaps behind a progress bar.
            click.echo("\ninterrupted" if sys.stderr.isatty() else "interrupted", err=True)
            return ExitCode.INTERRUPTED


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from pysession.report.tool import NAME, tool_version

        click.echo(f"{NAME} {tool_version()}")
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
def pysession() -> None:
    """Judge stored AI agent sessions: what will the bytes mean to the program that reads them next?"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with ``arguments`` (default: those of the process); the exit code (see ``ExitCode``).

    Never raises: what goes wrong is a line on standard error.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A name or a message that the terminal's encoding lacks must not stop the report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = pysession.main(arguments, prog_name="pysession", standalone_mode=False)
        return code if isinstance(code, int) else ExitCode.CLEAN
    except click.ClickException as failure:
        failure.show()
        return ExitCode.USAGE
    except PysessionError as failure:
        click.echo(f"Error: {failure}", err=True)
        return ExitCode.INTERNAL if isinstance(failure, DamagedError) else ExitCode.USAGE
    except Exception as failure:
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
        command = next((argument for argument in arguments if argument in _COMMANDS), "check")
        click.echo(f"internal error: {type(failure).__name__}; 'pysession {command} --debug' shows where", err=True)
        return ExitCode.INTERNAL


def _give_up_stdout() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, so that the interpreter's exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
