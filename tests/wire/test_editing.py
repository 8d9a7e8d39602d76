"""Edits change the places that they name and leave every other byte."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.wire import Add, Edit, Encoding, Insert, MoveFirst, Path, Remove, Rename, Replace, edit, read

DOCUMENT = b'{"a": [1.0, 2, 3], "b": {"x": 1e2, "$type": "q"}, "c": []}'


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        ([], DOCUMENT),
        ([Remove(("a", 0)), Remove(("a", 1))], b'{"a": [3], "b": {"x": 1e2, "$type": "q"}, "c": []}'),
        ([Remove(("a", 1)), Remove(("a", 2))], b'{"a": [1.0], "b": {"x": 1e2, "$type": "q"}, "c": []}'),
        ([Remove(("b",))], b'{"a": [1.0, 2, 3], "c": []}'),
        ([Insert(("a", 1), "n"), Insert(("a", 1), "m")], DOCUMENT.replace(b"1.0, ", b'1.0, "n", "m", ')),
        ([Insert(("a", 9), {"k": [1, 2]})], DOCUMENT.replace(b"3]", b'3, {"k": [1, 2]}]')),
        ([Insert(("c", 0), "\u00e9")], DOCUMENT.replace(b"[]", b'["\\u00e9"]')),
        ([MoveFirst(("b", "$type"))], DOCUMENT.replace(b'"x": 1e2, "$type": "q"', b'"$type": "q", "x": 1e2')),
        ([MoveFirst(("a",))], DOCUMENT),
        ([Rename(("b", "x"), "y")], DOCUMENT.replace(b'"x"', b'"y"')),
        ([Add(("t",), "s", first=True)], b'{"t": "s", ' + DOCUMENT[1:]),
        ([Add(("b", "z"), None)], DOCUMENT.replace(b'"q"}', b'"q", "z": null}')),
        ([Replace(("b", "x"), None)], DOCUMENT.replace(b"1e2", b"null")),
        ([Replace((), [1])], b"[1]"),
    ],
)
def test_an_edit_changes_its_place_and_nothing_else(edits: list[Edit], after: bytes) -> None:
    assert edit(DOCUMENT, Encoding.JSON, edits) == after


def test_what_is_new_in_an_indented_text_is_indented() -> None:
    value = {"a": [{"k": 1}], "b": 2}
    text = json.dumps(value, indent=4).encode()
    after = edit(text, Encoding.JSON, [Insert(("a", 1), {"k": [2]}), Add(("c",), {"d": []})])
    assert after == json.dumps({"a": [{"k": 1}, {"k": [2]}], "b": 2, "c": {"d": []}}, indent=4).encode()


@pytest.mark.parametrize("path", [("z",), ("a", "x"), ("b", "x", "y"), ()])
def test_a_place_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(KeyError):
        edit(DOCUMENT, Encoding.JSON, [Remove(path)])


def test_two_edits_of_one_place_are_an_error() -> None:
    with pytest.raises(ValueError, match="same place"):
        edit(DOCUMENT, Encoding.JSON, [Replace(("b",), 1), Replace(("b", "x"), 2)])


def test_records_are_edited_one_by_one_and_come_and_go_whole() -> None:
    lines = b'{"a":1.0}\n\n{"b":[1]}\r\n{"c":1}'
    edits: list[Edit] = [Insert((3,), {"d": 1}), Insert((1, "b", 1), 5), Remove((0,)), Insert((2,), {"n": 0})]
    assert edit(lines, Encoding.JSON_LINES, edits) == b'{"b":[1,5]}\r\n{"n":0}\n{"c":1}\n{"d":1}\n'


def test_of_a_repeated_name_the_last_member_is_meant() -> None:
    assert edit(b'{"a":1,"a":2}', Encoding.JSON, [Replace(("a",), 3)]) == b'{"a":1,"a":3}'


# --- the law: bytes and value change alike ----------------------------------------------------------------------------

_NAMES = st.sampled_from(["a", "b", "é", "$type", ""])
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: Path = ()) -> list[Path]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in items:
        found += places(child, (*path, step))
    return found


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def made(value: Any, one: Edit) -> Any:
    """The same edit on the value."""
    value = copy.deepcopy(value)
    holder, step = at(value, one.path[:-1]), one.path[-1]
    match one:
        case Replace():
            holder[step] = one.value
        case Remove():
            del holder[step]
        case Insert():
            holder.insert(step, one.value)
        case Add():
            items = [(step, one.value), *holder.items()] if one.first else [*holder.items(), (step, one.value)]
            holder.clear()
            holder.update(items)
        case Rename():
            items = [(one.name if name == step else name, child) for name, child in holder.items()]
            holder.clear()
            holder.update(items)
        case MoveFirst():
            items = [(step, holder[step]), *((name, child) for name, child in holder.items() if name != step)]
            holder.clear()
            holder.update(items)
    return value


@st.composite
def edited(draw: st.DrawFn) -> tuple[Any, Edit]:
    value = draw(st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=4) | st.lists(_VALUES, min_size=1, max_size=4))
    path = draw(st.sampled_from([path for path in places(value) if path]))
    holder = at(value, path[:-1])
    new = draw(_VALUES)
    if isinstance(holder, list):
        return value, draw(
            st.sampled_from(
                [Replace(path, new), Remove(path), Insert(path, new), Insert((*path[:-1], len(holder)), new)]
            )
        )
    return value, draw(
        st.sampled_from(
            [
                Replace(path, new),
                Remove(path),
                Rename(path, "fresh"),
                MoveFirst(path),
                Add((*path[:-1], "fresh"), new),
                Add((*path[:-1], "fresh"), new, first=True),
            ]
        )
    )


def ordered(value: Any) -> str:
    return json.dumps(value)


@given(edited(), st.sampled_from([None, 1, 2, "\t"]), st.booleans(), st.booleans())
def test_the_text_says_what_the_value_would_say(
    case: tuple[Any, Edit], indent: int | str | None, ascii_only: bool, compact: bool
) -> None:
    value, one = case
    separators = (",", ":") if compact else None
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators).encode(
        "utf-8", "surrogatepass"
    )
    after = edit(text, Encoding.JSON, [one])
    assert ordered(json.loads(after)) == ordered(made(value, one))


@given(edited())
def test_messagepack_says_what_the_value_would_say(case: tuple[Any, Edit]) -> None:
    value, one = case
    after = edit(msgspec.msgpack.encode(value), Encoding.MESSAGEPACK, [one])
    assert ordered(msgspec.msgpack.decode(after)) == ordered(made(value, one))


@given(st.lists(st.dictionaries(_NAMES, _VALUES, max_size=3), min_size=1, max_size=4), st.data())
def test_records_with_lengths_say_what_their_values_would_say(values: list[Any], data: st.DataObject) -> None:
    packed = [msgspec.msgpack.encode(value) for value in values]
    stored = b"".join(len(record).to_bytes(4, "big") + record for record in packed)
    index = data.draw(st.integers(0, len(values) - 1))
    one = data.draw(st.sampled_from([Remove((index,)), Insert((index,), {"n": 1}), Add((index, "fresh"), [1])]))
    after = edit(stored, Encoding.MESSAGEPACK_RECORDS, [one])
    expected = made(values, one)
    assert (ordered(read(after, Encoding.MESSAGEPACK_RECORDS).value) if expected else after) == (
        ordered(expected) if expected else b""
    )
