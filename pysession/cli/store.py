"""``pysession store``: look into session stores and move what is in them."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from pysession.cli.account import tell_not_written
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import output_option
from pysession.findings.failures import UsageError
from pysession.outputs import NotWrittenError, write_file
from pysession.report.characters import printable
from pysession.report.wording import counted
from pysession.stores import ConflictError, Entry, ImmutableError, Store, StoreError, open_store
from pysession.verbs.stores import (
    Copied,
    Selection,
    Unread,
    described,
    documents,
    entries,
    exported,
    migrate,
    older,
    shorten,
)

if TYPE_CHECKING:
    from pysession.pruning import Strategy

_Parameters = ParamSpec("_Parameters")
_Function = TypeVar("_Function", bound=Callable[..., Any])

_MOST_DAYS = 365_000
"""A time before the first year cannot be said."""

_EXAMPLES = """\b
Examples:
  pysession store ls sqlite:///sessions.db
  pysession store get sqlite:///sessions.db 3b7a2468 > session.json
  pysession store put file:sessions 3b7a2468 session.json
  pysession store migrate file:sessions sqlite:///sessions.db
  pysession store export sqlite:///sessions.db | pysession check - --input-format jsonl --at /document

\b
Exit codes:
  0  done
  1  the store refused: a conflict, or an immutable session
  2  usage
  3  no such session or store, or it could not be read or written
  4  internal error, or a damaged installation
