"""Documents to send through protobuf, and how the standard library reads them with nothing lost."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from pysession.schema import shipped
from pysession.testing.strategies import sessions
from tests.documents import values
from tests.mutating import mutations

SHAPES = ("golden", "constructed", "documented", "hostile")


@dataclass(frozen=True)
class Number:
    """A number as it is written."""

    text: str


def as_written(text: bytes) -> Any:
    """The value with the texts of its numbers, and of every object the pairs in their order."""
    return json.loads(
        text.decode("utf-8-sig"),
        parse_float=Number,
        parse_int=Number,
        object_pairs_hook=lambda pairs: ("object", tuple(pairs)),
    )


@cache
def fixtures(kind: str) -> tuple[tuple[str, bytes], ...]:
    """The fixtures of a kind that are JSON or JSON Lines: each path with its bytes."""
    root = shipped("fixtures")
    files = sorted(file for file in (root / kind).rglob("*") if file.suffix in (".json", ".jsonl"))
    return tuple((file.relative_to(root).as_posix(), file.read_bytes()) for file in files)


def written(value: Any) -> bytes:
    """``value`` as JSON, in which a ``Number`` is its text."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"  # what became an infinity when a fixture was read
    return json.dumps(value)


@st.composite
def numbers(draw: DrawFn) -> Number:
    """Any number, as any program might write it."""
    sign = draw(st.sampled_from(["", "-"]))
    whole = draw(st.just("0") | st.from_regex(r"\A[1-9][0-9]{0,45}\Z"))
    point = draw(st.just("") | st.from_regex(r"\A\.[0-9]{1,20}\Z"))
    exponent = draw(st.just("") | st.from_regex(r"\A[eE][+-]?[0-9]{1,3}\Z"))
    return Number(sign + whole + point + exponent)


def documents() -> SearchStrategy[Any]:
    """Sessions in every dialect, some with members of other types, in other orders, unheard of, and strange numbers."""
    known = [value for _, value in values()]
    return _disturbed(st.one_of(sessions(), mutations(st.sampled_from(known), most=4), st.sampled_from(known)))


_SURROGATE = "\ud800 and \udfff"


@st.composite
def _disturbed(draw: DrawFn, inner: SearchStrategy[Any]) -> Any:
    return _rewritten(draw, draw(inner), draw(st.integers(0, 2)))


def _rewritten(draw: DrawFn, value: Any, zeal: int) -> Any:
    """A copy with, here and there, members in another order, a number in another form, or a text that is no Unicode."""
    turn = draw(st.integers(0, 40)) if zeal else 40
    if isinstance(value, dict):
        items = [(name, _rewritten(draw, item, zeal)) for name, item in value.items()]
        if turn < 4 * zeal:
            items = draw(st.permutations(items))
        if turn == 5:
            items.append((_SURROGATE, draw(numbers())))
        return dict(items)
    if isinstance(value, list):
        return [_rewritten(draw, item, zeal) for item in value]
    if turn < zeal:
        return draw(numbers() | st.just(_SURROGATE) | st.none() | st.booleans())
    return value
