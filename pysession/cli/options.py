"""What the options of several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pysession.findings import parse_pointer
from pysession.findings.failures import PointerError
from pysession.inputs import InputFormat

_Command = TypeVar("_Command", bound=Callable[..., Any])


def split(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """A repeatable option whose values may also stand in one, with commas: ``("a,b", "c")`` → ``("a", "b", "c")``.

    Raises:
        click.BadParameter: an option without a name, such as a shell leaves of ``--reader "$UNSET"``; a gate without
            its reader would let everything through.
    """
    names = tuple(tuple(name for name in map(str.strip, each.split(",")) if name) for each in value)
    if not all(names):
        raise click.BadParameter("it is empty; give a name, or leave the option out")
    return tuple(name for each in names for name in each)


def pointer(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A JSON Pointer, refused where it is none."""
    if value is not None:
        try:
            parse_pointer(value)
        except PointerError as failure:
            raise click.BadParameter(str(failure)) from failure
    return value


def dash_is_stdout(ctx: click.Context, param: click.Parameter, value: Path | str | None) -> Path | str | None:
    """``-`` in place of a file to write is standard output, as everywhere; a file of that name is ``./-``."""
    return None if str(value) == "-" else value


def names_option(name: str, parameter: str, metavar: str, what: str) -> Callable[[_Command], _Command]:
    """A repeatable option whose values are names."""
    return click.option(name, parameter, multiple=True, metavar=metavar, callback=split, help=what)


def output_option(what: str, metavar: str = "OUT") -> Callable[[_Command], _Command]:
    """Where results go; None: standard output."""
    kind = click.Path(path_type=Path, allow_dash=True)
    return click.option("-o", "--output", metavar=metavar, type=kind, callback=dash_is_stdout, help=what)


losses_option = click.option(
    "--losses",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to FILE what the target could not say, value by value (JSON).",
)
registered_type_option = names_option(
    "--registered-type",
    "registered_types",
    "T",
    "A type id that the application registers for objects in the state (repeatable).",
)
at_option = click.option(
    "--at", metavar="POINTER", callback=pointer, help="Where the session is inside each record (JSON Pointer)."
)
input_format_option = click.option(
    "--input-format",
    type=click.Choice([each.value for each in InputFormat]),
    help="What the inputs are, whatever their names say.",
)


def shared_folder(paths: tuple[str, ...]) -> Path | None:
    """The folder that all inputs are in, when there may be several; None for a single document."""
    folders = [Path(path) if Path(path).is_dir() else Path(path).parent for path in map(_without_wildcards, paths)]
    is_single = len(paths) == 1 and paths[0] == _without_wildcards(paths[0]) and not Path(paths[0]).is_dir()
    return None if is_single else Path(os.path.commonpath([folder.absolute() for folder in folders]))


def _without_wildcards(path: str) -> str:
    """The path up to the first part of it that has a wildcard."""
    found = re.search(r"[^/\\]*[*?\[]", path)
    return path if found is None or Path(path).exists() else path[: found.start()] + "x"
