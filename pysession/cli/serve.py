"""``pysession serve``: sessions for other services, over gRPC."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pysession.cli.config import config_option
from pysession.cli.exit_code import ExitCode
from pysession.cli.options import names_option
from pysession.findings import Severity, Verdict
from pysession.findings.failures import UsageError
from pysession.readers import Settings as ReaderSettings
from pysession.readers import reader
from pysession.report.wording import counted
from pysession.rules import matching, profile
from pysession.stores import Store, StoreError, masked, open_store

if TYPE_CHECKING:
    from pysession.exchange.server import Policy, Server, Settings
    from pysession.exchange.server.tokens import Tokens

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ACCEPTED = {verdict.value: verdict for verdict in Verdict if not verdict.worse_than(Verdict.LOSSY)} | {
    "any": Verdict.REJECTED
}
_JUDGES = ("readers", "accept", "fail_on", "select", "ignore", "profiles")
"""Options each of which turns judging on."""

_EXAMPLES = """\b
Examples:
  pysession serve
  pysession serve --store sqlite:////var/lib/app/sessions.db
  pysession serve --reader python@1.21.0 --reader dotnet@latest --accept normalised
  pysession serve --address 0.0.0.0:443 --tls-cert server.pem --tls-key server.key --tokens tokens.toml
  pysession serve --address 0.0.0.0:443 --tls-cert server.pem --tls-key server.key --tls-client-ca ca.pem \\
                  --tokens tokens.toml --store postgresql://app@db/sessions

\b
The file of tokens:
  [[token]]
  owner = "billing"
  sha256 = "…"                    # printf %s "$TOKEN" | sha256sum
  expires = 2026-12-31T00:00:00Z  # if it does

\b
Signals:
  SIGTERM, SIGINT  not serving (health), calls under way may finish, stop;
                   a second one stops at once
  SIGHUP           read the file of tokens again

\b
Exit codes:
  0  stopped by a signal
  2  usage or configuration, or the address is taken
  3  the store cannot be used
  4  internal error, or a damaged installation
