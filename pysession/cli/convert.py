"""``pysession convert``: stored sessions in the words of another dialect or release."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from pysession.cli.account import not_written, tell_not_written
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import at_option, input_format_option, losses_option, output_option, registered_type_option
from pysession.cli.output import is_terminal
from pysession.cli.progress import Bar
from pysession.dialects import DIALECTS
from pysession.findings import LossKind, NotRead, Report
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat, discover
from pysession.outputs import NotWrittenError, make_folder_of, replacing, spare_input, wait_for_disk
from pysession.readers import Settings
from pysession.report import render
from pysession.report.characters import printable
from pysession.report.losses import LossesFile
from pysession.report.wording import counted
from pysession.verbs.convert import target_of
from pysession.verbs.converting import Converted, Input, Options, Refused, Result, converted_inputs
from pysession.verbs.outcomes import is_internal_error

_TOLD = (LossKind.DROPPED, LossKind.CHANGED, LossKind.DEFAULTED, LossKind.PARKED)

_EXAMPLES = """\b
Examples:
  pysession convert session.json --to dotnet > converted.json
  pysession convert session.json --to python@1.21.0 -o older.json
  pysession convert store/ --to dotnet@1.17.0 -o converted/ --losses losses.json
  pysession convert thread.json --to python --strict
  pysession convert item.json --at /session --to go

\b
Exit codes:
  0  done
  1  a document is not what its own dialect accepts, its target would refuse
     it, or with --strict something of it would be dropped; it was not written
  2  usage or configuration: there is no such target
  3  some input could not be read or some output not written, or there was
     no input
  4  internal error, or a damaged installation
