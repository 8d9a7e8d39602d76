"""``pysession repair``: mend stored sessions."""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pysession.cli.account import Account, account_options
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import at_option, input_format_option, output_option, shared_folder, split
from pysession.cli.output import wants_color
from pysession.findings import Finding
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat
from pysession.outputs import make_folder_of, spare_input, write_file
from pysession.report.characters import printable
from pysession.report.wording import counted
from pysession.verbs.repair import FileRepair, Options, repair_files
from pysession.wire import Encoding, read

_EXAMPLES = """\b
Examples:
  pysession repair session.json --dry-run
  pysession repair session.json > mended.json
  pysession repair store/ --in-place
  pysession repair store/ --rule tool-call-unanswered --rule state -o mended/
  pysession repair session.json --rule inline-binary --blobs blobs/ --in-place
  pysession repair session.json --restore-blobs blobs/ --in-place
  pysession repair session.json --rule secret-shaped -o for-a-colleague.json

\b
Exit codes:
  0  done, and nothing is left of the findings of these rules
  1  a document cannot be read, or something is left that no fix can mend
  2  usage or configuration
  3  some input could not be read or some output not written, or there was no input
  4  internal error, or a damaged installation
"""


@click.command("repair", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE",
    callback=split,
    help="Mend only the findings of this rule or family (repeatable). Without it all are mended but those that need a "
    "person's word: 'pysession rules explain RULE' tells.",
)
@output_option("Where the result goes: a file, or for several inputs a folder.")
@click.option("--in-place", is_flag=True, help="Replace each file, and keep what it held beside it (.bak).")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--orphans",
    type=click.Choice(["drop", "text"]),
    default="drop",
    show_default=True,
    help="What becomes of a tool result whose call is gone.",
)
@click.option(
    "--blobs",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where 'inline-binary' takes payloads to.",
)
@click.option(
    "--restore-blobs",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Put the payloads back that were taken out to DIR, and mend nothing.",
)
@at_option
@input_format_option
@account_options("mended")
def command(
    paths: tuple[str, ...],
    rules: tuple[str, ...],
    output: Path | None,
    in_place: bool,
    dry_run: bool,
    orphans: str,
    blobs: Path | None,
    restore_blobs: Path | None,
    at: str | None,
    input_format: str | None,
    format: str,
    quiet: bool,
) -> ExitCode:
    """Mend stored sessions: each fix changes what a finding of its rule names, and nothing else.

    PATH is what 'pysession check' takes. The result goes to standard output, to --output, or with --in-place to where it
    came from; the account of what was done goes to standard error.
    """
    if sum((output is not None, in_place, dry_run)) > 1:
        raise UsageError("give one of --output, --in-place and --dry-run")
    if restore_blobs is not None and (rules or blobs is not None):
        raise UsageError("--restore-blobs mends nothing: leave --rule and --blobs out")
    options = Options(
        rules=rules or None,
        at=at,
        orphans_as_text=orphans == "text",
        blobs=restore_blobs or blobs,
        format=InputFormat(input_format) if input_format else None,
    )
    repaired = repair_files(paths, options, putting_back=restore_blobs is not None)
    delivery = _Delivery(output, in_place=in_place, dry_run=dry_run, below=shared_folder(paths))
    return _Account(format, quiet=quiet, to_stdout=dry_run or in_place or output is not None).of(repaired, delivery.put)


