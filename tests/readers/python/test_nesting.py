"""How much nesting releases bear, held against what was measured with CPython 3.11 and its default limit."""

from __future__ import annotations

import pytest

from pysession import predict
from tests.readers.python.building import message, session, told, with_messages


@pytest.mark.parametrize(
    ("reader", "levels", "expected"),
    [
        ("1.12.1", 496, ("identical",)),
        ("1.12.1", 497, ("rejected", "save", "RecursionError")),
        ("1.12.1", 498, ("rejected", "load", "RecursionError")),
        ("1.13.0", 495, ("identical",)),
        ("1.13.0", 496, ("rejected", "load", "RecursionError")),
        ("1.23.0", 495, ("identical",)),
        ("1.23.0", 496, ("rejected", "load", "RecursionError")),
        ("1.23.0", 993, ("rejected", "load", "RecursionError")),
        ("1.23.0", 994, ("rejected", "parse", "RecursionError")),
        ("1.23.0", 1200, ("rejected", "parse", "RecursionError")),
    ],
)
def test_state_may_be_nested_so_deep(reader: str, levels: int, expected: tuple[str, ...]) -> None:
    assert told(predict(deep(session({"k": "DEEP"}), levels), f"python@{reader}")) == expected


@pytest.mark.parametrize(
    ("reader", "levels", "expected"),
    [
        ("1.12.1", 492, "equivalent"),
        ("1.12.1", 493, "rejected"),
        ("1.13.0", 491, "identical"),
        ("1.13.0", 492, "rejected"),
        ("1.18.0", 490, "identical"),
        ("1.18.0", 491, "rejected"),
    ],
)
def test_arguments_of_a_call_may_be_nested_so_deep(reader: str, levels: int, expected: str) -> None:
    call = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "DEEP", "additional_properties": {}}
    assert predict(deep(with_messages(message(call)), levels), f"python@{reader}").verdict == expected


@pytest.mark.parametrize(("reader", "expected"), [("1.12.1", "equivalent"), ("1.13.0", "rejected")])
def test_properties_of_a_message_are_gone_through_since_1_13_0(reader: str, expected: str) -> None:
    document = deep(with_messages(message(additional_properties={"k": "DEEP"})), 700)
    assert predict(document, f"python@{reader}").verdict == expected


def test_what_is_refused_before_the_deep_place_is_told_first() -> None:
    document = deep(session({"in_memory": {"messages": [{"type": "message"}]}, "k": "DEEP"}), 700)
    assert told(predict(document, "python@1.12.1")) == ("rejected", "load", "TypeError")


def deep(document: bytes, levels: int) -> bytes:
    """The document with so many objects inside each other where it says DEEP."""
    return document.replace(b'"DEEP"', b'{"a":' * levels + b"1" + b"}" * levels)
