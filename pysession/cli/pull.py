"""``pysession pull``: fetch sessions from an exchange."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pysession.cli.account import Account, account_options, tell_not_written
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import dash_is_stdout, losses_option
from pysession.cli.output import is_terminal
from pysession.cli.progress import Bar
from pysession.cli.remote import VARIABLES, described, exchange_options, open_client, tell_findings
from pysession.findings import LossKind, NotRead
from pysession.findings.failures import UsageError
from pysession.inputs import TYPED_SUFFIX
from pysession.outputs import NotWrittenError, make_folder_of, replacing, wait_for_disk
from pysession.report.characters import printable
from pysession.report.losses import LossesFile
from pysession.report.wording import counted
from pysession.stores import StoreError
from pysession.stores.file_names import SESSION, file_stem
from pysession.stores.file_store import suffix_of

if TYPE_CHECKING:
    from pysession.exchange.client import Received
    from pysession.exchange.client.pulling import Pulled

_EXAMPLES = f"""\b
Examples:
  pysession pull 3b7a2468 --from localhost:50051 > session.json
  pysession pull 3b7a2468 --from localhost:50051 --to dotnet -o session.json
  pysession pull a b c --from https://sessions.example.com --token-file token -o sessions/
  pysession pull --all --from localhost:50051 --to python@1.21.0 -o sessions/ --losses losses.json
  pysession pull --prefix 3b --from localhost:50051 -o sessions/

{VARIABLES}
\b
Exit codes:
  0  done
  1  a session cannot be converted, or its typed form does not exist
  2  usage or configuration
  3  there is no such session, it is damaged, the exchange could not be reached
     or lets nobody in, or an output could not be written
  4  internal error, or a damaged installation
