"""``pysession push``: store sessions in an exchange."""

from __future__ import annotations

import os
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pysession.cli.account import Account, account_options
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import input_format_option
from pysession.cli.progress import Bar
from pysession.cli.remote import VARIABLES, described, exchange_options, open_client, tell_findings
from pysession.dialects import DIALECTS
from pysession.findings import NotRead
from pysession.findings.failures import UsageError
from pysession.inputs import InputFormat, discover
from pysession.report.characters import printable
from pysession.report.wording import counted
from pysession.stores import StoreError, is_store_url

if TYPE_CHECKING:
    from pysession.exchange.client.pushing import Pushed

_EXAMPLES = f"""\b
Examples:
  pysession push session.json --to localhost:50051
  pysession push sessions/ --to https://sessions.example.com --token-file token
  pysession push sqlite:///sessions.db --to localhost:50051
  pysession push thread.json --id 3b7a2468 --create-only --to localhost:50051

{VARIABLES}
\b
Exit codes:
  0  done
  1  a document was refused: it cannot be read, it has no session id, a
     conflict, an immutable session, or the server's policy
  2  usage or configuration
  3  some input could not be read, there was no input, or the exchange could
     not be reached or lets nobody in
  4  internal error, or a damaged installation
"""


@click.command("push", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@exchange_options("--to")
@click.option("--id", "session_id", metavar="ID", help="The session id, for a single document.")
@click.option(
    "--as-typed",
    "typed",
    is_flag=True,
    help="Send the typed form (pysession.v1.Session) of each document, as a file *.binpb always goes.",
)
@click.option(
    "--dialect", type=click.Choice(DIALECTS), help="The dialect that the documents claim to be in, if not as found."
)
@click.option(
    "--opaque",
    is_flag=True,
    help="Do not look into the documents: what is no JSON (encrypted, cut off) is stored too, under the names of the files.",
)
@click.option("--create-only", is_flag=True, help="Only sessions that are not there yet.")
@click.option("--if-match", metavar="ETAG", help="Only if the session still has this etag, for a single document.")
@input_format_option
@account_options("done", quiet="No progress and no account.")
def command(
    paths: tuple[str, ...],
    address: str,
    token_file: Path | None,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    timeout: float,
    session_id: str | None,
    typed: bool,
    dialect: str | None,
    opaque: bool,
    create_only: bool,
    if_match: str | None,
    input_format: str | None,
    format: str,
    quiet: bool,
) -> ExitCode:
    """Store sessions in an exchange.

    PATH is what 'pysession check' takes: files, folders, patterns, '-', stores. A session goes under the id that it has in
    its store, that it says itself, or under the name of its file. What is there is replaced, unless --create-only or
    --if-match says otherwise.
    """
    client = open_client(address, token_file, ca, certificate, key, timeout)
    # Only now: gRPC may not be installed.
    from pysession.exchange.client.pushing import PushOptions, push

    chosen = InputFormat(input_format) if input_format else None
    several = len(paths) > 1 or os.path.isdir(paths[0]) or any(c in paths[0] for c in "*?[") or is_store_url(paths[0])
    if several and (session_id is not None or if_match is not None):
        raise UsageError("--id and --if-match are those of one session: give one file")
    if create_only and if_match is not None:
        raise UsageError("give either --create-only or --if-match: a session that is not there has no etag")
    if typed and dialect is not None:
        raise UsageError("a typed session says its dialect itself: leave --dialect out")
    if opaque and typed:
        raise UsageError("a document that is not looked into has no typed form: leave --opaque or --as-typed out")
    options = PushOptions(
        session_id=session_id,
        typed=typed,
        dialect=dialect,
        opaque=opaque,
        create_only=create_only,
        if_match=if_match,
        format=chosen,
    )
    bar = Bar("pushing", quiet=quiet)
    results = push(paths, client, options, bar.for_one(several))
    if several:
        # Of a store it is not known how many documents it has.
        total = sum(1 for _ in discover(paths, chosen, stores=True)) if bar.shown else 0
        results = bar.across(results, total, source=attrgetter("source"), is_told=_is_told)
    else:
        results = bar.before(results)
    try:
        account = _Account(format, quiet=quiet, to_stdout=True)
        # A bar and a line for each document would write over each other.
        account.brief = several and bar.shown
        account.opaque = opaque
        return account.of(results, lambda done: None)
    except StoreError as failure:
        bar.ends()
        click.echo(f"Error: {failure}", err=True)
        return ExitCode.NOT_READ


class _Account(Account["Pushed", None]):
    """What was stored."""

    name = "pysession-push"
    verb = "push"
    brief = False
    opaque = False
    stored = 0
    size = 0

    def entry(self, done: Pushed, where: None) -> dict[str, Any]:
        self._count(done)
        told: dict[str, Any] = {"source": done.source}
        if done.record is not None:
            told["record"] = done.record
        told |= {"session_id": done.session_id, "stored": done.entry is not None}
        if done.entry is not None:
            entry = {"dialect": done.dialect, "etag": done.entry.etag, "size": done.entry.size}
            return told | entry | ({"unchanged": True} if done.unchanged else {})
        return told | {"reason": done.why, "findings": [described(finding) for finding in done.findings]}

    def tell(self, done: Pushed, where: None) -> None:
        self._count(done)
        name = printable(done.source) + ("" if done.record is None else f" (record {done.record})")
        entry = done.entry
        if entry is None:
            click.echo(f"{name}: not stored: {printable(done.why)}", err=True)
            tell_findings(done.findings)
        elif not self.quiet and not self.brief:
            told = f"{printable(entry.id)}: {counted(entry.size, 'byte')}, etag {entry.etag}"
            told += ", of no known dialect" if done.dialect is None and not self.opaque else ""
            told += ", there already" if done.unchanged else ""
            click.echo(f"{name} → {told}", err=True)

    def tell_all(self) -> None:
        if not self.quiet and self.inputs > 1:
            refused = f", {self.wrong:,} refused" if self.wrong else ""
            click.echo(f"{counted(self.stored, 'session')} stored, {counted(self.size, 'byte')}{refused}", err=True)

    def _count(self, done: Pushed) -> None:
        if done.entry is None:
            self.wrong += 1
        else:
            self.stored += 1
            self.size += done.entry.size


def _is_told(result: Pushed | NotRead) -> bool:
    return isinstance(result, NotRead) or result.entry is None


__all__ = ["command"]
