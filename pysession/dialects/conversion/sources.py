"""Where in the source a place of the canonical value comes from."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pysession.dialects.names import key_of
from pysession.dialects.vocabulary import vocabulary
from pysession.wire import Path

_ENVELOPES = {"dotnet": "stateBag", "go": "State"}


def source_paths(value: Any, dialect: str, prefixes: dict[Path, Path]) -> Callable[[Path], Path]:
    """How to find a canonical place in ``value``: the place itself, or of the object that lacks it.

    ``prefixes`` are canonical places of histories and state with their places in ``value``.
    """

    def find(path: Path) -> Path:
        for length in range(len(path), 0, -1):
            start = prefixes.get(path[:length])
            if start is not None:
                return _followed(value, start, path[length:], dialect)
        if path[:1] == ("state",) and dialect in _ENVELOPES and type(value) is dict:
            holder = key_of(value, _ENVELOPES[dialect])
            return _followed(value, () if holder is None else (holder,), path[1:], dialect)
        return _followed(value, (), path, dialect)

    return find


def refused_place(steps: tuple[str, ...], placed: dict[Path, Path]) -> Path | None:
    """The canonical content, or value of the state, in which the place ``steps`` of the output lies.

    None when it lies in neither: a message, or the envelope.
    """
    for length in range(min(len(steps), 3), 0, -1):
        start = placed.get(steps[:length])
        if start is None:
            continue
        rest = steps[length:]
        if start[-1] != "messages" or len(start) != 3:
            return start
        if len(rest) >= 3 and rest[0].isdecimal() and rest[2].isdecimal():
            return (*start, int(rest[0]), "contents", int(rest[2]))
        return None
    return None


def _followed(value: Any, start: Path, rest: Path, dialect: str) -> Path:
    """``rest`` from ``start`` on, by the dialect's names, as far as ``value`` goes."""
    path: Path = start
    for step in start:
        value = value[step]
    for step in rest:
        if type(value) is list and type(step) is int and step < len(value):
            value, path = value[step], (*path, step)
        elif type(value) is dict and type(step) is str:
            name = step if step in value else _named(value, step, dialect)
            if name is None:
                return path
            value, path = value[name], (*path, name)
        else:
            return path
    return path


def _named(value: dict[str, Any], canonical: str, dialect: str) -> str | None:
    names = _names(dialect).get(canonical, ())
    return next((key for name in names if (key := key_of(value, name)) is not None), None)


@cache
def _names(dialect: str) -> dict[str, tuple[str, ...]]:
    """Canonical member name → the names that the dialect has for it in some kind or other."""
    found: dict[str, dict[str, None]] = {}
    for kinds in vocabulary(dialect).places.values():
        for kind in kinds.values():
            for name, member in kind.members.items():
                found.setdefault(member.canonical, {})[name] = None
    return {canonical: tuple(names) for canonical, names in found.items()}
