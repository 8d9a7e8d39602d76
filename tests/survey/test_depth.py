"""Values that are built to be dear: as deep and as wide as the limits allow."""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from pysession.dialects import Document, detect
from pysession.survey import walk_values
from pysession.survey.survey import Survey
from pysession.wire import read

DEPTH, WIDTH = 395, 2_000
PATHS_OF_THEIR_OWN = WIDTH * DEPTH * 8
"""Bytes of the paths when each value that waits has its own: 6 MB here, a gigabyte for a document of 300,000 lists."""


def deep_and_wide() -> Any:
    value: Any = [[] for _ in range(WIDTH)]
    for _ in range(DEPTH):
        value = [value]
    return value


def empty_survey() -> Survey:
    reading = read(b'{"type": "session", "session_id": "s", "state": {}}')
    return Survey(Document(b"", reading.encoding, reading, reading.value, detect(reading.value), ()))


@pytest.mark.parametrize(
    "walk",
    [lambda value: deque(walk_values(value), maxlen=0), lambda value: empty_survey().nests_below(value, ())],
    ids=["every value", "the depth"],
)
def test_what_waits_at_a_great_depth_takes_no_path_of_its_own(walk: Callable[[Any], Any]) -> None:
    value = deep_and_wide()
    tracemalloc.start()
    try:
        walk(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < PATHS_OF_THEIR_OWN / 2


def test_the_first_place_that_is_too_deep_is_told_with_the_depth_below_it() -> None:
    seen = empty_survey()
    shallow: Any = []
    deeper: Any = []
    for _ in range(70):
        shallow, deeper = [shallow], [deeper]
    for _ in range(10):
        deeper = [deeper]
    seen.nests_below({"a": shallow, "b": 1, "c": deeper}, ())
    assert [(path[0], len(path)) for path in seen.deep] == [("a", 64), ("c", 64)]
    assert list(seen.deep.values()) == [72, 82]


def test_walking_ends_at_the_depth_that_is_asked_for() -> None:
    assert [path for path, _, _ in walk_values({"a": [1, [2]], "b": 3}, deepest=2)] == [
        (),
        ("a",),
        ("a", 0),
        ("a", 1),
        ("b",),
    ]
