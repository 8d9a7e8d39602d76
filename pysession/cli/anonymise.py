"""``pysession anonymise``: copies of stored sessions for a bug report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from pysession.cli.exit_code import ExitCode
from pysession.cli.options import shared_folder, split
from pysession.findings import NotRead
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat
from pysession.outputs import NotWrittenError, make_folder_of, spare_input, write_file
from pysession.readers import reader
from pysession.report.characters import printable
from pysession.report.wording import counted
from pysession.verbs.anonymise import FileCopy, Options, anonymise_files

_EXAMPLES = """\b
Examples:
  pysession anonymise session.json -o for-the-report.json
  pysession anonymise session.json -o for-the-report.json --reader python@latest --reader dotnet@latest
  pysession anonymise store/ -o copies/
  pysession anonymise store/ -o copies/ --seed "a sentence that only we know"

\b
Exit codes:
  0  done, and the copies have the same findings (and verdicts) at the same places
  1  something is found in a copy that is not in the document, or the other way round; or no copy can be made
  2  usage or configuration
  3  some input could not be read or some output not written, or there was no input
  4  internal error, or a damaged installation
"""


@click.command("anonymise", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--output",
    "output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Where the copy goes: a file, or for several inputs a folder, in which files have other names.",
)
@click.option(
    "--seed",
    metavar="TEXT",
    help="Draw everything from this text, so that another run gives the same. Keep it to yourself: who has it can test "
    "guesses. Without it everything is drawn from chance that is forgotten.",
)
@click.option(
    "--reader",
    "readers",
    multiple=True,
    metavar="RELEASE",
    callback=split,
    help="Compare what this release makes of document and copy, besides the findings (repeatable).",
)
@click.option(
    "--input-format",
    type=click.Choice([each.value for each in InputFormat]),
    help="What the inputs are, whatever their names say.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The account of what was done.",
)
@click.option("--quiet", "-q", is_flag=True, help="No account.")
def command(
    paths: tuple[str, ...],
    output: Path | None,
    seed: str | None,
    readers: tuple[str, ...],
    input_format: str | None,
    format: str,
    quiet: bool,
) -> ExitCode:
    """Make copies of the same shape and length in which nothing of the content is left.

    PATH is what 'pysession check' takes. Texts, names, ids, numbers, times and media are replaced by invented ones, what is
    equal stays equal, and what rules and readers look at stays as it is. The copy goes to standard output or to --output,
    the account to standard error.
    """
    below = shared_folder(paths)
    if below is not None and output is None:
        raise UsageError("several documents cannot all go to standard output; give --output FOLDER")
    options = Options(
        seed=seed,
        below=below,
        readers=tuple(dict.fromkeys(map(reader, readers))),
        format=InputFormat(input_format) if input_format else None,
    )
    return _Run(output, format, quiet=quiet, several=below is not None).of(anonymise_files(paths, options))


class _Run:
    """Writes copies as they come and gives the account of them."""

    def __init__(self, output: Path | None, format: str, *, quiet: bool, several: bool) -> None:
        self._output = output
        self._as_json = format == "json"
        self._quiet = quiet
        self._several = several
        self._account: list[dict[str, object]] = []
        self._not_done: list[NotRead] = []
        self._wrong = 0
        self._inputs = 0

    def of(self, copies: Iterable[FileCopy | NotRead]) -> ExitCode:
        for copy in copies:
            if isinstance(copy, NotRead):
                self._fails(copy)
                continue
            self._inputs += 1
            try:
                target = None if copy.refused else self._written(copy)
            except NotWrittenError as failure:
                self._fails(NotRead(str(failure.path), f"cannot be written: {failure.why}"))
                continue
            self._wrong += len(copy.unlike) + bool(copy.refused)
            self._tell(copy, target)
        self._close()
        if self._not_done or not self._inputs:
            return ExitCode.NOT_READ
        return ExitCode.FINDINGS if self._wrong else ExitCode.CLEAN

    def _written(self, copy: FileCopy) -> Path | None:
        """Where the copy went; None for standard output.

        Raises:
            NotWrittenError: it cannot be written.
        """
        if self._output is None:
            sys.stdout.buffer.write(copy.data)
            sys.stdout.buffer.flush()
            return None
        target = self._output / copy.place if self._several else self._output
        spare_input(target, copy.path, "choose another place")
        if self._several:
            make_folder_of(target)
        write_file(target, copy.data)
        return target

    def _fails(self, what: NotRead) -> None:
        self._not_done.append(what)
        if not self._as_json:
            click.echo(f"{printable(what.source)}: {what.reason}", err=True)

    def _tell(self, copy: FileCopy, target: Path | None) -> None:
        if self._as_json:
            self._account.append(
                {
                    "source": copy.source,
                    "copy": None if target is None else str(target),
                    "findings": copy.findings,
                    "unlike": list(copy.unlike),
                    "refused": [{"rule": one.rule, "message": one.message} for one in copy.refused],
                }
            )
            return
        if self._quiet:
            return
        name = printable(copy.source)
        for finding in copy.refused:
            click.echo(f"{name}: no copy can be made: {finding.rule}: {finding.message}", err=True)
        if not copy.refused:
            where = "" if target is None else f" → {printable(str(target))}"
            same = "not alike" if copy.unlike else f"{counted(copy.findings, 'finding')} as before"
            click.echo(f"{name}{where}: {same}", err=True)
        for sentence in copy.unlike:
            click.echo(f"  {sentence}", err=True)

    def _close(self) -> None:
        if self._as_json:
            account = {
                "format": "pysession-anonymise",
                "version": 1,
                "documents": self._account,
                "not_read": [{"source": one.source, "reason": one.reason} for one in self._not_done],
            }
            click.echo(json.dumps(account, indent=1, ensure_ascii=False), err=self._output is None)
        elif not self._inputs and not self._not_done:
            click.echo("there is no document to copy", err=True)
