"""Conversations of any kind, in Python's words: what models, tools, people and crashes leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.rules.conversations import call, message, request, response, result, text

Json = dict[str, Any]
_WORDS = ["hi", "yes", "no", "x" * 250]


class _Ids:
    """Call ids, each used once unless the writer makes them of the tool's name."""

    def __init__(self, *, by_name: bool) -> None:
        self._by_name = by_name
        self._count = 0

    def next(self, name: str) -> str:
        self._count += 1
        return name if self._by_name else f"{name}_{self._count}"


@st.composite
def histories(draw: st.DrawFn, *, distinct: bool = False) -> list[Json]:
    """Instructions, then rounds; a call may be answered at once, over several messages, later, or never.

    ``distinct``: every call id is used once, no two messages say the same, and nobody thinks aloud.
    """
    ids = _Ids(by_name=not distinct and draw(st.integers(0, 9)) == 0)
    messages = [
        message(draw(st.sampled_from(["system", "developer"])), text("be brief"))
        for _ in range(draw(st.integers(0, 2)))
    ]
    open_ones: list[Json] = []
    for _ in range(draw(st.integers(0, 8))):
        messages += draw(st.sampled_from(_ROUNDS))(draw, ids, open_ones)
        if distinct:
            messages = [_distinct(place, one) for place, one in enumerate(messages) if not _only_thinks(one)]
        if open_ones and draw(st.integers(0, 3)) == 0:
            messages += _settled(draw, open_ones.pop(0))
    if draw(st.booleans()):
        for place, one in enumerate(messages):
            one["message_id"] = f"m{place}"
    return messages


def _only_thinks(one: Json) -> bool:
    return all(content["type"] == "text_reasoning" for content in one["contents"])


def _distinct(place: int, one: Json) -> Json:
    said = [content for content in one["contents"] if content["type"] != "text_reasoning"]
    return one | {"contents": [content | {"text": f"m{place}"} if "text" in content else content for content in said]}


def _plain(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    words = st.sampled_from(_WORDS)
    if draw(st.integers(0, 5)):
        yield message("user", text(draw(words)))
    for _ in range(draw(st.integers(0, 2))):
        yield message("assistant", text(draw(words)))


def _tools(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    calls = [
        call(ids.next(name), name)
        for name in draw(st.lists(st.sampled_from(["get", "delete"]), min_size=1, max_size=3, unique=True))
    ]
    yield message("user", text("go"))
    thinking = [{"type": "text_reasoning", "id": "rs", "text": "hm"}]
    apart = draw(st.booleans())
    if draw(st.booleans()):
        if apart:
            yield message("assistant", *thinking)
        else:
            calls = [*thinking, *calls]
    yield message("assistant", *calls)
    results = [result(one["call_id"]) for one in calls if one["type"] == "function_call"]
    if draw(st.integers(0, 9)) == 0:
        results.pop()  # the process was killed
    if draw(st.booleans()) and results:
        yield message("tool", *results)
    else:
        for one in results:
            yield message("tool", one)
    if draw(st.booleans()):
        yield message("assistant", text("done"))


def _hosted(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    own = ids.next("search")
    yield message("user", text("look"))
    yield message(
        "assistant",
        {"type": "mcp_server_tool_call", "call_id": own, "tool_name": "search", "arguments": "{}"},
        {"type": "mcp_server_tool_result", "call_id": own, "output": "found"},
        text("found"),
    )


def _approval(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    asked = call(ids.next("delete"), "delete")
    question = request(f"ask_{asked['call_id']}", asked)
    yield message("user", text("delete it"))
    yield message("assistant", asked, question)
    how = draw(st.sampled_from(["at once", "later", "refused"]))
    if how == "later":
        open_ones.append(asked)
        return
    yield message("user", response(question["id"], asked, approved=how == "at once"))
    yield message("tool", result(asked["call_id"]))


def _settled(draw: st.DrawFn, asked: Json) -> Iterator[Json]:
    yield message("user", response(f"ask_{asked['call_id']}", asked))
    if draw(st.integers(0, 3)):
        yield message("tool", result(asked["call_id"]))


def _thinking(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    yield message("user", text("think"))
    yield message("assistant", {"type": "text_reasoning", "id": "rs", "text": "hm"})
    yield message("assistant", text("so"))


def _injected(draw: st.DrawFn, ids: _Ids, open_ones: list[Json]) -> Iterator[Json]:
    yield message("system", text("mind the time"))


_ROUNDS = [_plain, _plain, _tools, _hosted, _approval, _thinking, _injected]
