"""What holds of every strategy and any history."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysession
from pysession.pruning import MARK, Pruned, PruningError, is_summary
from pysession.verbs.prune import Pruning, prune
from pysession.wire import Encoding, read
from tests.documents import stored
from tests.pruning.conversations import histories
from tests.rules.conversations import python

Json = dict[str, Any]
Options = dict[str, Any]


def _even(message: Json) -> bool:
    return len(json.dumps(message)) % 2 == 0


@st.composite
def strategies(draw: st.DrawFn) -> Options:
    count = draw(st.integers(1, 12))
    return draw(
        st.sampled_from(
            [
                {"strategy": f"keep_last_{count}"},
                {"strategy": "sliding_window", "window_size": count},
                {"strategy": "keep_important"},
                {"strategy": "keep_important", "scorer": _even},
                {"strategy": "keep_important", "max_messages": count},
                {"strategy": "keep_important", "scorer": _even, "max_messages": count},
                {"strategy": "summarize_old", "threshold": count + 1, "summariser": lambda old: f"{len(old)} told"},
            ]
        )
    )


def pruned(history: list[Json], options: Options) -> tuple[list[Json], Pruned]:
    session = pysession.Session(session_id="s")
    session.state["in_memory"] = {"messages": history}
    session.state["beside"] = {"kept": 1}
    account = session.prune(**options)
    assert session.state["beside"] == {"kept": 1}
    return session.state["in_memory"]["messages"], account


def _findings(data: bytes, encoding: Encoding = Encoding.JSON, *profiles: str) -> Counter[str]:
    report = pysession.check(data, encoding=encoding, select=["history"], profiles=profiles)
    return Counter(one.rule for one in report.findings)


def _found(history: list[Json]) -> Counter[str]:
    return _findings(json.dumps(python(*history)).encode(), Encoding.JSON, "openai-responses")


@given(histories(), strategies())
def test_no_finding_about_a_history_is_new(history: list[Json], options: Options) -> None:
    before = _found(history)
    after, _ = pruned(history, options)
    found = _found(after)
    if before["message-repeated"]:
        found.pop("message-repeated", None)  # of a long repetition two short ones may be left
    assert found <= before


@given(histories(), strategies())
def test_what_stays_is_unchanged_and_in_its_order(history: list[Json], options: Options) -> None:
    as_it_was = copy.deepcopy(history)
    after, account = pruned(list(history), options)
    gone = {one.index for one in account.histories[0].removed} if account.histories else set()
    assert [one for one in after if not is_summary(one)] == [
        one for place, one in enumerate(as_it_was) if place not in gone
    ]
    assert sum(map(is_summary, after)) == sum(one.summarised for one in account.histories)
    assert account.kept == len(after)
    assert account.removed == len(gone) == sum(account.reasons.values())


@given(histories(), strategies())
def test_pruned_again_nothing_more_goes(history: list[Json], options: Options) -> None:
    once, _ = pruned(history, options)
    again, account = pruned(list(once), options)
    assert (again, account.removed) == (once, 0)


@given(histories(), strategies())
def test_the_instructions_at_the_head_the_newest_message_and_open_approvals_stay(
    history: list[Json], options: Options
) -> None:
    after, _ = pruned(list(history), options)
    head = [
        one
        for place, one in enumerate(history)
        if all(m["role"] in ("system", "developer") for m in history[: place + 1])
    ]
    assert after[: len(head)] == head
    assert after[-1:] == history[-1:]
    contents = [content for one in history for content in one["contents"]]
    settled = {content["id"] for content in contents if content["type"] == "function_approval_response"}
    settled |= {f"ask_{content['call_id']}" for content in contents if content["type"] == "function_result"}
    waiting = [c for c in contents if c["type"] == "function_approval_request" and c["id"] not in settled]
    left = [content for one in after for content in one["contents"]]
    assert all(question in left for question in waiting)


@given(histories(distinct=True), strategies())
def test_calls_results_and_approvals_are_split_by_no_strategy(history: list[Json], options: Options) -> None:
    after, _ = pruned(list(history), options)
    for kind, other, own in (
        ("function_call", "function_result", "call_id"),
        ("function_result", "function_call", "call_id"),
        ("function_approval_request", "function_approval_response", "id"),
        ("function_approval_response", "function_approval_request", "id"),
    ):
        before = Counter(one[own] for one in _contents(history, other))
        now = Counter(one[own] for one in _contents(after, other))
        for id_, uses in Counter(one[own] for one in _contents(after, kind)).items():
            assert min(now[id_], uses) == min(before[id_], uses), f"{kind} {id_} lost its {other}"


def _contents(history: list[Json], kind: str) -> list[Json]:
    return [content for one in history for content in one["contents"] if content["type"] == kind]


@given(st.lists(st.sampled_from(["user", "assistant"]), max_size=30), st.integers(1, 12), st.booleans())
def test_of_plain_messages_exactly_so_many_are_left(roles: list[str], count: int, window: bool) -> None:
    history = [{"role": role, "contents": [{"type": "text", "text": f"m{n}"}]} for n, role in enumerate(roles)]
    options = {"strategy": "sliding_window", "window_size": count} if window else {"strategy": f"keep_last_{count}"}
    after, _ = pruned(list(history), options)
    assert after == history[-count:]


@given(histories(distinct=True), st.integers(1, 12))
def test_more_than_so_many_are_left_only_for_what_must_stay(history: list[Json], count: int) -> None:
    after, _ = pruned(list(history), {"strategy": f"keep_last_{count}"})
    least, _ = pruned(list(history), {"strategy": "keep_last_1"})
    assert len(after) <= max(count, len(least))


@pytest.mark.parametrize(
    "options", [{"strategy": "keep_last_2"}, {"strategy": "keep_important", "max_messages": 3}], ids=str
)
def test_no_fixture_in_any_dialect_has_a_new_finding_about_its_histories(options: Options) -> None:
    tried = 0
    for entry, record in stored("golden", "constructed", "documented", "hostile"):
        if not read(record.data, record.encoding).readable or entry.dialect == "unknown":
            continue
        done = prune(record.data, encoding=record.encoding, **options)
        assert isinstance(done, Pruning)
        before = _findings(record.data, record.encoding)
        after = _findings(done.data, record.encoding)
        after.pop("history-two-owners", None)  # of two histories that are shorter, what they share may be more of them
        assert after <= before, entry.path
        tried += done.pruned.removed > 0
    assert tried >= 40


def test_a_summary_stands_behind_the_instructions_and_says_how_many_messages_it_is() -> None:
    history = [
        {"role": "system", "contents": [{"type": "text", "text": "be brief"}]},
        *({"role": "user", "contents": [{"type": "text", "text": f"m{n}"}]} for n in range(9)),
    ]
    told: list[list[Json]] = []

    def summariser(old: list[Json]) -> str:
        told.append(old)
        return "numbers"

    after, account = pruned(history, {"strategy": "summarize_old", "threshold": 4, "summariser": summariser})
    assert [one["role"] for one in after] == ["system", "user", "user", "user"]
    assert after[1]["contents"][0]["text"] == "Summary of the conversation so far:\nnumbers"
    assert after[1]["additional_properties"] == {MARK: 7}
    assert told == [history[1:8]]
    assert account.reasons == {"told by the summary": 7}


@pytest.mark.parametrize("answer", ["", "  ", None, 3, {"role": "user"}, {"contents": []}])
def test_a_summariser_that_says_nothing_removes_nothing(answer: Any) -> None:
    history = [{"role": "user", "contents": [{"type": "text", "text": str(n)}]} for n in range(9)]
    session = pysession.Session()
    session.state["in_memory"] = {"messages": history}
    with pytest.raises(PruningError, match="nothing was removed"):
        session.prune("summarize_old", threshold=3, summariser=lambda old: answer)
    assert session.state["in_memory"]["messages"] == history


@pytest.mark.parametrize("answer", [None, "high", float("nan"), [1]])
def test_a_scorer_that_gives_no_number_removes_nothing(answer: Any) -> None:
    history = [{"role": "user", "contents": [{"type": "text", "text": str(n)}]} for n in range(9)]
    session = pysession.Session()
    session.state["in_memory"] = {"messages": history}
    with pytest.raises(PruningError, match="gave no number for message 0"):
        session.prune("keep_important", scorer=lambda message: answer)
    assert session.state["in_memory"]["messages"] == history
