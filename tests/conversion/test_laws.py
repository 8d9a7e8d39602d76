"""What holds of every conversion, held to every document that a real library wrote."""

from __future__ import annotations

import json
import re

import pytest

from pysession import convert
from pysession.verbs.convert import Conversion
from pysession.wire import Encoding, read
from tests.conversion.documents import TARGETS, differences, goldens

MADE_UP = re.compile(r"pysession-[0-9a-f]{32}\Z")
SOURCES_ONLY = ("python-history", "python-thread", "dotnet-thread")
ROUND_TRIPS = [(home, away) for home in TARGETS for away in TARGETS if home != away]


def value(conversion: Conversion) -> object:
    return read(conversion.data).value


@pytest.mark.parametrize(("home", "away"), ROUND_TRIPS, ids=lambda name: name)
def test_every_golden_comes_back_as_the_same_value(home: str, away: str) -> None:
    wrong = {}
    for entry, record in goldens(home):
        before = read(record.data, record.encoding).value
        after = value(convert(convert(record.data, away, encoding=record.encoding).data, home))
        found = list(differences(before, after))
        if found:
            wrong[entry.path] = found[:3]
    assert not wrong


@pytest.mark.parametrize(("home", "away"), ROUND_TRIPS, ids=lambda name: name)
def test_nothing_of_a_golden_is_dropped(home: str, away: str) -> None:
    dropped = {
        entry.path: conversion.dropped
        for entry, record in goldens(home)
        if (conversion := convert(record.data, away, encoding=record.encoding)).dropped
    }
    assert not dropped


@pytest.mark.parametrize("home", SOURCES_ONLY)
@pytest.mark.parametrize("away", TARGETS)
def test_every_golden_of_former_times_can_be_converted(home: str, away: str) -> None:
    found = goldens(home)
    assert found
    for entry, record in found:
        conversion = convert(record.data, away, encoding=record.encoding)
        assert not conversion.dropped, entry.path
        assert conversion.target.startswith(f"{away}@")


@pytest.mark.parametrize(("first", "second"), ROUND_TRIPS, ids=lambda name: name)
def test_the_way_through_a_third_language_leads_to_the_same_document(first: str, second: str) -> None:
    """a → b → c says what a → c says, apart from what is parked in it."""
    third = next(name for name in TARGETS if name not in (first, second))
    wrong = {}
    for entry, record in goldens(first):
        straight = value(convert(record.data, third, encoding=record.encoding))
        through = value(convert(convert(record.data, second, encoding=record.encoding).data, third))
        found = list(differences(_without_parked(straight), _without_parked(through)))
        if found:
            wrong[entry.path] = found[:3]
    assert not wrong


@pytest.mark.parametrize("home", [*TARGETS, *SOURCES_ONLY])
@pytest.mark.parametrize("away", TARGETS)
def test_converting_again_changes_nothing(home: str, away: str) -> None:
    for entry, record in goldens(home):
        once = convert(record.data, away, encoding=record.encoding)
        again = convert(once.data, once.target if home != away else away)
        assert again.data == once.data, entry.path


def test_a_history_file_becomes_a_session_of_its_messages() -> None:
    for entry, record in goldens("python-history"):
        messages = read(record.data, record.encoding).value
        session = json.loads(convert(record.data, "python", encoding=record.encoding).data)
        found = [*differences(messages, session["state"]["in_memory"]["messages"])]
        # The newest release says of every call whether a service runs it.
        assert all(one.endswith("/hosted appeared") for one in found), entry.path


def test_messagepack_is_read_like_json() -> None:
    packed = [(entry, record) for entry, record in goldens("python") if record.encoding is Encoding.MESSAGEPACK]
    assert packed
    for entry, record in packed:
        back = convert(convert(record.data, "dotnet", encoding=record.encoding).data, "python")
        assert list(differences(read(record.data, record.encoding).value, value(back))) == [], entry.path


def _without_parked(thing: object) -> object:
    """``thing`` without what is parked in it, without the objects that hold nothing else, and without a made-up id."""
    if isinstance(thing, dict):
        kept = {
            name: _without_parked(item)
            for name, item in thing.items()
            if name != "pysession" and not (name == "session_id" and MADE_UP.match(str(item)))
        }
        return {name: item for name, item in kept.items() if item != {} or thing[name] == {}}
    return [_without_parked(item) for item in thing] if isinstance(thing, list) else thing
