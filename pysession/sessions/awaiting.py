"""Answers that are there at once, and can be awaited all the same."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Self


class Ready:
    """What ``await`` gives back at once: AGNT5's ``export`` and ``events`` are coroutines, and code written for them runs."""

    def __await__(self) -> Generator[Any, None, Self]:
        return self
        yield  # what makes this a generator
