"""Values that MessagePack has and JSON does not, on their way through a session: binary data, extensions, times, NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from pysession.findings import Path, Stage
from pysession.readers.python.failing import RefusedError

_SCALARS = (str, int, float, bool, type(None))
_DROPPED = object()


def has_foreign(value: Any) -> bool:
    """Whether there is such a value in ``value``; NaN is none of them here."""
    pending = [value]
    while pending:
        one = pending.pop()
        if type(one) is dict:
            pending.extend(one.values())
        elif type(one) is list:
            pending.extend(one)
        elif type(one) not in _SCALARS:
            return True
    return False


def without_foreign(written: dict[str, Any]) -> dict[str, Any]:
    """A message without such values, as ``Message.to_dict`` writes it since 1.18.0; times in objects become text."""
    kept: dict[str, Any] = _kept(written)
    return kept


def _kept(value: Any) -> Any:
    if type(value) is dict:
        kept = {
            name: str(item) if isinstance(item, datetime | date | time) else _kept(item) for name, item in value.items()
        }
        return {name: item for name, item in kept.items() if item is not _DROPPED}
    if type(value) is list:
        return [item for item in map(_kept, value) if item is not _DROPPED]
    return value if type(value) in _SCALARS else _DROPPED


def check_durable(state: dict[str, Any], written: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Go through what a FileSessionStore would write; ``written`` gives what an object of a class is saved as.

    Raises:
        RefusedError: the store refuses a value.
    """
    pending: list[tuple[Path, Any]] = [(("state",), state)]
    while pending:
        path, value = pending.pop()
        if type(value) is dict:
            value = written(value) or value
            pending.extend(reversed([((*path, str(name)), item) for name, item in value.items()]))
        elif type(value) is list:
            pending.extend(reversed([((*path, index), item) for index, item in enumerate(value)]))
        elif type(value) is float and not math.isfinite(value):
            raise RefusedError("ValueError", "a number is not finite", path, stage=Stage.SAVE)
        elif type(value) not in _SCALARS:
            raise RefusedError("TypeError", "a value has no counterpart in JSON", path, stage=Stage.SAVE)