"""


@click.group("store", epilog=_EXAMPLES)
def command() -> None:
    """Sessions in a store.

    STORE is a URL: sqlite:///sessions.db, file:sessions, postgresql://user:password@host/database, redis://host:6379/0.
    """


def _finish(work: Callable[_Parameters, Coroutine[Any, Any, ExitCode]]) -> Callable[_Parameters, ExitCode]:
    """A command that runs ``work``, and whose exit code tells a refusal from what could not be reached."""

    @functools.wraps(work)
    def run(*arguments: _Parameters.args, **options: _Parameters.kwargs) -> ExitCode:
        try:
            return asyncio.run(work(*arguments, **options))
        except NotWrittenError as failure:
            return tell_not_written(failure)
        except StoreError as failure:
            click.echo(f"Error: {failure}", err=True)
            refused = isinstance(failure, ConflictError | ImmutableError)
            return ExitCode.FINDINGS if refused else ExitCode.NOT_READ

    return run


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A moment as ISO 8601 has it; one without a time zone is in UTC."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date and time, for example 2026-03-01T12:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _owner(required_one: bool) -> Callable[[_Function], _Function]:
    if required_one:
        return click.option("--owner", default="", metavar="O", help="Whose session it is.")
    return click.option("--owner", metavar="O", help="Only the sessions of this owner.")


_prefix = click.option("--prefix", default="", metavar="P", help="Only sessions whose ids begin with this.")
_since = click.option("--since", metavar="WHEN", callback=_moment, help="Only sessions that were changed since.")
_etag = click.option("--if-match", metavar="ETAG", help="Only if the session still has this etag.")


@command.command("ls", epilog="\b\nExample:\n  pysession store ls sqlite:///sessions.db --prefix 3b")
@click.argument("store", metavar="STORE")
@_prefix
@_owner(required_one=False)
@_since
@click.option(
    "--format", type=click.Choice(["text", "ndjson"]), default="text", show_default=True, help="For people or programs."
)
@_finish
async def list_sessions(store: str, prefix: str, owner: str | None, since: datetime | None, format: str) -> ExitCode:
    """List the sessions of STORE: id, owner, size in bytes, time of the last change, etag."""
    count = size = 0
    async with _existing(store) as opened:
        async for entry in entries(opened, Selection(prefix, owner, since)):
            count, size = count + 1, size + entry.size
            click.echo(json.dumps(described(entry), ensure_ascii=False) if format == "ndjson" else _as_text(entry))
    if format == "text":
        click.echo(f"{counted(count, 'session')}, {counted(size, 'byte')}", err=True)
    return ExitCode.CLEAN


@command.command("get", epilog="\b\nExample:\n  pysession store get file:sessions 3b7a2468 > session.json")
@click.argument("store", metavar="STORE")
@click.argument("session_id", metavar="ID")
@_owner(required_one=True)
@output_option("Where the document goes.", "FILE")
@_finish
async def get_session(store: str, session_id: str, owner: str, output: Path | None) -> ExitCode:
    """Write the document of a session, byte for byte; its etag goes to standard error.

    What was damaged since it was put is written too, and ends with 3.
    """
    async with _existing(store) as opened:
        stored = await opened.get(session_id, owner=owner)
    if output is not None:
        write_file(output, stored.data)
    else:
        sys.stdout.buffer.write(stored.data)
        sys.stdout.buffer.flush()
    click.echo(f"etag {stored.etag}", err=True)
    if not stored.is_whole:
        click.echo(f"Error: the session {session_id!r} is damaged: it is not what was put", err=True)
        return ExitCode.NOT_READ
    return ExitCode.CLEAN


@command.command("put", epilog="\b\nExample:\n  pysession store put sqlite:///sessions.db 3b7a2468 session.json")
@click.argument("store", metavar="STORE")
@click.argument("session_id", metavar="ID")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@_owner(required_one=True)
@_etag
@click.option("--if-absent", is_flag=True, help="Only if there is no such session.")
@click.option("--expires", metavar="WHEN", callback=_moment, help="When the session shall be gone.")
@click.option("--immutable", is_flag=True, help="From then on messages can be appended, and nothing else changed.")
@_finish
async def put_session(
    store: str,
    session_id: str,
    file: Path,
    owner: str,
    if_match: str | None,
    if_absent: bool,
    expires: datetime | None,
    immutable: bool,
) -> ExitCode:
    """Store the bytes of FILE (-: standard input) as the session ID, and print its etag."""
    if expires is not None and expires <= datetime.now(UTC):
        raise UsageError(f"--expires {expires:%Y-%m-%dT%H:%M:%SZ} has passed: the session would be gone at once")
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as failure:
        click.echo(f"Error: {printable(str(file))} cannot be read: {(failure.strerror or 'failed').lower()}", err=True)
        return ExitCode.NOT_READ
    async with open_store(store) as opened:
        entry = await opened.put(
            session_id,
            data,
            owner=owner,
            if_match=if_match,
            if_absent=if_absent,
            expires=expires,
            immutable=immutable,
        )
    click.echo(entry.etag)
    return ExitCode.CLEAN


@command.command("rm", epilog="\b\nExample:\n  pysession store rm sqlite:///sessions.db 3b7a2468")
@click.argument("store", metavar="STORE")
@click.argument("session_ids", metavar="ID...", nargs=-1, required=True)
@_owner(required_one=True)
@_etag
@_finish
async def remove_sessions(store: str, session_ids: tuple[str, ...], owner: str, if_match: str | None) -> ExitCode:
    """Delete sessions."""
    if if_match is not None and len(session_ids) > 1:
        raise UsageError("an etag belongs to one session: with --if-match give one ID")
    missing = 0
    async with _existing(store) as opened:
        for session_id in session_ids:
            if not await opened.delete(session_id, owner=owner, if_match=if_match):
                click.echo(f"there is no session {printable(session_id)}", err=True)
                missing += 1
    return ExitCode.NOT_READ if missing else ExitCode.CLEAN


@command.command(
    "prune",
    epilog="\b\nExamples:\n  pysession store prune sqlite:///sessions.db --older-than 90 --dry-run\n"
    "  pysession store prune sqlite:///sessions.db --strategy keep_last_50",
)
@click.argument("store", metavar="STORE")
@click.option(
    "--older-than",
    type=click.IntRange(1, _MOST_DAYS),
    metavar="DAYS",
    help="Also sessions that were not changed for so long; immutable ones stay.",
)
@click.option(
    "--strategy",
    metavar="NAME",
    help="Also messages: keep_last_50 (any number), sliding_window, keep_important; immutable sessions stay.",
)
@click.option("--window-size", type=int, metavar="N", help="Messages that sliding_window leaves.")
@click.option("--max-messages", type=int, metavar="N", help="Messages that keep_important leaves at most.")
@_prefix
@_owner(required_one=False)
@click.option("--dry-run", is_flag=True, help="Remove nothing; show what would be.")
@_finish
async def prune(
    store: str,
    older_than: int | None,
    strategy: str | None,
    window_size: int | None,
    max_messages: int | None,
    prefix: str,
    owner: str | None,
    dry_run: bool,
) -> ExitCode:
    """Remove the sessions that have expired, whatever their ids and owners, and print them.

    What is removed is recorded in the store, under the owner pysession.removals. With --older-than and --strategy also what is
    old; --prefix and --owner choose among that.
    """
    # Loaded on first use: the other commands need nothing of sessions.
    from pysession.pruning import strategy_named
    from pysession.sessions.sweeping import remove, sweep

    if older_than is None and strategy is None and (prefix or owner is not None):
        raise UsageError(
            "--prefix and --owner choose among what --older-than and --strategy remove; give one of them too"
        )
    if strategy is None and (window_size is not None or max_messages is not None):
        raise UsageError("--window-size and --max-messages are a strategy's; give --strategy too")
    chosen = None
    if strategy is not None:
        chosen = strategy_named(strategy, window_size=window_size, max_messages=max_messages)
    selection, would = Selection(prefix, owner), "would be " if dry_run else ""
    async with _existing(store) as opened:
        swept = await sweep(opened, dry_run=dry_run)
        for entry in swept.entries:
            click.echo(_as_text(entry))
        said = [f"{counted(swept.count, 'expired session')} {would}removed"]
        if older_than is not None:
            before = datetime.now(UTC) - timedelta(days=older_than)
            old, count = older(opened, before, selection), 0
            async for entry in old if dry_run else remove(opened, old):
                click.echo(_as_text(entry))
                count += 1
            said.append(f"{counted(count, 'old session')} {would}removed")
        if strategy is not None and chosen is not None:
            said.append(
                f"{counted(await _shorten(opened, strategy, chosen, selection, dry_run), 'message')} {would}removed"
            )
    click.echo(", ".join(said), err=True)
    return ExitCode.CLEAN


async def _shorten(store: Store, name: str, strategy: Strategy, selection: Selection, dry_run: bool) -> int:
    """Prune sessions and tell of each; how many messages went."""
    count = 0
    async for one in shorten(store, name, strategy, selection, dry_run=dry_run):
        if one.pruned is None:
            click.echo(f"{_named(one.entry)}: left as it is: {one.why_not}", err=True)
        else:
            count += one.pruned.removed
            click.echo(
                f"{_named(one.entry)}  {counted(one.pruned.removed, 'message')} of {one.pruned.removed + one.pruned.kept:,}"
            )
    return count


@command.command("export", epilog="\b\nExample:\n  pysession store export sqlite:///sessions.db > sessions.ndjson")
@click.argument("store", metavar="STORE")
@_prefix
@_owner(required_one=False)
@_since
@_finish
async def export(store: str, prefix: str, owner: str | None, since: datetime | None) -> ExitCode:
    """Print every session as a line of JSON, its document as a string in 'document' ('base64' where it is no text).

    For documents as files, migrate to a store of files: pysession store migrate STORE file:FOLDER.
    """
    async with _existing(store) as opened:
        unread = 0
        async for stored in documents(opened, Selection(prefix, owner, since)):
            if isinstance(stored, Unread):
                unread += 1
                _tell_unread(stored)
            else:
                click.echo(json.dumps(exported(stored), ensure_ascii=False))
    return ExitCode.NOT_READ if unread else ExitCode.CLEAN


@command.command("migrate", epilog="\b\nExample:\n  pysession store migrate file:sessions sqlite:///sessions.db")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@_prefix
@_owner(required_one=False)
@_since
@click.option("--replace", is_flag=True, help="Also sessions of which TO has another version.")
@_finish
async def migrate_sessions(
    source: str, target: str, prefix: str, owner: str | None, since: datetime | None, replace: bool
) -> ExitCode:
    """Copy sessions from one store to another, byte for byte, and read each again to be sure.

    Nothing is removed. Owners, expiry and immutability go along. To run it again copies what is missing.
    """
    counts = dict.fromkeys(Copied, 0)
    async with _existing(source) as first, open_store(target) as second:
        async for stored, outcome in migrate(first, second, Selection(prefix, owner, since), replace=replace):
            counts[outcome] += 1
            if isinstance(stored, Unread):
                _tell_unread(stored)
            elif outcome is Copied.DIFFERENT:
                click.echo(f"{_named(stored)}: {outcome}; --replace puts this one in its place", err=True)
    told = {outcome: count for outcome, count in counts.items() if count or outcome is not Copied.UNREAD}
    click.echo(", ".join(f"{count:,} {outcome.partition(':')[0]}" for outcome, count in told.items()), err=True)
    if counts[Copied.UNREAD]:
        return ExitCode.NOT_READ
    return ExitCode.FINDINGS if counts[Copied.DIFFERENT] else ExitCode.CLEAN


def _tell_unread(unread: Unread) -> None:
    click.echo(f"{_named(unread.entry)}: {printable(str(unread.failure))}", err=True)


def _existing(url: str) -> Store:
    """A store to look into: to make an empty one where a URL has a slip in it would help nobody."""
    return open_store(url, create=False)


def _named(entry: Entry) -> str:
    owner = f" ({printable(entry.owner)})" if entry.owner else ""
    return f"{printable(entry.id)}{owner}"


def _as_text(entry: Entry) -> str:
    notes: Iterable[str] = filter(
        None,
        (
            "immutable" if entry.immutable else "",
            f"expires {entry.expires:%Y-%m-%dT%H:%M:%SZ}" if entry.expires is not None else "",
        ),
    )
    return "  ".join((_named(entry), f"{entry.size:,}", f"{entry.changed:%Y-%m-%dT%H:%M:%SZ}", entry.etag, *notes))
