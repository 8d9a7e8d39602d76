"""Texts, numbers, times and payloads: what is kept of each sort."""

from __future__ import annotations

import base64
import json
import pickle
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.anonymising import Anonymiser
from pysession.rules.pickles import is_pickle
from pysession.rules.secrets import secret_in, secret_under
from pysession.testing.strategies import json_values
from pysession.wire import Encoding
from tests.anonymising.test_canaries import copied


def copy_of(value: Any) -> Any:
    return json.loads(copied(json.dumps(value).encode()))


def one(value: Any, name: str = "text") -> Any:
    return next(iter(copy_of({name: value}).values()))


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word"),
    [
        *(("type", "message"), ("$type", "functionCall"), ("Type", "text"), ("role", "assistant"), ("role", "USER")),
        *(("status", "completed"), ("version", "1.0"), ("schemaVersion", "1.1.0"), ("media_type", "image/png")),
        *(("conversationId", "_agent_local_chat_history"), ("exception", "FunctionInvocationError"), ("text", "")),
    ],
)
def test_words_of_the_formats_stay_under_their_names(name: str, word: str) -> None:
    assert one(word, name) == word


@pytest.mark.parametrize(
    ("name", "word"), [("text", "message"), ("name", "assistant"), ("type", "patient"), ("role", "boss")]
)
def test_the_same_words_said_by_somebody_do_not(name: str, word: str) -> None:
    assert one(word, name) != word


def test_equal_texts_stay_equal_and_different_ones_different() -> None:
    texts = ["call_9f3a1c", "call_9f3a1d", "call_9f3a1c", "a", "b", "a", "x" * 9000, "x" * 9000]
    new = one(texts)
    assert [new.index(text) for text in new] == [texts.index(text) for text in texts]


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=30))
def test_no_two_short_texts_become_one(texts: list[str]) -> None:
    assert len(set(one(texts))) == len(texts)


def test_all_texts_of_one_letter_stay_different() -> None:
    assert len({*one([*"abcdefghijklmnopqrstuvwxyz"])}) == 26


def test_placeholders_where_secrets_stand_stay_placeholders_and_different() -> None:
    new = copy_of(
        {"first": {"password": "changeme"}, "second": {"password": "required"}, "third": {"password": "hunter22"}}
    )
    first, second, third = (next(iter(each.values())) for each in new.values())
    assert secret_under("password", first) is secret_under("password", second) is None
    assert first != second
    assert secret_under("password", third) is not None


@pytest.mark.parametrize("prefix", ["call_", "af-call-", "ficc_", "chatcmpl-", "toolu_", "msg_", "resp_", "fc_"])
def test_what_ids_begin_with_stays(prefix: str) -> None:
    old = f"{prefix}9f3A17c0bE42"
    assert re.fullmatch(re.escape(prefix) + r"\d[a-z]\d[A-Z]\d\d[a-z]\d[a-z][A-Z]\d\d", one(old, "call_id"))
    assert one(old, "call_id") != old


def test_a_uuid_stays_one() -> None:
    new = one("3b7a2468-86d7-47d9-9843-0ed91b97eb65")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", new)
    assert new != "3b7a2468-86d7-47d9-9843-0ed91b97eb65"


def test_an_address_keeps_its_scheme_its_shape_and_the_ending_of_its_file() -> None:
    assert re.fullmatch(
        r"https://[a-z]{7}\.[a-z]{3}:\d{4}/[a-z]{5}%[2-7][0-9A-F][a-z]{5}/[a-z]{4}\.pdf\?[a-z]{4}=[a-z]{5}#[a-z]{4}",
        one("https://example.org:8080/annas%41files/plan.pdf?user=berta#page"),
    )


def test_white_space_and_punctuation_stay() -> None:
    assert re.fullmatch(r" [A-Z][a-z], [a-z]{3}'[a-z] \d{2}%!\n", one(" Oh, don't 50%!\n"))


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdEFGH1234abcdEFGH1234",
        "ghp_" + "a1B2c3D4e5F6" * 3,
        "AKIAIOSFODNN7EXAMPLQ",
        "Authorization: Bearer abcdef0123456789abcdef",
        "Server=db1;User Id=anna;Password=hunter2secret;",
        "postgres://anna:hunter2secret@db.example.org/x",
        "dapi" + "0123456789abcdef" * 2,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdEFGH1234",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_stays_one_of_its_sort_and_is_invented(secret: str) -> None:
    new = one(secret)
    assert secret_in(new) == secret_in(secret) is not None
    assert not set(re.findall(r"[A-Za-z0-9]{12,}", secret)) & set(re.findall(r"[A-Za-z0-9]{12,}", new))


