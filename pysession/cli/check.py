"""``pysession check``: judge stored sessions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from pysession.cli.config import config_option
from pysession.cli.exit_code import ExitCode, exit_code
from pysession.cli.options import at_option, input_format_option, registered_type_option, split
from pysession.cli.output import (
    ReportFile,
    closing_line,
    is_terminal,
    print_report,
    write_report,
)
from pysession.cli.progress import Bar
from pysession.findings import DocumentReport, NotRead, Report, Severity, Verdict
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat, discover
from pysession.readers import Settings, reader
from pysession.report import formats, render_document
from pysession.rules import matching, profile
from pysession.verbs.garbage import collecting_rarely
from pysession.verbs.outcomes import Outcome
from pysession.verbs.run import Options, run
from pysession.verbs.tally import Tally
from pysession.wire import DEFAULT_LIMITS

if TYPE_CHECKING:
    from pysession.verbs.ledger import Ledger

_STREAMED = "ndjson"
_READER = "reader"
"""The family of rules about readings."""
_ACCEPTED = {verdict.value: verdict for verdict in Verdict if not verdict.worse_than(Verdict.LOSSY)} | {
    "any": Verdict.REJECTED
}
_Function = TypeVar("_Function", bound=Callable[..., Any])

_EXAMPLES = """\b
Examples:
  pysession check session.json
  pysession check store/ --fail-on warning --jobs 4
  pysession check store/ --reader python@1.21.0 --reader dotnet@latest
  pysession check store/ --reader python@latest --accept lossy --select reader
  pysession check store/ --writers
  pysession check sqlite:///sessions.db --reader python@latest
  pysession check 'exports/**/*.jsonl' --at /session
  kubectl exec app -- cat session.json | pysession check -
  pysession check store/ --write-baseline known.json
  pysession check store/ --baseline known.json --report sarif:out.sarif

\b
Exit codes:
  0  nothing at or above --fail-on, and no reading worse than --accept
  1  findings at or above --fail-on, readings worse than --accept,
     or a baseline entry that is stale or expired
  2  usage or configuration
  3  some input could not be read, or there was none
  4  internal error, or a damaged installation
