"""Mutants: the same for the same seed, each with a name for what was done to it, and of many sorts."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter

import msgspec
import pytest

from pysession.conform import Base, encode, mutants, value
from pysession.conform.mutations import TEXT_MUTATIONS, VALUE_MUTATIONS, words
from pysession.wire import Encoding

SESSION = {
    "type": "session",
    "session_id": "s-1",
    "service_session_id": None,
    "state": {
        "in_memory": {
            "messages": [
                {"type": "message", "role": "user", "contents": [{"type": "text", "text": "hi"}]},
                {"type": "message", "role": "assistant", "contents": [{"type": "text", "text": "yo"}]},
            ]
        },
        "count": 3,
    },
}
TEXT = json.dumps(SESSION).encode()
JSON = Base("a.json", TEXT, "python")
LINES = Base(
    "a.jsonl",
    b"".join(json.dumps(one).encode() + b"\n" for one in [{"role": "user"}] * 3),
    "python",
    Encoding.JSON_LINES,
)
PACKED = Base("a.msgpack", msgspec.msgpack.encode(SESSION), "python", Encoding.MESSAGEPACK)


def test_a_seed_gives_the_same_mutants_on_every_machine() -> None:
    digest = hashlib.sha256()
    for mutant in mutants([JSON, LINES, PACKED], count=200, seed="fixed"):
        digest.update(repr((mutant.base, mutant.kinds, mutant.document)).encode())
    assert digest.hexdigest()[:16] == "8422438d8d578323"


def test_a_mutant_depends_on_its_number_and_not_on_those_before_it() -> None:
    whole = list(mutants([JSON], count=20, seed="s"))
    assert list(mutants([JSON], count=5, seed="s", start=15)) == whole[15:]
    assert list(mutants([JSON], count=20, seed="t")) != whole


def test_every_mutation_occurs_and_says_its_name() -> None:
    found = Counter(kind for mutant in mutants([JSON, PACKED], count=4000, seed="all") for kind in mutant.kinds)
    assert set(found) == {*VALUE_MUTATIONS, *TEXT_MUTATIONS, "flip", "bare"}


def test_most_mutants_of_even_a_small_document_are_different() -> None:
    assert len({mutant.document for mutant in mutants([JSON], count=1000, seed="1")}) > 700


@pytest.mark.parametrize("name", VALUE_MUTATIONS)
def test_a_mutation_leaves_what_it_was_given_as_it_was(name: str) -> None:
    given = json.loads(TEXT)
    for seed in range(30):
        VALUE_MUTATIONS[name](given, random.Random(seed), words("python"))
    assert given == SESSION
    assert json.dumps(given) == json.dumps(SESSION)


@pytest.mark.parametrize("scalar", [None, 5, "text", [], {}])
@pytest.mark.parametrize("name", VALUE_MUTATIONS)
def test_a_mutation_of_next_to_nothing_is_nothing_or_a_value(name: str, scalar: object) -> None:
    changed = VALUE_MUTATIONS[name](scalar, random.Random(1), words("python"))
    assert changed is None or encode(changed, Encoding.JSON)


def test_what_is_no_json_is_damaged_as_text_only() -> None:
    broken = Base("b.json", b'{"type": "session",', "python")
    kinds = {mutant.kinds for mutant in mutants([broken], count=50, seed="1")} - {("bare",)}
    assert kinds <= {(name,) for name in TEXT_MUTATIONS}


def test_mutants_of_records_are_records() -> None:
    for mutant in mutants([LINES], count=100, seed="1"):
        if set(mutant.kinds) <= set(VALUE_MUTATIONS) and mutant.document:
            assert isinstance(value(mutant.document, Encoding.JSON_LINES), list)


def test_nothing_comes_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to make mutants of"):
        next(mutants([], count=1, seed="1"))
