"""The same scripted scenarios, by the real ``agent_framework.Agent`` as installed and by ours."""

from __future__ import annotations

import asyncio
import difflib
from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pysession.readers import latest
from tests.sessions.scenarios import DIFFERENCES, SCENARIOS, Scenario, numbered, ours, real, scenarios

pytestmark = pytest.mark.filterwarnings("default")
"""The library warns of its own experimental parts; its warnings are not this project's."""


def test_the_library_compared_with_is_the_newest_release_known() -> None:
    assert latest("python") == f"python@{version('agent-framework-core')}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_document_and_what_the_model_was_shown_are_the_same(name: str) -> None:
    theirs, own = asyncio.run(real(SCENARIOS[name])), asyncio.run(ours(SCENARIOS[name]))
    assert len(own.shown) > 0
    assert numbered(own.document) == numbered(theirs.document)
    assert numbered(own.shown) == numbered(theirs.shown)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_where_they_differ_it_is_for_the_listed_reason_only(name: str) -> None:
    difference = DIFFERENCES[name]
    theirs, own = asyncio.run(real(difference.scenario)), asyncio.run(ours(difference.scenario))
    pairs = [(theirs.document, own.document), (theirs.shown, own.shown)]
    texts = [(numbered(one).splitlines(), numbered(other).splitlines()) for one, other in pairs]
    changed = {
        line[0] + line[1:].strip().rstrip(",")
        for one, other in texts
        for line in difflib.unified_diff(one, other, lineterm="", n=0)
        if line[0] in "+-" and not line.startswith(("+++", "---"))
    }
    assert difference.reason
    assert {line for line in changed if '"' in line} >= difference.lines
    assert changed, "they do not differ any more; move the scenario to the others"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_any_conversation_leaves_the_same_document(scenario: Scenario) -> None:
    own = asyncio.run(ours(scenario))
    assert numbered(own.document) == numbered(asyncio.run(real(scenario)).document)
    if scenario.providers != ("history", "history_2") and not scenario.history_switches:
        # Two histories show everything twice, and one that leaves things out shows what there is.
        assert [unanswered(shown) for shown in own.shown if unanswered(shown)] == []


def unanswered(messages: list[dict[str, Any]]) -> list[str]:
    """The calls that are not followed by their results at once, for which services refuse a request."""
    found: list[str] = []
    for place, one in enumerate(messages):
        calls = [content["call_id"] for content in one["contents"] if content["type"] == "function_call"]
        behind = messages[place + 1]["contents"] if place + 1 < len(messages) else []
        found += [own for own in calls if own not in [content.get("call_id") for content in behind]]
    return found
