"""Nothing of the content is left: canaries in every place of every golden, and of any session."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.anonymising import Anonymiser
from pysession.testing import sessions
from pysession.wire import Encoding
from tests.anonymising.canaries import Planter, escaped, found_in, kinds_replaced
from tests.documents import values

DIALECTS = ("python", "python-history", "python-thread", "dotnet", "dotnet-thread", "go", "durable", "agnt5")


def copied(data: bytes, encoding: Encoding = Encoding.JSON) -> bytes:
    anonymiser = Anonymiser(b"a seed")
    anonymiser.learn(data, encoding)
    return anonymiser.rewrite(data, encoding)


def written(value: Any, *, ascii_only: bool) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_canary_in_a_text_a_name_a_number_or_a_payload_survives(dialect: str) -> None:
    documents = values(dialect)
    assert documents
    for _, value in documents:
        planter = Planter()
        data = written(planter.value(value), ascii_only=False)
        copy = copied(data)
        assert len(found_in(data, planter.planted)) == len(planter.planted)
        assert found_in(copy, [*planter.planted, *planter.numbers]) == []


@pytest.mark.parametrize("dialect", ["python", "dotnet", "go"])
def test_no_canary_that_is_written_in_escapes_survives(dialect: str) -> None:
    for _, value in values(dialect):
        planter = Planter()
        data = escaped(written(planter.value(value), ascii_only=True), planter.planted)
        assert found_in(copied(data), planter.planted) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_canary_survives_where_a_word_of_the_format_should_stand(dialect: str) -> None:
    for _, value in values(dialect)[::7]:
        for planted, canary in kinds_replaced(value):
            assert found_in(copied(written(planted, ascii_only=False)), [canary]) == []


def test_no_canary_survives_in_messagepack() -> None:
    for _, value in values("python"):
        planter = Planter()
        data = msgspec.msgpack.encode(planter.value(value))
        copy = copied(data, Encoding.MESSAGEPACK)
        assert len(copy) == len(data)
        assert found_in(copy, planter.planted) == []
        numbers = [int(number).to_bytes(8, "big") for number in planter.numbers]
        assert not any(number in copy for number in numbers)


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.77, 0.99])
def test_no_canary_survives_in_what_is_cut_off(cut: float) -> None:
    for _, value in values("python", "dotnet")[::9]:
        planter = Planter()
        data = written(planter.value(value), ascii_only=False)
        data = data[: int(len(data) * cut)]
        assert found_in(copied(data), planter.planted) == []


@given(sessions(), st.booleans())
def test_no_canary_survives_in_any_session(session: Any, ascii_only: bool) -> None:
    planter = Planter()
    data = written(planter.value(session), ascii_only=ascii_only)
    assert found_in(copied(data), [*planter.planted, *planter.numbers]) == []


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_canary_survives_in_bytes_that_are_no_json(before: bytes, after: bytes) -> None:
    canary = "Qzx0001kanariEnvogel0001"
    assert found_in(copied(before + canary.encode() + after), [canary]) == []


def test_no_canary_survives_in_a_pickle_a_latin_1_text_or_another_encoding() -> None:
    import base64
    import pickle

    canary = "Qzx0001kanariEnvogel0001"
    program = pickle.dumps({"who": canary, "n": 1234567})
    documents = (
        json.dumps({"session_id": "s", "state": {"p": base64.b64encode(program).decode()}}).encode(),
        json.dumps({"session_id": "s", "state": {"p": program.decode("latin-1")}}).encode(),
        json.dumps({"session_id": "s", "state": {"p": canary + "é"}}, ensure_ascii=False).encode("latin-1"),
    )
    for data in documents:
        assert found_in(copied(data), [canary]) == []
    wide = json.dumps({"session_id": canary, "state": {}}).encode("utf-16-le")
    assert found_in(copied(wide).decode("utf-16-le").encode(), [canary]) == []


def test_every_letter_of_other_scripts_is_replaced_within_its_script() -> None:
    text = "Привет мир 東京都 서울 שלום ünïcödé 🙂👍🏽 α"
    new = json.loads(copied(json.dumps({"session_id": text, "state": {}}).encode()))["session_id"]
    assert [len(one.encode()) for one in new] == [len(one.encode()) for one in text]
    kept = {one for one, other in zip(text, new, strict=True) if one == other}
    assert not any(one.isalpha() or one in "🙂👍" for one in kept)
