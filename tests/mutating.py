"""Broken documents from whole ones: a public strategy for every test that wants them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Path = tuple[str | int, ...]

REPLACEMENTS: tuple[Any, ...] = (
    None,
    "",
    "x",
    0,
    12.0,
    True,
    [],
    {},
    ["x"],
    [None],
    {"type": "message"},
    {"$type": "text", "text": "hi"},
    {"type": "futureKind", "new": 1},
    "data:,",
    2**70,
    [[[]]],
)
NAMES = (
    "type",
    "$type",
    "Type",
    "role",
    "contents",
    "messages",
    "state",
    "stateBag",
    "extra",
    "text",
    "call_id",
    "version",
)


def places(value: Any, limit: int = 400) -> list[Path]:
    """The places of members and items in ``value``, breadth first, at most ``limit``."""
    found: list[Path] = []
    level: list[tuple[Path, Any]] = [((), value)]
    while level and len(found) < limit:
        inner: list[tuple[Path, Any]] = []
        for path, holder in level:
            children = (
                holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
            )
            inner.extend(((*path, key), child) for key, child in children)
        found.extend(path for path, _ in inner)
        level = inner
    return found[:limit]


@st.composite
def mutations(draw: DrawFn, documents: SearchStrategy[Any], *, most: int = 3) -> Any:
    """A copy of a document with one to ``most`` members dropped, replaced, renamed, added, repeated or moved."""
    value = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, most))):
        known = places(value)
        if not known:
            return draw(st.sampled_from(REPLACEMENTS))
        _change(draw, value, draw(st.sampled_from(known)))
    return value


def _change(draw: DrawFn, value: Any, path: Path) -> None:
    holder: Any = value
    for step in path[:-1]:
        holder = holder[step]
    key: Any = path[-1]
    action = draw(st.sampled_from(("drop", "replace", "rename", "add", "repeat", "last")))
    if action == "replace":
        holder[key] = copy.deepcopy(draw(st.sampled_from(REPLACEMENTS)))
    elif action == "drop":
        del holder[key]
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif action == "rename":
        holder[draw(st.sampled_from(NAMES))] = holder.pop(key)
    elif action == "add":
        holder[draw(st.sampled_from(NAMES))] = copy.deepcopy(draw(st.sampled_from(REPLACEMENTS)))
    else:
        holder[key] = holder.pop(key)
