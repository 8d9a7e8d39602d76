"""Documents as stores give them back: the same value, the members of every object in another order."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any


def reordered(value: Any, order: Callable[[list[str]], list[str]]) -> Any:
    """``value`` with the members of each of its objects in the order that ``order`` gives them."""
    if isinstance(value, dict):
        return {name: reordered(value[name], order) for name in order([*value])}
    return [reordered(item, order) for item in value] if isinstance(value, list) else value


def jsonb(names: list[str]) -> list[str]:
    """By length, then by bytes: Postgres' ``jsonb``, and MySQL."""
    return sorted(names, key=lambda name: (len(name.encode("utf-8", "surrogatepass")), name))


def by_name(names: list[str]) -> list[str]:
    """By name: ``json.dumps(sort_keys=True)``, maps in Go."""
    return sorted(names)


def shuffled(seed: int) -> Callable[[list[str]], list[str]]:
    """By chance: stores that keep members in a hash table."""
    dice = random.Random(seed)
    return lambda names: dice.sample(names, len(names))


def written(value: Any) -> bytes:
    return json.dumps(value).encode()