"""


@click.command("convert", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--to",
    required=True,
    metavar="DIALECT[@RELEASE]",
    help="python, dotnet or go, as its newest release writes it, or a release: python@1.21.0, dotnet@1.0.0.",
)
@click.option("--from", "source", type=click.Choice(DIALECTS), help="The dialect that the documents must be in.")
@output_option("Where the result goes: a file, or for several inputs a folder.")
@losses_option
@click.option("--strict", is_flag=True, help="Do not write a document of which something would be dropped.")
@click.option(
    "--record-approvals",
    is_flag=True,
    help="For Python from 1.15.0 on: list approvals that wait in the history as pending, so that answers to them count. "
    "It asserts that they are genuine.",
)
@at_option
@input_format_option
@registered_type_option
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Convert in N processes. Without it one for a few documents, as many as there are processors, up to four, for "
    "thousands.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress and no account.")
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def command(
    paths: tuple[str, ...],
    to: str,
    source: str | None,
    output: Path | None,
    losses: Path | None,
    strict: bool,
    record_approvals: bool,
    at: str | None,
    input_format: str | None,
    registered_types: tuple[str, ...],
    jobs: int | None,
    quiet: bool,
    debug: bool,
) -> ExitCode:
    """Say stored sessions in the words of another language, or of an older or newer release.

    PATH is what 'pysession check' takes. What the target has no words for travels along, parked, and comes back when the
    result is converted back. An input of several documents, one a line, gives such a file.
    """
    target_of(to)
    if paths.count("-") > 1:
        raise UsageError("standard input can be read only once; give '-' once")
    several = len(paths) > 1 or os.path.isdir(paths[0]) or (any(c in paths[0] for c in "*?[") and paths != ("-",))
    if several and output is None:
        raise UsageError("several documents cannot all go to standard output; give --output FOLDER")
    options = Options(
        to=to,
        source=source,
        at=at,
        record_approvals=record_approvals,
        settings=Settings(frozenset(registered_types)),
        format=InputFormat(input_format) if input_format else None,
        counts=strict or not quiet,
        lists=losses is not None,
        jobs=jobs,
        debug=debug,
    )
    inputs = converted_inputs(paths, options)
    bar = Bar("converting", quiet=quiet)
    if several and bar.shown:
        total = sum(1 for _ in discover(paths, options.format))
        inputs = bar.across(inputs, total, is_told=lambda one: isinstance(one, NotRead))
    delivery = _Delivery(output, several=several)
    try:
        with contextlib.ExitStack() as stack:
            account = LossesFile(stack.enter_context(replacing(losses)), to) if losses is not None else None
            run = _Run(delivery, account, strict=strict, quiet=quiet, several=several)
            for one in inputs:
                run.take(one)
            code = run.close()
            wait_for_disk(delivery.folders)
            if account is not None:
                account.close(run.not_done)
    except NotWrittenError as failure:
        return tell_not_written(failure)
    return code


class _NotDeliveredError(Exception):
    """Something in an input keeps the whole of it from being written."""


class _Delivery:
    """Where what was converted goes."""

    def __init__(self, output: Path | None, *, several: bool) -> None:
        self._output = None if output is None else str(output)
        self._several = several
        self._taken: set[str] = set()
        self.folders: set[str] = set()

    @contextlib.contextmanager
    def place(self, one: Input, *, lines: bool) -> Iterator[BinaryIO]:
        """The stream for what becomes of ``one``, whole or not at all; ``lines``: it is a document a line.

        Raises:
            NotWrittenError: it cannot be written.
        """
        if self._output is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        target = self._target(self._output, one, lines=lines) if self._several else self._output
        spare_input(target, one.place.path, "choose another place")
        with replacing(target, waits=not self._several) as stream:
            yield stream

    def _target(self, output: str, one: Input, *, lines: bool) -> str:
        """The place in the folder, which is made; two inputs whose names differ by suffix only keep theirs.

        Raises:
            NotWrittenError: the folder cannot be made.
        """
        target = os.path.join(
            output, one.place.relative if lines else f"{os.path.splitext(one.place.relative)[0]}.json"
        )
        if target in self._taken:
            target = os.path.join(output, f"{one.place.relative}.json")
        self._taken.add(target)
        folder = os.path.dirname(target)
        if folder not in self.folders:
            self.folders.add(make_folder_of(target))
        return target


class _Run:
    """What becomes of the inputs, told on standard error."""

    def __init__(
        self, delivery: _Delivery, account: LossesFile | None, *, strict: bool, quiet: bool, several: bool
    ) -> None:
        self._delivery = delivery
        self._account = account
        self._strict = strict
        self._quiet = quiet
        self._several = several
        self.not_done: list[NotRead] = []
        self._refused = 0
        self._documents = 0
        self._counts: Counter[LossKind] = Counter()

    def take(self, one: Input | NotRead) -> None:
        """Convert one input and write it."""
        if isinstance(one, NotRead):
            self._fails(one)
            return
        results = iter(one.results)
        first = next(results, None)
        if first is None:
            return
        if not isinstance(first, Converted) and _is_alone(first):
            self._tell(one, first)
            for other in results:
                self._tell(one, other)
            return
        lines = not isinstance(first, NotRead) and first.record is not None
        try:
            with self._delivery.place(one, lines=lines) as stream:
                self._deliver(one, first, results, stream)
        except _NotDeliveredError:
            pass
        except NotWrittenError as failure:
            self._fails(not_written(failure))

    def _deliver(
        self,
        one: Input,
        first: Result,
        results: Iterator[Result],
        stream: BinaryIO,
    ) -> None:
        fine = True
        result: Result | None = first
        while result is not None:
            if self._tell(one, result):
                assert isinstance(result, Converted)
                stream.write(result.data)
                if result.record is not None or (stream is sys.stdout.buffer and is_terminal(sys.stdout)):
                    stream.write(b"\n")
            else:
                fine = False
            result = next(results, None)
        if not fine:
            raise _NotDeliveredError

    def _tell(self, one: Input, result: Result) -> bool:
        """Say what became of a document; whether it is to be written."""
        if isinstance(result, NotRead):
            self._fails(result)
            return False
        self._documents += 1
        name = printable(one.place.name) + ("" if result.record is None else f" (record {result.record})")
        if isinstance(result, Refused):
            self._refused += 1
            if result.report is not None:
                click.echo(render(Report((result.report,), ()), "text"), nl=False, err=True)
            else:
                click.echo(f"{name}: {result.why}", err=True)
            return False
        dropped = result.kinds.get(LossKind.DROPPED, 0)
        if self._strict and dropped:
            self._refused += 1
            first = next(loss for loss in result.losses if loss.kind is LossKind.DROPPED)
            click.echo(
                f"{name}: not written, {counted(dropped, 'value')} would be dropped, the first at "
                f"{printable(first.pointer) or 'the root'}: {first.detail}",
                err=True,
            )
            return False
        self._count(name, one, result)
        return True

    def _count(self, name: str, one: Input, result: Converted) -> None:
        if self._account is not None:
            self._account.add(one.place.name, result.record, result.source, result.target, result.losses)
        if self._quiet:
            return
        kinds = Counter(result.kinds)
        self._counts.update(kinds)
        if not self._several or kinds[LossKind.DROPPED] or kinds[LossKind.CHANGED]:
            click.echo(f"{name}: {result.source} → {result.target}{_told(kinds)}", err=True)

    def _fails(self, what: NotRead) -> None:
        self.not_done.append(what)
        click.echo(f"{printable(what.source)}: {what.reason}", err=True)

    def close(self) -> ExitCode:
        """The last line, and how the command ends."""
        if self._several and not self._quiet and self._documents:
            done = self._documents - self._refused
            refused = f", {self._refused:,} not" if self._refused else ""
            click.echo(f"{counted(done, 'document')} converted{refused}{_told(self._counts)}", err=True)
        if any(map(is_internal_error, self.not_done)):
            return ExitCode.INTERNAL
        if self.not_done or not self._documents:
            return ExitCode.NOT_READ
        return ExitCode.FINDINGS if self._refused else ExitCode.CLEAN


def _is_alone(result: Refused | NotRead) -> bool:
    """Whether ``result`` is about a whole input, so that there is nothing to write of it."""
    return isinstance(result, NotRead) or result.record is None


def _told(kinds: Counter[LossKind]) -> str:
    return "".join(f", {kinds[kind]:,} {kind.value}" for kind in _TOLD if kinds[kind])


__all__ = ["command"]
