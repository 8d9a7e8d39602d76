"""JSON text as JsonDocument.Parse takes it."""

from __future__ import annotations

from typing import Any

import pytest

from pysession.readers.meai.refusal import RefusedError
from pysession.readers.meai.text import deeper, parse, plain, unwritable


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a": [1, 2.5, "x", null, true]} \n', {"a": [1, 2.5, "x", None, True]}),
        (b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        (b'["\xff"]', ["\ufffd"]),
        (b'["\\ud800"]', ["\ud800"]),
        (b"1" * 5000, "1" * 5000),
        (b"[]", []),
        (b"{}", {}),
    ],
)
def test_values(data: bytes, value: Any) -> None:
    assert plain(parse(data, 64)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b"{} x",
        b"{}{}",
        b"{}\x00",
        b"[1,]",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a" 1}',
        b"{a:1}",
        b"[01]",
        b"[+1]",
        b"[1.]",
        b"[1e]",
        b"[1_000]",
        b"[NaN]",
        b"[-Infinity]",
        b"[nul]",
        b'["\t"]',
        b'["\\x41"]',
        b'["',
        b"[1 2]",
        b"// x\n{}",
        b"[" * 65 + b"]" * 65,
    ],
)
def test_texts_that_are_refused(data: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        parse(data, 64)
    assert caught.value.type == "JsonReaderException"


def test_sixty_four_levels_are_not_too_deep() -> None:
    assert not deeper(parse(b"[" * 64 + b"]" * 64, 64), 64)
    assert deeper([[[]]], 2)
    assert deeper({"a": {"b": []}}, 2)
    assert not deeper(1, 0)


def test_what_is_no_unicode_can_be_written_when_it_is_bytes_only() -> None:
    assert unwritable(parse(b'{"a": ["x", "\\ud800"]}', 64)) == ("a", 1)
    assert unwritable(parse(b'{"a": {"\\ud800": 1}}', 64)) == ("a",)
    assert unwritable(parse(b'{"a": ["\xff"]}', 64)) is None
