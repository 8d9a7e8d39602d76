"""Going through containers a level at a time finds what going to every value finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pysession.dialects import Document, detect
from pysession.survey.levels import Levels
from pysession.survey.survey import DEPTH_BUDGET, Survey
from pysession.wire import Path, read

VALUES = st.recursive(
    st.none() | st.integers() | st.just("x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def containers(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    if not isinstance(value, dict | list):
        return []
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [(path, value), *(found for name, child in inside for found in containers(child, (*path, name)))]


def wrapped(value: Any, count: int) -> Any:
    for number in range(count):
        value = [value] if number % 2 else {"w": value}
    return value


def empty_survey() -> Survey:
    reading = read(b'{"type": "session", "session_id": "s", "state": {}}')
    return Survey(Document(b"", reading.encoding, reading, reading.value, detect(reading.value), ()))


@given(st.lists(VALUES, min_size=1), st.data())
def test_what_is_wanted_is_found_with_its_path_in_document_order(value: list[Any], data: Any) -> None:
    expected = [found for found in containers(value) if data.draw(st.booleans())]
    levels = Levels(value)
    wanted = [{id(one) for path, one in expected if len(path) == number} for number in range(len(levels))]
    found = list(levels.paths_to(wanted))
    assert [(path, id(one)) for path, one in found] == [(path, id(one)) for path, one in expected]


@given(st.lists(VALUES, min_size=1), st.integers(DEPTH_BUDGET - 4, DEPTH_BUDGET + 2))
def test_each_container_that_fits_names_the_first_that_does_not_and_how_deep_it_goes(
    value: list[Any], count: int
) -> None:
    document = {"before": 1, "state": wrapped(value, count), "other": value}
    expected: dict[Path, list[Path]] = {}
    for path, _ in containers(document):
        if len(path) >= DEPTH_BUDGET:
            expected.setdefault(path[: DEPTH_BUDGET - 1], []).append(path)
    seen = empty_survey()
    seen.nests_below(document, ())
    assert seen.deep == {inside[0][:DEPTH_BUDGET]: max(map(len, inside)) + 1 for inside in expected.values()}


@given(st.lists(VALUES, min_size=1), st.integers(0, 70))
def test_below_a_place_the_depth_is_that_from_the_root(value: list[Any], above: int) -> None:
    place = ("p",) * above
    seen = empty_survey()
    seen.nests_below(wrapped(value, 40), place)
    deepest = above + max(len(path) for path, _ in containers(wrapped(value, 40))) + 1
    assert max(seen.deep.values(), default=0) == (deepest if deepest > DEPTH_BUDGET else 0)
    assert all(path[:above] == place[:DEPTH_BUDGET] for path in seen.deep)
