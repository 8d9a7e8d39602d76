"""Whatever is not in the output is in the losses: told from outside, by the values of the source alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession import convert
from pysession.findings import format_pointer
from pysession.findings.failures import RefusedError
from pysession.testing import sessions
from pysession.verbs.convert import Conversion, TargetRefusesError
from pysession.wire import read
from tests.conversion.documents import TARGETS, differences, goldens, has_place, leaves

KINDS = ("type", "$type", "Type")
"""Members that name a kind, which every language names in its own way."""

ROUND_TRIPS = [(home, away) for home in TARGETS for away in TARGETS if home != away]


def untold(source: Any, conversion: Conversion) -> Iterator[str]:
    """The values of ``source`` that are neither in the output nor told of."""
    kept = {key(value) for value in everything(read(conversion.data).value)}
    texts = " ".join(text for kind, text in kept if kind == "str" and text.startswith('"data:'))
    told = tuple(loss.pointer for loss in conversion.losses)
    for path, value in leaves(source):
        if value is None or says_nothing(path, value) or (path and path[-1] in KINDS):
            continue
        if path[-1] == "media_type" and f"data:{value}" in texts:
            continue
        pointer = format_pointer(path)
        if any(pointer == one or pointer.startswith(f"{one}/") for one in told if one):
            continue
        if not all(key(part) in kept for part in parts(value)):
            yield f"{pointer}: {value!r:.80}"


def says_nothing(path: tuple[str | int, ...], value: Any) -> bool:
    """Whether the value is one that a language writes where another writes none."""
    return value in ("", {}, [], 0, False) or (
        value is True and path[-1] in ("requiresConfirmation", "user_input_request")
    )


def everything(value: Any) -> Iterator[Any]:
    """The values of a document, those in texts that are JSON among them."""
    for _, leaf in leaves(value):
        yield leaf
        yield from parts(leaf)


def parts(leaf: Any) -> Iterator[Any]:
    """What ``leaf`` says: itself, or if it is the text of an object or a list, the values in that."""
    if isinstance(leaf, str) and leaf[:1] in ("{", "[", '"'):
        try:
            inner = json.loads(leaf)
        except ValueError:
            inner = None
        if isinstance(inner, dict | list):
            for _, one in leaves(inner):
                yield from parts(one)
            return
        if isinstance(inner, str):
            yield inner
    yield leaf


def key(value: Any) -> tuple[str, str]:
    """What tells two values apart; .NET writes ``+00:00`` where Go writes ``Z``."""
    text = json.dumps(value)
    return (type(value).__name__, f'{text[:-7]}Z"' if text.endswith('+00:00"') else text)


@pytest.mark.parametrize("away", TARGETS)
@pytest.mark.parametrize("home", [*TARGETS, "python-history", "python-thread", "dotnet-thread"])
def test_every_value_of_a_golden_is_in_the_output_or_in_the_losses(home: str, away: str) -> None:
    missing = {}
    for entry, record in goldens(home):
        conversion = convert(record.data, away, encoding=record.encoding)
        found = list(untold(read(record.data, record.encoding).value, conversion))
        if found:
            missing[entry.path] = found[:3]
    assert not missing


def drawn(session: Any) -> bytes:
    return json.dumps({**session, "type": "session", "session_id": session.get("session_id") or "s"}).encode()


@given(session=sessions(), away=st.sampled_from(["dotnet", "go"]))
def test_every_value_of_any_session_is_in_the_output_or_in_the_losses(session: Any, away: str) -> None:
    try:
        conversion = convert(drawn(session), away)
    except (RefusedError, TargetRefusesError):
        return
    assert list(untold(json.loads(drawn(session)), conversion)) == []


@given(session=sessions(), away=st.sampled_from(["dotnet", "go", "dotnet@1.0.0-rc4", "go@5c7226ed33a3"]))
def test_any_session_comes_back_as_the_same_value(session: Any, away: str) -> None:
    """As far as the newest Python reads it: members that it does not know it would refuse, so they stay parked."""
    data = drawn(session)
    try:
        # What Python itself would refuse is settled first.
        data = convert(data, "python").data
        there = convert(data, away)
    except (RefusedError, TargetRefusesError):
        return
    back = convert(there.data, "python")
    assert not there.dropped
    assert list(differences(json.loads(data), json.loads(back.data))) == []


@pytest.mark.parametrize("away", TARGETS)
@pytest.mark.parametrize("home", [*TARGETS, "python-history", "python-thread", "dotnet-thread"])
def test_every_loss_of_a_golden_is_at_a_place_that_the_document_has(home: str, away: str) -> None:
    for entry, record in goldens(home):
        source = read(record.data, record.encoding).value
        losses = convert(record.data, away, encoding=record.encoding).losses
        nowhere = [loss.pointer for loss in losses if not has_place(source, loss.pointer)]
        assert not nowhere, (entry.path, nowhere)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b'[{"role":"user","createdAt":"2026-01-02T03:04:05Z","contents":[]}]', "/0/createdAt"),
        (b'{"role":"user","createdAt":"2026-01-02T03:04:05Z","contents":[{"$type":"text","text":"x"}]}', "/createdAt"),
        (b'[{"Role":"user","CreatedAt":"2026-01-02T03:04:05Z","Contents":[{"Type":"text"}]}]', "/0/CreatedAt"),
        (b'{"Role":"user","CreatedAt":"2026-01-02T03:04:05Z","Contents":[{"Type":"text"}]}', "/CreatedAt"),
    ],
)
def test_losses_of_messages_without_a_session_have_their_places_in_what_was_given(document: bytes, place: str) -> None:
    assert place in {loss.pointer for loss in convert(document, "python").losses}
