"""The account of what a command made of many documents: lines on standard error, or one JSON value."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import click

from pysession.cli.exit_code import ExitCode
from pysession.findings import NotRead
from pysession.outputs import NotWrittenError
from pysession.report.characters import printable

_Done = TypeVar("_Done")
_Put = TypeVar("_Put")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def not_written(failure: NotWrittenError) -> NotRead:
    """What is told of an output that cannot be written."""
    return NotRead(str(failure.path), f"cannot be written: {failure.why}")


def tell_not_written(failure: NotWrittenError) -> ExitCode:
    """Say that an output of the whole command cannot be written; how it ends."""
    told = not_written(failure)
    click.echo(f"{printable(told.source)}: {told.reason}", err=True)
    return ExitCode.NOT_READ


def account_options(what: str, *, quiet: str = "No account.") -> Callable[[_Command], _Command]:
    """The options that say how the account is told: ``what`` it is one of, and what ``--quiet`` leaves out."""

    def decorate(command: _Command) -> _Command:
        command = click.option("--quiet", "-q", is_flag=True, help=quiet)(command)
        return click.option(
            "--format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help=f"The account of what was {what}.",
        )(command)

    return decorate


class Account(ABC, Generic[_Done, _Put]):
    """Takes the results of a command as they come, has them delivered, and tells of each.

    ``name`` is that of the JSON value (``pysession-repair``), which goes to standard output if that is free
    (``to_stdout``). ``wrong`` counts what makes the command end with the code of findings.
    """

    name: str
    verb: str
    noun: str = "document"

    def __init__(self, format: str, *, quiet: bool, to_stdout: bool) -> None:
        self.as_json = format == "json"
        self.quiet = quiet
        self.inputs = 0
        self.wrong = 0
        self._to_stdout = to_stdout
        self._documents: list[dict[str, Any]] = []
        self._not_done: list[NotRead] = []

    def of(self, results: Iterable[_Done | NotRead], put: Callable[[_Done], _Put]) -> ExitCode:
        """Deliver each of ``results`` by ``put`` and tell of it; how the command ends."""
        for done in results:
            if isinstance(done, NotRead):
                self._fails(done)
                continue
            self.inputs += 1
            try:
                where = put(done)
            except NotWrittenError as failure:
                self._fails(not_written(failure))
                continue
            if self.as_json:
                self._documents.append(self.entry(done, where))
            else:
                self.tell(done, where)
        self._close()
        if self._not_done or not self.inputs:
            return ExitCode.NOT_READ
        return ExitCode.FINDINGS if self.wrong else ExitCode.CLEAN

    @property
    def not_done(self) -> Sequence[NotRead]:
        """What could not be read or written, so far."""
        return self._not_done

    @abstractmethod
    def entry(self, done: _Done, where: _Put) -> dict[str, Any]:
        """What the JSON value says of one result."""

    @abstractmethod
    def tell(self, done: _Done, where: _Put) -> None:
        """Say it to a person."""

    def tell_all(self) -> None:
        """The last line for a person, when there was anything to do."""

    def _fails(self, what: NotRead) -> None:
        self._not_done.append(what)
        if not self.as_json:
            click.echo(f"{printable(what.source)}: {what.reason}", err=True)

    def _close(self) -> None:
        if self.as_json:
            account = {
                "format": self.name,
                "version": 1,
                "documents": self._documents,
                "not_read": [{"source": one.source, "reason": one.reason} for one in self._not_done],
            }
            click.echo(json.dumps(account, indent=1, ensure_ascii=False), err=not self._to_stdout)
        elif self.inputs:
            self.tell_all()
        if not self.inputs and not self._not_done:
            click.echo(f"there is no {self.noun} to {self.verb}", err=True)
