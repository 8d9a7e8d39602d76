"""Which texts are as .NET writes them."""

from __future__ import annotations

import json

import pytest

from pysession.readers.meai.output import Encoder, is_canonical


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1,2.50,1E+22,-1,null,true],"b":"x"}',
        '"é<>&\'+/`"',
        '"\\"\\\\\\b\\f\\n\\r\\t"',
        '"\\u0001\\u001F\\u007F"',
        '"\\uD83D\\uDE00\\u2028\\u00A0\\uFEFF"',
        '"\u00ad\u200b"',
        '{"x":-0}',
    ],
)
def test_relaxed_escaping_is_canonical_in_sessions(text: str) -> None:
    assert is_canonical(text.encode(), json.loads(text)) is True


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{"a":1}\n',
        '"\\u0041"',
        '"\\u000A"',
        '"\\u0022"',
        '"\\u001f"',
        '"\\/"',
        '"\U0001f600"',
        '"\u2028"',
        '"\x7f"',
        '"\\ud83d\\ude00"',
    ],
)
def test_other_spaces_and_escapes_are_not(text: str) -> None:
    assert is_canonical(text.encode(), json.loads(text)) is False


def test_minus_zero_as_a_count_is_left_open() -> None:
    text = b'{"details":{"inputTokenCount":-0}}'
    assert is_canonical(text, json.loads(text)) is None


@pytest.mark.parametrize(
    ("text", "canonical"),
    [('"\\u0022\\u0027\\u002B\\u00E9\\n"', True), ('"a\\"b"', False), ('"\'"', False), ('"é"', False), ('"abc"', True)],
)
def test_the_default_encoder_writes_what_is_safe_inside_html(text: str, canonical: bool) -> None:
    assert is_canonical(text.encode(), json.loads(text), Encoder.DEFAULT) is canonical