def test_what_is_no_unicode_stays_where_it_is() -> None:
    new = one("ab\ud83dcd\udc00\0e")
    assert [len(part) for part in re.split("[\ud800-\udfff\0]", new)] == [2, 2, 0, 1]
    assert "\ud800" <= new[2] < "\udc00" <= new[5] <= "\udfff"


@pytest.mark.parametrize(("digits", "change"), [("0-9a-f", bytes.lower), ("0-9A-F", bytes.upper)])
def test_escapes_stay_escapes_in_their_case(digits: str, change: Callable[[bytes], bytes]) -> None:
    text = b" ".join(b"\\u" + change(code) for code in (b"00e9", b"0041", b"ad6c")) + b"\\/"
    new = copied(b'{"text": "' + text + b'"}')
    assert re.fullmatch(rf'{{"text": "(?:\\u[{digits}]{{4}} ?){{3}}\\/"}}'.encode(), new)
    assert text not in new


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "1", "-1", "0.0", "-0", "1e5"])
def test_nought_and_one_stay(number: str) -> None:
    assert copied(f'{{"n": {number}}}'.encode())[6:] == f"{number}}}".encode()


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("42", r"[1-9][1-9]"),
        ("-4200", r"-[1-9][1-9]00"),
        ("3.50", r"[1-9]\.[1-9]0"),
        ("1e400", r"1e400"),
        ("6.02e23", r"[1-9]\.0?[0-9]{1,2}e23"),
        ("9223372036854775807", r"[1-9][0-9]{18}"),
        ("18446744073709551616", r"[1-9][0-9]{19}"),
    ],
)
def test_a_number_keeps_its_length_and_its_zeros(number: str, form: str) -> None:
    assert re.fullmatch(form.encode(), copied(f'{{"n": {number}}}'.encode())[6:-1])


@given(st.integers(-(2**70), 2**70))
def test_a_whole_number_stays_in_the_range_of_its_readers(number: int) -> None:
    new = one(number, "n")
    for bound in (2**63, 2**53, 2**31, 2**8):
        assert (-bound <= number < bound) is (-bound <= new < bound)


def test_seven_and_seven_point_nought_are_still_the_same_number() -> None:
    seven, whole, other = one([7, 7.0, 8], "n")
    assert seven == whole != other


def test_what_is_no_number_of_json_loses_its_digits_all_the_same() -> None:
    assert b"192.168.77.41" not in copied(b'{"n": 192.168.77.41, "m": 0x48151623}')
    assert b"48151623" not in copied(b'{"n": 192.168.77.41, "m": 0x48151623}')


# --- times ------------------------------------------------------------------------------------------------------------


def test_times_keep_their_form_their_order_and_the_time_between_them() -> None:
    times = ["2026-01-02T03:04:05.678+02:00", "2026-01-02T03:05:05.678+02:00", "2026-01-03T00:00:00Z", "2026-02-01"]
    new = one(times)
    assert [re.sub(r"\d", "9", text) for text in new] == [re.sub(r"\d", "9", text) for text in times]
    assert all(text.endswith(end) for text, end in zip(new, (".678+02:00", ".678+02:00", "Z", ""), strict=True))
    first, second = map(datetime.fromisoformat, new[:2])
    assert (second - first).total_seconds() == 60
    assert not set(new) & set(times)


