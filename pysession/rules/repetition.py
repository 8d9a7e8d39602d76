"""Messages that were stored before: blocks of two or more in a row that say the same again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec

from pysession.survey import Timeline


class Block(msgspec.Struct, frozen=True):
    """``length`` turns from ``start`` on that say what the turns from ``earlier`` on said."""

    start: int
    earlier: int
    length: int

    @property
    def turns(self) -> range:
        """The turns that are the repetition."""
        return range(self.start, self.start + self.length)


def repeated_blocks(timeline: Timeline) -> list[Block]:
    """Two or more messages in a row that were stored before; ids, times, usage and the frameworks' own marks apart.

    Linear: of every pair of messages one earlier pair is looked at, and what was found repeated is not looked at again.
    """
    marks = _marks(timeline)
    pairs = list(pairwise(marks))
    if len(set(pairs)) == len(pairs):
        return []
    found: list[Block] = []
    seen: dict[tuple[str | None, str | None], int] = {}
    covered = 0
    for turn, pair in enumerate(pairs):
        if None in pair:
            continue
        earlier = seen.setdefault(pair, turn)
        if turn < covered or earlier >= turn - 1:
            continue
        length = 0
        while (
            turn + length < len(timeline)
            and earlier + length < turn
            and marks[turn + length] == marks[earlier + length]
            and essence(timeline.messages[turn + length]) == essence(timeline.messages[earlier + length])
        ):
            length += 1
        if length >= 2:
            covered = turn + length
            found.append(Block(turn, earlier, length))
        else:
            seen[pair] = turn  # they only begin alike
    return found


def _marks(timeline: Timeline) -> list[str | None]:
    """A text that stands for each message, where it has one."""
    if timeline.history.language == "agnt5":
        texts = [message.get("content") if isinstance(message, dict) else None for message in timeline.messages]
    else:
        texts = timeline.firsts
    return [text if type(text) is str else None for text in texts]


_PASSING = frozenset({"message_id", "messageid", "id", "created_at", "createdat", "timestamp"})
_EXTENSIONS = frozenset({"additional_properties", "additionalproperties"})
_KIND_NAMES = ("type", "$type", "Type")


def essence(message: Any) -> Any:
    """A message without what differs between two copies of it."""
    if not isinstance(message, dict):
        return message
    essence = {}
    for key, value in message.items():
        name = key.lower()
        if name in _PASSING:
            continue
        if name in _EXTENSIONS and isinstance(value, dict):
            # "_attribution", "_group", "_excluded": what frameworks note about a stored message, and change.
            value = {inner: child for inner, child in value.items() if not inner.startswith("_")}
        elif name == "contents" and isinstance(value, list):
            value = [content for content in value if not _is_usage(content)]
        if value:  # a member that is empty is as good as none
            essence[key] = value
    return essence


def _is_usage(content: Any) -> bool:
    return isinstance(content, dict) and any(content.get(name) == "usage" for name in _KIND_NAMES)
