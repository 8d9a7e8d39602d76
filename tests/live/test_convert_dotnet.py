"""Converted sessions in the hands of the real serializer of .NET: what it reads, adds to and writes goes back to Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from pysession import convert
from pysession.conform import Form, Options, Testee
from pysession.conform.dotnet import observe_dotnet
from pysession.findings import Verdict
from pysession.wire import read
from tests.conversion.documents import differences, goldens
from tests.dotnet import dotnet_testee

TARGETS = {
    "10.3.0": "dotnet@1.0.0-rc4",
    "10.5.0": "dotnet@1.4.0",
    "10.5.1": "dotnet@1.17.0",
    "10.11.0": "dotnet@HEAD-5eb3eb745+meai-10.11.0",
}
"""Serializers that can be run, and the newest release of the framework whose words each of them has."""

ADDED = ("user", "assistant")


@pytest.fixture(params=TARGETS, scope="module")
def serializer(request: pytest.FixtureRequest) -> Iterator[tuple[Testee, str]]:
    version: str = request.param
    with dotnet_testee(version) as testee:
        yield testee, TARGETS[version]


def test_every_golden_of_python_is_read_and_saved_without_a_change(serializer: tuple[Testee, str]) -> None:
    testee, target = serializer
    verdicts: Counter[Verdict] = Counter()
    others = {}
    for entry, record in goldens("python", "python-history", "python-thread"):
        converted = convert(record.data, target, encoding=record.encoding)
        seen = observe_dotnet(
            testee, converted.data, Form.SESSION, Options(history_keys=_other_histories(converted.data))
        )
        verdicts[seen.verdict] += 1
        if seen.verdict not in (Verdict.IDENTICAL, Verdict.EQUIVALENT):
            others[entry.path] = seen
    assert not others
    assert verdicts[Verdict.IDENTICAL] >= 90  # .NET orders a bag of more than two keys by their hashes


def test_a_turn_that_dotnet_adds_comes_back_and_all_before_it_is_as_it_was(serializer: tuple[Testee, str]) -> None:
    testee, target = serializer
    wrong = {}
    for entry, record in goldens("python"):
        before = read(record.data, record.encoding).value
        converted = convert(record.data, target, encoding=record.encoding).data
        if _messages(json.loads(converted), "stateBag", "InMemoryChatHistoryProvider") is None:
            continue
        answer = testee.append(converted, Form.SESSION, "and now?")
        assert answer.saved is not None, (entry.path, answer)
        after = json.loads(convert(answer.saved, "python").data)
        key = "in_memory" if "in_memory" in before["state"] else "memory"
        old = _messages(before, "state", key)
        new = _messages(after, "state", key)
        assert old is not None
        assert new is not None
        found = list(differences(old, new[: len(old)]))
        if found or [message["role"] for message in new[len(old) :]] != list(ADDED):
            wrong[entry.path] = found[:3] or [str(new[len(old) :])[:200]]
        assert new[len(old)]["contents"][0] == {"type": "text", "text": "and now?", "additional_properties": {}}
    assert not wrong


def _messages(
    session: dict[str, dict[str, dict[str, list[dict[str, object]]]]], holder: str, key: str
) -> list[dict[str, object]] | None:
    entry = session[holder].get(key)
    return entry["messages"] if isinstance(entry, dict) and isinstance(entry.get("messages"), list) else None


def _other_histories(data: bytes) -> tuple[str, ...]:
    bag = json.loads(data)["stateBag"]
    return tuple(
        key for key, entry in bag.items() if isinstance(entry, dict) and isinstance(entry.get("messages"), list)
    )
