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


_UNHASHABLE = "hashable"


def key_error(error: Exception, *, bare: bool) -> RefusedError | None:
    """What is raised when a map or a list of such is a key of a map, if ``error`` is what our own msgspec says of that."""
    if not isinstance(error, TypeError) and _UNHASHABLE not in str(error):
        return None
    message = "a key of a map is a map or a list"
    if bare:
        return RefusedError("TypeError", message, stage=Stage.PARSE)
    return RefusedError("ValueError", message, cause="DecodeError", stage=Stage.PARSE)


def has_foreign(value: Any) -> bool:
    """Whether there is such a value in ``value``, or a name that is no text; NaN is none of them here."""
    pending = [value]
    while pending:
        one = pending.pop()
        if type(one) is dict:
            if not all(type(name) is str for name in one):
                return True
            pending.extend(one.values())
        elif type(one) is list:
            pending.extend(one)
        elif type(one) not in _SCALARS:
            return True
    return False


def with_text_names(value: Any, registered: Callable[[dict[str, Any]], bool]) -> Any:
    """``value`` with texts for names, but for objects of a class, which are ``registered``."""
    if type(value) is dict:
        if registered(value):
            return value
        return {str(name): with_text_names(item, registered) for name, item in value.items()}
    return [with_text_names(item, registered) for item in value] if type(value) is list else value


def without_foreign(written: dict[str, Any], *, deep: bool) -> dict[str, Any]:
    """A message as ``Message.to_dict`` writes it, without what it leaves out: since 1.18.0 such values at any depth, before
    only members of the message and of its additional properties. Times there become text."""
    kept = written if not deep else _kept(written)
    members = {name: item for name, item in kept.items() if type(item) in (*_SCALARS, dict, list)}
    properties = members.get("additional_properties")
    if type(properties) is dict and not deep:
        texts = {
            name: str(item) if isinstance(item, datetime | date | time) else item for name, item in properties.items()
        }
        members["additional_properties"] = {
            name: item for name, item in texts.items() if type(item) in (*_SCALARS, dict, list)
        }
    named: dict[str, Any] = with_text_names(members, lambda _: False)
    return named


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
