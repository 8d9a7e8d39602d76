"""What the options of several commands share."""

from __future__ import annotations

import click


def split(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """A repeatable option whose values may also stand in one, with commas: ``("a,b", "c")`` → ``("a", "b", "c")``."""
    return tuple(name for each in value for name in map(str.strip, each.split(",")) if name)
