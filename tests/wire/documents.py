"""JSON values, texts and damaged texts, as Hypothesis strategies."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=12)
)
names = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["type", "a/b", "", '"', "\\"])
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """The bytes of a JSON text in one of the ways ``json.dumps`` can write it."""
    text = json.dumps(
        draw(values),
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 0, 2, "\t"])),
        separators=draw(st.sampled_from([None, (",", ":"), (" , ", " : ")])),
    )
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.encode()


# What damages a text in the way that writers, databases and crashes do.
_PIECES = [
    b"",
    b'"',
    b"\\",
    b",",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"NaN",
    b"-Infinity",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud83d",
]
_PIECES += [
    b"\x00",
    b"\xef\xbb\xbf",
    b"\n",
    b"\r",
    b"1",
    b"e",
    b".",
    b"-",
    b"0",
    b'"a":1,"a":2',
    b"//",
    b"\xe2\x80",
    b"\xc3\xa9",
]


@st.composite
def damaged(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """A text in which up to three pieces were replaced."""
    data = draw(sound)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 3)) | st.just(len(data)))
        data = data[:start] + draw(st.sampled_from(_PIECES)) + data[end:]
    return data


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every path in ``value`` with what is there."""
    found: list[tuple[tuple[str | int, ...], Any]] = [(path, value)]
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        found += places(inner, (*path, step))
    return found
