"""Models that score and summarise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from pysession.pruning import PruningError
from pysession.sessions import Session, message, scored_by, summarised_by, text
from pysession.sessions.agents.deciding import SCORE, SUMMARISE
from pysession.sessions.messages import function_call, function_result, text_of

CALL = function_call("c1", "delete", '{"path": "/x"}')


def session(*messages: Any) -> Session:
    made = Session(session_id="s")
    made.state["in_memory"] = {"messages": list(messages)}
    return made


def test_a_model_is_shown_what_is_old_and_its_answer_is_the_summary() -> None:
    shown: list[list[dict[str, Any]]] = []

    async def model(messages: list[dict[str, Any]]) -> AsyncIterator[str]:
        shown.append(messages)
        for piece in ("all ", "told"):
            yield piece

    async def main() -> None:
        old = (
            message("user", "delete /x"),
            message("assistant", CALL),
            message("tool", function_result(CALL, "deleted")),
        )
        pruned = session(*old, message("user", "thanks"))
        await pruned.prune("summarize_old", threshold=2, summariser=summarised_by(model))
        first, last = pruned.state["in_memory"]["messages"]
        assert (text_of(first), text_of(last)) == ("Summary of the conversation so far:\nall told", "thanks")

    asyncio.run(main())
    ((system, user),) = shown
    assert (system["role"], text_of(system)) == ("system", SUMMARISE)
    assert text_of(user).splitlines()[1:-1] == [
        "user: delete /x",
        'assistant: [function_call delete {"path": "/x"}]',
        "tool: [function_result deleted]",
    ]


def test_a_model_gives_a_number_for_each_message() -> None:
    async def model(messages: Sequence[dict[str, Any]]) -> str:
        assert text_of(messages[0]) == SCORE
        return "It is 0.9." if "keep" in text_of(messages[1]) else "0"

    async def main() -> None:
        pruned = session(*(message("user", words) for words in ("a", "keep b", "c", "d")))
        await pruned.prune("keep_important", scorer=scored_by(model))
        assert [text_of(one) for one in pruned.state["in_memory"]["messages"]] == ["keep b", "d"]

    asyncio.run(main())


def test_an_answer_without_a_number_removes_nothing() -> None:
    async def model(messages: Sequence[dict[str, Any]]) -> Any:
        return text("very")

    async def main() -> None:
        pruned = session(message("user", "a"), message("user", "b"))
        with pytest.raises(PruningError, match="gave no number for message 0"):
            await pruned.prune("keep_important", scorer=scored_by(model))
        assert len(pruned.state["in_memory"]["messages"]) == 2

    asyncio.run(main())