@pytest.mark.parametrize("unset", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"])
def test_a_time_that_was_never_set_stays_so(unset: str) -> None:
    assert one(unset, "createdAt") == unset


def test_what_is_no_moment_stays_none() -> None:
    new = one("2026-02-30T10:00:00Z", "createdAt")
    assert new[4:] == "-02-30T10:00:00Z"
    assert new[:4] != "2026"


def test_a_number_of_a_person_that_looks_like_a_day_is_none() -> None:
    assert not one("4815-16-23").endswith("-16-23")


def test_moments_as_numbers_move_as_far_as_those_as_texts() -> None:
    old, text = 1_767_323_045, "2026-01-02T03:04:05+00:00"
    assert datetime.fromisoformat(text).timestamp() == old
    new = copy_of({"created_at": old, "timestamp": float(old), "text": text})
    assert new["created_at"] == new["timestamp"] == datetime.fromisoformat(new["text"]).timestamp() != old


# --- payloads ---------------------------------------------------------------------------------------------------------


def test_a_data_uri_keeps_its_media_type_and_its_length_and_is_base64_of_something_else() -> None:
    octets = bytes(range(100))
    new = one("data:image/png;base64," + base64.b64encode(octets).decode(), "uri")
    assert new.startswith("data:image/png;base64,")
    decoded = base64.b64decode(new.partition(",")[2], validate=True)
    assert len(decoded) == len(octets)
    assert decoded != octets


def test_a_media_type_of_somebodys_own_is_the_same_one_beside_its_uri_and_in_it() -> None:
    new = copy_of(
        {"uri": "data:application/vnd.acme-hr+json;base64,AAAA", "media_type": "application/vnd.acme-hr+json"}
    )
    assert new["uri"].partition(";")[0] == f"data:{new['media_type']}"
    assert "acme" not in new["media_type"]


def test_a_pickle_stays_one_and_says_something_else() -> None:
    program = pickle.dumps({"patient": "Anna Berg", "age": 47_000})
    new = one(base64.b64encode(program).decode())
    assert is_pickle(new)
    decoded = base64.b64decode(new)
    assert len(decoded) == len(program)
    assert b"Anna" not in decoded
    assert b"patient" not in decoded


# --- other forms ------------------------------------------------------------------------------------------------------


def test_arguments_that_are_json_text_stay_json_of_the_same_shape() -> None:
    new = one('{"city": "Köln", "days": [3, 4.5, true, null], "deep": "{\\"who\\": \\"Anna\\"}"}', "arguments")
    value = json.loads(new)
    city, days, deep = value.values()
    assert len(city) == 4
    assert [*map(type, days)] == [int, float, bool, type(None)]
    assert [len(name) for name in value] == [4, 4, 4]
    assert [*map(len, json.loads(deep))] == [3]


def test_messagepack_keeps_every_length_and_form() -> None:
    value = {"session_id": "anna", "state": {"n": [200, -77, 70000, 2.5, None, True], "bytes": b"anna's"}}
    data = msgspec.msgpack.encode(value)
    anonymiser = Anonymiser(b"a seed")
    anonymiser.learn(data, Encoding.MESSAGEPACK)
    new = anonymiser.rewrite(data, Encoding.MESSAGEPACK)
    decoded = msgspec.msgpack.decode(new)
    assert len(new) == len(data)
    numbers, _ = decoded["state"].values()
    assert [*map(type, numbers)] == [int, int, int, float, type(None), bool]
    assert decoded["session_id"] != "anna"
    assert b"anna" not in new


def test_the_same_seed_draws_the_same_and_another_one_something_else() -> None:
    data = b'{"session_id": "anna@example.org", "state": {"patient": "Berta"}}'

    def drawn(seed: bytes) -> bytes:
        anonymiser = Anonymiser(seed)
        anonymiser.learn(data, Encoding.JSON)
        return anonymiser.rewrite(data, Encoding.JSON)

    assert drawn(b"one") == drawn(b"one") != drawn(b"two")


@given(json_values(20), st.booleans())
def test_the_shape_stays(value: Any, ascii_only: bool) -> None:
    data = json.dumps({"session_id": "s", "state": {"app": value}}, ensure_ascii=ascii_only).encode()
    new = copied(data)
    assert len(new) == len(data)
    assert shape(json.loads(new)) == shape(json.loads(data))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [(shape(name), shape(child)) for name, child in value.items()]
    if isinstance(value, list):
        return [*map(shape, value)]
    if isinstance(value, str):
        return [(len(character.encode()), character.isspace()) for character in value]
    return type(value)
