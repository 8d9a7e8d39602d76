"""What the options of several commands share."""

from __future__ import annotations

import click

from pysession.findings import parse_pointer
from pysession.findings.failures import PointerError


def split(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """A repeatable option whose values may also stand in one, with commas: ``("a,b", "c")`` → ``("a", "b", "c")``."""
    return tuple(name for each in value for name in map(str.strip, each.split(",")) if name)


def pointer(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A JSON Pointer, refused where it is none."""
    if value is not None:
        try:
            parse_pointer(value)
        except PointerError as failure:
            raise click.BadParameter(str(failure)) from failure
    return value
