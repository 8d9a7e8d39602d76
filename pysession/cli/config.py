"""Configuration: ``pysession.toml``, or ``[tool.pysession]`` in ``pyproject.toml``, as defaults of the options.

A command has a table of its own name (``[check]``, ``[tool.pysession.check]``) whose keys are its options without the
leading dashes. Paths in it are relative to the file. The command line wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from pysession.findings.failures import UsageError

_OWN_FILE = "pysession.toml"
_PROJECT_FILE = "pyproject.toml"
_TABLES = ("check", "serve")
_FILES = frozenset({"baseline", "tls-cert", "tls-client-ca", "tls-key", "tokens"})
_Function = TypeVar("_Function", bound=Callable[..., Any])
# Options that say where the configuration is, or that write: they mean nothing as a default.
_NOT_KEYS = frozenset({"config", "help", "write-baseline"})


def config_option(command: str) -> Callable[[_Function], _Function]:
    """The option ``--config FILE``. With it or without, the defaults of the command's options are set from the
    configuration before any of them is read."""

    def load(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if ctx.resilient_parsing:
            return
        path = Path(value) if value is not None else find(Path.cwd())
        if path is not None:
            table = read(path).get(command, {})
            ctx.default_map = dict(_defaults(ctx, path, command, table))

    return click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=load,
        help=f"Take defaults from this file, not from the nearest {_OWN_FILE} or [tool.pysession] in {_PROJECT_FILE}.",
    )


def find(start: Path) -> Path | None:
    """The configuration that holds in ``start``: the nearest one, upward to the root of the repository (the directory
    with ``.git``) or of the file system."""
    for directory in (start, *start.parents):
        own, project = directory / _OWN_FILE, directory / _PROJECT_FILE
        if own.is_file():
            return own
        # Parsing TOML costs more than most checks: look for the word first.
        if project.is_file() and b"pysession" in _bytes(project) and read(project):
            return project
        if (directory / ".git").exists():
            return None
    return None


def read(path: Path) -> dict[str, Any]:
    """The tables of the configuration file ``path``.

    Raises:
        UsageError: it cannot be read, is not TOML, or has a table that is none of ours.
    """
    import tomllib

    try:
        value = tomllib.loads(_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise UsageError(f"{path} is not TOML: {failure}") from failure
    where = ""
    if path.name == _PROJECT_FILE:
        tool = value.get("tool", {})
        value = tool.get("pysession", {}) if isinstance(tool, dict) else {}
        where = "tool.pysession."
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {where.rstrip('.')} must be a table")
    for key, table in value.items():
        if key not in _TABLES:
            raise UsageError(f"{path}: there is no key {where}{key}; {_nearest(key, _TABLES, where)}")
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {where}{key} must be a table")
    return value


def _defaults(ctx: click.Context, path: Path, command: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    options = {
        name.removeprefix("--"): param
        for param in ctx.command.params
        if isinstance(param, click.Option)
        for name in param.opts
        if name.startswith("--") and name.removeprefix("--") not in _NOT_KEYS
    }
    for key, value in table.items():
        if key not in options:
            raise UsageError(f"{path}: there is no key {command}.{key}; {_nearest(key, tuple(options), f'{command}.')}")
        option = options[key]
        try:
            yield option.name or key, _checked(ctx, option, _located(key, value, path))
        except (click.BadParameter, TypeError) as failure:
            why = failure.message if isinstance(failure, click.BadParameter) else str(failure)
            raise UsageError(f"{path}: {command}.{key}: {why}") from failure


def _checked(ctx: click.Context, option: click.Option, value: Any) -> Any:
    """``value`` if ``option`` can take it; TOML's types must fit, too, as click would turn ``true`` into ``"True"``."""
    values = value if option.multiple and isinstance(value, list) else [value]
    wanted: type = bool if option.is_flag else int if isinstance(option.type, click.types.IntParamType) else str
    for each in values:
        if type(each) is not wanted:
            raise TypeError(f"{each!r} is not {_TYPE_NAMES[wanted]}")
        option.type.convert(each, option, ctx)
    if option.callback is not None:  # what it refuses is a mistake in this file, not on the command line
        option.callback(ctx, option, tuple(values) if option.multiple else value)
    return values if option.multiple else value


_TYPE_NAMES = {bool: "true or false", int: "an integer", str: "a string"}


def _located(key: str, value: Any, path: Path) -> Any:
    """``value`` with paths in it as seen from the current directory."""
    if key in _FILES and isinstance(value, str):
        return str(path.parent / value)
    if key == "report":
        values = value if isinstance(value, list) else [value]
        return [_located_report(each, path) for each in values]
    return value


def _located_report(value: Any, path: Path) -> Any:
    if not isinstance(value, str) or ":" not in value:
        return value
    format, _, target = value.partition(":")
    return f"{format}:{path.parent / target}"


def _nearest(key: str, keys: tuple[str, ...], where: str) -> str:
    import difflib

    close = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
    if close:
        return f"did you mean {where}{close[0]}?"
    return f"the keys are {', '.join(where + each for each in sorted(keys))}"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise UsageError(f"{path} cannot be read: {(failure.strerror or 'failed').lower()}") from failure
