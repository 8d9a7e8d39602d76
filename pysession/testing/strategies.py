"""Hypothesis strategies for canonical sessions as plain values, ready for ``json.dumps``.

What they draw is valid by the open form of the format: every kind of content, members left out, null where null is
allowed, members in any order, and now and then members and kinds that nobody knows. Their source is the typed view.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from pysession.model import (
    Annotation,
    AnyAnnotation,
    AnyContent,
    AnyRegion,
    History,
    Message,
    Session,
    TextContent,
    TextSpanRegion,
    UnknownAnnotation,
    UnknownContent,
    UnknownRegion,
    UsageDetails,
)
from pysession.model.base import Value
from pysession.model.contents import CONTENTS, OutputOrOutputs, Outputs
from pysession.model.plain import JsonObject
from pysession.model.scalars import Integer, TextOrObject

Json: TypeAlias = Any
Strategy: TypeAlias = st.SearchStrategy[Any]

_NESTING = 2
"""Contents inside contents, at most."""


def json_values(max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Any JSON value of up to ``max_leaves`` scalars: Unicode text without lone surrogates, numbers that are finite."""
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | st.integers() | floats | _text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text(), inner, max_size=3),
        max_leaves=max_leaves,
    )


def contents() -> st.SearchStrategy[dict[str, Json]]:
    """A content of a known kind, or now and then of an unknown one."""
    return _contents(_NESTING)


def messages() -> st.SearchStrategy[dict[str, Json]]:
    """A message, of one of the roles that the framework uses."""
    return _object(Message, _NESTING)


def sessions() -> st.SearchStrategy[dict[str, Json]]:
    """A session with a history under the default key and perhaps others, beside state of the application's own."""
    return _object(Session, _NESTING)


def _text() -> st.SearchStrategy[str]:
    return st.text(max_size=8)


def _integers() -> st.SearchStrategy[int | float]:
    return st.integers() | st.integers(-(2**50), 2**50).map(float)


def _roles() -> st.SearchStrategy[str]:
    return st.sampled_from(["user", "assistant", "system", "tool", "developer"])


def _mostly() -> st.SearchStrategy[bool]:
    """True three times out of four."""
    return st.integers(0, 3).map(bool)


@st.composite
def _state(draw: st.DrawFn) -> dict[str, Json]:
    default = {"in_memory": draw(_object(History, _NESTING))} if draw(_mostly()) else {}
    recognised = st.fixed_dictionaries({"messages": st.lists(messages().filter(_tells), min_size=1, max_size=2)})
    return default | draw(st.dictionaries(_text(), json_values() | recognised, max_size=2))


def _tells(message: dict[str, Json]) -> bool:
    """Whether the history of ``message`` is told from other state by it, under any key."""
    return "contents" in message


@st.composite
def _object(draw: st.DrawFn, cls: type[Value], nesting: int, taken: Collection[str] = ()) -> dict[str, Json]:
    """An object of ``cls``: what it must have, some of what it may have, sometimes members of its own.

    ``taken`` are discriminators that it must not have.
    """
    members = _hints(cls)
    drawn = {
        name: draw(
            _of(hint, nesting, name) if name != "type" else _of(hint, nesting).filter(lambda kind: kind not in taken)
        )
        for name, hint in members.items()
        if _must_have(cls, name) or draw(_mostly())
    }
    if not draw(_mostly()):
        own = _text().filter(lambda name: name not in members)
        drawn |= draw(st.dictionaries(own, json_values(3), min_size=1, max_size=2))
    return dict(draw(st.permutations(list(drawn.items()))))


@cache
def _hints(cls: type[Value]) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in cls.model_fields}


def _must_have(cls: type[Value], name: str) -> bool:
    return cls.model_fields[name].is_required() or get_origin(_hints(cls)[name]) is Literal


@cache
def _contents(nesting: int) -> Strategy:
    unknown = _object(UnknownContent, 0, tuple(CONTENTS))
    return st.one_of(*(_object(kind, nesting) for kind in CONTENTS.values()), unknown)


def _nested_content(nesting: int) -> Strategy:
    return _contents(nesting - 1) if nesting else _object(TextContent, 0)


def _of(hint: Any, nesting: int, name: str = "") -> Strategy:
    """Values of the member ``name``, which the typed view declares as ``hint``."""
    if name in _NAMED:
        return _NAMED[name]()
    if hint in _PLACES:
        return _PLACES[hint](nesting)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(_of(arguments[0], nesting), max_size=2)
    if origin is Annotated:
        # The only mark on a whole member says that null is not allowed.
        return st.one_of(*(_of(branch, nesting) for branch in get_args(arguments[0]) if branch is not NoneType))
    if origin in (Union, UnionType):
        return st.one_of(*(_of(branch, nesting) for branch in arguments))
    raise TypeError(f"no strategy for members declared {hint}")


_NAMED: dict[str, Callable[[], Strategy]] = {"role": _roles, "state": _state}

_PLACES: dict[Any, Callable[[int], Strategy]] = {
    Any: lambda _: json_values(),
    AnyAnnotation: lambda _: _object(Annotation, 0) | _object(UnknownAnnotation, 0, ("citation",)),
    AnyContent: _nested_content,
    AnyRegion: lambda _: _object(TextSpanRegion, 0) | _object(UnknownRegion, 0, ("text_span",)),
    Integer: lambda _: _integers(),
    JsonObject: lambda _: st.dictionaries(_text(), json_values(3), max_size=2),
    Message: lambda nesting: _object(Message, nesting),
    NoneType: lambda _: st.none(),
    OutputOrOutputs: lambda nesting: _nested_content(nesting) | _of(Outputs, nesting),
    Outputs: lambda nesting: json_values(4) | st.lists(_nested_content(nesting), max_size=2),
    TextOrObject: lambda _: _text() | _of(JsonObject, 0),
    UsageDetails: lambda _: _object(UsageDetails, 0),
    bool: lambda _: st.booleans(),
    str: lambda _: _text(),
}
