"""Laws of sessions: whatever is done to one, its document says all of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from datetime import UTC, datetime
from typing import Any

import agent_framework as maf
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pysession import check
from pysession.sessions import Agent, Session
from pysession.sessions.record import KEY

# The names by which readers know objects of their own, and others.
NAMES = st.sampled_from(["a", "messages", "type", "role", "contents", "value", "é", "x/y", "~type", "~0", "lc", "id"])
TAGS = st.sampled_from(["message", "chat_message", "text", "session", "pysession.datetime", "pysession.set"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | TAGS
)
VALUES = st.recursive(
    SCALARS | st.datetimes(timezones=st.just(UTC)) | st.binary() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3).map("k".__add__), inner, max_size=3)
    ),
    max_leaves=6,
)
SCOPES = st.sampled_from(["session", "user", "app", "temp"])
CLOSED = frozenset({"session", "user", "app"})


async def echo(messages: Any) -> str:
    return f"after {len(messages)}"


class Sessions(RuleBasedStateMachine):
    """One session, and beside it what is known of it."""

    @initialize(used=st.booleans(), metadata=st.dictionaries(NAMES, VALUES, max_size=2))
    def begin(self, used: bool, metadata: dict[str, Any]) -> None:
        named: dict[str, Any] = {"app_name": "app", "user_id": "ann", "metadata": metadata} if used else {}
        self.session = Session(id="s", **named)
        self.used = used
        self.metadata = metadata if used else {}
        self.said: list[tuple[str, str]] = []
        self.values: dict[str, dict[str, Any]] = {scope: {} for scope in ("session", "user", "app", "temp")}
        self.trail: list[Any] = list(self.session.events())

    @rule(role=st.sampled_from(["user", "assistant", "system"]), words=st.text(max_size=5))
    def say(self, role: str, words: str) -> None:
        asyncio.run(_done(self.session.send_message({"role": role, "content": words})))
        self.said.append((role, words))
        self.used = True

    @rule(name=st.sampled_from(["researcher", "writer"]))
    def run_an_agent(self, name: str) -> None:
        self.session.handoff(name)
        self.used = True
        asyncio.run(_done(Agent(name, echo).run("go", session=self.session)))
        self.said += [("user", "go"), ("assistant", f"after {len(self.said) + 1}")]
        self.values["temp"].clear()

    @rule(key=NAMES, value=VALUES, scope=SCOPES)
    def set_state(self, key: str, value: Any, scope: str) -> None:
        self.session.set_state(key, value, scope=scope)
        self.values[scope][key] = value
        self.used = self.used or scope in CLOSED

    @rule(key=NAMES, scope=SCOPES)
    def delete_state(self, key: str, scope: str) -> None:
        known = key in self.values[scope]
        assert self.session.delete_state(key, scope=scope) is known
        self.values[scope].pop(key, None)

    @rule(format=st.sampled_from(["jsonl", "json"]))
    def export(self, format: str) -> None:
        lines = [json.loads(line) for line in self.session.export(format=format).split("\n") if line]
        found = lines if format == "jsonl" else lines[0]["messages"]
        assert [(one["role"], one["message"]) for one in found] == self.said

    @rule()
    def clear(self) -> None:
        self.session.clear()
        self.said.clear()
        self.values["session"].clear()
        self.values["temp"].clear()

    @rule()
    def save_and_load(self) -> None:
        before = self.session.to_bytes()
        self.session = Session.from_bytes(before)
        assert self.session.to_bytes() == before
        self.values["temp"].clear()

    @precondition(lambda self: self.used)
    @rule()
    def be_carried_by_the_framework(self) -> None:
        before = self.session.to_dict()
        theirs = maf.AgentSession.from_dict(json.loads(json.dumps(before)))
        after = json.loads(json.dumps(theirs.to_dict()))
        assert after["state"][KEY] == before["state"][KEY]
        self.session = Session.from_dict(after)
        self.values["temp"].clear()

    @invariant()
    def the_history_is_what_was_said(self) -> None:
        found = asyncio.run(_done(self.session.history()))
        assert [(one["role"], one["content"]) for one in found] == self.said
        assert asyncio.run(_done(self.session.history(limit=1)))[0:] == found[-1:]

    @invariant()
    def scopes_are_apart(self) -> None:
        for scope, values in self.values.items():
            keys = self.session.state_keys(scope)
            assert {key: self.session.get_state(key, scope=scope) for key in keys} == values
        assert self.session.metadata == self.metadata

    @invariant()
    def the_trail_only_grows(self) -> None:
        events = list(self.session.events())
        assert events[: len(self.trail)] == self.trail
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert all(one.time <= other.time <= datetime.now(UTC) for one, other in itertools.pairwise(events))
        self.trail = events

    @invariant()
    def the_record_is_there_exactly_when_it_is_used(self) -> None:
        assert (KEY in self.session.to_dict()["state"]) is self.used

    @invariant()
    def a_check_finds_nothing_wrong_with_it(self) -> None:
        found = {
            finding.rule for finding in check(self.session.to_bytes()).findings if not _is_of_the_words(finding.rule)
        }
        assert found <= {"history-missing", "turn-truncated", "role-misplaced", "session-id-not-portable"}


def _is_of_the_words(rule: str) -> bool:
    """What hangs on the values and words that were drawn, not on the session."""
    return rule.startswith(("number-", "string-", "secret-", "size-", "stringified-", "message-repeated", "timestamp-"))


async def _done(awaitable: Any) -> Any:
    return await awaitable


TestSessions = Sessions.TestCase
TestSessions.settings = settings(
    max_examples=2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 40, stateful_step_count=20
)
