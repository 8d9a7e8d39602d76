"""How much a reader takes on before it gives up on a document that it does not trust."""

from __future__ import annotations

from typing import Any

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """The most that is read; one more is a ``limit-exceeded`` fault.

    ``bytes`` of one file, ``depth`` of nested arrays and objects, ``digits`` of one number before its point or exponent
    (CPython 3.11 and later convert 4300 by default), ``members`` of one object.
    """

    bytes: int = 256 * 2**20
    depth: int = 1000
    digits: int = 4300
    members: int = 10_000_000


DEFAULT_LIMITS = Limits()

FAULTS_LISTED = 1000
"""The most faults that one reading lists; a hostile file could hold one every five bytes."""


def exceeded(name: str, found: str) -> str:
    """The sentence for a limit; ``found`` says what went over it, with the limit's value."""
    return f"{found}; 'pysession check --max-{name}' takes more, if this is meant"


def widest(value: Any) -> int:
    """The number of members of the largest object in ``value``."""
    if not isinstance(value, (dict, list)):
        return 0
    widest = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            widest = max(widest, len(item))
        children = item.values() if isinstance(item, dict) else item
        waiting.extend(child for child in children if isinstance(child, (dict, list)))
    return widest