"""


def _report_files(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[ReportFile, ...]:
    """Refuse before the work what could not be written after it."""
    files = []
    for each in value:
        format, colon, path = each.partition(":")
        if not colon or not path or format not in formats():
            raise click.BadParameter(
                f"{each!r} is not FORMAT:PATH, for example sarif:out.sarif ({', '.join(formats())})"
            )
        if path == "-":
            raise click.BadParameter(f"{each!r} names no file; to write to standard output, use --format {format}")
        target = Path(path)
        if target.is_dir() or not target.parent.is_dir():
            why = "it is a directory" if target.is_dir() else f"there is no directory {target.parent}"
            raise click.BadParameter(f"{path} cannot be written: {why}")
        files.append(ReportFile(format, target))
    return tuple(files)


def _limit(name: str, what: str) -> Callable[[_Function], _Function]:
    return click.option(
        f"--max-{name}",
        type=click.IntRange(min=1),
        default=getattr(DEFAULT_LIMITS, name),
        show_default=True,
        metavar="N",
        help=what,
    )


@click.command("check", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--select", multiple=True, metavar="RULE", callback=split, help="Apply only these rules or families.")
@click.option("--ignore", multiple=True, metavar="RULE", callback=split, help="Do not apply these rules or families.")
@click.option(
    "--fail-on",
    type=click.Choice([Severity.ERROR.value, Severity.WARNING.value]),
    default=Severity.ERROR.value,
    show_default=True,
    help="The mildest severity that makes the exit code 1.",
)
@click.option(
    "--reader",
    "readers",
    multiple=True,
    metavar="R",
    callback=split,
    help="Also say what this release would make of each document, without installing it (repeatable): python@1.21.0, "
    "dotnet@latest, meai@10.9.0, go@latest.",
)
@click.option(
    "--accept",
    type=click.Choice(list(_ACCEPTED)),
    default=Verdict.NORMALISED.value,
    show_default=True,
    help="The worst that a reader may do to a document before the exit code is 1; a reader that does not see all of the "
    "history, or whose next run fails, is worse than lossy.",
)
@click.option(
    "--writers",
    is_flag=True,
    help="Also say which releases could have written each document, with the evidence, and count them.",
)
@click.option(
    "--history-key",
    "history_keys",
    multiple=True,
    metavar="K",
    callback=split,
    help="A state key under which the application's own history provider keeps messages (repeatable).",
)
@registered_type_option
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="P",
    callback=split,
    help="Also judge what this backend or model API does to a document (repeatable): postgres-jsonb, mysql-json, cosmos, "
    "dynamodb, redis, durable, grpc or openai-responses.",
)
@at_option
@input_format_option
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Check in N processes."
)
@click.option("--baseline", metavar="FILE", help="Leave out the known findings in FILE; fail if it is out of date.")
@click.option("--write-baseline", metavar="FILE", help="Write the present errors and warnings to FILE as known.")
@click.option(
    "--format",
    type=click.Choice(formats()),
    default=formats()[0],
    show_default=True,
    help="The format on standard output.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT:PATH",
    callback=_report_files,
    help="Also write a report to a file (repeatable).",
)
@_limit("bytes", "Refuse larger documents.")
@_limit("depth", "Refuse deeper nesting.")
@_limit("digits", "Refuse longer numbers.")
@_limit("members", "Refuse objects with more members.")
@config_option("check")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no notes, and no text report when nothing was found.")
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def command(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    readers: tuple[str, ...],
    accept: str,
    writers: bool,
    history_keys: tuple[str, ...],
    registered_types: tuple[str, ...],
    profiles: tuple[str, ...],
    at: str | None,
    input_format: str | None,
    jobs: int,
    baseline: str | None,
    write_baseline: str | None,
    format: str,
    reports: tuple[ReportFile, ...],
    max_bytes: int,
    max_depth: int,
    max_digits: int,
    max_members: int,
    quiet: bool,
    debug: bool,
) -> ExitCode:
    """Judge stored agent sessions.

    PATH is a file, a directory (its *.json, *.jsonl, *.ndjson and *.msgpack, recursively), a glob, the URL of a session
    store (sqlite:///sessions.db), or - for standard input. A file of JSON Lines is one document a line, or one history when its lines are messages.
    """
    limits = msgspec.structs.replace(
        DEFAULT_LIMITS, bytes=max_bytes, depth=max_depth, digits=max_digits, members=max_members
    )
    options = Options(
        at=at,
        readers=tuple(dict.fromkeys(map(reader, readers))),
        accept=_ACCEPTED[accept],
        writers=writers,
        settings=Settings(frozenset(registered_types), history_keys),
        try_conversion=True,
        profiles=profiles,
        select=select,
        ignore=ignore,
        limits=limits,
        format=InputFormat(input_format) if input_format else None,
        jobs=jobs,
        debug=debug,
    )
    is_active = _selection(select, ignore, has_readers=bool(readers))
    for name in profiles:
        profile(name)
    outcomes: Iterator[Outcome] = run(paths, options)
    streamed_to_terminal = format == _STREAMED and is_terminal(sys.stdout)
    bar = Bar("checking", quiet=quiet or streamed_to_terminal)
    if bar.shown:
        # Counted once beforehand, which is quick next to reading them. Of one there is nothing to show.
        total = sum(1 for _ in discover(paths, options.format, stores=True))
        outcomes = bar.across(outcomes, total if total > 1 else 0, source=attrgetter("source"))
    ledger = _ledger(baseline, write_baseline)
    if ledger is not None:
        outcomes = _adopted(outcomes, ledger) if write_baseline else _sifted(outcomes, ledger, is_active)
    with collecting_rarely():
        tally = _deliver(outcomes, Tally(options.accept), ledger, format, reports, quiet)
    if ledger is not None and write_baseline:
        entries = ledger.write(write_baseline, is_active)
        if not quiet:
            click.echo(f"{write_baseline}: {entries} known findings written; say in each 'reason' why", err=True)
    return exit_code(tally, Severity(fail_on))


def _ledger(baseline: str | None, write_baseline: str | None) -> Ledger | None:
    """What findings are held against; None when no baseline is read or written, which then is not paid for.

    Raises:
        UsageError: the baseline cannot be read, or writing one would lose the reasons in the file that is there.
    """
    if baseline is None and write_baseline is None:
        return None
    if write_baseline is not None:
        if baseline is None and os.path.lexists(write_baseline):
            raise UsageError(
                f"{write_baseline} is there already, with its reasons; to bring it up to date, "
                f"add --baseline {write_baseline}"
            )
        if baseline is not None and os.path.abspath(baseline) == os.path.abspath(write_baseline):
            # The configuration may name a baseline that is only now to be made.
            baseline = baseline if os.path.lexists(baseline) else None
    from pysession.verbs.baseline import load
    from pysession.verbs.ledger import Ledger

    return Ledger(load(baseline) if baseline is not None else None)


def _selection(select: tuple[str, ...], ignore: tuple[str, ...], *, has_readers: bool) -> Callable[[str], bool]:
    """Whether a rule takes part in the run; those about readers do where a reader is named.

    Raises:
        UnknownRuleError: a name is neither a rule's nor a family's. That is said before any document is looked at.
    """
    if not select and not ignore and has_readers:
        return lambda rule: True
    selected, ignored = matching(select), matching(ignore) | (frozenset() if has_readers else matching((_READER,)))
    return lambda rule: (not select or rule in selected) and rule not in ignored


def _sifted(outcomes: Iterator[Outcome], ledger: Ledger, is_active: Callable[[str], bool]) -> Iterator[Outcome]:
    """``outcomes`` without known findings; last, what is wrong with the baseline."""
    for outcome in outcomes:
        yield outcome if isinstance(outcome, NotRead) else ledger.sift(outcome)
    faults = ledger.faults(is_active)
    if faults is not None:
        yield faults


def _adopted(outcomes: Iterator[Outcome], ledger: Ledger) -> Iterator[Outcome]:
    """``outcomes`` without the findings that the new baseline will hold."""
    for outcome in outcomes:
        yield outcome if isinstance(outcome, NotRead) else ledger.adopt(outcome)


def _deliver(
    outcomes: Iterator[Outcome],
    tally: Tally,
    ledger: Ledger | None,
    format: str,
    reports: tuple[ReportFile, ...],
    quiet: bool,
) -> Tally:
    """Print the results and write the report files. Documents are kept only if a format needs them all."""
    documents: list[DocumentReport] = []
    streamed = format == _STREAMED
    for outcome in outcomes:
        if isinstance(outcome, NotRead):
            tally.not_read.append(outcome)
            continue
        tally.add(outcome)
        if streamed:
            click.echo(render_document(outcome), nl=False)
        if reports or not streamed:
            documents.append(outcome)
    suppressed = 0 if ledger is None else ledger.suppressed
    report = Report(tuple(documents), tuple(tally.not_read), suppressed)
    asked_for = tally.not_read or tally.unaccepted or tally.writers.all
    nothing_to_say = not asked_for and not any(tally.counts.values())
    if streamed:
        click.echo(closing_line(tally.summary, tally.not_read, suppressed), nl=False)
    elif not (quiet and format == formats()[0] and nothing_to_say):
        print_report(report, format)
    for target in reports:
        write_report(report, target)
    return tally
