"""Names of members: which stay, and what is kept of those that do not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pysession.anonymising import Anonymiser, drawing
from pysession.anonymising.names import Names
from pysession.anonymising.words import is_public_name
from pysession.readers.dotnet.bag import ordered
from pysession.wire import Encoding
from tests.anonymising.test_canaries import copied

KEY = drawing.key_of(b"a seed")
NAMES = st.lists(
    st.text(st.sampled_from("abcxyzABZ019_.-é"), min_size=1, max_size=9), min_size=1, max_size=9, unique=True
)


def renamed(*names: str, entries: bool = False, in_order: bool = False) -> list[str]:
    known = Names(KEY)
    known.learn(names, entries=entries, in_order=in_order)
    return [known.of(name) for name in names]


def copy_of(value: Any) -> Any:
    return json.loads(copied(json.dumps(value).encode()))


@pytest.mark.parametrize(
    "name", ["type", "$type", "Contents", "CONTENTS", "callId", "additional_properties", "stateBag", ""]
)
def test_words_of_the_formats_stay_in_whatever_case(name: str) -> None:
    assert renamed(name) == [name]


@given(NAMES)
@example(["ab", "abc", "abcd", "b", "ba", "Ab", "AB"])
def test_names_of_go_stay_as_many_as_long_and_in_the_same_order(names: list[str]) -> None:
    plain = [name for name in names if name.isascii()]
    new = renamed(*plain, in_order=True)
    assert len(set(new)) == len(plain)
    assert [*map(len, new)] == [*map(len, plain)]
    assert sorted(range(len(plain)), key=plain.__getitem__) == sorted(range(len(new)), key=new.__getitem__)


@given(NAMES, st.booleans())
def test_names_that_differ_in_case_only_still_do(names: list[str], in_order: bool) -> None:
    new = renamed(*names, in_order=in_order)
    for index, name in enumerate(names):
        for other in range(index):
            assert (name.lower() == names[other].lower()) is (new[index].lower() == new[other].lower())


@given(NAMES)
def test_entries_of_a_state_bag_come_back_in_the_same_order(names: list[str]) -> None:
    bag = [*(name + "entry" for name in names), "InMemoryChatHistoryProvider"]
    new = renamed(*bag, entries=True)
    assert [bag.index(name) for name in ordered(bag)] == [new.index(name) for name in ordered(new)]


@given(NAMES)
def test_no_name_becomes_a_word_of_the_formats(names: list[str]) -> None:
    assert not any(
        is_public_name(new) for name, new in zip(names, renamed(*names), strict=True) if not is_public_name(name)
    )


def test_what_tells_a_secret_or_a_type_stays_in_a_name() -> None:
    (first, second) = renamed("acme_api_key", "AcmeWidgetType")
    assert (first[-8:], second[-4:]) == ("_api_key", "Type")
    assert "acme" not in first
    assert "Acme" not in second


def test_a_name_is_the_same_one_in_arguments_that_are_a_text_and_in_state() -> None:
    document = {"session_id": "s", "state": {"app": {"patient": 1}, "call": '{"patient": {"patient": 2}}'}}
    new = list(copy_of(document)["state"].values())
    (name,) = new[0]
    assert [*json.loads(new[1])] == [name] == [*json.loads(new[1])[name]]
    assert name != "patient"


def test_a_name_that_is_there_twice_is_there_twice() -> None:
    new = copied(b'{"session_id": "s", "state": {"salary": 7, "salary": 8}}')
    pairs: list[list[tuple[str, Any]]] = []
    json.loads(new, object_pairs_hook=lambda found: pairs.append(found) or dict(found))  # type: ignore[func-returns-value]
    assert pairs[0][0][0] == pairs[0][1][0] != "salary"


def test_all_names_of_one_letter_stay_different() -> None:
    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    assert len({*renamed(*letters)}) == len(letters)


def test_where_nothing_sorts_the_order_of_many_names_tells_nothing() -> None:
    names = [f"{first}{second}na@example.org" for first in "abcdefghijkl" for second in "aeiou"]
    new = renamed(*names)
    assert sorted(new) != new
    assert not any(one[:2] == other[:2] for one, other in zip(names[::7], new[::7], strict=True))


def test_names_in_json_texts_of_messagepack_are_those_around_them() -> None:
    value = {"session_id": "s", "state": {"patient": {"patient": '{"patient": {"ward": 12}}'}}}
    anonymiser = Anonymiser(b"a seed")
    data = msgspec.msgpack.encode(value)
    anonymiser.learn(data, Encoding.MESSAGEPACK)
    state = msgspec.msgpack.decode(anonymiser.rewrite(data, Encoding.MESSAGEPACK))["state"]
    (name,) = state
    assert name != "patient"
    assert [*state[name]] == [name] == [*json.loads(state[name][name])]
