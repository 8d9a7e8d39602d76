"""How often Python looks for garbage in cycles while documents are judged.

It looks whenever some hundred objects have been made, through all that are alive when these are many. A document makes
millions and none of them is part of a cycle: a third of the time of a large one went there.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = (100_000, 50, 100)


def collect_rarely() -> None:
    """For the rest of this process."""
    gc.set_threshold(*_RARELY)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """For as long as this lasts."""
    before = gc.get_threshold()
    collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)
