"""Timing several things side by side."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

ROUNDS = 15


def best(candidates: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of the fastest of ``rounds`` runs of each candidate, taken in turns so that noise hits all of them."""
    found = dict.fromkeys(candidates, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, run in candidates.items():
                start = time.perf_counter()
                run()
                found[name] = min(found[name], time.perf_counter() - start)
    finally:
        gc.enable()
    return found
