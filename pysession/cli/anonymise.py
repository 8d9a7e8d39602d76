"""``pysession anonymise``: copies of stored sessions for a bug report."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from pysession.cli.account import Account, account_options
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import input_format_option, output_option, shared_folder, split
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat
from pysession.outputs import make_folder_of, spare_input, write_file
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
@output_option("Where the copy goes: a file, or for several inputs a folder, in which files have other names.")
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
@input_format_option
@account_options("done")
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
    put = partial(_written, output, several=below is not None)
    return _Account(format, quiet=quiet, to_stdout=output is not None).of(anonymise_files(paths, options), put)


class _Account(Account[FileCopy, Path | None]):
    """Which copies were made, and whether they are like what they were made from."""

    name = "pysession-anonymise"
    verb = "copy"

    def entry(self, done: FileCopy, where: Path | None) -> dict[str, object]:
        self._count(done)
        return {
            "source": done.source,
            "copy": None if where is None else str(where),
            "findings": done.findings,
            "unlike": list(done.unlike),
            "refused": [{"rule": one.rule, "message": one.message} for one in done.refused],
        }

    def tell(self, done: FileCopy, where: Path | None) -> None:
        self._count(done)
        if self.quiet:
            return
        name = printable(done.source)
        for finding in done.refused:
            click.echo(f"{name}: no copy can be made: {finding.rule}: {finding.message}", err=True)
        if not done.refused:
            place = "" if where is None else f" → {printable(str(where))}"
            same = "not alike" if done.unlike else f"{counted(done.findings, 'finding')} as before"
            click.echo(f"{name}{place}: {same}", err=True)
        for sentence in done.unlike:
            click.echo(f"  {sentence}", err=True)

    def _count(self, done: FileCopy) -> None:
        self.wrong += len(done.unlike) + bool(done.refused)


def _written(output: Path | None, copy: FileCopy, *, several: bool) -> Path | None:
    """Where the copy went; None for standard output, or when there is none.

    Raises:
        NotWrittenError: it cannot be written.
    """
    if copy.refused:
        return None
    if output is None:
        sys.stdout.buffer.write(copy.data)
        sys.stdout.buffer.flush()
        return None
    target = output / copy.place if several else output
    spare_input(target, copy.path, "choose another place")
    if several:
        make_folder_of(target)
    write_file(target, copy.data)
    return target
