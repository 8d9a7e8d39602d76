"""``pysession.prune``: histories in stored bytes, in any dialect."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import pysession
from pysession.findings.failures import RefusedError, UsageError
from pysession.sessions import Session, message
from pysession.stores import ImmutableError
from pysession.verbs.prune import Pruning
from pysession.wire import Encoding

Json = dict[str, Any]


def said(count: int) -> list[Json]:
    return [message("user", f"m{n}") for n in range(count)]


def pruned(data: bytes, strategy: str, **options: Any) -> Pruning:
    done = pysession.prune(data, strategy, **options)
    assert isinstance(done, Pruning)
    return done


def rules(data: bytes) -> list[str]:
    return [one.rule for one in pysession.check(data).findings]


def test_every_other_byte_stays_as_it_is() -> None:
    document = b'{ "session_id" : "s", "state":{"n":1.0,"in_memory":{"messages":[\n %s ],"x":1e3}} }\n'
    lines = [json.dumps(one).encode() for one in said(5)]
    done = pruned(document % b",\n ".join(lines), "keep_last_2")
    assert done.data == document % b",\n ".join(lines[3:])
    assert (done.pruned.removed, done.pruned.kept) == (3, 2)


@pytest.mark.parametrize("target", ["dotnet", "go"])
def test_other_languages_are_pruned_and_summarised_in_their_own_words(target: str) -> None:
    session = Session(session_id="s")
    session.state["in_memory"] = {"messages": said(9)}
    theirs = pysession.convert(session.to_bytes(), to=target).data
    done = pruned(theirs, "summarize_old", threshold=3, summariser=lambda old: f"{len(old)} told")
    back = Session.from_bytes(pysession.convert(done.data, to="python").data)
    (history,) = [entry["messages"] for entry in back.state.values() if isinstance(entry, dict) and "messages" in entry]
    assert [one["contents"][0]["text"] for one in history] == [
        "Summary of the conversation so far:\n7 told",
        *("m7", "m8"),
    ]
    assert rules(done.data) == rules(theirs)
    release = f"{target}@latest"
    assert pysession.predict(done.data, release).verdict == pysession.predict(theirs, release).verdict


def test_lines_lose_whole_lines() -> None:
    data = b"".join(json.dumps({"type": "message"} | one).encode() + b"\n" for one in said(4))
    done = pruned(data, "keep_last_1", encoding=Encoding.JSON_LINES)
    assert done.data == data.splitlines(keepends=True)[-1]


def test_a_trail_has_the_pruning_and_goes_on() -> None:
    session = Session(session_id="s", user_id="ann")
    session.state["in_memory"] = {"messages": said(4)}
    done = pruned(session.to_bytes(), "keep_last_1")
    assert done.data.startswith(session.to_bytes()[:60])
    kinds = [(event.sequence, event.kind, dict(event.detail)) for event in Session.from_bytes(done.data).events()]
    assert kinds == [
        (1, "created", {}),
        (2, "pruned", {"strategy": "keep_last_1", "removed": 3, "kept": 1, "summarised": False}),
    ]


def test_an_immutable_session_is_refused_and_so_is_what_cannot_be_read() -> None:
    with pytest.raises(ImmutableError, match="the session 's' is immutable"):
        pruned(Session(session_id="s", retention={"immutable": True}).to_bytes(), "keep_last_1")
    with pytest.raises(RefusedError):
        pruned(b"{", "keep_last_1")
    with pytest.raises(UsageError):
        pruned("{}", "keep_last_1")  # type: ignore[arg-type]


def test_a_model_is_asked_when_it_is_awaited() -> None:
    async def scorer(one: Json) -> float:
        return float(one["contents"][0]["text"][1:])

    async def main() -> None:
        session = Session(session_id="s")
        session.state["in_memory"] = {"messages": said(5)}
        done = await pysession.prune(session.to_bytes(), "keep_important", scorer=scorer, max_messages=2)
        assert done.pruned.removed == 3
        assert (await pysession.prune(session.to_bytes(), "keep_last_2")).pruned.removed == 3

    asyncio.run(main())
