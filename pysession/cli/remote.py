"""What the commands that call an exchange share: how to reach it, and how to tell what it found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pysession.findings import Finding
from pysession.findings.failures import UsageError
from pysession.report.characters import encodable, printable

if TYPE_CHECKING:
    from pysession.exchange.client import ExchangeClient

_Command = TypeVar("_Command", bound=Callable[..., Any])

TOKEN = "PYSESSION_TOKEN"  # noqa: S105 (the name of the variable)

VARIABLES = """\b
Environment:
  PYSESSION_EXCHANGE    the address, in place of the option
  PYSESSION_TOKEN       the token; it is no option, as all users of a machine
                        can read the arguments of a process
  PYSESSION_TOKEN_FILE  in place of --token-file
"""

_OPTIONS = (
    click.option(
        "--token-file",
        metavar="FILE",
        envvar="PYSESSION_TOKEN_FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file that holds the token.",
    ),
    click.option(
        "--ca",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Certificates that may have signed the server's (PEM), in place of those that this machine trusts.",
    ),
    click.option(
        "--certificate",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="What this client proves itself with (PEM); --key goes with it.",
    ),
    click.option(
        "--key", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="The key of --certificate (PEM)."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long one session may take; a large one has a second more for each 128 KiB.",
    ),
)


def exchange_options(name: str) -> Callable[[_Command], _Command]:
    """The options that say which exchange, and how to reach it; ``name`` is that of the address (``--to``)."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(_OPTIONS):
            command = option(command)
        return click.option(
            name,
            "address",
            required=True,
            envvar="PYSESSION_EXCHANGE",
            metavar="ADDRESS",
            help="The exchange: https://host:50051, or localhost:50051 for one of this machine.",
        )(command)

    return decorate


def open_client(
    address: str, token_file: Path | None, ca: Path | None, certificate: Path | None, key: Path | None, timeout: float
) -> ExchangeClient:
    """A client for what the options say.

    Raises:
        UsageError: they do not go together, or gRPC is not installed.
    """
    # gRPC's own messages say less than ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from pysession.exchange.client import ExchangeClient
    except ImportError as missing:
        raise UsageError(str(missing)) from missing
    return ExchangeClient(
        address,
        token=None if token_file is not None else os.environ.get(TOKEN) or None,
        token_file=token_file,
        ca=ca,
        certificate=certificate,
        key=key,
        timeout=timeout,
    )


def tell_findings(findings: Iterable[Finding], why: str = "") -> None:
    """Say to a person what stands against a document, but for what ``why``, which was told, says already."""
    for finding in findings:
        if finding.message in why:
            continue
        place = f"{printable(finding.pointer)}: " if finding.pointer else ""
        click.echo(f"  {finding.rule}  {place}{printable(finding.message)}", err=True)


def described(finding: Finding) -> dict[str, str]:
    """A finding of an exchange as JSON; on which line it is only the sender of the document knows."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": encodable(finding.message),
        "pointer": encodable(finding.pointer),
    }
