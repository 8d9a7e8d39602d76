"""Asking the dialects in turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from pysession.dialects import (
    agnt5,
    dotnet,
    dotnet_thread,
    durable,
    go,
    python,
    python_history,
    python_thread,
)
from pysession.dialects.detection import UNKNOWN, Detection, History, Json
from pysession.wire import Path, json_text

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

# The order matters where two could answer: an envelope that names its dialect goes before one that is told by what it
# lacks ("{}", a lone conversationId).
_MODULES: tuple[ModuleType, ...] = (
    python_thread,
    python,
    durable,
    dotnet,
    go,
    agnt5,
    dotnet_thread,
    python_history,
)
_BY_NAME: dict[str, ModuleType] = {module.NAME: module for module in _MODULES}

DIALECTS: tuple[str, ...] = tuple(_BY_NAME)
"""The names of all dialects."""

TARGETS: tuple[str, ...] = tuple(name for name, module in _BY_NAME.items() if hasattr(module, "from_canonical"))
"""The dialects that can be converted to; the others are of former times or of other makers, and sources only."""

_NAME = re.compile(r"[A-Za-z_$][A-Za-z_$.-]{0,29}\Z")
"""Member names that a reason repeats; anything else may be data, or a secret."""

_NESTED_ITEMS = 5
"""Items of a list that are looked into: an export holds its like throughout."""

_NESTED_DEPTH = 3
"""How deep a session is looked for inside a record that is none (a Cosmos item, a row's JSON)."""


def detect(value: Json) -> Detection:
    """Which dialect ``value`` is in; ``unknown`` with a reason when no dialect fits."""
    for module in _MODULES:
        found: Detection | None = module.detect(value)
        if found is not None:
            return found
    return Detection(UNKNOWN, "", _why_unknown(value))


def histories(value: Json, detection: Detection) -> tuple[History, ...]:
    """The histories of ``value``, in document order."""
    module = _BY_NAME.get(detection.dialect)
    return () if module is None else tuple(module.histories(value, detection))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    """The canonical session that ``value`` means. It shares with ``value`` what did not need to change."""
    said: dict[str, Json] = _BY_NAME[detection.dialect].to_canonical(value, detection, exchange)
    return said


def from_canonical(canonical: dict[str, Json], exchange: Exchange) -> Json:
    """``canonical`` in the words of the exchange's target."""
    return _BY_NAME[exchange.target.dialect].from_canonical(canonical, exchange)


def nested_sessions(value: Json) -> Iterator[tuple[Path, Detection]]:
    """Sessions inside a value that is none itself, nearest first, with their places."""
    level: list[tuple[Path, Json]] = [((), value)]
    for _ in range(_NESTED_DEPTH):
        inner: list[tuple[Path, Json]] = []
        for path, holder in level:
            for key, child in _children(holder):
                # JSON text may be the session, but no pointer leads further into it.
                value = json_text(child) if isinstance(child, str) else child
                found = detect(value) if isinstance(value, dict | list) and value else None
                if found is not None and found.dialect != UNKNOWN:
                    yield (*path, key), found
                if value is child:
                    inner.append(((*path, key), child))
        level = inner


def _children(holder: Json) -> Iterable[tuple[str | int, Json]]:
    """The members of an object, or the first few items of a list."""
    if isinstance(holder, dict):
        return holder.items()
    return enumerate(holder[:_NESTED_ITEMS]) if isinstance(holder, list) else ()


def _why_unknown(value: Json) -> str:
    if isinstance(value, dict):
        seen = [f'"{key}"' for key in value if _NAME.match(key)][:5]
        return (
            f"no dialect has an envelope with the members {', '.join(seen)}" if seen else "no dialect has such members"
        )
    if isinstance(value, list):
        return "an empty array" if not value else "an array whose items are not messages"
    return "a session is a JSON object, this is a single value"