class _Delivery:
    """Where what was mended goes."""

    def __init__(self, output: Path | None, *, in_place: bool, dry_run: bool, below: Path | None) -> None:
        if below is not None and output is None and not in_place and not dry_run:
            raise UsageError("several documents cannot all go to standard output; give --output FOLDER or --in-place")
        self._output = output
        self._in_place = in_place
        self._dry_run = dry_run
        self._below = below

    def put(self, done: FileRepair) -> str | None:
        """Deliver one result; a note for the account.

        Raises:
            NotWrittenError: it cannot be written.
        """
        if done.refused:
            return None
        if self._dry_run:
            for line in _difference(done):
                click.echo(line, nl=False, color=wants_color(sys.stdout))
            return None
        if self._in_place:
            return self._replaced(done)
        if self._output is None:
            sys.stdout.buffer.write(done.repair.data)
            sys.stdout.buffer.flush()
            return None
        target = self._output if self._below is None else self._output / self._place(done, self._below)
        spare_input(target, done.path, "--in-place replaces it, and keeps what it held beside it")
        if self._below is not None:
            make_folder_of(target)
        write_file(target, done.repair.data)
        return f"written to {printable(str(target))}"

    def _place(self, done: FileRepair, below: Path) -> Path:
        """Where a result stands in the folder for all of them: as its input stood below what all inputs share."""
        if done.path is None:
            return Path("stdin.json")
        return Path(os.path.relpath(done.path.absolute(), below))

    def _replaced(self, done: FileRepair) -> str | None:
        if done.path is None:
            raise UsageError("standard input has no place to be mended in; leave --in-place out")
        if done.repair.data == done.before:
            return None
        backup = write_file(done.path, done.repair.data, backup=True)
        return f"the old bytes are in {printable(str(backup))}"


class _Account(Account[FileRepair, str | None]):
    """What was mended."""

    name = "pysession-repair"
    verb = "mend"
    changed = 0

    def entry(self, done: FileRepair, where: str | None) -> dict[str, object]:
        self._count(done)
        return _as_json(done)

    def tell(self, done: FileRepair, where: str | None) -> None:
        self._count(done)
        if not self.quiet:
            for line in _lines(done, where):
                click.echo(line, err=True)

    def tell_all(self) -> None:
        if not self.quiet and self.inputs > 1:
            left = f", {counted(self.wrong, 'finding')} left" if self.wrong else ""
            click.echo(f"{counted(self.inputs, 'document')}: {self.changed:,} mended{left}", err=True)

    def _count(self, done: FileRepair) -> None:
        self.wrong += len(done.refused) + len(done.repair.left)
        self.changed += done.repair.data != done.before


def _lines(done: FileRepair, note: str | None) -> Iterator[str]:
    open_findings = (*done.refused, *done.repair.left)
    if not done.repair.changes and not open_findings:
        return
    yield printable(done.source) + (f" ({note})" if note else "")
    for change in done.repair.changes:
        record = f" in record {change.record}" if change.record is not None else ""
        yield f"  mended   {change.rule}  {printable(change.pointer) or '(the document)'}{record}: {change.what}"
    for finding in open_findings:
        what = "refused" if finding in done.refused else "left"
        place = f"{finding.line}:{finding.column} {printable(finding.pointer)}".rstrip()
        yield f"  {what:<8} {finding.rule}  {place}: {finding.message}"


def _as_json(done: FileRepair) -> dict[str, object]:
    return {
        "source": done.source,
        "changed": done.repair.data != done.before,
        "changes": [
            {"rule": one.rule, "pointer": one.pointer, "what": one.what}
            | ({} if one.record is None else {"record": one.record})
            for one in done.repair.changes
        ],
        "refused": [*map(_finding, done.refused)],
        "left": [*map(_finding, done.repair.left)],
    }


def _finding(one: Finding) -> dict[str, object]:
    return {"rule": one.rule, "message": one.message, "pointer": one.pointer, "line": one.line, "column": one.column}


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _difference(done: FileRepair) -> Iterator[str]:
    """A unified diff; of what stands on one line, or is binary, one of its indented JSON."""
    if done.repair.data == done.before:
        return
    old, new = _text(done.before), _text(done.repair.data)
    name = printable(done.source)
    for line in difflib.unified_diff(old, new, f"{name}", f"{name} (mended)", n=2):
        ended = line if line.endswith("\n") else line + "\n"
        yield click.style(ended, fg=_COLOURS.get(line[:1]))


_SHORT_LINE = 400


def _text(data: bytes) -> list[str]:
    try:
        lines = data.decode().splitlines(keepends=True)
        if lines and max(map(len, lines)) <= _SHORT_LINE:
            return lines
    except UnicodeDecodeError:
        pass
    for encoding in Encoding:
        reading = read(data, encoding)
        if reading.readable:
            return json.dumps(reading.value, indent=1, ensure_ascii=False).splitlines(keepends=True)
    return data.decode("utf-8", "replace").splitlines(keepends=True)