"""


@click.command(
    "pull",
    short_help="Fetch sessions from an exchange.",
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("session_ids", nargs=-1, metavar="[ID]...")
@exchange_options("--from")
@click.option("--all", "everything", is_flag=True, help="All sessions of the caller.")
@click.option("--prefix", metavar="P", help="All sessions whose ids begin with this.")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(allow_dash=True),
    callback=dash_is_stdout,
    help="Where it goes: a file, or for several sessions a folder (also for one where it ends in a slash). Without it "
    "one session goes to standard output.",
)
@click.option(
    "--to",
    metavar="DIALECT[@RELEASE]",
    help="Converted by the exchange: python, dotnet or go, as its newest release writes it, or a release: python@1.21.0.",
)
@click.option("--as-typed", "typed", is_flag=True, help="In the typed form (pysession.v1.Session).")
@losses_option
@account_options(
    "done; it goes to standard error where the session goes to standard output", quiet="No progress and no account."
)
def command(
    session_ids: tuple[str, ...],
    address: str,
    token_file: Path | None,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    timeout: float,
    everything: bool,
    prefix: str | None,
    output: str | None,
    to: str | None,
    typed: bool,
    losses: Path | None,
    format: str,
    quiet: bool,
) -> ExitCode:
    """Fetch sessions from an exchange, as they are stored or in another dialect.

    A file has the session's bytes. In a folder its name is that which a store of files gives it, so that the folder is
    one ('pysession store ls file:FOLDER').
    """
    if sum((bool(session_ids), everything, prefix is not None)) != 1:
        raise UsageError("say which sessions: their ids, --prefix, or --all")
    several = len(session_ids) != 1
    if several and output is None:
        raise UsageError("several sessions cannot all go to standard output; give --output FOLDER")
    if typed and output is None and is_terminal(sys.stdout):
        raise UsageError("the typed form is binary and not for a terminal; give --output FILE")
    if losses is not None and to is None:
        raise UsageError("--losses are those of a conversion: give --to")
    if to is not None:
        # Only now: most sessions are fetched as they are.
        from pysession.verbs.convert import target_of

        target_of(to)
    client = open_client(address, token_file, ca, certificate, key, timeout)
    # Only now: gRPC may not be installed.
    from pysession.exchange.client.pulling import PullOptions, count, pull

    options = PullOptions(session_ids=session_ids, prefix=prefix or "", to=to, typed=typed)
    bar = Bar("pulling", quiet=quiet)
    try:
        with contextlib.ExitStack() as stack:
            lost = LossesFile(stack.enter_context(replacing(losses)), to or "") if losses is not None else None
            delivery = _Delivery(output, several=several)
            account = _Account(format, delivery, lost, quiet=quiet)
            results = pull(client, options, bar.for_one(several))
            if several and bar.shown:
                results = bar.across(results, count(client, options), is_told=_is_told)
            elif not several:
                results = bar.before(results)
            # A bar and a line for each session would write over each other.
            account.brief = several and bar.shown
            code = account.of(results, account.deliver)
            bar.ends()
            wait_for_disk(delivery.folders)
            if lost is not None:
                lost.close(account.not_done)
            return code
    except NotWrittenError as failure:
        return tell_not_written(failure)
    except StoreError as failure:
        bar.ends()
        click.echo(f"Error: {failure}", err=True)
        return ExitCode.NOT_READ


class _Delivery:
    """Where sessions go."""

    def __init__(self, output: str | None, *, several: bool) -> None:
        self.to_stdout = output is None
        self.folders: set[str] = set()
        self._output = None if output is None else Path(output)
        self._in_folder = several or (output is not None and (os.path.isdir(output) or output.endswith(os.sep)))

    def put(self, received: Received) -> Path | None:
        """Write a session, whole or not at all; the file, if it is one.

        Raises:
            NotWrittenError: it cannot be written.
        """
        if self._output is None:
            sys.stdout.buffer.write(received.data)
            if is_terminal(sys.stdout):
                sys.stdout.buffer.write(b"\n")
            sys.stdout.buffer.flush()
            return None
        path = self._output
        if self._in_folder:
            suffix = TYPED_SUFFIX if received.typed else suffix_of(received.data)
            path = self._output / (file_stem(received.id.encode(), SESSION) + suffix)
            self.folders.add(make_folder_of(path))
        with replacing(path, waits=not self._in_folder) as stream:
            stream.write(received.data)
        return path


class _Account(Account["Pulled", "Path | None"]):
    """What was fetched."""

    name = "pysession-pull"
    verb = "pull"
    noun = "session"
    brief = False
    fetched = 0
    size = 0

    def __init__(self, format: str, delivery: _Delivery, losses: LossesFile | None, *, quiet: bool) -> None:
        super().__init__(format, quiet=quiet, to_stdout=not delivery.to_stdout)
        self._delivery = delivery
        self._losses = losses

    def deliver(self, done: Pulled) -> Path | None:
        """Write what was fetched; the file, if it is one.

        Raises:
            NotWrittenError: it cannot be written.
        """
        if done.received is None:
            return None
        path = self._delivery.put(done.received)
        if self._losses is not None:
            received = done.received
            self._losses.add(done.session_id, None, received.source or "", received.target or "", received.losses)
        return path

    def entry(self, done: Pulled, where: Path | None) -> dict[str, Any]:
        self._count(done)
        told: dict[str, Any] = {"session_id": done.session_id, "fetched": done.received is not None}
        if done.received is None:
            return told | {"reason": done.why, "findings": [described(finding) for finding in done.findings]}
        told |= {"etag": done.received.etag, "size": len(done.received.data)}
        if where is not None:
            told["path"] = str(where)
        if done.received.target is not None:
            told |= {"from": done.received.source, "to": done.received.target, "losses": _kinds(done.received)}
        return told

    def tell(self, done: Pulled, where: Path | None) -> None:
        self._count(done)
        received = done.received
        if received is None:
            click.echo(f"{printable(done.session_id)}: not fetched: {printable(done.why)}", err=True)
            tell_findings(done.findings, done.why)
        elif not self.quiet and not self.brief:
            place = "" if where is None else f" → {printable(str(where))}"
            words = "" if received.target is None else f", {received.source} → {received.target}"
            lost = "".join(f", {count:,} {kind}" for kind, count in _kinds(received).items())
            click.echo(
                f"{printable(done.session_id)}{place}: {counted(len(received.data), 'byte')}, etag {received.etag}{words}{lost}",
                err=True,
            )

    def tell_all(self) -> None:
        if not self.quiet and self.inputs > 1:
            refused = f", {self.wrong:,} not" if self.wrong else ""
            click.echo(f"{counted(self.fetched, 'session')} fetched, {counted(self.size, 'byte')}{refused}", err=True)

    def _count(self, done: Pulled) -> None:
        if done.received is None:
            self.wrong += 1
        else:
            self.fetched += 1
            self.size += len(done.received.data)


def _kinds(received: Received) -> dict[str, int]:
    """How many losses there are of each kind."""
    found = Counter(loss.kind for loss in received.losses)
    return {kind.value: found[kind] for kind in LossKind if found[kind]}


def _is_told(result: Pulled | NotRead) -> bool:
    return isinstance(result, NotRead) or result.received is None
