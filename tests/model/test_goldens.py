"""What a real release wrote comes back from the model as it was."""

from __future__ import annotations

import json

import pytest

from pysession.model import UnknownContent, dump, dump_bytes, load
from pysession.model.base import Value
from pysession.verbs.fixtures import Entry
from tests.model.stored import data, goldens, value

GOLDENS = goldens()


def test_there_are_goldens_of_the_first_and_of_the_newest_release() -> None:
    writers = {writer for entry in GOLDENS for writer in entry.writers}
    assert {"python@1.0.0b260212", "python@1.23.0"} <= writers


@pytest.mark.parametrize("entry", GOLDENS, ids=lambda entry: entry.path)
def test_a_golden_comes_back_with_its_numbers_nulls_and_order(entry: Entry) -> None:
    stored = value(entry)
    session = load(data(entry) if entry.path.endswith(".json") else stored)
    # The text tells 1 from 1.0, -0.0 from 0.0 and one order of members from another.
    assert json.dumps(dump(session)) == json.dumps(stored)
    assert json.dumps(json.loads(dump_bytes(session))) == json.dumps(stored)
    assert load(dump(session)) == session


@pytest.mark.parametrize("entry", GOLDENS, ids=lambda entry: entry.path)
def test_every_content_of_a_golden_is_of_a_known_kind_with_known_members(entry: Entry) -> None:
    strangers = []
    pending: list[object] = [load(value(entry))]
    while pending:
        item = pending.pop()
        if isinstance(item, Value):
            if isinstance(item, UnknownContent) or (item.model_extra and hasattr(item, "kind")):
                strangers.append(item)
            pending.extend(item.members().values())
        elif isinstance(item, list):
            pending.extend(item)
    assert strangers == []