"""


_MOST_BYTES = 2**31 - 1
"""Of a message: gRPC counts in 32 bits."""
_MOST_SECONDS = _MOST_BYTES // 1000
"""Of a time: gRPC counts in milliseconds. It is 24 days."""
_LEAST_MESSAGE_BYTES = 128 * 1024
"""The largest chunk of an upload has 64 KiB, and a message says a little more."""
_MOST_DEPTH = 10_000
"""What converts and judges documents goes down with them."""


def _limit(
    name: str, default: int, what: str, *, least: int = 1, most: int | None = None
) -> Callable[[_Function], _Function]:
    kind = click.IntRange(least, most)
    return click.option(name, type=kind, default=default, show_default=True, metavar="N", help=what)


def _seconds(name: str, default: int, what: str) -> Callable[[_Function], _Function]:
    return _limit(name, default, what, most=_MOST_SECONDS)


def _file(name: str, what: str) -> Callable[[_Function], _Function]:
    return click.option(name, type=click.Path(path_type=Path), metavar="FILE", help=what)


@click.command("serve", epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--address",
    default="127.0.0.1:50051",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 takes a free one, and unix:PATH is a socket file.",
)
@click.option(
    "--store",
    "store_url",
    default="sqlite:///sessions.db",
    show_default=True,
    metavar="URL",
    help="Where the sessions are kept: sqlite:, file:, postgresql:, redis:, cosmos:, s3: and the like, memory:.",
)
@_file("--tls-cert", "The server's certificate and those between it and its authority (PEM).")
@_file("--tls-key", "The key of the certificate (PEM).")
@_file("--tls-client-ca", "Let only clients in whose certificate an authority in this file signed (PEM).")
@_file("--tokens", "Ask every call for a token of this file (TOML), which says whose sessions it may see.")
@click.option("--owner", default="", metavar="O", help="Whose sessions they are where there are no tokens.")
@click.option(
    "--allow-insecure", is_flag=True, help="Listen on an address that others can reach without TLS and tokens."
)
@names_option(
    "--reader", "readers", "R", "Store only what this release reads (repeatable): python@1.21.0, dotnet@latest."
)
@click.option(
    "--accept",
    type=click.Choice(list(_ACCEPTED)),
    metavar="V",
    help="The worst that a reader may do to a session that is stored: identical, equivalent, normalised, lossy, any "
    "(normalised where nothing is said).",
)
@click.option(
    "--fail-on",
    type=click.Choice([Severity.ERROR.value, Severity.WARNING.value]),
    help="The mildest finding with which a session is not stored (error where nothing is said).",
)
@names_option("--select", "select", "RULE", "Hold sessions to these rules or families only.")
@names_option("--ignore", "ignore", "RULE", "Do not hold sessions to these rules or families.")
@names_option("--profile", "profiles", "P", "Also hold them to what this backend or model API does to a document.")
@names_option(
    "--history-key", "history_keys", "K", "A state key under which the application keeps messages (repeatable)."
)
@names_option("--registered-type", "registered_types", "T", "A type id that the application registers (repeatable).")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Judge and convert sessions of more than 64 KiB in up to N processes. Without it as many as there are processors, two "
    "to four.",
)
@_limit("--max-bytes", 64 * 2**20, "Refuse larger sessions.")
@_limit(
    "--max-message-bytes",
    4 * 2**20,
    "Refuse larger messages; larger sessions go in chunks.",
    least=_LEAST_MESSAGE_BYTES,
    most=_MOST_BYTES,
)
@_limit("--max-depth", 1000, "Refuse deeper nesting.", most=_MOST_DEPTH)
@_limit("--max-bytes-in-flight", 256 * 2**20, "Bytes of sessions under way at once; more wait, then are refused.")
@_limit("--max-calls", 256, "Calls at once; more are refused.")
@_limit("--max-watches", 256, "Watches at once; more are refused.")
@_seconds("--call-seconds", 60, "The longest that a call may take, whatever its client allows.")
@_seconds("--transfer-seconds", 600, "The longest that an upload or download may take.")
@_seconds("--stall-seconds", 30, "The longest pause between two messages of a stream.")
@_seconds("--upload-seconds", 600, "How long an upload that was cut waits to be gone on with.")
@_seconds(
    "--watch-seconds", 2, "How often the store is asked what other programs have changed, while somebody watches."
)
@_limit(
    "--sweep-seconds",
    86_400,
    "How often what has expired is removed from the store, and recorded; 0: never.",
    least=0,
    most=_MOST_SECONDS,
)
@_seconds("--keepalive-seconds", 60, "Ask a silent connection for a sign of life after so long.")
@_seconds("--idle-seconds", 900, "Close a connection without calls after so long.")
@_seconds("--drain-seconds", 30, "How long calls under way may go on when the server stops.")
@click.option("--reflection", is_flag=True, help="Let clients ask which methods there are (grpcurl).")
@config_option("serve")
@click.option("--quiet", "-q", is_flag=True, help="Log warnings and errors only.")
def command(
    address: str,
    store_url: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    tokens: Path | None,
    owner: str,
    allow_insecure: bool,
    readers: tuple[str, ...],
    accept: str | None,
    fail_on: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    profiles: tuple[str, ...],
    history_keys: tuple[str, ...],
    registered_types: tuple[str, ...],
    jobs: int | None,
    max_bytes: int,
    max_message_bytes: int,
    max_depth: int,
    max_bytes_in_flight: int,
    max_calls: int,
    max_watches: int,
    call_seconds: int,
    transfer_seconds: int,
    stall_seconds: int,
    upload_seconds: int,
    watch_seconds: int,
    sweep_seconds: int,
    keepalive_seconds: int,
    idle_seconds: int,
    drain_seconds: int,
    reflection: bool,
    quiet: bool,
) -> ExitCode:
    """Serve sessions to other services over gRPC.

    The service is pysession.v1.SessionExchange (proto/pysession/v1/exchange.proto): Put, Get, List, Delete, Check, Convert,
    Watch, and Upload and Download for sessions of many megabytes. What is stored is stored byte for byte. With --reader,
    --accept, --fail-on, --select, --ignore or --profile a session is judged before it is stored, as 'pysession check'
    does, and refused with its findings.

    One line of JSON for each call goes to standard error; it holds no document, no token and no session id.
    """
    # gRPC's own messages are no lines of JSON; what matters of them is in ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from pysession.exchange.server import Keepalive, Limits, Policy, Settings, TlsFiles, log_to, serve
        from pysession.exchange.server.settings import default_jobs
    except ImportError as missing:
        raise UsageError(str(missing)) from missing

    if (tls_cert is None) != (tls_key is None) or (tls_client_ca is not None and tls_cert is None):
        raise UsageError("TLS needs both --tls-cert and --tls-key")
    if max_bytes_in_flight < max_bytes:
        raise UsageError(
            "--max-bytes-in-flight is less than --max-bytes, so that the largest sessions could never come"
        )
    if tokens is not None and owner:
        raise UsageError("--owner is for a server without tokens: a token says whose the sessions are")
    matching((*select, *ignore))
    for name in profiles:
        profile(name)
    given = locals()
    policy = Policy(
        readers=tuple(dict.fromkeys(map(reader, readers))),
        accept=_ACCEPTED[accept or Verdict.NORMALISED.value],
        fail_on=Severity(fail_on or Severity.ERROR.value),
        select=select,
        ignore=ignore,
        profiles=profiles,
        settings=ReaderSettings(frozenset(registered_types), history_keys),
    )
    settings = Settings(
        address=address,
        tls=None if tls_cert is None or tls_key is None else TlsFiles(tls_cert, tls_key, tls_client_ca),
        tokens=tokens,
        owner=owner,
        policy=policy if any(given[name] for name in _JUDGES) else None,
        jobs=jobs or default_jobs(),
        limits=Limits(
            document_bytes=max_bytes,
            message_bytes=max_message_bytes,
            depth=max_depth,
            bytes_in_flight=max_bytes_in_flight,
            calls=max_calls,
            watches=max_watches,
            call_seconds=call_seconds,
            transfer_seconds=transfer_seconds,
            stall_seconds=stall_seconds,
            upload_seconds=upload_seconds,
        ),
        keepalive=Keepalive(after=keepalive_seconds, idle=idle_seconds),
        reflection=reflection,
        allow_insecure=allow_insecure,
        watch_seconds=watch_seconds,
        sweep_seconds=sweep_seconds,
        drain_seconds=drain_seconds,
    )
    log_to(warnings_only=quiet)
    _allow_connections()

    def started(server: Server, bound: str) -> None:
        click.echo(_first_line(server, bound, store_url, settings))

    async def run() -> None:
        store: Store
        async with open_store(store_url) as store:
            await serve(store, settings, started)

    try:
        asyncio.run(run())
    except StoreError as failure:
        click.echo(f"Error: {failure}", err=True)
        return ExitCode.NOT_READ
    return ExitCode.CLEAN


def _allow_connections() -> None:
    """As many open files as the system lets this process have: each connection is one, and 1,024 is a common default."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _first_line(server: Server, bound: str, store_url: str, settings: Settings) -> str:
    """What a person wants to know of a server that has just been started."""
    tls = settings.tls
    scheme = "http" if tls is None else "https"
    where = bound if bound.startswith("unix:") else f"{scheme}://{bound}"
    security = "no TLS" if tls is None else "TLS" if tls.client_ca is None else "TLS with client certificates"
    tokens = server.tokens
    whose = "no tokens" if tokens is None else _tokens_line(tokens)
    return (
        f"serving on {where} ({security}, {whose}); store {masked(store_url)}; policy: {_policy_line(settings.policy)}"
    )


def _tokens_line(tokens: Tokens) -> str:
    expired = f", {tokens.expired:,} expired" if tokens.expired else ""
    return f"{counted(len(tokens), 'token')} of {counted(len(tokens.owners), 'owner')}{expired}"


def _policy_line(policy: Policy | None) -> str:
    if policy is None:
        return "none, documents are stored as they are"
    accepted = "any" if policy.accept is Verdict.REJECTED else policy.accept.value
    parts = [
        f"no finding of severity {policy.fail_on.value}" + (" or worse" if policy.fail_on is Severity.WARNING else "")
    ]
    if policy.select or policy.ignore:
        parts.append(", ".join((*policy.select, *(f"not {rule}" for rule in policy.ignore))))
    if policy.readers:
        parts.append(f"at worst {accepted} for {', '.join(policy.readers)}")
    if policy.profiles:
        parts.append(f"profiles {', '.join(policy.profiles)}")
    return "; ".join(parts)
